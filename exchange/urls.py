"""FHIR's addresses and the proof files'."""

from django.urls import path, re_path, register_converter

from exchange import audit_views, match, views


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
    path("fhir/Patient/$match", match.patient_match_operation, name="fhir-patient-match"),
    path("fhir/metadata", views.metadata, name="fhir-metadata"),
    path("fhir/AuditEvent", audit_views.search, name="fhir-audit-search"),
    path("fhir/AuditEvent/<uuid:id>", audit_views.read, name="fhir-audit-read"),
    path("fhir/$validate", views.validate, name="fhir-validate"),
    path("fhir/<fhirtype:type>/$validate", views.validate, name="fhir-validate-type"),
    path("fhir/<fhirtype:type>", views.type_level, name="fhir-type"),
    path("fhir/<fhirtype:type>/_search", views.search, name="fhir-search"),
    path("fhir/<fhirtype:type>/_history", views.past, name="fhir-type-history"),
    path("fhir/Patient/<fhirid:id>/$summary", views.summary, name="fhir-summary"),
    path("fhir/Patient/<fhirid:id>/$everything", views.everything, name="fhir-everything"),
    path("fhir/<fhirtype:type>/<fhirid:id>", views.instance_level, name="fhir-read"),
    path("fhir/<fhirtype:type>/<fhirid:id>/_history", views.past, name="fhir-history"),
    path("fhir/<fhirtype:type>/<fhirid:id>/$validate", views.validate, name="fhir-validate-one"),
    path("fhir/<fhirtype:type>/<fhirid:id>/$proof", views.proof_of_version, name="fhir-proof"),
    path(
        "fhir/<fhirtype:type>/<fhirid:id>/_history/<int:version>",
        views.read_version,
        name="fhir-vread",
    ),
    path(
        "fhir/<fhirtype:type>/<fhirid:id>/_history/<int:version>/$proof",
        views.proof_of_version,
        name="fhir-vproof",
    ),
    re_path(r"^fhir/(?P<rest>.+)$", views.unknown, name="fhir-unknown"),
    path("proofs/<uuid:pk>.json", views.proof_file, name="proof"),
    path("proofs/<uuid:pk>/", views.proof_page, name="proof-page"),
]
