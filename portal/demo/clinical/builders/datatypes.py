"""The FHIR data types that every resource is made of."""

from datetime import datetime
from decimal import Decimal

from portal.demo.clinical.codes import HL7, UCUM, Code
from portal.demo.clinical.identity import Clinician, Organisation
from portal.demo.clinical.measures import Unit

Json = dict[str, object]


def coding(code: Code) -> Json:
    """A Coding with its display text."""
    return {"system": code.system, "code": code.code, "display": code.display}


def concept(*codes: Code, text: str | None = None) -> Json:
    """A CodeableConcept; its text is the first code's display unless given."""
    return {"coding": [coding(code) for code in codes], "text": text or codes[0].display}


def status(system: str, code: str) -> Json:
    """A CodeableConcept from one of HL7's own small code systems."""
    return {"coding": [{"system": HL7 + system, "code": code}]}


def reference(target: str, display: str | None = None) -> Json:
    """A Reference, with the words that a reader sees."""
    return {"reference": target, "display": display} if display else {"reference": target}


def organisation(place: Organisation) -> Json:
    """A reference into the directory bundle."""
    return reference(f"Organization/{place.id}", place.name)


def practitioner(clinician: Clinician) -> Json:
    """A reference into the directory bundle."""
    return reference(f"Practitioner/{clinician.id}", clinician.name)


def location(place: Organisation) -> Json:
    """A reference into the directory bundle."""
    return reference(f"Location/{place.location_id}", place.name)


def quantity(value: Decimal, unit: Unit) -> Json:
    """A Quantity in UCUM; the Decimal carries the written precision."""
    return {"value": value, "unit": unit.printed, "system": UCUM, "code": unit.ucum}


def moment(when: datetime) -> str:
    """A dateTime or instant with its offset."""
    return when.isoformat(timespec="seconds")


def period(start: datetime, end: datetime | None = None) -> Json:
    """A Period, open when there is no end yet."""
    whole: Json = {"start": moment(start)}
    return whole | {"end": moment(end)} if end else whole
