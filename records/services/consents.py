"""Granting and ending access: at once in SQL, as evidence on the chain (DESIGN section 3)."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Organisation, User
from accounts.viewer import Viewer
from chain.contracts import current_registry
from chain.models import Kind, RegistryEntry
from chain.registry import end, register
from chain.services import Ending, Item, commit
from core import audit
from core.acting import portal_acts
from core.errors import Conflict, Invalid, Problem
from core.keys import Owner, Sealer, sealer_for
from records.delegates import acts_for
from records.models import (
    SCOPE_TYPES,
    Consent,
    ConsentStatement,
    Custody,
    Delegation,
    EffectiveAccess,
    Patient,
    Scope,
)
from records.notices import sharing_told
from records.provisions import Provision, reaches, refuse_unenforceable, template
from records.services.effects import effects_add
from records.services.statements import DAY, Draft, end_draft, grant_draft, provisions_said

LONGEST = timedelta(days=366 * 5)
# In the audit trail, where Salus itself ends what was shared.
NEVER_THEIRS = "The record was in somebody else's account."
# Of these there may be several with the same end.
VARIED = (Scope.VISIT, Scope.CHOSEN)
Signature = dict[str, Any]


# -- giving ----------------------------------------------------------------------------------------


def consent_draft(  # noqa: PLR0913 - what a grant is made of
    *,
    patient: Patient,
    grantee: User | Organisation,
    scope: Scope,
    last_day: date,
    by: Viewer,
    custody: Custody,
    provisions: tuple[Provision, ...] = (),
) -> Draft:
    """What the person would sign, to let somebody see a part of the record through a day (UTC).

    Provisions are needed for what the scope alone doesn't say: one visit, and what was chosen in
    detail. Raises Forbidden, Invalid or Conflict where it can't be granted.
    """
    delegation = acts_for(by, patient)
    ends_at = _end_of(last_day)
    if isinstance(grantee, User) and grantee.pk == by.user.pk:
        raise Invalid(problems=[Problem("grantee", _("You see your own record anyway."))])
    said = _said_beyond(scope, provisions)
    if said:
        refuse_unenforceable(said, to_organisation=isinstance(grantee, Organisation))
    if scope not in VARIED:
        _refuse_second(patient, _grantee_key(grantee), scope, ends_at)
    return grant_draft(
        patient_id=patient.pk, grantee=grantee, scope=scope, ends_at=ends_at,
        last_day=date_format(last_day, DAY), custody=custody, delegation=delegation,
        provisions=said,
    )  # fmt: skip


def _said_beyond(scope: Scope, provisions: tuple[Provision, ...]) -> tuple[Provision, ...]:
    """What a statement says besides its scope."""
    if scope in SCOPE_TYPES:
        return ()
    return provisions or template(scope)


def consent_grant(  # noqa: PLR0913 - what a grant is made of
    *,
    patient: Patient,
    grantee: User | Organisation,
    scope: Scope,
    last_day: date,
    by: Viewer,
    provisions: tuple[Provision, ...] = (),
) -> Consent:
    """Share, recorded by Salus for the person, who signs nothing themselves."""
    draft = consent_draft(
        patient=patient, grantee=grantee, scope=scope, last_day=last_day, by=by,
        custody=Custody.PORTAL, provisions=provisions,
    )  # fmt: skip
    return consent_record(draft=draft, signature=draft.portal_signature(), by=by)


@portal_acts()
def consent_record(*, draft: Draft, signature: Signature, by: Viewer) -> Consent:
    """Let a signed statement take effect; the signature was checked where it came in."""
    said = draft.said
    _only_for("grant", said)
    _only_for_the_current_registry(draft)
    patient = Patient.objects.select_for_update().get(pk=said["patient"].removeprefix("Patient/"))
    delegation = acts_for(by, patient)
    kind, _slash, grantee = said["grantee"].partition("/")
    who = {"user_id" if kind == "User" else "organisation_id": UUID(grantee)}
    scope, ends_at = Scope(said["scope"]), datetime.fromisoformat(said["ends_at"])
    # Locked until the end, so that two clicks can't make two grants.
    if Consent.objects.filter(pk=said["id"]).exists():
        raise Conflict(_("This was recorded already."))
    provisions = provisions_said(said)
    if scope not in VARIED:
        _refuse_second(patient, who, scope, ends_at)
    sealer = sealer_for(Owner.patient(patient.pk))
    consent = Consent.objects.create(
        id=said["id"], patient=patient, scope=scope, ends_at=ends_at,
        sealed_secret=sealer.seal(draft.secret, _secret_context(said["id"])), **who,
    )  # fmt: skip
    effects_add(effects_of(consent, provisions))
    document = draft.document(signature)
    item = Item(Kind.CONSENT, statement_path(consent.pk, ConsentStatement.GRANT), document)
    [commitment] = commit([item], sealer=sealer, urgent=True)
    entry = register(commitment)
    _keep(consent, ConsentStatement.GRANT, document, entry=entry, custody=said["custody"])
    audit.record(
        audit.Name.CONSENT_GRANTED, by=_actor(by, delegation), subject=patient.pk,
        target=f"Consent/{consent.pk}", sealer=sealer,
    )  # fmt: skip
    sharing_told(consent, "record-shared")
    return consent


def effects_of(consent: Consent, provisions: tuple[Provision, ...]) -> Iterator[EffectiveAccess]:
    """The rows by which a consent counts."""
    grantee = consent.user_id or consent.organisation_id
    assert grantee
    for row in reaches(provisions, grantee):
        yield EffectiveAccess(
            consent=consent, patient_id=consent.patient_id, ends_at=consent.ends_at,
            reason=EffectiveAccess.Reason.CONSENT, grantee_id=row.grantee_id, effect=row.effect,
            resource_type=row.resource_type, token=row.token, data_from=row.data_from,
            data_until=row.data_until, provision=row.number,
        )  # fmt: skip


def _refuse_second(patient: Patient, who: dict[str, UUID], scope: Scope, ends_at: datetime) -> None:
    standing = Consent.objects.filter(
        patient=patient, scope=scope, status=Consent.Status.ACTIVE, ends_at=ends_at, **who
    )
    if standing.exists():
        raise Conflict(_("You share this already, until the same day."))


def _grantee_key(grantee: User | Organisation) -> dict[str, UUID]:
    return {"user_id" if isinstance(grantee, User) else "organisation_id": grantee.pk}


def _only_for(action: str, said: dict[str, Any]) -> None:
    if said["action"] != action:
        raise Invalid(problems=[Problem("", _("What was signed says something else."))])


def _only_for_the_current_registry(draft: Draft) -> None:
    registry = current_registry()
    if registry is None or bytes(registry.address) != draft.registry.contract:
        raise Invalid(problems=[Problem("", _("This took too long. Please start again."))])


def _end_of(last_day: date) -> datetime:
    today = timezone.now().date()
    if last_day < today:
        raise Invalid(problems=[Problem("last_day", _("This day has passed."))])
    if last_day > today + LONGEST:
        raise Invalid(problems=[Problem("last_day", _("Choose a day within the next five years."))])
    return datetime.combine(
        last_day + timedelta(days=1), time.min, tzinfo=timezone.get_default_timezone()
    )


# -- ending ----------------------------------------------------------------------------------------


def consent_end_draft(*, consent: Consent, by: Viewer, custody: Custody) -> Draft:
    """What the person would sign to end a grant."""
    return _end_draft(consent, custody, acts_for(by, consent.patient))


def _end_draft(consent: Consent, custody: Custody, delegation: Delegation | None) -> Draft:
    rows = consent.statements.select_related("entry__commitment", "consent")
    granted = rows.get(number=ConsentStatement.GRANT)
    assert granted.entry.commitment is not None
    # Named as in the grant: ending must not depend on where new consents go today.
    place = Draft.of_document(statement_document(granted)).said["registry"]
    who = str(consent.user or consent.organisation)
    return end_draft(
        consent, granted=granted.entry.commitment, place=place, who=who, custody=custody,
        delegation=delegation,
    )  # fmt: skip


def consent_revoke(*, consent: Consent, by: Viewer) -> Consent:
    """End a grant at once, recorded by Salus for the person; ending it twice changes nothing."""
    draft = consent_end_draft(consent=consent, by=by, custody=Custody.PORTAL)
    return consent_end(consent=consent, draft=draft, signature=draft.portal_signature(), by=by)


def consents_end_all(*, patient: Patient, by: Viewer, reason: str = NEVER_THEIRS) -> None:
    """Salus ends all that is granted of a record, and says why; in the caller's transaction."""
    rows = patient.consents.filter(status=Consent.Status.ACTIVE)
    for consent in rows.select_related("patient", "user", "organisation"):
        draft = _end_draft(consent, Custody.PORTAL, None)
        _ended(consent, draft, draft.portal_signature(), by.actor, reason=reason)


