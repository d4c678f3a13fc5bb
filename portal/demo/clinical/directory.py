"""The directory bundle: organisations, their locations, and who works there."""

from collections.abc import Iterator

from portal.demo.clinical.builders.datatypes import Json, concept, reference
from portal.demo.clinical.codes import HL7, Code, snomed
from portal.demo.clinical.identity import Clinician, Organisation, demo_id
from portal.demo.clinical.people import CLINICIANS, ORGANISATIONS

PROVIDER = Code(HL7 + "organization-type", "prov", "Healthcare Provider")
BUILDING = Code(HL7 + "location-physical-type", "bu", "Building")
SPECIALTIES = {
    "emergency": snomed("773568002", "Emergency medicine"),
    "eyes": snomed("394594003", "Ophthalmology"),
    "family": snomed("394814009", "General practice"),
    "medicine": snomed("419192003", "Internal medicine"),
    "obstetrics": snomed("394585009", "Obstetrics and gynaecology"),
    "orthopaedics": snomed("394801008", "Trauma and orthopaedics"),
    "pathology": snomed("394915009", "General pathology"),
}


def directory() -> Iterator[Json]:
    """Every shared resource that patients' charts refer to."""
    for place in ORGANISATIONS:
        yield _organisation(place)
        yield _location(place)
    for clinician in CLINICIANS:
        yield _practitioner(clinician)
        yield _role(clinician)


def _organisation(place: Organisation) -> Json:
    return {
        "resourceType": "Organization",
        "id": place.id,
        "identifier": [_identifier("organisation", place.slug)],
        "active": True,
        "type": [concept(PROVIDER, text=place.kind)],
        "name": place.name,
        "telecom": [
            {"system": "phone", "value": place.phone, "use": "work"},
            {"system": "url", "value": f"https://{place.slug}.example.org"},
        ],
        "address": [_address(place)],
    }


def _location(place: Organisation) -> Json:
    return {
        "resourceType": "Location",
        "id": place.location_id,
        "status": "active",
        "name": place.name,
        "mode": "instance",
        "telecom": [{"system": "phone", "value": place.phone, "use": "work"}],
        "address": _address(place),
        "physicalType": concept(BUILDING),
        "managingOrganization": reference(f"urn:uuid:{place.id}", place.name),
    }


def _practitioner(clinician: Clinician) -> Json:
    name: Json = {"use": "official", "family": clinician.family, "given": [clinician.given]}
    if clinician.role == "doctor":
        name["prefix"] = ["Dr"]
    email = f"{clinician.slug}@{clinician.at.slug}.example.org"
    return {
        "resourceType": "Practitioner",
        "id": clinician.id,
        "identifier": [_identifier("practitioner", clinician.slug)],
        "active": True,
        "name": [name],
        "telecom": [{"system": "email", "value": email, "use": "work"}],
        "gender": clinician.gender,
    }


def _role(clinician: Clinician) -> Json:
    role = Code(HL7 + "practitioner-role", clinician.role, clinician.role.capitalize())
    place = clinician.at
    content: Json = {
        "resourceType": "PractitionerRole",
        "id": demo_id("PractitionerRole", clinician.slug),
        "active": True,
        "practitioner": reference(f"urn:uuid:{clinician.id}", clinician.name),
        "organization": reference(f"urn:uuid:{place.id}", place.name),
        "code": [concept(role)],
        "location": [reference(f"urn:uuid:{place.location_id}", place.name)],
    }
    if clinician.specialty:
        content["specialty"] = [concept(SPECIALTIES[clinician.specialty])]
    return content


def _identifier(kind: str, slug: str) -> Json:
    return {"system": f"https://salus.example/demo/{kind}", "value": slug}


def _address(place: Organisation) -> Json:
    return {"use": "work", "line": [place.street], "city": place.town}
