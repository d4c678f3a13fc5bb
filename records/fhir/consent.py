"""Consents as FHIR R4 Consent resources, and back (DESIGN section 7, STANDARDS section 1).

What goes out says everything that is enforced. What comes in is refused where anything in it could
not be enforced, with the place of each such element: to ignore a limit would share too much.
"""

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from core.errors import Invalid, Problem
from core.models import Purpose
from records.fhir.resources import Resource
from records.fhir.schema import problems_of
from records.labels import ACT_CODE, CONFIDENTIALITY, system_of
from records.models import ANY_TYPE, Consent
from records.provisions import DENY, PERMIT, Provision, identified
from records.search.ranges import moment

REASONS = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
ROLES = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
TYPES = "http://hl7.org/fhir/resource-types"
OWN_ROLES = "urn:salus:role"
_CATEGORY = {"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}
_SCOPE = {
    "coding": [
        {
            "system": "http://terminology.hl7.org/CodeSystem/consentscope",
            "code": "patient-privacy",
        }
    ]
}
_RULE = {"coding": [{"system": ACT_CODE, "code": "OPTIN"}]}
_PURPOSES = {
    Purpose.TREATMENT.value: "TREAT", Purpose.PAYMENT.value: "HPAYMT",
    Purpose.RESEARCH.value: "HRESCH",
}  # fmt: skip
_PURPOSE_OF = {code: purpose for purpose, code in _PURPOSES.items()}


# -- out -------------------------------------------------------------------------------------------


def consent_resource(
    consent: Consent, provisions: tuple[Provision, ...], *, at: datetime
) -> Resource:
    """A consent as it stands at a time; the outer provision says whom with and until when."""
    active = consent.status == Consent.Status.ACTIVE and consent.ends_at > at
    grantee = (
        f"Practitioner/{consent.user_id}"
        if consent.user_id
        else f"Organization/{consent.organisation_id}"
    )
    patient = {"reference": f"Patient/{consent.patient_id}"}
    last = consent.ends_at - timedelta(milliseconds=1)
    found: Resource = {
        "resourceType": "Consent",
        "id": str(consent.pk),
        "status": "active" if active else "inactive",
        "scope": _SCOPE,
        "category": [_CATEGORY],
        "patient": patient,
        "dateTime": _instant(consent.created_at),
        "performer": [patient],
        "policyRule": _RULE,
        "provision": {
            "period": {"start": _instant(consent.created_at), "end": _instant(last)},
            "provision": [_provision(row, grantee) for row in provisions],
        },
    }
    if consent.organisation_id:
        found["organization"] = [{"reference": grantee}]
    return found


def _provision(row: Provision, grantee: str) -> Resource:
    role = {"system": OWN_ROLES, "code": row.role} if row.role else _receives()
    found: Resource = {
        "type": row.effect,
        "actor": [{"role": {"coding": [role]}, "reference": {"reference": grantee}}],
        "class": [{"system": TYPES, "code": type} for type in row.types if type != ANY_TYPE],
        "code": [{"coding": [_coding(code)]} for code in row.codes],
        "securityLabel": [{"system": system_of(label), "code": label} for label in row.labels],
        "purpose": [{"system": REASONS, "code": _PURPOSES[purpose]} for purpose in row.purposes],
        "dataPeriod": _period(row),
    }
    return {name: value for name, value in found.items() if value}


def _receives() -> dict[str, str]:
    return {"system": PARTICIPATION, "code": "IRCP"}


def _coding(code: str) -> dict[str, str]:
    system, _bar, plain = code.rpartition("|")
    return {"system": system, "code": plain} if system else {"code": plain}


def _period(row: Provision) -> dict[str, str]:
    """FHIR's end is the last moment of a period, ours the first one after it."""
    found = {}
    if row.data_from:
        found["start"] = _instant(row.data_from)
    if row.data_until:
        found["end"] = _instant(row.data_until - timedelta(milliseconds=1))
    return found


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# -- in --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """What a FHIR Consent asks for: the draft of a grant."""

    patient: UUID
    grantee: str  # `Practitioner/id` or `Organization/id`
    last_day: date
    provisions: tuple[Provision, ...]


_KNOWN = frozenset(
    {
        "resourceType", "id", "meta", "status", "scope", "category", "patient", "dateTime",
        "performer", "organization", "policyRule", "provision", "text", "language",
    }
)  # fmt: skip
_IN_PROVISION = frozenset(
    {
        "id", "type", "actor", "class", "code", "securityLabel", "purpose", "dataPeriod", "period",
        "provision",
    }
)  # fmt: skip


def consent_wanted(resource: Resource) -> Wanted:
    """What a FHIR Consent permits and denies; raises Invalid where it can't be enforced as it is said."""
    problems = problems_of(resource)
    if problems or resource.get("resourceType") != "Consent":
        raise Invalid(problems=problems or [Problem("resourceType", _("This is no Consent."))])
    return _Reading().read(resource)


class _Reading:
    """Goes through a valid Consent and notes what can't be kept."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.grantees: set[str] = set()

    def refuse(self, place: str, text: str) -> None:
        self.problems.append(Problem(place, text))

    def read(self, resource: Resource) -> Wanted:
        for name in sorted(resource.keys() - _KNOWN):
            self.refuse(f"Consent.{name}", _("This can't be enforced here."))
        if resource["status"] not in ("draft", "proposed", "active"):
            self.refuse("Consent.status", _("Only what is to count can be taken over."))
        rule = _codes(resource.get("policyRule", {}), ACT_CODE)
        if rule != ["OPTIN"]:
            self.refuse("Consent.policyRule", _("What is not permitted is not shared: say OPTIN."))
        outer = resource.get("provision") or {}
        place = "Consent.provision"
        patient = self._id(resource.get("patient"), "Patient", "Consent.patient")
        end = (outer.get("period") or {}).get("end", "")
        if not end:
            self.refuse(f"{place}.period.end", _("Say until when it counts."))
        rows = self._rows(outer, place, inherited=outer.get("actor") or [])
        if len(self.grantees) != 1:
            self.refuse(f"{place}.actor", _("Name one person or organisation."))
        if not rows:
            self.refuse(place, _("Say what is permitted or denied."))
        if self.problems:
            raise Invalid(problems=self.problems)
        last = (_moment(end, last=True) - timedelta(milliseconds=1)).date()
        return Wanted(UUID(patient), self.grantees.pop(), last, identified(rows))

    def _rows(
        self, said: Resource, place: str, inherited: list[Any], depth: int = 0
    ) -> list[Provision]:
        """The provision itself, where it says something, then the exceptions to it."""
        for name in sorted(said.keys() - _IN_PROVISION):
            self.refuse(f"{place}.{name}", _("This can't be enforced here."))
        if depth and said.get("period"):
            self.refuse(f"{place}.period", _("A consent counts for one time as a whole."))
        actors = said.get("actor") or inherited
        nested = said.get("provision") or []
        limits = {"class", "code", "securityLabel", "purpose", "dataPeriod"}
        found = []
        if said.get("type") or not nested or limits & said.keys():
            found = [self._row(said, place, actors)]
        rule = bool(found)
        if rule and depth and nested:
            self.refuse(f"{place}.provision", _("Exceptions to exceptions can't be enforced."))
        for number, inner in enumerate(nested):
            # Permissions within a permission would limit it; here each adds to what is permitted.
            if rule and inner.get("type", PERMIT) == PERMIT:
                where = f"{place}.provision[{number}].type"
                self.refuse(where, _("What is nested in a rule is an exception: say deny."))
            found += self._rows(inner, f"{place}.provision[{number}]", actors, depth + 1)
        return found

    def _row(self, said: Resource, place: str, actors: list[Any]) -> Provision:
        role = ""
        for number, actor in enumerate(actors):
            where = f"{place}.actor[{number}]"
            self.grantees.add(self._grantee(actor, where))
            role = next(iter(_codes(actor.get("role", {}), OWN_ROLES)), role)
        types = [self._code(c, {TYPES}, f"{place}.class") for c in said.get("class") or []]
        codes = [self._concept(c, f"{place}.code") for c in said.get("code") or []]
        labels = [
            self._code(c, {ACT_CODE, CONFIDENTIALITY}, f"{place}.securityLabel")
            for c in said.get("securityLabel") or []
        ]
        purposes = [self._code(c, {REASONS}, f"{place}.purpose") for c in said.get("purpose") or []]
        for code in set(purposes) - _PURPOSE_OF.keys() - {""}:
            self.refuse(f"{place}.purpose", _("Access can't be given for %s.") % code)
        period = said.get("dataPeriod") or {}
        begin, end = period.get("start"), period.get("end")
        return Provision(
            said.get("type") or PERMIT, tuple(types) or (ANY_TYPE,), tuple(codes), tuple(labels),
            _moment(begin) if begin else None, _moment(end, last=True) if end else None,
            tuple(_PURPOSE_OF[code] for code in purposes if code in _PURPOSE_OF), role,
        )  # fmt: skip

    def _grantee(self, actor: Resource, place: str) -> str:
        kind, _slash, id = str(actor["reference"].get("reference", "")).partition("/")
        if kind not in ("Practitioner", "Organization") or not _is_uuid(id):
            self.refuse(f"{place}.reference", _("Name a person or an organisation of this portal."))
        return f"{kind}/{id}"

    def _id(self, reference: Any, kind: str, place: str) -> str:
        said, _slash, id = str((reference or {}).get("reference", "")).partition("/")
        if said != kind or not _is_uuid(id):
            self.refuse(place, _("Name a patient of this portal."))
        return id

    def _code(self, coding: Resource, systems: set[str], place: str) -> str:
        if coding.get("system") not in systems:
            self.refuse(place, _("Codes of this system can't be enforced here."))
        return str(coding.get("code", ""))

    def _concept(self, concept: Resource, place: str) -> str:
        codings = concept.get("coding") or []
        if len(codings) != 1:
            self.refuse(place, _("Give one code each."))
            return ""
        return f"{codings[0].get('system', '')}|{codings[0].get('code', '')}"


def _codes(concept: Resource, system: str) -> list[str]:
    codings = concept.get("coding") or []
    return [str(coding.get("code", "")) for coding in codings if coding.get("system") == system]


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _moment(text: str, *, last: bool = False) -> datetime:
    """The first moment of a FHIR dateTime, or the first one after it."""
    if "T" in text:
        at = datetime.fromisoformat(text)
        return at + timedelta(milliseconds=1) if last else at
    found = moment(text)
    assert found is not None
    microseconds = math.ceil(found.high / 1000) * 1000 if last else found.low
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)


assert {PERMIT, DENY} == {"permit", "deny"}  # as in FHIR
