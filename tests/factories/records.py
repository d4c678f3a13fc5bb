"""Small FHIR bundles and the patients in them."""

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from accounts.viewer import Viewer, viewer_for
from core.audit import Actor
from records.models import Patient
from records.services.importing import import_bundle
from records.services.people import patient_link
from tests.factories.people import UserFactory

Json = dict[str, Any]


def entry(resource: Json) -> Json:
    """A transaction entry that creates the resource."""
    return {
        "fullUrl": f"urn:uuid:{resource['id']}",
        "resource": resource,
        "request": {"method": "POST", "url": resource["resourceType"]},
    }


def bundle(*resources: Json) -> Json:
    """A transaction Bundle."""
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [entry(resource) for resource in resources],
    }


def patient(**more: Any) -> Json:
    """A Patient."""
    person: Json = {
        "resourceType": "Patient",
        "id": str(uuid4()),
        "name": [{"family": "Testfield", "given": ["Kim"]}],
        "birthDate": "1980-02-29",
    }
    return person | more


def observation(of: Json, value: str = "1.00", **more: Any) -> Json:
    """A weight, with the precision that was written."""
    return {
        "resourceType": "Observation",
        "id": str(uuid4()),
        "status": "final",
        "category": [{"coding": [{"code": "vital-signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}], "text": "Weight"},
        "subject": {"reference": f"urn:uuid:{of['id']}"},
        "effectiveDateTime": "2024-03-05",
        "valueQuantity": {"value": Decimal(value), "unit": "kg"},
    } | more


def allergy(of: Json) -> Json:
    """An allergy."""
    return {
        "resourceType": "AllergyIntolerance",
        "id": str(uuid4()),
        "clinicalStatus": {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",
                    "code": "active",
                }
            ]
        },
        "code": {"text": "Peanut"},
        "patient": {"reference": f"urn:uuid:{of['id']}"},
    }


def written_by(organisation_id: UUID) -> Json:
    """What makes an Observation the work of an organisation."""
    return {"performer": [{"reference": f"Organization/{organisation_id}"}]}


def organization(id: UUID | None = None) -> Json:
    """A directory entry."""
    return {"resourceType": "Organization", "id": str(id or uuid4()), "name": "Somewhere"}


def imported(*resources: Json) -> None:
    """Import resources as one bundle."""
    import_bundle(bundle(*resources), by=Actor.system("test"))


def patient_with_record(*more: Json, about: Json | None = None) -> tuple[Viewer, Patient, Json]:
    """A person with an account and a record; gives the viewer, the patient and the resource."""
    person = about or patient()
    imported(person, *more)
    row = Patient.objects.get(pk=person["id"])
    account = UserFactory()
    return viewer_for(account), patient_link(patient=row, account=account), person
