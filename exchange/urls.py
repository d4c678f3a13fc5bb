"""FHIR's addresses and the proof files'."""

from django.urls import path, re_path, register_converter

from exchange import audit_views, views


class FhirId:
    """A FHIR id."""

    regex = r"[A-Za-z0-9\-\.]{1,64}"

    def to_python(self, value: str) -> str:
        """As it is."""
        return value

    def to_url(self, value: str) -> str:
        """As it is."""
        return value


class FhirType(FhirId):
    """A resource type's name."""

    regex = r"[A-Z][A-Za-z]{1,39}"


register_converter(FhirId, "fhirid")
register_converter(FhirType, "fhirtype")

urlpatterns = [
    path("fhir/", views.base, name="fhir-base"),
    path("fhir/metadata", views.metadata, name="fhir-metadata"),
    path("fhir/AuditEvent", audit_views.search, name="fhir-audit-search"),
    path("fhir/AuditEvent/<uuid:id>", audit_views.read, name="fhir-audit-read"),
    path("fhir/<fhirtype:type>/<fhirid:id>", views.read, name="fhir-read"),
    path("fhir/<fhirtype:type>/<fhirid:id>/$proof", views.proof_of_version, name="fhir-proof"),
    path("fhir/<fhirtype:type>/<fhirid:id>/_history/<int:version>", views.read, name="fhir-vread"),
    path(
        "fhir/<fhirtype:type>/<fhirid:id>/_history/<int:version>/$proof",
        views.proof_of_version,
        name="fhir-vproof",
    ),
    re_path(r"^fhir/(?P<rest>.+)$", views.unknown, name="fhir-unknown"),
    path("proofs/<uuid:pk>.json", views.proof_file, name="proof"),
    path("proofs/<uuid:pk>/", views.proof_page, name="proof-page"),
]
