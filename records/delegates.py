"""Who stands in for whom: read here, decided in records/services/delegations.py."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.models import Role
from accounts.selectors import verified_addresses
from accounts.viewer import Viewer
from core.acting import portal_acts
from core.audit import Actor
from core.errors import Forbidden, NotFound
from core.keys import derived_secret
from core.prepared import Prepared
from records.emergencies import emergency_actor
from records.models import Delegation, EffectiveAccess, Patient
from records.registry import Registered, registered
from records.services.sealing import opened_each

State = Delegation.State
ADDRESS = "delegate address"


def email_digest(address: str) -> bytes:
    """By which an address is found."""
    text = address.strip().lower().encode()
    return hmac.digest(derived_secret("delegate address"), text, sha256)


def standing() -> QuerySet[Delegation]:
    """The delegations that count now."""
    return Delegation.objects.filter(state=State.ACTIVE, ends_at__gt=Now())


def delegation_for(viewer: Viewer, patient: Patient) -> Delegation | None:
    """By what right this person stands in for a patient now, if they do."""
    rows = standing().filter(delegate=viewer.user, patient=patient)
    return rows.select_related("delegate").order_by("-may_share", "pk").first()


@dataclass(frozen=True)
class CaredFor:
    """Somebody for whom the viewer cares."""

    delegation: Delegation
    about: Registered


def cared_for(viewer: Viewer) -> list[CaredFor]:
    """The people for whom this person cares now."""
    rows = list(standing().filter(delegate=viewer.user).select_related("patient"))
    about = {r.patient.pk: r for r in registered(row.patient for row in rows)}
    return [CaredFor(row, about[row.patient_id]) for row in rows if row.patient_id in about]


def _offered(viewer: Viewer) -> QuerySet[Delegation]:
    digests = [email_digest(address) for address in verified_addresses(viewer.user)]
    rows = Delegation.objects.filter(state=State.OFFERED, ends_at__gt=Now())
    return rows.filter(email_digest__in=digests)


def caring_counts(viewer: Viewer) -> tuple[int, int]:
    """For how many this person cares now, and how many ask them to."""
    with portal_acts():
        return standing().filter(delegate=viewer.user).count(), _offered(viewer).count()


def offers_to(viewer: Viewer) -> list[CaredFor]:
    """What was offered to this person's addresses and waits for their answer."""
    with portal_acts():
        offered = list(_offered(viewer).select_related("patient"))
        about = {r.patient.pk: r for r in registered(row.patient for row in offered)}
    return [CaredFor(row, about[row.patient_id]) for row in offered if row.patient_id in about]


def access_offer(viewer: Viewer, pk: UUID) -> Delegation:
    """An offer to the viewer; raises NotFound."""
    found = next((o.delegation for o in offers_to(viewer) if o.delegation.pk == pk), None)
    if found is None:
        raise NotFound
    return found


def access_delegation(viewer: Viewer, pk: UUID) -> Delegation:
    """One of which the viewer is patient or delegate, or which their office set up; NotFound."""
    with portal_acts():  # an office need not see the record whose parents it set up
        rows = Delegation.objects.select_related("patient", "delegate")
        found = rows.filter(pk=pk).first()
    if found is None or not may_end(viewer, found):
        raise NotFound
    return found


def may_end(viewer: Viewer, row: Delegation) -> bool:
    """The patient, the delegate, and the office of the organisation that set it up."""
    office = viewer.has(Role.REGISTRAR) or viewer.has(Role.MANAGER)
    ours = office and row.organisation_id in viewer.organisation_ids
    return ours or viewer.user.pk in (row.patient.account_id, row.delegate_id)


@dataclass(frozen=True)
class Carer:
    """A delegation as the patient sees it."""

    row: Delegation
    address: str

    @property
    def name(self) -> str:
        """Who it is: their name once they have accepted, before that the address alone."""
        return str(self.row.delegate) if self.row.delegate else self.address


def carers_of(patient: Patient) -> list[Carer]:
    """Who cares for a patient or was asked to, newest first."""
    standing = patient.delegations.filter(ends_at__gt=Now()).exclude(state=State.ENDED)
    rows = list(standing.select_related("delegate", "organisation").order_by("-created_at"))
    addresses = opened_each(patient.pk, [row.sealed_email for row in rows], ADDRESS)
    return [Carer(row, address) for row, address in zip(rows, addresses, strict=True)]


def carers_set_up(viewer: Viewer, patient: Patient) -> list[Carer]:
    """Those whom the viewer's organisation set up."""
    with portal_acts():
        return [c for c in carers_of(patient) if c.row.organisation_id in viewer.organisation_ids]


def stands_for(viewer: Viewer, patient: Patient) -> Actor | None:
    """As whom the trail names the patient, or who cares for them; None for everybody else."""
    if patient.account_id == viewer.user.pk:
        return viewer.actor
    return viewer.actor.as_carer if delegation_for(viewer, patient) else None


def _reached_by(user_id: UUID, patient_id: UUID) -> QuerySet[EffectiveAccess]:
    rows = EffectiveAccess.objects.filter(grantee_id=user_id, patient=patient_id)
    return rows.filter(ends_at__gt=Now()).only("reason")


_reached = Prepared(_reached_by, user_id=UUID(int=1), patient_id=UUID(int=2))


def actor_at(viewer: Viewer, patient_id: UUID | None) -> Actor:
    """As whom the trail names somebody who reads an entry: who cares for the patient, as that.

    Only who acts for no organisation has to be looked up.
    """
    if patient_id is None:
        return viewer.actor
    if viewer.organisation is not None:
        return emergency_actor(viewer, patient_id) or viewer.actor
    reasons = {row.reason for row in _reached(user_id=viewer.user.pk, patient_id=patient_id)}
    own = EffectiveAccess.Reason.OWN in reasons  # or it was merged into their own
    cares = EffectiveAccess.Reason.DELEGATE in reasons
    return viewer.actor.as_carer if cares and not own else viewer.actor


def actors_at(viewer: Viewer, patients: Iterable[UUID]) -> dict[UUID, Actor]:
    """The same for the patients of a list, in one query where that is possible."""
    ids = list(patients)
    if viewer.organisation is not None:
        # Whoever opened no record for an emergency is asked for nothing.
        return {id: emergency_actor(viewer, id) or viewer.actor for id in ids}
    rows = EffectiveAccess.objects.filter(grantee_id=viewer.user.pk, patient__in=ids)
    reasons: dict[UUID, set[str]] = {}
    for patient, reason in rows.filter(ends_at__gt=Now()).values_list("patient", "reason"):
        reasons.setdefault(patient, set()).add(reason)
    own, cares = EffectiveAccess.Reason.OWN, EffectiveAccess.Reason.DELEGATE
    cared = {id for id, found in reasons.items() if cares in found and own not in found}
    return {id: viewer.actor.as_carer if id in cared else viewer.actor for id in ids}


def acts_for(viewer: Viewer, patient: Patient) -> Delegation | None:
    """Who decides for a patient: the patient (None), or by which delegation; raises Forbidden."""
    if patient.account_id == viewer.user.pk:
        return None
    found = delegation_for(viewer, patient)
    if found is None or not found.may_share:
        raise Forbidden(_("Only the person whose record it is decides who sees it."))
    return found
