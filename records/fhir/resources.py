"""Reading resources: references, whose they are, who wrote them, when they happened."""

from collections.abc import Callable, Iterator
from typing import Any

Resource = dict[str, Any]

# Shared by everybody: who works where. They belong to no patient.
DIRECTORY_TYPES = frozenset(
    {"Organization", "Practitioner", "PractitionerRole", "Location", "HealthcareService"}
)
# Elements that name the patient a resource is about, in the order of the Patient compartment.
SUBJECT_ELEMENTS = ("subject", "patient", "beneficiary", "individual", "for", "securityContext")
# When something happened, best first; the name ends in Period where it is a range.
TIME_ELEMENTS = (
    "effectiveDateTime", "effectivePeriod", "performedDateTime", "performedPeriod", "period",
    "occurrenceDateTime", "onsetDateTime", "authoredOn", "recordedDate", "date", "created",
    "billablePeriod", "issued", "startDate",
)  # fmt: skip


def references(value: Any, place: str = "") -> Iterator[tuple[str, Resource]]:
    """Every object with a literal `reference`, and its place."""
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield place, value
        for key, part in value.items():
            yield from references(part, f"{place}.{key}" if place else key)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from references(part, f"{place}[{index}]")


def with_references(value: Any, rewrite: Callable[[str], str]) -> Any:
    """A copy in which every literal reference is rewritten; the rest is shared."""
    if isinstance(value, dict):
        copy = {key: with_references(part, rewrite) for key, part in value.items()}
        if isinstance(copy.get("reference"), str):
            copy["reference"] = rewrite(copy["reference"])
        return copy
    if isinstance(value, list):
        return [with_references(part, rewrite) for part in value]
    return value


def reference_of(resource: Resource, element: str) -> str:
    """The literal reference of an element (its first where it repeats), or an empty string."""
    value = resource.get(element)
    if isinstance(value, list):
        value = value[0] if value else None
    found = value.get("reference") if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def patient_of(resource: Resource) -> str:
    """The id of the patient whose compartment this is in, or an empty string."""
    if resource["resourceType"] == "Patient":
        return str(resource.get("id", ""))
    for element in SUBJECT_ELEMENTS:
        kind, _, id = reference_of(resource, element).partition("/")
        if kind == "Patient":
            return id
    return ""


def time_of(resource: Resource) -> str:
    """When it happened: the FHIR dateTime as written, or an empty string."""
    for element in TIME_ELEMENTS:
        value = resource.get(element)
        if isinstance(value, dict):
            value = value.get("start")
        if isinstance(value, str):
            return value
    return ""


def organisation_of(resource: Resource, encounters: dict[str, Resource]) -> str:
    """The id of the organisation that wrote it, or an empty string.

    Said by the resource itself, else by the encounter that it belongs to.
    """
    for element in (
        "performer",
        "serviceProvider",
        "custodian",
        "provider",
        "managingOrganization",
    ):
        kind, _, id = reference_of(resource, element).partition("/")
        if kind == "Organization":
            return id
    encounter = encounters.get(_encounter_of(resource))
    return organisation_of(encounter, {}) if encounter else ""


def _encounter_of(resource: Resource) -> str:
    direct = reference_of(resource, "encounter")
    if direct:
        return direct
    context = resource.get("context")
    if isinstance(context, dict):
        return reference_of(context, "encounter") or str(context.get("reference", ""))
    items = resource.get("item")
    if isinstance(items, list) and items and isinstance(items[0], dict):
        return reference_of(items[0], "encounter")
    return ""
