"""Two records of one person are put together: proposed, confirmed by somebody else, undone."""

from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organisation
from accounts.viewer import Viewer
from core import audit
from core.acting import portal_acts
from core.errors import Conflict, Forbidden, NotFound
from records.fhir.resources import Resource
from records.models import Patient, PatientMerge
from records.registry import access_administered, patient_resources, require_office
from records.services.effects import effects_settle
from records.services.registration import codes_end
from records.services.sealing import reason_given, sealed_words
from records.services.store import NewResource, revise

State = PatientMerge.State
REASON, UNDONE = "merge reason", "unmerge reason"
REPLACED_BY, REPLACES = "replaced-by", "replaces"


def merge_propose(*, retired: UUID, survivor: UUID, reason: str, by: Viewer) -> PatientMerge:
    """Say that two records are of one person; nothing changes before somebody else confirms it.

    Raises Forbidden, NotFound, Invalid or Conflict.
    """
    organisation = require_office(by)
    why = reason_given(reason)
    for id in (retired, survivor):
        access_administered(by, id)
    with portal_acts():
        pair = _locked(retired, survivor)
        _refuse(*pair)
        merge = PatientMerge.objects.create(
            retired=pair[0], survivor=pair[1], organisation=organisation, proposed_by=by.user,
            sealed_reason=sealed_words(survivor, why, REASON),
        )  # fmt: skip
        _note(audit.Name.MERGE_PROPOSED, merge, by)
    return merge


@portal_acts()
def merge_confirm(*, merge: PatientMerge, by: Viewer) -> PatientMerge:
    """The second person agrees: from now on the surviving chart shows both records' entries.

    Raises Forbidden for who proposed it, Conflict where it no longer can be.
    """
    row = _decided(merge, by)
    retired, survivor = _locked(row.retired_id, row.survivor_id)
    _refuse(retired, survivor, besides=row)
    codes_end(retired)
    _move(row, State.MERGED, decided_by=by.user, decided_at=timezone.now())
    _write(row.organisation, retired, survivor, merged=True)
    effects_settle(retired)
    _note(audit.Name.MERGE_DONE, row, by)
    return row


@portal_acts()
def merge_refuse(*, merge: PatientMerge, by: Viewer) -> PatientMerge:
    """They are two people, or who proposed it takes it back; raises Forbidden or Conflict."""
    row = _standing(merge, by, State.PROPOSED)
    _move(row, State.REFUSED, decided_by=by.user, decided_at=timezone.now())
    _note(audit.Name.MERGE_REFUSED, row, by)
    return row


@portal_acts()
def merge_undo(*, merge: PatientMerge, reason: str, by: Viewer) -> PatientMerge:
    """They were two people after all: both records are as before, with one version more.

    Raises Forbidden, Invalid or Conflict.
    """
    why = reason_given(reason)
    row = _standing(merge, by, State.MERGED)
    retired, survivor = _locked(row.retired_id, row.survivor_id)
    row.sealed_undo_reason = sealed_words(survivor.pk, why, UNDONE)
    _move(row, State.UNDONE, undone_by=by.user, undone_at=timezone.now())
    _write(row.organisation, retired, survivor, merged=False)
    effects_settle(retired)
    _note(audit.Name.MERGE_UNDONE, row, by)
    return row


# -- what must be true -----------------------------------------------------------------------------


def _locked(retired: UUID, survivor: UUID) -> tuple[Patient, Patient]:
    """Both records, locked in one order, so that two merges can't wait for each other."""
    rows = Patient.objects.select_for_update().filter(pk__in=(retired, survivor)).order_by("pk")
    found = {row.pk: row for row in rows}
    if retired == survivor:
        raise Conflict(_("This is one and the same record."))
    return found[retired], found[survivor]


def _refuse(retired: Patient, survivor: Patient, besides: PatientMerge | None = None) -> None:
    if retired.merged_into_id is not None or survivor.merged_into_id is not None:
        raise Conflict(_("One of the two is merged into another record already."))
    if retired.account_id is not None and survivor.account_id is not None:
        raise Conflict(
            _(
                "Both records belong to accounts. Find out which account is the person's; a manager "
                "of the organisation that runs Salus can take the record away from the other one."
            )
        )
    if retired.account_id is not None:
        words = _("This record belongs to an account, so it has to be the one that stays.")
        raise Conflict(words)
    standing = PatientMerge.objects.filter(state__in=(State.PROPOSED, State.MERGED))
    others = standing.exclude(pk=besides.pk) if besides else standing
    if others.filter(retired__in=(retired, survivor), state=State.PROPOSED).exists():
        raise Conflict(_("Another merge of one of the two waits for its confirmation."))
    if len(patient_resources((retired.pk, survivor.pk))) < 2:
        raise Conflict(_("One of the two was erased."))


def _decided(merge: PatientMerge, by: Viewer) -> PatientMerge:
    row = _standing(merge, by, State.PROPOSED)
    if row.proposed_by_id == by.user.pk:
        raise Forbidden(_("Somebody else than who proposed it has to confirm it."))
    return row


def _standing(merge: PatientMerge, by: Viewer, state: State) -> PatientMerge:
    rows = PatientMerge.objects.select_for_update(of=("self",)).select_related("organisation")
    row = rows.get(pk=merge.pk)
    if require_office(by).pk != row.organisation_id:
        raise NotFound
    if row.state != state:
        raise Conflict(_("This was decided already."))
    return row


def _move(row: PatientMerge, state: State, **more: object) -> None:
    assert state in PatientMerge.TRANSITIONS[row.state]
    row.state = state
    for name, value in more.items():
        setattr(row, name, value)
    row.save()


# -- what is written -------------------------------------------------------------------------------


def _write(
    organisation: Organisation, retired: Patient, survivor: Patient, *, merged: bool
) -> None:
    """New versions of both Patient resources, which say of each other what they are."""
    resources = {o.version.patient_id: o for o in patient_resources((retired.pk, survivor.pk))}
    if len(resources) < 2:
        raise Conflict(_("One of the two was erased."))
    old, stays = resources[retired.pk], resources[survivor.pk]
    pairs = (
        (old, {**_linked(old.resource, survivor, REPLACED_BY, merged), "active": not merged}),
        (stays, _linked(stays.resource, retired, REPLACES, merged)),
    )
    for found, resource in pairs:
        custodian = found.version.custodian_id
        new = NewResource(resource, found.version.patient_id, organisation.pk, custodian)
        revise(new, at=timezone.now())


def _linked(resource: Resource, other: Patient, type: str, merged: bool) -> Resource:
    reference = f"Patient/{other.pk}"
    links = [
        link for link in resource.get("link") or []
        if (link.get("type"), link.get("other", {}).get("reference")) != (type, reference)
    ]  # fmt: skip
    if merged:
        links.append({"other": {"reference": reference}, "type": type})
    rest = {name: value for name, value in resource.items() if name != "link"}
    return rest | ({"link": links} if links else {})


def _note(name: audit.Name, merge: PatientMerge, by: Viewer) -> None:
    for subject in (merge.retired_id, merge.survivor_id):
        audit.record(name, by=by.actor, subject=subject, target=f"PatientMerge/{merge.pk}")
