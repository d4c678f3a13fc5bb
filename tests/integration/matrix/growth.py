"""More of every kind of thing that a list may show, for people of OURS."""

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import uuid4

from allauth.account.models import EmailAddress
from django.utils import timezone

from accounts.corrections import correction_ask
from accounts.models import CorrectionRequest, OrganisationKey, Role, User
from accounts.notices import notify
from accounts.recovery import recovery_ask
from accounts.services.members import member_invite
from accounts.tokens import machine_token_issue, token_issue
from accounts.viewer import viewer_for
from chain.models import Batch
from core import audit
from core.models import AuditEvent
from oversight.models import Finding, Rule
from oversight.services.cases import case_open
from records.models import Scope
from records.services.consents import consent_grant
from records.services.delegations import carer_offer, delegation_accept
from records.services.merging import merge_propose
from records.services.people import patient_link
from tests.factories.ledger import make_job
from tests.factories.people import (
    OrganisationFactory,
    SalusClient,
    UserFactory,
    add_passkey,
    enrol,
)
from tests.factories.records import observation
from tests.factories.signing import SoftWallet
from tests.factories.supply import ProductFactory, gtin_of
from tests.integration.matrix.world import AGENT, Half, World

UNTIL = timezone.now().date() + timedelta(days=20)


def grow(world: World, numbers: Iterable[int]) -> None:
    """One more of everything for each number, each by, for and about other people."""
    log = Batch.objects.values_list("log", flat=True)[0]
    for number in numbers:
        _grow(world.ours, number)
        Batch.objects.create(
            log_id=log, sequence=number, root=bytes(32), depth=4, count=3, nodes=bytes(32 * 31)
        )


def _grow(ours: Half, number: int) -> None:
    make_job()
    OrganisationFactory()
    _people(ours, number)
    _record(ours, number)
    _oversight(ours)
    product = ProductFactory(
        manufacturer=ours.places["maker"], name=f"Tablets {number}", gtin=gtin_of(number)
    )
    ours._shipment(product, number)


def _people(ours: Half, number: int) -> None:
    hospital, manager = ours.places["hospital"], ours.viewer("manager")
    colleague = ours._member(f"colleague{number}", "hospital", Role.CLINICIAN)
    recovery_ask(user=colleague.user)
    member_invite(
        organisation=hospital, email=ours.email(f"invited{number}"), role=Role.NURSE,
        user=manager.user, by=manager.actor,
    )  # fmt: skip
    OrganisationKey.objects.create(
        organisation=hospital, number=number, public=bytes(65), retired_at=timezone.now()
    )
    machine_token_issue(
        organisation=hospital, role=Role.NURSE, by=manager, name=f"m{number}",
        scopes=["account:read"],
    )  # fmt: skip
    for who in ("patient", "clinician", "manager"):
        _of_person(ours.people[who], number)


def _of_person(user: User, number: int) -> None:
    token_issue(user=user, by=viewer_for(user).actor, name=f"token {number}")
    wallet = SoftWallet()
    user.wallets.create(address=bytes.fromhex(wallet.address[2:]), kind="account", name="more")
    add_passkey(user)
    elsewhere = SalusClient(HTTP_USER_AGENT=AGENT)
    elsewhere.force_login(user, second_factor=False)
    by = audit.Actor(UserFactory().pk, OrganisationFactory().pk)
    notify(user, "record-shared", about=f"you {number}", by=by)


def _record(ours: Half, number: int) -> None:
    patient = ours.viewer("patient")
    ours._write(observation(
        {"id": str(ours.patient.pk)}, subject={"reference": f"Patient/{ours.patient.pk}"},
    ))  # fmt: skip
    friend = enrol(UserFactory())
    consent_grant(
        patient=ours.patient, grantee=friend, scope=Scope.EVERYTHING, last_day=UNTIL, by=patient
    )
    helper = UserFactory()
    EmailAddress.objects.create(user=helper, email=helper.email, verified=True, primary=True)
    offer = carer_offer(
        patient=ours.patient, email=helper.email, last_day=UNTIL, may_share=False, by=patient
    )
    delegation_accept(delegation=offer, by=viewer_for(helper))
    if CorrectionRequest.objects.filter(user=patient.user).count() < 9:  # ten may be open
        correction_ask(organisation=ours.places["hospital"], wish="more", by=patient)
    _another_patient(ours, number)


def _another_patient(ours: Half, number: int) -> None:
    """Who shares with insurers, for whom the carer cares, and who may be in the books twice."""
    other = ours._patient(f"Other{number}", date(1970, 1, 1) + timedelta(days=number))
    account = UserFactory(own_role=Role.PATIENT)
    patient_link(patient=other, account=account)
    other.refresh_from_db()
    viewer = viewer_for(account)
    for place in ("insurer", "institute"):
        consent_grant(
            patient=other, grantee=ours.places[place], scope=Scope.EVERYTHING, last_day=UNTIL,
            by=viewer,
        )  # fmt: skip
    offer = carer_offer(
        patient=other, email=ours.email("carer"), last_day=UNTIL, may_share=False, by=viewer
    )
    delegation_accept(delegation=offer, by=ours.viewer("carer"))
    double = ours._patient(f"Twin{number}", date(1950, 1, 1) + timedelta(days=number))
    registrar = ours.viewer("registrar")
    merge_propose(retired=double.pk, survivor=other.pk, reason="the same", by=registrar)


def _oversight(ours: Half) -> None:
    """Somebody else looks; the patient asks why; a rule finds it."""
    reader = viewer_for(ours._member(f"reader-{uuid4()}", "hospital", Role.NURSE).user)
    with audit.origin("192.0.2.0"):
        audit.record(audit.Name.RECORD_READ, by=reader.actor, subject=ours.patient.pk, count=1)
    event = AuditEvent.objects.order_by("-pk").first()
    assert event
    case_open(events=[event], text="why", by=ours.viewer("patient"))
    Finding.objects.create(
        rule=Rule.MANY_PATIENTS, key=str(event.pk), event=event, actor_id=reader.user.pk,
        at=event.at,
    )  # fmt: skip
