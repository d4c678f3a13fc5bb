"""The public side of the ledger."""

from django.urls import path

from chain.views import explorer, verify

urlpatterns = [
    path("verify/", verify.verify, name="verify"),
    path("verify/salus_verify.py", verify.verifier_download, name="verifier_download"),
    path("verify/sample.json", verify.sample_proof, name="sample_proof"),
    path("chain/", explorer.overview, name="explorer"),
    path("chain/batches/", explorer.batch_list, name="ledger-batches"),
    path("chain/<int:sequence>/", explorer.batch, name="batch"),
    path("chain/transactions/", explorer.transactions, name="ledger-transactions"),
    path("chain/transactions/<uuid:pk>/", explorer.transaction, name="ledger-transaction"),
    path("chain/contracts/", explorer.contract_list, name="ledger-contracts"),
    path("chain/consents/", explorer.consents, name="ledger-consents"),
    path("chain/reorgs/", explorer.reorg_list, name="ledger-reorgs"),
    path(".well-known/salus-trust.json", verify.trust, name="trust"),
]
