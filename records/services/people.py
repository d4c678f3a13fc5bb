"""Whose record it is: the account that a patient's record belongs to."""

from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Role, User
from accounts.viewer import Viewer
from core import audit
from core.acting import portal_acts
from core.errors import Conflict, Forbidden
from records.models import (
    ANY_TYPE,
    NEVER,
    AccountLink,
    Delegation,
    Effect,
    EffectiveAccess,
    Patient,
)
from records.services.consents import consents_end_all
from records.services.effects import effects_add
from records.services.sealing import reason_given, sealed_words

UNLINKED = "unlink reason"


@portal_acts()
def patient_link(*, patient: Patient, account: User, by: audit.Actor | None = None) -> Patient:
    """From now on it is this person's own record; raises Conflict where it is somebody's already."""
    row = Patient.objects.select_for_update().get(pk=patient.pk)
    if row.account_id is not None or row.merged_into_id is not None:
        raise Conflict
    if Patient.objects.filter(account=account).exists():
        raise Conflict(_("This account has a record already."))
    row.account = account
    row.save(update_fields=["account"])
    AccountLink.objects.create(patient=row, account=account)
    own = EffectiveAccess(
        patient=row, grantee_id=account.pk, resource_type=ANY_TYPE, ends_at=NEVER,
        reason=EffectiveAccess.Reason.OWN, effect=Effect.STANDING,
    )  # fmt: skip
    effects_add([own])
    actor = by or audit.Actor.system("command")
    audit.record(audit.Name.PATIENT_LINKED, by=actor, subject=row.pk, target=f"User/{account.pk}")
    return row


@portal_acts()
def patient_unlink(*, patient: Patient, reason: str, by: Viewer) -> Patient:
    """The wrong person's account: it loses the record, and whom it let in loses it, too.

    Raises Forbidden for all but managers of the home organisation, Conflict without an account.
    """
    require_unlinker(by)
    why = reason_given(reason)
    row = Patient.objects.select_for_update().get(pk=patient.pk)
    link = AccountLink.objects.filter(patient=row, ended_at=None).first()
    if row.account_id is None or link is None:
        raise Conflict(_("This record belongs to no account."))
    link.ended_at, link.ended_by = timezone.now(), by.user
    link.sealed_reason = sealed_words(row.pk, why, UNLINKED)
    link.save(update_fields=["ended_at", "ended_by", "sealed_reason"])
    consents_end_all(patient=row, by=by)
    _end_carers(row, by)
    # What follows it on merged records goes with it.
    EffectiveAccess.objects.filter(patient=row, reason=EffectiveAccess.Reason.OWN).delete()
    target = f"User/{row.account_id}"
    row.account = None
    row.save(update_fields=["account"])
    audit.record(audit.Name.PATIENT_UNLINKED, by=by.actor, subject=row.pk, target=target)
    return row


def _end_carers(patient: Patient, by: Viewer) -> None:
    """Those whom the account named; not parents and guardians, whom a registrar set up."""
    said = patient.delegations.exclude(state=Delegation.State.ENDED).filter(organisation=None)
    for delegation in said.select_for_update():
        delegation.state = Delegation.State.ENDED
        delegation.ended_at, delegation.ended_by = timezone.now(), by.user
        delegation.save(update_fields=["state", "ended_at", "ended_by"])
        delegation.effects.all().delete()


def require_unlinker(viewer: Viewer) -> None:
    """Somebody who may take a record away from an account; raises Forbidden."""
    if not may_unlink(viewer):
        raise Forbidden(_("Only a manager of the organisation that runs Salus may do this."))


def may_unlink(viewer: Viewer) -> bool:
    """Whether somebody may take a record away from an account."""
    return viewer.has(Role.MANAGER) and bool(viewer.organisation and viewer.organisation.home)


@portal_acts()
def account_unlink(*, account_id: UUID) -> None:
    """The record stays, and no account leads to it any more; safe to run twice."""
    links = AccountLink.objects.filter(account=account_id, ended_at=None)
    links.update(ended_at=timezone.now(), ended_by=account_id)
    own = EffectiveAccess.objects.filter(grantee_id=account_id)
    own.filter(reason=EffectiveAccess.Reason.OWN).delete()
    Patient.objects.filter(account=account_id).update(account=None)
