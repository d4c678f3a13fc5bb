"""Registering a patient, and handing them the code with which the record becomes their own."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.limits import limit_person
from accounts.models import Organisation
from accounts.viewer import Viewer
from core import audit
from core.acting import portal_acts
from core.errors import Conflict, Invalid, Problem
from core.keys import derived_secret
from records.blind_index import Demographics
from records.fhir.resources import Resource
from records.fhir.validation import validated
from records.models import ActivationCode, Patient, PatientRegistration
from records.registry import access_administered, patient_resources, require_registrar
from records.services.matching import Candidate, patient_match
from records.services.people import patient_link
from records.services.sealing import reason_given, sealed_words
from records.services.store import NewResource, create

REASON = "registration reason"
OLDEST = 130  # years

# -- registering -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class PatientDetails:
    """Who somebody is, as a registrar writes it down."""

    family: str
    given: str
    born: date
    gender: str
    line: str = ""
    city: str = ""
    postcode: str = ""
    country: str = ""
    phone: str = ""
    email: str = ""
    identifier_system: str = ""
    identifier: str = ""

    def resource(self, id: UUID, organisation: Organisation) -> Resource:
        """As a FHIR Patient; what is empty is left out."""
        address = {
            "line": [self.line] if self.line else None, "city": self.city,
            "postalCode": self.postcode, "country": self.country,
        }  # fmt: skip
        telecom = [("phone", self.phone), ("email", self.email)]
        found: Resource = {
            "resourceType": "Patient",
            "id": str(id),
            "active": True,
            "name": [{"use": "official", "family": self.family, "given": self.given.split()}],
            "birthDate": self.born.isoformat(),
            "gender": self.gender,
            "address": [kept] if (kept := {k: v for k, v in address.items() if v}) else None,
            "telecom": [{"system": s, "value": v} for s, v in telecom if v],
            "identifier": self._identifiers(organisation),
            "managingOrganization": {"display": organisation.name},
        }
        return {name: value for name, value in found.items() if value}

    def _identifiers(self, organisation: Organisation) -> list[dict[str, str]]:
        if not self.identifier:
            return []
        # A number of our own is told from other organisations' by who gave it.
        system = self.identifier_system or f"urn:uuid:{organisation.pk}"
        return [{"system": system, "value": self.identifier}]


class LooksKnown(Conflict):
    """Somebody here may be the same person; with a reason they are registered all the same."""

    code = "duplicate"

    def __init__(self, candidates: list[Candidate]) -> None:
        self.candidates = candidates
        super().__init__(_("Somebody who may be the same person is registered already."))


def patient_register(*, details: PatientDetails, by: Viewer, reason: str = "") -> Patient:
    """Write a new patient's first version; raises LooksKnown, Invalid, Forbidden or TooMany."""
    organisation = require_registrar(by)
    resource = details.resource(uuid4(), organisation)
    _refuse_odd(details, resource)
    found = patient_match(resource=resource, by=by)
    if found and not reason.strip():
        raise LooksKnown(found)
    return _registered(resource, organisation, reason_given(reason) if found else "", by)


@portal_acts()
def _registered(resource: Resource, organisation: Organisation, reason: str, by: Viewer) -> Patient:
    id = UUID(resource["id"])
    create([NewResource(resource, id, organisation.pk)], at=timezone.now())
    PatientRegistration.objects.create(
        patient_id=id, organisation=organisation, by=by.user,
        sealed_reason=sealed_words(id, reason, REASON),
    )  # fmt: skip
    audit.record(audit.Name.PATIENT_REGISTERED, by=by.actor, subject=id, target=f"Patient/{id}")
    return Patient.objects.get(pk=id)


def _refuse_odd(details: PatientDetails, resource: Resource) -> None:
    today = timezone.now().date()
    if details.born > today:
        raise Invalid(problems=[Problem("born", _("This day is still to come."))])
    if details.born.year < today.year - OLDEST:
        raise Invalid(problems=[Problem("born", _("Nobody is that old. Please check the year."))])
    if problems := validated(resource):
        raise Invalid(problems=problems)


