"""Carers and parents: offered to an address, accepted by its owner, ended by either at any time."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.limits import limit_person
from accounts.models import Role
from accounts.selectors import verified_addresses
from accounts.viewer import Viewer
from core import audit
from core.acting import portal_acts
from core.errors import Conflict, Forbidden, Invalid, NotFound, Problem
from records.delegates import ADDRESS, email_digest, may_end
from records.models import ANY_TYPE, Delegation, Effect, EffectiveAccess, Patient
from records.registry import access_administered, patient_resources
from records.services.effects import effects_add
from records.services.sealing import reason_given, sealed_words

Kind, State = Delegation.Kind, Delegation.State
LONGEST = timedelta(days=366 * 5)
OF_AGE = 18
REASON = "delegation reason"


def carer_offer(
    *, patient: Patient, email: str, last_day: date, may_share: bool, by: Viewer
) -> Delegation:
    """The patient names a carer; the answer is the same whether the address is known or not.

    Raises Forbidden, Invalid, Conflict or TooMany.
    """
    if patient.account_id != by.user.pk:
        raise Forbidden(_("Only the person whose record it is names a carer."))
    if email.strip().lower() in (by.user.email, *verified_addresses(by.user)):
        raise Invalid(problems=[Problem("email", _("This is your own address."))])
    _refuse_odd(last_day, LONGEST)
    wanted = Delegation(kind=Kind.CARER, may_share=may_share, ends_at=_after(last_day))
    return _offered(wanted, patient, email, by)


def guardian_offer(  # noqa: PLR0913 - what a delegation is made of
    *, patient: Patient, email: str, kind: str, last_day: date, may_share: bool, reason: str,
    by: Viewer,
) -> Delegation:  # fmt: skip
    """A registrar sets up a parent of a child, or a guardian, who has shown who they are.

    Raises Forbidden, NotFound, Invalid, Conflict or TooMany.
    """
    if not by.has(Role.REGISTRAR):
        raise Forbidden
    access_administered(by, patient.pk)
    why = reason_given(reason)
    if kind == Kind.PARENT:
        _refuse_after_majority(patient, last_day)
    elif kind != Kind.GUARDIAN:
        raise Invalid(problems=[Problem("kind", _("Only the patient names a carer."))])
    _refuse_odd(last_day, LONGEST if kind == Kind.GUARDIAN else timedelta(days=366 * OF_AGE))
    wanted = Delegation(
        kind=kind, may_share=may_share, ends_at=_after(last_day), organisation=by.organisation,
        sealed_reason=sealed_words(patient.pk, why, REASON),
    )  # fmt: skip
    return _offered(wanted, patient, email, by)


def _offered(wanted: Delegation, patient: Patient, email: str, by: Viewer) -> Delegation:
    limit_person(by.user, "delegation")
    with portal_acts():
        row = Patient.objects.select_for_update().get(pk=patient.pk)
        if row.merged_into_id is not None:
            raise Conflict(_("This record was merged into another one. Do it there."))
        wanted.patient, wanted.established_by = row, by.user
        wanted.email_digest = email_digest(email)
        wanted.sealed_email = sealed_words(row.pk, email.strip(), ADDRESS)
        _end_what_ran_out(row)
        standing = row.delegations.exclude(state=State.ENDED)
        if standing.filter(email_digest=wanted.email_digest).exists():
            raise Conflict(_("Somebody with this address was named already."))
        wanted.save()
        audit.record(
            audit.Name.DELEGATION_OFFERED,
            by=by.actor,
            subject=row.pk,
            target=f"Delegation/{wanted.pk}",
        )
    return wanted


def _end_what_ran_out(patient: Patient) -> None:
    """So that the same person can be named again."""
    ran_out = patient.delegations.exclude(state=State.ENDED).filter(ends_at__lte=timezone.now())
    for row in ran_out:
        row.state, row.ended_at = State.ENDED, row.ends_at
        row.save(update_fields=["state", "ended_at"])
        row.effects.all().delete()


@portal_acts()
def delegation_accept(*, delegation: Delegation, by: Viewer) -> Delegation:
    """The person to whose address it was offered takes it on; raises NotFound or Conflict."""
    row = Delegation.objects.select_for_update(of=("self",)).select_related("patient")
    found = row.get(pk=delegation.pk)
    ours = {email_digest(address) for address in verified_addresses(by.user)}
    if bytes(found.email_digest) not in ours:
        raise NotFound
    if found.state != State.OFFERED or found.ends_at <= timezone.now():
        raise Conflict(_("This was answered already, or is too old."))
    if found.patient.account_id == by.user.pk:
        raise Conflict(_("This is your own record."))
    found.state, found.delegate, found.accepted_at = State.ACTIVE, by.user, timezone.now()
    found.save(update_fields=["state", "delegate", "accepted_at"])
    effect = EffectiveAccess(
        patient_id=found.patient_id, grantee_id=by.user.pk, resource_type=ANY_TYPE,
        ends_at=found.ends_at, reason=EffectiveAccess.Reason.DELEGATE,
        effect=Effect.STANDING, delegation=found,
    )  # fmt: skip
    effects_add([effect])
    audit.record(
        audit.Name.DELEGATION_ACCEPTED,
        by=by.actor.as_carer,
        subject=found.patient_id,
        target=f"Delegation/{found.pk}",
    )
    return found


@portal_acts()
def delegation_end(*, delegation: Delegation, by: Viewer) -> Delegation:
    """From now on they see nothing any more; ending it twice changes nothing.

    By the patient, by the delegate (who may also decline), or by the office that set it up.
    """
    rows = Delegation.objects.select_for_update(of=("self",)).select_related("patient")
    row = rows.get(pk=delegation.pk)
    addressed = bytes(row.email_digest) in map(email_digest, verified_addresses(by.user))
    if not may_end(by, row) and not addressed:
        raise Forbidden
    if row.state == State.ENDED:
        return row
    row.state, row.ended_at, row.ended_by = State.ENDED, timezone.now(), by.user
    row.save(update_fields=["state", "ended_at", "ended_by"])
    EffectiveAccess.objects.filter(delegation=row).delete()
    audit.record(
        audit.Name.DELEGATION_ENDED,
        by=by.actor,
        subject=row.patient_id,
        target=f"Delegation/{row.pk}",
    )
    return row


# -- days ------------------------------------------------------------------------------------------


def _after(last_day: date) -> datetime:
    zone = timezone.get_default_timezone()
    return datetime.combine(last_day + timedelta(days=1), time.min, tzinfo=zone)


def _refuse_odd(last_day: date, longest: timedelta) -> None:
    today = timezone.now().date()
    if last_day < today:
        raise Invalid(problems=[Problem("last_day", _("This day has passed."))])
    if last_day > today + longest:
        raise Invalid(problems=[Problem("last_day", _("This day is too far away."))])


def _refuse_after_majority(patient: Patient, last_day: date) -> None:
    born = birth_date(patient)
    if born is None:
        words = _("The record does not say when this person was born, so there can be no parent.")
        raise Invalid(problems=[Problem("kind", words)])
    of_age = majority(born)
    if of_age <= timezone.now().date():
        raise Invalid(
            problems=[Problem("kind", _("This person is of age: they decide themselves."))]
        )
    if last_day >= of_age:
        words = _("A parent's access ends before the 18th birthday at the latest.")
        raise Invalid(problems=[Problem("last_day", words)])


def birth_date(patient: Patient) -> date | None:
    """As the newest Patient resource has it, if it names a day."""
    found = patient_resources([patient.pk])
    try:
        return date.fromisoformat(str(found[0].resource.get("birthDate", ""))) if found else None
    except ValueError:
        return None


def majority(born: date) -> date:
    """The 18th birthday; of those born on a leap day the first of March."""
    try:
        return born.replace(year=born.year + OF_AGE)
    except ValueError:
        return date(born.year + OF_AGE, 3, 1)
