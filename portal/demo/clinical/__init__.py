"""Invented patients with plausible histories, as FHIR R4 transaction bundles."""

from portal.demo.clinical.bundles import bundles

__all__ = ["bundles"]
