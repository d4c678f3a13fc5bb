"""FHIR over HTTP."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """FHIR over HTTP."""

    name = "exchange"
