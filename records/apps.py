"""The clinical store, consent, patient and clinician pages."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """The clinical store, consent, patient and clinician pages."""

    name = "records"
