"""Who sees what, decided in SQL: the object rule and the list rule are one (DESIGN section 7).

Each rule is a condition for a `Who`. Querysets use it for a viewer; row-level security is made
from the same condition (core/row_security.py), so the two locks can't drift apart.
"""

from typing import Any

from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Now

from accounts.viewer import Viewer
from core.prepared import one_of
from core.registry import registry
from core.row_security import RowRule, Who
from records.labels import LABELLED_SINCE
from records.models import (
    ANY_TYPE,
    AccountLink,
    ActivationCode,
    Attachment,
    Consent,
    ConsentStatement,
    Delegation,
    Effect,
    EffectiveAccess,
    EmergencyAccess,
    ErasureRequest,
    Patient,
    PatientHash,
    PatientMerge,
    PatientRegistration,
    Record,
    Version,
)

_TOKENS = OuterRef("tokens")


def _granted(who: Who) -> QuerySet[EffectiveAccess]:
    """What reaches this person now, directly or through the organisation they act for."""
    return EffectiveAccess.objects.filter(who.seen(accesses), ends_at__gt=Now())


def _standing_in(who: Who) -> QuerySet[EffectiveAccess]:
    """Their own record, and those of people for whom they care."""
    reasons = (EffectiveAccess.Reason.OWN, EffectiveAccess.Reason.DELEGATE)
    return _granted(who).filter(reason__in=reasons)


def _written(who: Who) -> Q:
    """What their organisation wrote, or keeps after an import: the latter for care alone."""
    return one_of("author_id", who.reach) | one_of("custodian_id", who.keeping)


def _true(template: str, *parts: Any) -> Q:
    return Q(Func(*parts, template=template, arg_joiner=" = ANY(", output_field=BooleanField()))


def _fits() -> Q:
    """Whether a row speaks of the version around it.

    What is not known counts for a denial: when an undated entry happened, and the labels of one that
    was indexed before there were any. Who the patient is has no date, and is not hidden by one.
    """
    denies, type = Q(effect=Effect.DENY), OuterRef("type")
    undated = denies & _true("(%(expressions)s IS NULL)", OuterRef("began_at"))
    undated &= _true("(%(expressions)s <> 'Patient')", type)
    older = _true(f"(%(expressions)s < {LABELLED_SINCE})", OuterRef("index_version"))
    return (
        (Q(resource_type=ANY_TYPE) | Q(resource_type=type))
        & (Q(token=None) | (denies & older) | _true("(%(expressions)s))", F("token"), _TOKENS))
        & (Q(data_from=None) | Q(data_from__lte=OuterRef("ended_at")) | undated)
        & (Q(data_until=None) | Q(data_until__gt=OuterRef("began_at")) | undated)
    )


def _strongest(rows: QuerySet[EffectiveAccess]) -> Q:
    """Whether access is given by those of these rows that there are: the strongest one decides."""
    effect = Subquery(rows.order_by("-effect").values("effect")[:1])
    opening = f"{Effect.PERMIT.value}, {Effect.STANDING.value}"
    return _true(f"(coalesce(%(expressions)s, 0) IN ({opening}))", effect)


def versions(who: Who) -> Q:
    """The directory (who works where) is open; else it is written by us, or granted."""
    fitting = _granted(who).filter(_fits(), patient=OuterRef("patient"))
    return Q(patient=None) | _written(who) | _strongest(fitting)


def patients(who: Who) -> Q:
    """Those who let one see something, and those of whom one's organisation wrote."""
    written = Version.objects.filter(_written(who), patient=OuterRef("pk"))
    whole = Q(resource_type=ANY_TYPE, token=None, data_from=None, data_until=None)
    counting = _granted(who).filter(~Q(effect=Effect.DENY) | whole, patient=OuterRef("pk"))
    return _strongest(counting) | Q(Exists(written))


def records(who: Who) -> Q:
    """Those of which a version may be seen."""
    return Q(Exists(Version.objects.filter(who.seen(versions), record=OuterRef("pk"))))


def consents(who: Who) -> Q:
    """One's own decisions, and what one was granted."""
    own = Q(Exists(_standing_in(who).filter(patient=OuterRef("patient"))))
    return own | one_of("user_id", who.reach) | one_of("organisation_id", who.reach)


def statements(who: Who) -> Q:
    """What was signed, for whoever may see the decision."""
    return Q(Exists(Consent.objects.filter(who.seen(consents), pk=OuterRef("consent"))))


def accesses(who: Who) -> Q:
    """What reaches oneself."""
    return one_of("grantee_id", who.reach)


def delegations(who: Who) -> Q:
    """Who stands in for oneself or for whom one cares, and for whom one does."""
    own = Q(Exists(_standing_in(who).filter(patient=OuterRef("patient"))))
    return own | one_of("delegate_id", who.reach)


def of_own_record(who: Who) -> Q:
    """What is about one's own record; an office reaches its own doing through its gates alone."""
    return Q(Exists(_standing_in(who).filter(patient=OuterRef("patient"))))


def emergencies(who: Who) -> Q:
    """Of one's own record, and those that one opened."""
    own = Q(Exists(_standing_in(who).filter(patient=OuterRef("patient"))))
    return own | one_of("by_id", who.reach)


def merges(who: Who) -> Q:
    """Of one's own record."""
    return Q(Exists(_standing_in(who).filter(patient=OuterRef("survivor"))))


def links(who: Who) -> Q:
    """That a record was one's own."""
    return one_of("account_id", who.reach)


def erasures(who: Who) -> Q:
    """What one asked for."""
    return one_of("asked_by_id", who.reach)


def nobodys(who: Who) -> Q:
    """The portal's alone."""
    return Q(Value(False, output_field=BooleanField()))


def versions_visible_to(who: Viewer | Who) -> QuerySet[Version]:
    """The versions that a person may see: the only way to them for anybody but the services."""
    return Version.objects.filter(versions(who if isinstance(who, Who) else Who.of(who.acting)))


def patients_visible_to(viewer: Viewer) -> QuerySet[Patient]:
    """The patients of whom a person may see anything."""
    return Patient.objects.filter(patients(Who.of(viewer.acting)))


def register() -> None:
    """At start-up."""
    registry.row_rules += [
        RowRule(Version, versions),
        RowRule(Patient, patients),
        RowRule(Record, records),
        RowRule(Consent, consents),
        RowRule(ConsentStatement, statements),
        RowRule(EffectiveAccess, accesses),
        RowRule(Delegation, delegations),
        RowRule(EmergencyAccess, emergencies),
        RowRule(PatientMerge, merges),
        RowRule(PatientRegistration, of_own_record),
        RowRule(ActivationCode, of_own_record),
        RowRule(AccountLink, links),
        RowRule(PatientHash, nobodys),
        # Reached by the Binary that it belongs to, through the gate of that.
        RowRule(Attachment, nobodys),
        RowRule(ErasureRequest, erasures),
    ]
