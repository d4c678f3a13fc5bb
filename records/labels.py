"""Sensitivity labels: what a resource is about that people often share less readily than the rest.

Made of the codes in the resource when it is written, and of the labels that its author gave it. The
labels are those of HL7's ActCode (`http://terminology.hl7.org/CodeSystem/v3-ActCode`) and, for
"restricted", of v3-Confidentiality. SNOMED CT and RxNorm need their hierarchies to be labelled in
full: the codes here are those that occur often, so authors should label what is rare.
"""

from collections.abc import Iterator
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from records.search.blind import token

ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
PARAMETER = "*.label"  # one token for a label, whatever the type
LABELLED_SINCE = 2  # the index version; of what was indexed before, no label is known


class Label(models.TextChoices):
    """What a resource may be about."""

    MENTAL_HEALTH = "PSY", _("mental health")
    SUBSTANCE_USE = "ETH", _("alcohol and drugs")
    SEXUAL_HEALTH = "SEX", _("sexual and reproductive health")
    HIV = "HIV", _("HIV")
    RESTRICTED = "R", _("what its author marked as restricted")


def system_of(label: str) -> str:
    """The code system of a label."""
    return CONFIDENTIALITY if label == Label.RESTRICTED else ACT_CODE


# What others call them: narrower and older codes of ActCode and v3-Confidentiality.
_ALIASES = {
    "MH": Label.MENTAL_HEALTH, "PSYTHPN": Label.MENTAL_HEALTH, "SUD": Label.SUBSTANCE_USE,
    "ALC": Label.SUBSTANCE_USE, "ETHUD": Label.SUBSTANCE_USE, "OPIOIDUD": Label.SUBSTANCE_USE,
    "STD": Label.SEXUAL_HEALTH, "V": Label.RESTRICTED,
}  # fmt: skip

_ICD10 = frozenset(
    {
        "http://hl7.org/fhir/sid/icd-10", "http://hl7.org/fhir/sid/icd-10-cm",
        "http://hl7.org/fhir/sid/icd-10-gm", "http://fhir.de/codesystem/bfarm/icd-10-gm",
    }
)  # fmt: skip
# Chapters and blocks, from and to (ICD-10, WHO); the first that fits counts.
_BLOCKS: tuple[tuple[str, str, Label], ...] = (
    ("F10", "F19", Label.SUBSTANCE_USE),
    ("F52", "F52", Label.SEXUAL_HEALTH),
    ("F00", "F99", Label.MENTAL_HEALTH),
    ("X60", "X84", Label.MENTAL_HEALTH),
    ("B20", "B24", Label.HIV),
    ("Z21", "Z21", Label.HIV),
    ("A50", "A64", Label.SEXUAL_HEALTH),
    ("N46", "N46", Label.SEXUAL_HEALTH),
    ("N97", "N97", Label.SEXUAL_HEALTH),
    ("O00", "O99", Label.SEXUAL_HEALTH),
    ("Z30", "Z39", Label.SEXUAL_HEALTH),
)
_CODES: dict[str, dict[Label, str]] = {
    "http://snomed.info/sct": {
        # disorders of mood, anxiety, stress, psychosis, attention, eating; suicide; psychotherapy
        Label.MENTAL_HEALTH: "74732009 35489007 36923009 370143000 66344007 191659001 197480006 "
        "21897009 48694002 47505003 13746004 58214004 69322001 406506008 192127007 72366004 "
        "82313006 6471006 75516001 228557008 75516001 88848003 76168009 183401008",
        Label.SUBSTANCE_USE: "7200002 66590003 15167005 26416006 6525002 5602001 75544000 55680006 "
        "10939881000119105 361055000 231477003 707848009 266707007 56876005",
        Label.SEXUAL_HEALTH: "72892002 77386006 8098009 15628003 76272004 240589008 19169002 "
        "17369002 79586000 65200003 65966004 47200007 53881005 386394001 13384007 271903000",
        Label.HIV: "86406008 62479008 165816005 91947003 400001000004103 91948008 313077009",
    },
    "http://loinc.org": {
        Label.MENTAL_HEALTH: "44249-1 44261-6 55757-9 55758-7 69737-5 70274-6 71777-7 89204-2 "
        "73831-0 93373-9",
        Label.SUBSTANCE_USE: "75626-2 75624-7 82667-7 82666-9 72109-2 74204-9 63586-2",
        Label.SEXUAL_HEALTH: "2118-8 2106-3 21198-7 82810-3 11996-6 21613-5 43304-5 20507-0",
        Label.HIV: "7918-6 75622-1 56888-1 25836-8 20447-9 24467-3 29893-5 68961-2 48510-4",
    },
    "http://www.nlm.nih.gov/research/umls/rxnorm": {
        # Ingredients.
        Label.MENTAL_HEALTH: "4493 36437 321988 2556 32937 42347 39786 72625 6448 61381 35636 "
        "51272 5093 2626 89013",
        Label.SUBSTANCE_USE: "6813 1819 7243 3554 82819",
        Label.SEXUAL_HEALTH: "6691 6373 7514 4100",
        Label.HIV: "1721603 1433868 1999667 276237 195085 68244",
    },
}
_KNOWN = {
    (system, code): label
    for system, by_label in _CODES.items()
    for label, codes in by_label.items()
    for code in codes.split()
}


def label_token(label: str) -> int:
    """A label as a version's index has it."""
    return token(PARAMETER, label)


def code_token(coding: str) -> int:
    """A code (`system|code`) as a version's index has it, wherever in the resource it stands."""
    return token("*.code", coding.casefold())


def consent_tokens(resource: dict[str, Any]) -> set[int]:
    """By what consents may speak of a resource, besides its type and time.

    As FHIR has it, a code counts wherever it is found in the resource.
    """
    codes = {code_token(f"{system}|{code}") for system, code in _codings(resource)}
    return codes | {label_token(label) for label in labels_of(resource)}


def labels_of(resource: dict[str, Any]) -> set[Label]:
    """What a resource is about, by any code in it; in doubt one label too many."""
    found = {_label_of(system, code) for system, code in _codings(resource)}
    return {label for label in found if label}


def _codings(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        system, code = value.get("system", ""), value.get("code")
        # What has a value beside its code is a quantity in a unit.
        if isinstance(system, str) and isinstance(code, str) and "value" not in value:
            yield system, code
        for part in value.values():
            yield from _codings(part)
    elif isinstance(value, list):
        for part in value:
            yield from _codings(part)


def _label_of(system: str, code: str) -> Label | None:
    if system in (ACT_CODE, CONFIDENTIALITY):
        found = _ALIASES.get(code, code)
        return Label(found) if found in Label else None
    if system.lower() in _ICD10:
        category = code.strip().upper()[:3]
        return next((label for low, high, label in _BLOCKS if low <= category <= high), None)
    return _KNOWN.get((system, code))