# -- activation codes ------------------------------------------------------------------------------

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no letter is taken for a digit
MISREAD = str.maketrans("OIL", "011")
LENGTH, GROUP = 20, 5  # 100 bits, in four groups
LIFETIME = timedelta(days=14)
ATTEMPTS = 5  # wrong answers to what the person knows, then the code is locked
State = ActivationCode.State


def code_issue(*, patient_id: UUID, by: Viewer) -> tuple[str, ActivationCode]:
    """A new code for a patient without an account; gives the only copy of it.

    A code that was printed before can't be used any more. Raises Conflict, NotFound, Forbidden.
    """
    organisation = require_registrar(by)
    patient = access_administered(by, patient_id).patient
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    with portal_acts():
        row = Patient.objects.select_for_update().get(pk=patient.pk)
        if row.account_id is not None:
            raise Conflict(_("This record belongs to an account already."))
        if row.merged_into_id is not None:
            raise Conflict(_("This record was merged into another one. Print the code there."))
        codes_end(row)
        made = ActivationCode.objects.create(
            patient=row, organisation=organisation, digest=_digest(code),
            expires_at=_end_of_day(timezone.now() + LIFETIME),
        )  # fmt: skip
        audit.record(audit.Name.CODE_ISSUED, by=by.actor, subject=row.pk)
    return "-".join(code[i : i + GROUP] for i in range(0, LENGTH, GROUP)), made


def _end_of_day(at: datetime) -> datetime:
    return at.replace(hour=23, minute=59, second=59, microsecond=0)


def codes_end(patient: Patient) -> None:
    """No code of this patient can be used any more; in the caller's transaction."""
    patient.codes.filter(state=State.LIVE).update(state=State.ENDED)


def read_code(text: str) -> str:
    """A code as it was typed, without what is between the groups, and with misread letters."""
    return "".join(c for c in text.upper() if c.isalnum()).translate(MISREAD)


def _digest(code: str) -> bytes:
    return hmac.digest(derived_secret("activation code"), code.encode(), sha256)


def code_redeem(*, code: str, family: str, born: date, by: Viewer) -> Patient:
    """Make the record of a code the person's own; raises Invalid, Conflict or TooMany.

    The same words for whatever is wrong. A wrong answer counts against the code even though the
    caller's transaction may be undone, as the tries of the account do.
    """
    limit_person(by.user, "activation")
    with portal_acts():
        if Patient.objects.filter(account=by.user).exists():
            raise Conflict(_("Your account has a record already."))
        row = _live(code)
        knows = row is not None and _knows(row.patient_id, family, born)
        if row is not None and knows:
            patient = patient_link(patient=row.patient, account=by.user, by=by.actor)
            row.state = State.USED
            row.save(update_fields=["state"])
            return patient
        _count_against(row, by)
    words = _(
        "The code, the family name and the date of birth do not fit together, or the code can no "
        "longer be used. Please check them, or ask for a new code where you got this one."
    )
    raise Invalid(problems=[Problem("", words)])


def _live(code: str) -> ActivationCode | None:
    rows = ActivationCode.objects.select_for_update(of=("self",)).select_related("patient")
    found = rows.filter(digest=_digest(read_code(code)), state=State.LIVE).first()
    return found if found and found.expires_at > timezone.now() else None


def _knows(patient_id: UUID, family: str, born: date) -> bool:
    found = patient_resources([patient_id])
    if not found:
        return False
    known, said = Demographics.of(found[0].resource), Demographics.of(_said(family, born))
    return known.born == said.born and bool(set(said.families) & set(known.families))


def _said(family: str, born: date) -> Resource:
    return {"name": [{"family": family}], "birthDate": born.isoformat()}


@transaction.atomic
def _count_against(row: ActivationCode | None, by: Viewer) -> None:
    subject = None
    if row is not None:
        subject = row.patient_id
        row.attempts += 1
        if row.attempts >= ATTEMPTS:
            row.state = State.LOCKED
        row.save(update_fields=["attempts", "state"])
    audit.record(audit.Name.CODE_REFUSED, by=by.actor, subject=subject)
