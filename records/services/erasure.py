"""Erasing a record: asked by the person, decided by the portal's managers, carried out by a worker.

The order (DESIGN section 5, ADR 0013): in one transaction sharing ends, all that is there to find or read
by goes, the leaf is committed, the data key is destroyed; then files go; then the key epoch advances. The
state says how far it is; each step may run twice.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from celery import current_app
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.exports.asking import export_discard
from accounts.models import Notice, Organisation, Role, User
from accounts.notices import notify
from accounts.selectors import people_acting
from accounts.viewer import Viewer, viewer_for
from chain.canonical import canonical
from chain.commitments import hex_of
from chain.models import Commitment, Kind, PersonHead
from chain.services import Item, commit
from core import audit
from core.acting import portal_acts
from core.deployment import portal_urn
from core.errors import Conflict, Forbidden, Invalid, NotFound, Problem
from core.keys import Owner, key_destroy, sealer_for
from core.models import IdempotencyKey, OwnerKind
from core.registry import registry
from core.rotation import rotate_past
from records.models import (
    AccountLink,
    ActivationCode,
    Attachment,
    Consent,
    ConsentStatement,
    Delegation,
    EffectiveAccess,
    ErasureRequest,
    Ground,
    Patient,
    PatientHash,
    PatientMerge,
    PatientRegistration,
    Version,
)
from records.models.erasures import AGAINST, FOR
from records.selectors import own_patient
from records.services.attachments import attachments_forget
from records.services.consents import consents_end_all
from records.services.people import require_unlinker

State = ErasureRequest.State
FORMAT = "salus-erased/1"
ENDED_BY_ERASURE = "The record is erased."
TASK = "records.tasks.erasure_carry_out_task"


# -- asking and deciding ---------------------------------------------------------------------------


def erasure_ask(*, by: Viewer) -> ErasureRequest:
    """Ask for one's own record to be erased; raises Forbidden without one, Conflict if asked already."""
    patient = own_patient(by)
    if patient is None:
        raise Forbidden(_("You have no record here."))
    with portal_acts():
        try:
            with transaction.atomic():
                row = ErasureRequest.objects.create(patient=patient, asked_by=by.user)
        except IntegrityError:
            raise Conflict(_("You have asked for this already.")) from None
        audit.record(audit.Name.ERASURE_ASKED, by=by.actor, subject=patient.pk)
        home = Organisation.objects.filter(home=True).first()
        if home is not None:
            notify(people_acting(home, Role.MANAGER), "erasure-asked")
    return row


@portal_acts()
def erasure_withdraw(*, request_id: UUID, by: Viewer) -> None:
    """Take one's own request back; raises NotFound, and Conflict once it was decided."""
    row = _locked(request_id)
    if row.asked_by_id != by.user.pk:
        raise NotFound
    if row.state != State.ASKED:
        raise Conflict(_("This was decided already."))
    row.advance(State.WITHDRAWN)


@portal_acts()
def erasure_decide(*, request_id: UUID, ground: Ground, by: Viewer) -> ErasureRequest:
    """Grant or refuse, as the ground says; raises Forbidden, NotFound, Conflict.

    Only managers of the organisation that runs Salus decide, and nobody about their own record.
    """
    require_unlinker(by)
    row = _locked(request_id)
    if row.asked_by_id == by.user.pk:
        raise Forbidden(_("Somebody else decides about your own record."))
    if row.state != State.ASKED:
        raise Conflict(_("This was decided already."))
    if ground not in FOR | AGAINST:
        raise Invalid(problems=[Problem("ground", _("Please say why."))])
    granted = ground in FOR
    row.advance(
        State.GRANTED if granted else State.REFUSED,
        ground=ground, decided_by=by.user, decided_at=timezone.now(),
    )  # fmt: skip
    name = audit.Name.ERASURE_GRANTED if granted else audit.Name.ERASURE_REFUSED
    audit.record(name, by=by.actor, subject=row.patient_id, reason=ground)
    if granted:
        ask = partial(current_app.send_task, TASK, [str(row.pk)], queue="work")
        transaction.on_commit(ask, robust=True)
    else:
        notify(row.asked_by, "erasure-refused", about=str(row.pk))
    return row


def _locked(pk: UUID) -> ErasureRequest:
    rows = ErasureRequest.objects.select_for_update(of=("self",)).select_related("asked_by")
    row = rows.filter(pk=pk).first()
    if row is None:
        raise NotFound
    return row


# -- carrying it out -------------------------------------------------------------------------------


def erasure_carry_out(*, request_id: UUID) -> None:
    """Go on with a granted request, wherever it stopped; safe to run twice, or at once."""
    _erase(request_id)
    row = ErasureRequest.objects.get(pk=request_id)
    if row.state == State.ERASED and row.erased_at is not None:
        attachments_delete(request_id)
        rotate_past(row.erased_at)
        _finish(request_id)


def erasures_sweep() -> None:
    """Go on with what a dead worker left."""
    left = ErasureRequest.objects.filter(state__in=(State.GRANTED, State.ERASED))
    for pk in list(left.order_by("created_at").values_list("pk", flat=True)):
        erasure_carry_out(request_id=pk)


