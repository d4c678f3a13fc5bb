"""What the profiles of US Core 6.1.0 ask for beyond R4: as a table of facts, for no package has them.

Cardinalities, codes and types that the profiles' definitions name; what R4 asks for already is not
repeated. Not here: mustSupport, which binds senders and not resources; value sets of external
terminologies (SNOMED CT, LOINC types of documents, detailed races); extensible bindings; identifiers'
check digits.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import Problem
from records.fhir.definitions import Codes
from records.fhir.invariants import Element, Rule
from records.search.paths import referred_type

VERSION = "6.1.0"
CANONICAL = "http://hl7.org/fhir/us/core/StructureDefinition/"


@dataclass(frozen=True)
class Profile:
    """What one profile asks for. A path (`name.family`) goes through lists: each one is meant."""

    type: str
    needed: tuple[str, ...] = ()  # must be wherever its parent is; `value[x]` is a choice
    having: tuple[
        tuple[str, Codes], ...
    ] = ()  # at least one of these concepts has one of the codes
    codes: Mapping[str, frozenset[str]] = field(default_factory=dict)  # a `code` is one of these
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # types of a choice
    targets: Mapping[str, str] = field(default_factory=dict)  # a reference leads to this type
    rules: tuple[tuple[str, Rule], ...] = ()  # by the path of the elements that they are about


def problems_of_profile(resource: Element, profile_url: str, place: str = "") -> list[Problem]:
    """What keeps a resource that is valid R4 from being valid by a profile; empty where nothing does.

    The profile by its canonical URL, with or without `|6.1.0`. One that is not known is a problem.
    """
    here = place or resource["resourceType"]
    url, _bar, version = profile_url.partition("|")
    profile = PROFILES.get(url.removeprefix(CANONICAL))
    if profile is None or not url.startswith(CANONICAL) or version not in ("", VERSION):
        return [Problem(here, _("this can't be checked: the profile is not known here"))]
    if resource["resourceType"] != profile.type:
        return [Problem(here, _("the profile is for resources of another type"))]
    return list(_problems(resource, profile, here))


def _problems(resource: Element, profile: Profile, here: str) -> Iterator[Problem]:
    yield from _missing(resource, profile, here)
    yield from _wrong_codes(resource, profile, here)
    for path, type in profile.targets.items():
        for place, value in _found(resource, path, here):
            if referred_type(value) not in ("", type):
                yield Problem(place, _("the profile wants a reference to another type here"))
    for path, rule in profile.rules:
        for place, value in _found(resource, path, here):
            if (problem := rule.broken(value, place)) is not None:
                yield problem


def _missing(resource: Element, profile: Profile, here: str) -> Iterator[Problem]:
    for path in profile.needed:
        parent, _dot, name = path.rpartition(".")
        for place, value in _found(resource, parent, here):
            if not _has(value, name):
                words = _("the profile needs “%(name)s” here") % {"name": name}
                yield Problem(f"{place}.{name}", words)


def _wrong_codes(resource: Element, profile: Profile, here: str) -> Iterator[Problem]:
    for path, codes in profile.having:
        concepts = [value for _place, value in _found(resource, path, here)]
        if not any(_coded(concept, codes) for concept in concepts):
            yield Problem(f"{here}.{path}", _("a code that the profile needs is missing"))
    for path, allowed in profile.codes.items():
        for place, value in _found(resource, path, here):
            if value not in allowed:
                yield Problem(place, _("the profile does not allow this code"))
    for name, types in profile.choices.items():
        for key in _keys(resource, name):
            if key not in types:
                yield Problem(f"{here}.{key}", _("the profile does not allow this type of value"))


def _found(value: Any, path: str, place: str) -> Iterator[tuple[str, Any]]:
    """All values at a path, with their places."""
    name, _dot, rest = path.partition(".")
    if not name:
        yield place, value
        return
    inner = value.get(name)
    where = f"{place}.{name}"
    if isinstance(inner, list):
        for index, one in enumerate(inner):
            yield from _found(one, rest, f"{where}[{index}]")
    elif inner is not None:
        yield from _found(inner, rest, where)


def _has(value: Element, name: str) -> bool:
    """Whether an element is there; extensions may say why a primitive is absent."""
    if name.endswith("[x]"):
        return bool(_keys(value, name[:-3]))
    return name in value or f"_{name}" in value


def _keys(value: Element, name: str) -> list[str]:
    size = len(name)
    return [key for key in value if key.startswith(name) and key[size : size + 1].isupper()]


def _coded(concept: Element, codes: Codes) -> bool:
    return any((c.get("system"), c.get("code")) in codes for c in concept.get("coding", ()))


# -- facts -----------------------------------------------------------------------------------------

_TERMS = "http://terminology.hl7.org/CodeSystem/"
_LOINC = "http://loinc.org"
_UCUM = "http://unitsofmeasure.org"
_OMB = "urn:oid:2.16.840.1.113883.6.238"
_NULL = _TERMS + "v3-NullFlavor"
_PATIENT = {"subject": "Patient"}


def _set(system: str, *codes: str) -> Codes:
    return frozenset((system, code) for code in codes)


def _observed(*codes: str) -> tuple[str, Codes]:
    return "category", _set(_TERMS + "observation-category", *codes)


# -- rules -----------------------------------------------------------------------------------------

ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_RACES = _set(_OMB, "1002-5", "2028-9", "2054-5", "2076-8", "2106-3") | _set(_NULL, "ASKU", "UNK")
_ETHNICITIES = _set(_OMB, "2135-2", "2186-5") | _set(_NULL, "ASKU", "UNK")
_BIRTH_SEXES = frozenset({"F", "M", "ASKU", "OTH", "UNK"})
_WITH_TIME = ("completed", "in-progress")
_ORDERS = ("order", "original-order", "reflex-order", "filler-order", "instance-order")


def _named(name: Element) -> bool:
    """Either a name, or why there is none: one of them alone."""
    absent = any(extension.get("url") == ABSENT for extension in name.get("extension", ()))
    return absent != any(part in name for part in ("family", "given"))


def _origin(extension: Element) -> bool:
    """us-core-race, us-core-ethnicity: one text, and categories out of OMB's."""
    kind = extension["url"].removeprefix(CANONICAL)
    if kind not in ("us-core-race", "us-core-ethnicity"):
        return True
    parts = extension.get("extension", ())
    allowed, most = (_RACES, 6) if kind == "us-core-race" else (_ETHNICITIES, 1)
    categories = [part.get("valueCoding", {}) for part in parts if part["url"] == "ombCategory"]
    return (
        sum(part["url"] == "text" and "valueString" in part for part in parts) == 1
        and len(categories) <= most
        and all((one.get("system"), one.get("code")) in allowed for one in categories)
    )


