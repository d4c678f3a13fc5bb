"""What a consent permits and denies: provisions, in FHIR's sense, and the rows that enforce them.

A provision names types, codes or labels, when it happened, what it is read for and in which role; it
fits what fits all of these. A denial wins over every permission that reaches the same person, also
one of another consent. What can't be enforced in SQL can't be said here.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import CARE, Role
from core.acting import capacity
from core.errors import Invalid, Problem
from core.models import Purpose
from records.fhir.schema import resource_types
from records.labels import Label, code_token, label_token
from records.models import ANY_TYPE, SCOPE_TYPES, Effect, Scope

PERMIT, DENY = "permit", "deny"
MOST, MOST_CODES = 20, 50  # provisions of a consent, codes of one: as the verifiers have it
LONGEST = 1500  # characters, of the sentence
_CODE = re.compile(r"(?=.{1,200}$)[!-{}~]*\|[!-{}~]+")  # printable ASCII
# What somebody outside may be given access for; one's own affairs and oversight need no consent.
PURPOSES = (Purpose.TREATMENT, Purpose.PAYMENT, Purpose.RESEARCH)
ROLES = (*sorted(CARE), Role.PAYER.value, Role.RESEARCHER.value)
DAY = "j F Y"
_EMPTY: dict[str, Any] = {
    "types": [ANY_TYPE], "codes": [], "labels": [], "from": None, "until": None, "purposes": [],
    "role": "",
}  # fmt: skip


@dataclass(frozen=True)
class Provision:
    """One rule; whatever is empty limits nothing. `until` is the first moment after."""

    effect: str = PERMIT
    types: tuple[str, ...] = (ANY_TYPE,)
    codes: tuple[str, ...] = ()  # `system|code`
    labels: tuple[str, ...] = ()
    data_from: datetime | None = None
    data_until: datetime | None = None
    purposes: tuple[str, ...] = ()
    role: str = ""

    @property
    def said(self) -> dict[str, Any]:
        """As it stands in a signed statement."""
        return {
            "effect": self.effect, "types": list(self.types), "codes": list(self.codes),
            "labels": list(self.labels), "from": _instant(self.data_from),
            "until": _instant(self.data_until), "purposes": list(self.purposes), "role": self.role,
        }  # fmt: skip

    @classmethod
    def of_said(cls, said: dict[str, Any]) -> "Provision":
        """Back from a statement."""
        known = _EMPTY | said
        begin, end = (
            datetime.fromisoformat(known[name]) if known[name] else None
            for name in ("from", "until")
        )
        return cls(
            known["effect"], tuple(known["types"]), tuple(known["codes"]), tuple(known["labels"]),
            begin, end, tuple(known["purposes"]), known["role"],
        )  # fmt: skip

    @property
    def whole(self) -> bool:
        """Whether it fits everything."""
        return (ANY_TYPE in self.types) and not (
            self.codes or self.labels or self.data_from or self.data_until
        )


@dataclass(frozen=True)
class Reach:
    """A provision, spelt out for the database: one row of EffectiveAccess each."""

    number: int
    effect: Effect
    grantee_id: UUID
    resource_type: str
    token: int | None
    data_from: datetime | None
    data_until: datetime | None


def _instant(at: datetime | None) -> str | None:
    return (
        at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None
    )


# -- templates -------------------------------------------------------------------------------------

WHO_I_AM = Provision(types=("Patient",))


def template(
    scope: Scope, *, begin: datetime | None = None, end: datetime | None = None
) -> tuple[Provision, ...]:
    """What a scope means; a visit is what happened from its beginning until its end."""
    if scope == Scope.NOT_MENTAL:
        return (Provision(), Provision(DENY, labels=(Label.MENTAL_HEALTH.value,)))
    if scope == Scope.VISIT:
        assert begin
        assert end
        return (WHO_I_AM, Provision(data_from=begin, data_until=end))
    return (Provision(types=SCOPE_TYPES[scope]),)


def identified(provisions: Iterable[Provision]) -> tuple[Provision, ...]:
    """The same, and who the patient is for whoever may see anything."""
    rows = tuple(provisions)
    for row in [row for row in rows if row.effect == PERMIT and not row.whole]:
        if "Patient" not in row.types or row.codes or row.labels or row.data_from or row.data_until:
            who = Provision(types=("Patient",), purposes=row.purposes, role=row.role)
            rows = rows if who in rows else (who, *rows)
    return rows


# -- what can be said ------------------------------------------------------------------------------


def refuse_unenforceable(provisions: tuple[Provision, ...], *, to_organisation: bool) -> None:
    """Raises Invalid, with the place of each provision that can't be enforced as it is said."""
    problems = [
        Problem(f"provisions[{number}]", text)
        for number, row in enumerate(provisions)
        for text in _faults(row, to_organisation=to_organisation)
    ]
    if not 1 <= len(provisions) <= MOST:
        problems.append(Problem("provisions", _("A consent has from 1 to %d rules.") % MOST))
    if not problems and len(words(provisions)) > LONGEST:
        problems.append(Problem("provisions", _("This is more than can be said in one sentence.")))
    if problems:
        raise Invalid(problems=problems)


