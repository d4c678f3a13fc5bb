"""Granting and ending access: at once in SQL, as evidence on the chain (DESIGN section 3)."""

import os
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from accounts.viewer import Viewer
from chain.canonical import canonical
from chain.models import Kind
from chain.services import Item, commit
from core import audit
from core.deployment import portal_urn
from core.errors import Conflict, Forbidden, Invalid, Problem
from core.keys import Owner, sealer_for
from records.models import (
    SCOPE_TYPES,
    Consent,
    ConsentStatement,
    EffectiveAccess,
    Patient,
    Scope,
)
from records.services.store import instant

LONGEST = timedelta(days=366 * 5)


@transaction.atomic
def consent_grant(
    *, patient: Patient, grantee: User | Organisation, scope: Scope, last_day: date, by: Viewer
) -> Consent:
    """Let a person or an organisation see a part of the record, through the last day (UTC)."""
    _only_the_patient(patient, by)
    ends_at = _end_of(last_day)
    if isinstance(grantee, User) and grantee.pk == by.user.pk:
        raise Invalid(problems=[Problem("grantee", _("You see your own record anyway."))])
    who = {"user": grantee} if isinstance(grantee, User) else {"organisation": grantee}
    # Held until the end, so that two clicks can't make two grants.
    Patient.objects.select_for_update().get(pk=patient.pk)
    standing = Consent.objects.filter(
        patient=patient, scope=scope, status=Consent.Status.ACTIVE, ends_at=ends_at, **who
    )
    if standing.exists():
        raise Conflict(_("You share this already, until the same day."))
    consent = Consent.objects.create(patient=patient, scope=scope, ends_at=ends_at, **who)
    EffectiveAccess.objects.bulk_create(
        EffectiveAccess(
            consent=consent, patient=patient, resource_type=type, ends_at=ends_at, **who
        )
        for type in SCOPE_TYPES[scope]
    )
    _state(consent, 1)
    audit.record(
        audit.Name.CONSENT_GRANTED, by=by.actor, subject=patient.pk, target=str(consent.pk)
    )
    return consent


@transaction.atomic
def consent_revoke(*, consent: Consent, by: Viewer) -> Consent:
    """End a grant at once; ending it twice changes nothing."""
    _only_the_patient(consent.patient, by)
    row = Consent.objects.select_for_update().get(pk=consent.pk)
    if row.status == Consent.Status.REVOKED:
        return row
    row.status, row.revoked_at = Consent.Status.REVOKED, timezone.now()
    row.save(update_fields=["status", "revoked_at"])
    EffectiveAccess.objects.filter(consent=row).delete()
    _state(row, 2)
    audit.record(
        audit.Name.CONSENT_REVOKED, by=by.actor, subject=row.patient_id, target=str(row.pk)
    )
    return row


def _only_the_patient(patient: Patient, by: Viewer) -> None:
    if patient.account_id != by.user.pk:
        raise Forbidden(_("Only the person whose record it is decides who sees it."))


def _end_of(last_day: date) -> datetime:
    today = timezone.now().date()
    if last_day < today:
        raise Invalid(problems=[Problem("last_day", _("This day has passed."))])
    if last_day > today + LONGEST:
        raise Invalid(problems=[Problem("last_day", _("Choose a day within the next five years."))])
    return datetime.combine(
        last_day + timedelta(days=1), time.min, tzinfo=timezone.get_default_timezone()
    )


def _state(consent: Consent, number: int) -> None:
    """Commit to what was said, word for word."""
    document = canonical(statement(consent, number))
    sealer = sealer_for(Owner.patient(consent.patient_id))
    path = statement_path(consent, number)
    [commitment] = commit([Item(Kind.CONSENT, path, document)], sealer=sealer)
    ConsentStatement.objects.create(
        consent=consent,
        number=number,
        sealed=sealer.seal(document, f"{Kind.CONSENT.value} {path}"),
        commitment=commitment,
    )


def statement_path(consent: Consent, number: int) -> str:
    """What stands behind the portal's id in the statement's reference."""
    return f"Consent/{consent.pk}/_history/{number}"


def statement(consent: Consent, number: int) -> dict[str, Any]:
    """The statement `salus-consent/1`: who lets whom see what, until when."""
    kind = "User" if consent.user_id else "Organization"
    said: dict[str, Any] = {
        "format": "salus-consent/1",
        "portal": portal_urn(),
        "id": str(consent.pk),
        "version": number,
        "status": consent.status,
        "patient": f"Patient/{consent.patient_id}",
        "grantee": f"{kind}/{consent.user_id or consent.organisation_id}",
        "scope": consent.scope,
        "resource_types": list(SCOPE_TYPES[consent.scope]),
        "issued_at": instant(consent.revoked_at or consent.created_at),
        "ends_at": instant(consent.ends_at),
        "nonce": os.urandom(16).hex(),
        # Salus recorded this for the person: it is no evidence against Salus.
        "custody": "portal",
    }
    return said


def statement_document(row: ConsentStatement) -> bytes:
    """The sealed statement's bytes."""
    sealer = sealer_for(Owner.patient(row.consent.patient_id))
    path = statement_path(row.consent, row.number)
    return sealer.open(row.sealed, f"{Kind.CONSENT.value} {path}")