def _birth_sex(extension: Element) -> bool:
    own = extension["url"] == CANONICAL + "us-core-birthsex"
    return not own or extension.get("valueCode") in _BIRTH_SEXES


def _valued(observation: Element) -> bool:
    """vs-3, and the end of vs-2."""
    return "dataAbsentReason" in observation or _has(observation, "value[x]")


def _vital(observation: Element) -> bool:
    return any(name in observation for name in ("component", "hasMember")) or _valued(observation)


def _to_the_day(observation: Element) -> bool:
    return len(observation.get("effectiveDateTime", "2000-01-01")) >= 10


def _measured(*units: str) -> Rule:
    """A quantity is complete and in one of the units, as UCUM writes them."""

    def holds(quantity: Element) -> bool:
        complete = all(_has(quantity, name) for name in ("value", "unit"))
        return complete and (quantity.get("system"), quantity.get("code")) in allowed

    allowed = _set(_UCUM, *units)
    return Rule("UCUM", gettext_lazy("this needs a value in a unit of the profile"), holds)


_VITAL_RULES = (
    ("", Rule("vs-1", gettext_lazy("the time must be precise to the day"), _to_the_day)),
    ("", Rule("vs-2", gettext_lazy("this needs a value, or why there is none"), _vital)),
    ("component",
     Rule("vs-3", gettext_lazy("this needs a value, or why there is none"), _valued)),
)  # fmt: skip


def _vitals(*loinc: str, units: tuple[str, ...] = ()) -> Profile:
    """A profile of vital signs: all of its codes must be given."""
    return Profile(
        "Observation", ("category", "subject", "effective[x]"),
        having=(_observed("vital-signs"), *(("code", _set(_LOINC, code)) for code in loinc)),
        choices={"effective": ("effectiveDateTime", "effectivePeriod"),
                 **({"value": ("valueQuantity",)} if units else {})},
        targets=_PATIENT,
        rules=(*_VITAL_RULES, *((("valueQuantity", _measured(*units)),) if units else ())),
    )  # fmt: skip


_BLOOD_PRESSURE = Profile(
    "Observation", ("category", "subject", "effective[x]", "component"),
    having=(
        _observed("vital-signs"), ("code", _set(_LOINC, "85354-9")),
        ("component.code", _set(_LOINC, "8480-6")), ("component.code", _set(_LOINC, "8462-4")),
    ),
    choices={"effective": ("effectiveDateTime", "effectivePeriod")},
    targets=_PATIENT,
    rules=(*_VITAL_RULES, ("component.valueQuantity", _measured("mm[Hg]"))),
)  # fmt: skip
_LENGTHS = ("cm", "[in_i]")

# -- the profiles, by the end of their URL ---------------------------------------------------------

