"""The public side of the ledger."""

from django.urls import path

from chain import views

urlpatterns = [
    path("verify/", views.verify, name="verify"),
    path("verify/salus_verify.py", views.verifier_download, name="verifier_download"),
    path("verify/sample.json", views.sample_proof, name="sample_proof"),
    path("chain/", views.explorer, name="explorer"),
    path("chain/<int:sequence>/", views.batch, name="batch"),
    path(".well-known/salus-trust.json", views.trust, name="trust"),
]
