"""/corrections/: what was asked of the organisation that one acts for."""

from django.urls import path

from accounts.views import corrections

urlpatterns = [
    path("", corrections.asked, name="corrections"),
    path("<uuid:pk>/", corrections.answer, name="correction"),
]