PROFILES: Mapping[str, Profile] = {
    "us-core-allergyintolerance": Profile("AllergyIntolerance", ("code",)),
    "us-core-careplan": Profile(
        "CarePlan", ("category",),
        having=(("category", _set("http://hl7.org/fhir/us/core/CodeSystem/careplan-category",
                                  "assess-plan")),),
        codes={"text.status": frozenset({"generated", "additional"})},
        targets=_PATIENT,
    ),
    "us-core-careteam": Profile(
        "CareTeam",
        ("subject", "participant", "participant.role", "participant.member"),
        targets=_PATIENT,
    ),
    "us-core-condition-encounter-diagnosis": Profile(
        "Condition", ("category", "code"),
        having=(("category", _set(_TERMS + "condition-category", "encounter-diagnosis")),),
        targets=_PATIENT,
    ),
    "us-core-condition-problems-health-concerns": Profile(
        "Condition", ("category", "code"),
        having=(("category",
                 _set(_TERMS + "condition-category", "problem-list-item")
                 | _set("http://hl7.org/fhir/us/core/CodeSystem/condition-category",
                        "health-concern")),),
        targets=_PATIENT,
    ),
    "us-core-diagnosticreport-lab": Profile(
        "DiagnosticReport", ("category", "subject"),
        having=(("category", _set(_TERMS + "v2-0074", "LAB")),),
        targets=_PATIENT,
    ),
    "us-core-diagnosticreport-note": Profile(
        "DiagnosticReport", ("category", "subject"), targets=_PATIENT
    ),
    "us-core-documentreference": Profile(
        "DocumentReference", ("type", "category", "subject"), targets=_PATIENT,
        rules=(("content.attachment",
                Rule("us-core-6", gettext_lazy("this needs its data, or an address"),
                     lambda it: _has(it, "url") or _has(it, "data"))),),
    ),
    "us-core-encounter": Profile(
        "Encounter", ("type", "subject", "identifier.system", "identifier.value"),
        targets=_PATIENT,
    ),
    "us-core-goal": Profile("Goal", targets=_PATIENT),
    "us-core-immunization": Profile("Immunization"),
    "us-core-medicationrequest": Profile(
        "MedicationRequest", targets=_PATIENT,
        rules=(("", Rule("us-core-21", gettext_lazy("an order needs a “requester”"),
                         lambda it: it.get("intent") not in _ORDERS or "requester" in it)),),
    ),
    "us-core-observation-lab": Profile(
        "Observation", ("category", "subject"), having=(_observed("laboratory"),),
        targets=_PATIENT,
        rules=(("", Rule("us-core-2",
                         gettext_lazy("this needs a value, members, or why there is no value"),
                         _vital)),),
    ),
    "us-core-organization": Profile("Organization", ("active", "name")),
    "us-core-patient": Profile(
        "Patient",
        ("identifier", "identifier.system", "identifier.value", "name", "gender",
         "telecom.system", "telecom.value"),
        rules=(
            ("name", Rule("us-core-6", gettext_lazy("this needs a family or a given name"),
                          _named)),
            ("extension", Rule("us-core-race", gettext_lazy(
                "this needs one text, and categories of the official list"), _origin)),
            ("extension", Rule("us-core-birthsex",
                               gettext_lazy("this is not one of the allowed codes"),
                               _birth_sex)),
        ),
    ),
    "us-core-practitioner": Profile(
        "Practitioner",
        ("identifier", "identifier.system", "identifier.value", "name", "name.family"),
    ),
    "us-core-procedure": Profile(
        "Procedure", ("code",), targets=_PATIENT,
        rules=(("", Rule("us-core-7", gettext_lazy("what was done needs its time"),
                         lambda it: it.get("status") not in _WITH_TIME
                         or _has(it, "performed[x]"))),),
    ),
    "us-core-smokingstatus": Profile(
        "Observation", ("category", "subject", "effective[x]", "value[x]"),
        having=(_observed("social-history"),),
        codes={"status": frozenset({"final", "entered-in-error"})},
        choices={"effective": ("effectiveDateTime",),
                 "value": ("valueCodeableConcept", "valueQuantity")},
        targets=_PATIENT,
    ),
    # Vital signs
    "us-core-vital-signs": _vitals(),
    "us-core-blood-pressure": _BLOOD_PRESSURE,
    "us-core-bmi": _vitals("39156-5", units=("kg/m2",)),
    "us-core-body-height": _vitals("8302-2", units=_LENGTHS),
    "us-core-body-temperature": _vitals("8310-5", units=("Cel", "[degF]")),
    "us-core-body-weight": _vitals("29463-7", units=("g", "kg", "[lb_av]")),
    "us-core-head-circumference": _vitals("9843-4", units=_LENGTHS),
    "us-core-heart-rate": _vitals("8867-4", units=("/min",)),
    "us-core-pulse-oximetry": _vitals("59408-5", "2708-6", units=("%",)),
    "us-core-respiratory-rate": _vitals("9279-1", units=("/min",)),
    "head-occipital-frontal-circumference-percentile": _vitals("8289-1", units=("%",)),
    "pediatric-bmi-for-age": _vitals("59576-9", units=("%",)),
    "pediatric-weight-for-height": _vitals("77606-2", units=("%",)),
}  # fmt: skip
