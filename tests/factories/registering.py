"""Patients as registrars write them down."""

from datetime import date
from typing import Any
from uuid import uuid4

from accounts.models import Organisation, Role
from accounts.viewer import Viewer
from records.fhir.resources import Resource
from records.models import Patient
from records.services.registration import PatientDetails, patient_register
from tests.factories.people import member

KIM: dict[str, Any] = {
    "family": "Testfield", "given": "Kim Lee", "born": date(1980, 2, 29), "gender": "female",
    "line": "1 Made-up Road", "city": "Nowhere", "postcode": "00001", "phone": "+1 555 0100 200",
    "email": "kim@example.org", "identifier": "A-17",
}  # fmt: skip


def details(**more: Any) -> PatientDetails:
    """Kim Testfield, or somebody who differs from her."""
    return PatientDetails(**(KIM | more))


def described(by: Viewer, **more: Any) -> Resource:
    """Kim, or somebody who differs from her, as a Patient resource of the registrar's."""
    assert by.organisation
    return details(**more).resource(uuid4(), by.organisation)


def registrar(organisation: Organisation | None = None) -> Viewer:
    """Who registers patients for an organisation."""
    return member(Role.REGISTRAR, organisation)


def registered(by: Viewer, **more: Any) -> Patient:
    """A patient of the registrar's organisation, whoever they look like."""
    return patient_register(details=details(**more), by=by, reason="a test")
