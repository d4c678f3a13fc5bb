"""`Patient/$summary`: the International Patient Summary (HL7 IPS) of what somebody may see."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from html import escape
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.fhir.resources import Resource, references
from records.presenters.clinical import Entry, category_of
from records.selectors import Opened, display_name
from records.services.store import instant

LOINC = "http://loinc.org"
ABSENT = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
PROFILE = "http://hl7.org/fhir/uv/ips/StructureDefinition"
MOST = 100  # entries of a section: the newest
RECENT = timedelta(days=730)  # of visits, tests and measurements; older ones are history
ENDED = {"resolved", "inactive", "remission"}
OVER = {"entered-in-error", "cancelled", "stopped", "completed", "not-taken", "draft"}


@dataclass(frozen=True)
class Section:
    """A section: its LOINC code, and which resources belong into it."""

    code: str
    title: str | Promise
    types: tuple[str, ...]
    belongs: Callable[[Resource], bool]
    required: bool = False  # then that nothing is known is said, too
    recent: bool = False


def _status(resource: Resource, element: str) -> str:
    codings = (resource.get(element) or {}).get("coding") or [{}]
    return str(codings[0].get("code", ""))


def _right(resource: Resource) -> bool:
    return _status(resource, "verificationStatus") not in ("entered-in-error", "refuted")


def _standing(resource: Resource) -> bool:
    return _right(resource) and _status(resource, "clinicalStatus") not in ENDED


def _taken(resource: Resource) -> bool:
    return str(resource.get("status")) not in OVER


def _done(resource: Resource) -> bool:
    return str(resource.get("status")) in ("completed", "final", "amended", "corrected")


def _of(category: str) -> Callable[[Resource], bool]:
    return lambda resource: _done(resource) and category_of(resource) == category


SECTIONS = (
    Section("48765-2", gettext_lazy("Allergies and intolerances"), ("AllergyIntolerance",),
            _standing, required=True),
    Section("10160-0", gettext_lazy("Medicines"), ("MedicationRequest", "MedicationStatement"),
            _taken, required=True),
    Section("11450-4", gettext_lazy("Problems"), ("Condition",), _standing, required=True),
    Section("11369-6", gettext_lazy("Vaccinations"), ("Immunization",), _done),
    Section("47519-4", gettext_lazy("Procedures"), ("Procedure",), _done),
    Section("30954-2", gettext_lazy("Test results"), ("Observation",), _of("laboratory"),
            recent=True),
    Section("8716-3", gettext_lazy("Vital signs"), ("Observation",), _of("vital-signs"),
            recent=True),
    Section("29762-2", gettext_lazy("Social history"), ("Observation",), _of("social-history")),
    Section("11348-0", gettext_lazy("Past problems"), ("Condition",),
            lambda r: _right(r) and not _standing(r)),
    Section("18776-5", gettext_lazy("Plans of care"), ("CarePlan",), _taken),
)  # fmt: skip
# What is said where a required section is empty: R4 wants it said by an entry, not by its absence.
NOTHING_KNOWN = {
    "48765-2": ("no-allergy-info", gettext_lazy("No information about allergies")),
    "10160-0": ("no-medication-info", gettext_lazy("No information about medicines")),
    "11450-4": ("no-problem-info", gettext_lazy("No information about problems")),
}


def ips(
    patient: Opened, found: Iterable[Opened], directory: Iterable[Opened], base: str
) -> Resource:
    """The document: a Composition, the patient, and all that its sections name."""
    entries = [Entry(one) for one in found]
    now = timezone.now()
    used: dict[str, Resource] = {patient.version.reference: patient.resource}
    sections = [_section(section, entries, used, patient) for section in SECTIONS]
    kept = [section for section in sections if section]
    for one in directory:
        used.setdefault(one.version.reference, one.resource)
    composition: Resource = {
        "resourceType": "Composition",
        "id": str(uuid4()),
        "meta": {"profile": [f"{PROFILE}/Composition-uv-ips"]},
        "status": "final",
        "type": {"coding": [{"system": LOINC, "code": "60591-5"}], "text": _("Patient summary")},
        "subject": {"reference": patient.version.reference},
        "date": instant(now),
        "author": [{"display": "Salus"}],
        "title": _("Summary of %(name)s") % {"name": display_name(patient.resource)},
        "section": kept,
    }
    named = {f"Composition/{composition['id']}": composition, **_needed(composition, used)}
    return {
        "resourceType": "Bundle",
        "id": str(uuid4()),
        "meta": {"profile": [f"{PROFILE}/Bundle-uv-ips"], "lastUpdated": instant(now)},
        "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{uuid4()}"},
        "type": "document",
        "timestamp": instant(now),
        "entry": [
            {"fullUrl": f"{base}{reference}", "resource": _without_outside(resource, named)}
            for reference, resource in named.items()
        ],
    }


def _section(
    section: Section, entries: list[Entry], used: dict[str, Resource], patient: Opened
) -> Resource | None:
    since = (timezone.now() - RECENT).date().isoformat()
    rows = [
        entry
        for entry in entries
        if entry.type in section.types
        and section.belongs(entry.resource)
        and not (section.recent and entry.time < since)
    ]
    rows.sort(key=lambda entry: entry.time, reverse=True)
    rows = rows[:MOST]
    coded = {"coding": [{"system": LOINC, "code": section.code}]}
    said: Resource = {"title": str(section.title), "code": coded}
    if rows:
        said["text"] = _narrative([_line(entry) for entry in rows])
        said["entry"] = [{"reference": row.opened.version.reference} for row in rows]
        used |= {row.opened.version.reference: row.resource for row in rows}
        return said
    if not section.required:
        return None
    unknown = _nothing_known(section, patient.version.reference)
    reference = f"{unknown['resourceType']}/{unknown['id']}"
    used[reference] = unknown
    said["text"] = _narrative([str(NOTHING_KNOWN[section.code][1])])
    said["entry"] = [{"reference": reference}]
    return said


def _nothing_known(section: Section, patient: str) -> Resource:
    code, words = NOTHING_KNOWN[section.code]
    concept = {"coding": [{"system": ABSENT, "code": code}], "text": str(words)}
    id = str(uuid5(NAMESPACE_URL, f"{patient} {code}"))
    if section.code == "10160-0":
        return {
            "resourceType": "MedicationStatement", "id": id, "status": "unknown",
            "medicationCodeableConcept": concept, "subject": {"reference": patient},
        }  # fmt: skip
    active = {"coding": [{
        "system": f"http://terminology.hl7.org/CodeSystem/{_CLINICAL[section.code]}",
        "code": "active",
    }]}  # fmt: skip
    about = "patient" if section.code == "48765-2" else "subject"
    return {
        "resourceType": section.types[0], "id": id, "clinicalStatus": active, "code": concept,
        about: {"reference": patient},
    }  # fmt: skip


_CLINICAL = {"48765-2": "allergyintolerance-clinical", "11450-4": "condition-clinical"}


def _line(entry: Entry) -> str:
    parts = [entry.title, entry.detail, entry.day]
    return ", ".join(part for part in parts if part)


def _narrative(lines: list[str]) -> Resource:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    xhtml = f'<div xmlns="http://www.w3.org/1999/xhtml"><ul>{items}</ul></div>'
    return {"status": "generated", "div": xhtml}


def _needed(composition: Resource, used: dict[str, Resource]) -> dict[str, Resource]:
    """What the document names, directly or through what it names."""
    found: dict[str, Resource] = {}
    waiting = [composition]
    while waiting:
        for _place, holder in references(waiting.pop()):
            reference = str(holder["reference"])
            if reference in used and reference not in found:
                found[reference] = used[reference]
                waiting.append(used[reference])
    return found


def _without_outside(resource: Resource, inside: dict[str, Any]) -> Resource:
    """A document is whole in itself: what is not in it is named by its display alone."""

    def kept(value: Any) -> Any:
        if isinstance(value, dict):
            reference = str(value.get("reference", ""))
            if "/" in reference and reference not in inside:
                return {"display": str(value.get("display") or reference.partition("/")[0])}
            return {k: kept(v) for k, v in value.items()}
        return [kept(one) for one in value] if isinstance(value, list) else value

    return dict(kept(resource))