@portal_acts()
def _erase(request_id: UUID) -> None:
    """All that the database holds, in one transaction; files' keys lie under the key that goes."""
    row = _locked(request_id)
    if row.state != State.GRANTED:
        return
    assert row.patient_id is not None
    assert row.decided_by is not None
    people = _whole(row.patient_id)
    decider = viewer_for(row.decided_by)
    for patient in people:
        consents_end_all(patient=patient, by=decider, reason=ENDED_BY_ERASURE)
    _leaf(row, people)
    for patient in people:
        _forget(patient, row)
        key_destroy(Owner.patient(patient.pk))
    export_discard(user=row.asked_by)
    IdempotencyKey.objects.filter(person_id=row.asked_by_id).delete()
    row.save(update_fields=["commitment", "sealed_leaf"])
    row.advance(State.ERASED, erased_at=timezone.now())


def _whole(patient_id: UUID) -> list[Patient]:
    """The record and those merged into it, locked: nobody adds to them any more."""
    rows = Patient.objects.select_for_update().order_by("pk")
    return list(rows.filter(pk=patient_id) | rows.filter(merged_into=patient_id))


def _leaf(row: ErasureRequest, people: Sequence[Patient]) -> None:
    """That something was erased, when and why; what, only who kept its newest head can tell."""
    document = canonical({
        "format": FORMAT,
        "portal": portal_urn(),
        "erasure": str(row.pk),
        "ground": row.ground,
        "decided": row.decided_at.isoformat() if row.decided_at else None,
        "records": [_record(patient) for patient in people],
    })  # fmt: skip
    sealer = sealer_for(Owner.portal())
    row.sealed_leaf = sealer.seal(document, _leaf_context(row))
    [row.commitment] = commit([Item(Kind.ERASED, f"Erasure/{row.pk}", document)], sealer=sealer)


def _record(patient: Patient) -> dict[str, Any]:
    commitments = Commitment.objects.filter(owner_kind=OwnerKind.PATIENT, owner_id=patient.pk)
    heads = PersonHead.objects.filter(owner_id=patient.pk).select_related("commitment")
    head = heads.order_by("-number").first()
    return {
        "commitments": commitments.count(),
        "head": hex_of(head.commitment.digest) if head else None,
    }


def _leaf_context(row: ErasureRequest) -> str:
    return f"erasure leaf {row.pk}"


def erasure_document(row: ErasureRequest) -> bytes:
    """The committed bytes of what was erased; empty before it is."""
    leaf = bytes(row.sealed_leaf)
    return sealer_for(Owner.portal()).open(leaf, _leaf_context(row)) if leaf else b""


def _forget(patient: Patient, row: ErasureRequest) -> None:
    """What is there to find and read by; sealed words go, too, though nobody could open them."""
    _forget_versions(patient.pk)
    PatientHash.objects.filter(patient=patient).delete()
    EffectiveAccess.objects.filter(patient=patient).delete()
    AccountLink.objects.filter(patient=patient).delete()
    ActivationCode.objects.filter(patient=patient).delete()
    PatientRegistration.objects.filter(patient=patient).update(sealed_reason=b"")
    for side in ("retired", "survivor"):
        PatientMerge.objects.filter(**{side: patient}).update(
            sealed_reason=b"", sealed_undo_reason=b""
        )
    Consent.objects.filter(patient=patient).update(sealed_secret=b"")
    ConsentStatement.objects.filter(consent__patient=patient).update(sealed=b"")
    PersonHead.objects.filter(owner_id=patient.pk).update(sealed=b"")
    _forget_carers(patient, row.decided_by)
    Attachment.objects.filter(patient=patient).update(sealed_key=b"", sealed_digest=b"")
    Notice.objects.filter(about=str(patient.pk)).delete()
    Patient.objects.filter(pk=patient.pk).update(account=None)
    for data in registry.personal_data:
        data.erase(patient.pk)


def _forget_versions(patient_id: UUID) -> None:
    Version.objects.filter(patient=patient_id).update(
        sealed=b"", handle=0, tokens=[], range_keys=[], range_lows=[], range_highs=[],
        began_at=None, ended_at=None,
    )  # fmt: skip
    Commitment.objects.filter(owner_kind=OwnerKind.PATIENT, owner_id=patient_id).update(
        sealed_salt=b""
    )


def _forget_carers(patient: Patient, by: User | None) -> None:
    rows = Delegation.objects.filter(patient=patient)
    rows.exclude(state=Delegation.State.ENDED).update(
        state=Delegation.State.ENDED, ended_at=timezone.now(), ended_by=by
    )
    rows.update(email_digest=b"", sealed_email=b"", sealed_reason=b"")


@portal_acts()
def attachments_delete(request_id: UUID) -> None:
    """The files of attachments, whose keys are gone already; raises OSError where one stays."""
    row = ErasureRequest.objects.get(pk=request_id)
    for patient in _whole(row.patient_id) if row.patient_id else ():
        attachments_forget(patient.pk)


@portal_acts()
def _finish(request_id: UUID) -> None:
    """Say so; and sweep what a request that was under way has written beside the erasure."""
    row = _locked(request_id)
    if row.state != State.ERASED or row.patient_id is None:
        return
    for patient in _whole(row.patient_id):
        _forget_versions(patient.pk)
        attachments_forget(patient.pk)
        PatientHash.objects.filter(patient=patient).delete()
        for data in registry.personal_data:
            data.erase(patient.pk)
    audit.record(audit.Name.ERASURE_DONE, by=audit.Actor.system("task"), subject=row.patient_id)
    row.advance(State.DONE, patient=None)
    notify(row.asked_by, "erasure-done", about=str(row.pk))