@portal_acts()
def consent_end(*, consent: Consent, draft: Draft, signature: Signature, by: Viewer) -> Consent:
    """Let a signed end take effect at once; the secret is revealed on the chain."""
    delegation = acts_for(by, consent.patient)
    return _ended(consent, draft, signature, _actor(by, delegation))


def _actor(by: Viewer, delegation: Delegation | None) -> audit.Actor:
    return by.actor.as_carer if delegation else by.actor


def _ended(
    consent: Consent, draft: Draft, signature: Signature, by: audit.Actor, *, reason: str = ""
) -> Consent:
    said = draft.said
    _only_for("revoke", said)
    if said["id"] != str(consent.pk):
        raise Invalid(problems=[Problem("", _("This is about something else that you share."))])
    row = Consent.objects.select_for_update().get(pk=consent.pk)
    if row.status == Consent.Status.REVOKED:
        return row
    row.status, row.revoked_at = Consent.Status.REVOKED, timezone.now()
    row.save(update_fields=["status", "revoked_at"])
    EffectiveAccess.objects.filter(consent=row).delete()
    sealer = sealer_for(Owner.patient(row.patient_id))
    entry = end(_secret_of(row, sealer), person=row.patient_id)
    document = draft.document(signature)
    _keep(row, ConsentStatement.END, document, entry=entry, custody=said["custody"])
    audit.record(
        audit.Name.CONSENT_REVOKED, by=by, subject=row.patient_id,
        target=f"Consent/{row.pk}", reason=reason, sealer=sealer,
    )  # fmt: skip
    sharing_told(row, "sharing-ended")
    return row