def _faults(row: Provision, *, to_organisation: bool) -> Iterator[str]:
    if row.effect not in (PERMIT, DENY):
        yield _("A rule either permits or denies.")
    if unknown := set(row.types) - resource_types() - {ANY_TYPE}:
        yield _("There are no entries of this kind: %s.") % ", ".join(sorted(unknown))
    if not row.types:
        yield _("Name what it is about.")
    if row.codes and row.labels:
        yield _("Name either codes or subjects in one rule, not both.")
    if set(row.labels) - set(Label.values):
        yield _("There is no such subject.")
    if len(row.codes) > MOST_CODES or not all(_CODE.fullmatch(code) for code in row.codes):
        yield _("A code has the form system|code.")
    if row.data_from and row.data_until and row.data_from >= row.data_until:
        yield _("It ends before it begins.")
    if set(row.purposes) - set(PURPOSES):
        yield _("Access can be given for care, payment and research.")
    if row.role and row.role not in ROLES:
        yield _("Access can't be given to this role.")
    if row.role and not to_organisation:
        yield _("A role counts within an organisation.")
    if row.role and row.purposes:
        yield _("Name either a role or a purpose in one rule, not both.")


# -- in the database -------------------------------------------------------------------------------


def reaches(provisions: Iterable[Provision], grantee_id: UUID) -> Iterator[Reach]:
    """The rows that enforce provisions for a person or an organisation."""
    for number, row in enumerate(provisions):
        effect = Effect.PERMIT if row.effect == PERMIT else Effect.DENY
        named = [row.role] if row.role else row.purposes
        grantees = [capacity(grantee_id, name) for name in named] or [grantee_id]
        tokens: list[int | None] = [*map(label_token, row.labels), *map(code_token, row.codes)]
        for id, type, token in product(grantees, sorted(set(row.types)), tokens or [None]):
            yield Reach(number, effect, id, type, token, row.data_from, row.data_until)


# -- in words --------------------------------------------------------------------------------------


def words(provisions: Iterable[Provision]) -> str:
    """What a person signs: what may be seen, and what not."""
    rows = [row for row in provisions if row != WHO_I_AM] or [WHO_I_AM]
    permitted = [_one(row) for row in rows if row.effect == PERMIT]
    denied = [_one(row) for row in rows if row.effect == DENY]
    if not permitted:
        return _("nothing of this: %s") % "; ".join(denied)
    text = "; ".join(permitted)
    return (
        _("%(this)s – but not: %(that)s") % {"this": text, "that": "; ".join(denied)}
        if denied
        else text
    )


def _one(row: Provision) -> str:
    parts = [_what(row)]
    if row.codes:
        parts.append(_("with the code %s") % ", ".join(row.codes))
    if row.data_from and row.data_until:
        last = row.data_until - timedelta(milliseconds=1)
        days = {"from": date_format(row.data_from, DAY), "last": date_format(last, DAY)}
        parts.append(_("from %(from)s to %(last)s") % days)
    elif row.data_from:
        parts.append(_("since %s") % date_format(row.data_from, DAY))
    elif row.data_until:
        last = row.data_until - timedelta(milliseconds=1)
        parts.append(_("up to %s") % date_format(last, DAY))
    if row.purposes:
        parts.append(_("for this alone: %s") % ", ".join(_label(Purpose(p)) for p in row.purposes))
    if row.role:
        parts.append(_("for this role alone: %s") % _label(Role(row.role)))
    return ", ".join(parts)


def _what(row: Provision) -> str:
    about = ", ".join(str(Label(label).label) for label in row.labels)
    if ANY_TYPE in row.types:
        return _("what is about %s") % about if about else _("everything")
    kinds = ", ".join(kind_words(type) for type in row.types)
    return _("%(kinds)s about %(about)s") % {"kinds": kinds, "about": about} if about else kinds


def _label(choice: Purpose | Role) -> str:
    return str(choice.label)


def kind_words(type: str) -> str:
    """A resource type in words; a rare one by its name."""
    return _KINDS[type]() if type in _KINDS else type


_KINDS = {
    "Patient": lambda: _("who I am"),
    "Observation": lambda: _("measurements"),
    "DiagnosticReport": lambda: _("test results"),
    "MedicationRequest": lambda: _("prescriptions"),
    "MedicationStatement": lambda: _("medicines"),
    "AllergyIntolerance": lambda: _("allergies"),
    "Immunization": lambda: _("vaccinations"),
    "Encounter": lambda: _("visits"),
    "Condition": lambda: _("conditions"),
    "Procedure": lambda: _("procedures"),
}
