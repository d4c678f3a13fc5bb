"""/api/v1/ledger/."""

from django.urls import path

from chain.api import views

urlpatterns = [
    path("status/", views.StatusView.as_view(), name="api-ledger-status"),
    path("batches/", views.BatchesView.as_view(), name="api-ledger-batches"),
    path("batches/<int:sequence>/", views.BatchView.as_view(), name="api-ledger-batch"),
    path("transactions/", views.TransactionsView.as_view(), name="api-ledger-transactions"),
    path("transactions/<uuid:pk>/", views.TransactionView.as_view(), name="api-ledger-transaction"),
    path("contracts/", views.ContractsView.as_view(), name="api-ledger-contracts"),
    path("accounts/", views.AccountsView.as_view(), name="api-ledger-accounts"),
    path("consent-events/", views.ConsentEventsView.as_view(), name="api-ledger-consent-events"),
    path("reorgs/", views.ReorgsView.as_view(), name="api-ledger-reorgs"),
]