# -- what was said ---------------------------------------------------------------------------------


def _keep(
    consent: Consent, number: int, document: bytes, *, entry: RegistryEntry, custody: str
) -> None:
    sealer = sealer_for(Owner.patient(consent.patient_id))
    path = statement_path(consent.pk, number)
    ConsentStatement.objects.create(
        consent=consent, number=number, custody=custody, entry=entry,
        sealed=sealer.seal(document, f"{Kind.CONSENT.value} {path}"),
    )  # fmt: skip


def statement_path(consent_id: UUID, number: int) -> str:
    """What stands behind the portal's id in the statement's reference."""
    return f"Consent/{consent_id}/_history/{number}"


def _secret_context(consent_id: object) -> str:
    return f"consent secret {consent_id}"


def _secret_of(consent: Consent, sealer: Sealer) -> bytes:
    return sealer.open(consent.sealed_secret, _secret_context(consent.pk))


def statement_document(row: ConsentStatement) -> bytes:
    """The signed statement's bytes."""
    sealer = sealer_for(Owner.patient(row.consent.patient_id))
    path = statement_path(row.consent_id, row.number)
    return sealer.open(row.sealed, f"{Kind.CONSENT.value} {path}")


def ending_of(consent: Consent) -> Ending | None:
    """How a consent ended, if it did."""
    row = consent.statements.filter(number=ConsentStatement.END).select_related("entry").first()
    if row is None:
        return None
    secret = _secret_of(consent, sealer_for(Owner.patient(consent.patient_id)))
    return Ending(statement_document(row), secret, row.entry)
