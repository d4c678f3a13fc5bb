"""Fill an empty portal with made-up people and records, through the same doors as real ones."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone

from accounts.models import Membership, Organisation, Role, User
from accounts.models.people import GUARDED_ROLES
from accounts.second_factor import has_second_factor
from accounts.viewer import Viewer, viewer_for
from core.acting import portal_acts
from core.audit import Actor
from portal.demo.audit import seed_audit
from portal.demo.clinical import bundles
from portal.demo.clinical.people import DEMO_PATIENT, HARBOUR_PATIENTS, PATIENTS
from portal.demo.code import app_enrol
from portal.demo.people import (
    HARBOUR,
    INSTITUTE,
    MAKER,
    ORGANISATIONS,
    PASSWORD,
    PAYER,
    PEOPLE,
    PRODUCTS,
    WHOLESALER,
    DemoOrganisation,
    DemoPerson,
)
from portal.demo.shipment_csv import good_csv
from records.models import TEMPLATES, Consent, Patient, PatientRegistration, Record, Scope
from records.services.consents import consent_grant, consent_revoke
from records.services.delegations import carer_offer, delegation_accept
from records.services.importing import import_bundle
from records.services.people import patient_link
from records.services.registration import PatientDetails, code_issue, patient_register
from supply.recording import shipment_record
from supply.selectors import shipments_of
from supply.services import product_add, shipment_check, shipment_confirm

NEW_PATIENT = PatientDetails(
    family="Sampleton", given="Noa", born=date(1991, 6, 15), gender="other",
    line="12 Made-up Street", postcode="00012", city="Demoville", phone="+1 555 0100 012",
)  # fmt: skip


@portal_acts()
def seed(*, say: Callable[[str], Any]) -> None:
    """Make what is missing of the demo; a second run makes nothing."""
    for organisation in ORGANISATIONS:
        _ensure_organisation(organisation)
    for person in PEOPLE:
        _ensure_person(person)
    _import_records(say)
    _link_patient()
    _ensure_consents()
    _ensure_sharing_patients()
    _ensure_registered()
    _ensure_carer()
    _ensure_shipment()
    seed_audit()


def _ensure_organisation(wanted: DemoOrganisation) -> None:
    Organisation.objects.get_or_create(
        id=wanted.id,
        defaults={
            "kind": wanted.kind,
            "name": wanted.name,
            "gln": wanted.gln,
            "home": wanted is HARBOUR,
            "verification": Organisation.Verification.VERIFIED,
        },
    )


@transaction.atomic
def _ensure_person(wanted: DemoPerson) -> None:
    if known := User.objects.filter(email=wanted.email).first():
        _ensure_memberships(known, wanted)
        # A demo from before there were second factors, or one whose visitors removed it.
        if wanted.role in GUARDED_ROLES and not has_second_factor(known):
            app_enrol(known)
        return
    own = wanted.role if wanted.organisation is None else ""
    user = User.objects.create_user(wanted.email, PASSWORD, name=wanted.name, own_role=own)
    if wanted.role == Role.ADMINISTRATOR:
        User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    if wanted.role in GUARDED_ROLES:
        app_enrol(user)
    # After the app, about which nobody needs a letter.
    EmailAddress.objects.create(user=user, email=wanted.email, verified=True, primary=True)
    _ensure_memberships(user, wanted)


def _ensure_memberships(user: User, wanted: DemoPerson) -> None:
    first = [(wanted.organisation, wanted.role)] if wanted.organisation else []
    for place, role in (*first, *wanted.besides):
        Membership.objects.get_or_create(user=user, organisation_id=place.id, role=role)


def _import_records(say: Callable[[str], Any]) -> None:
    """Import the bundles whose first resource is not here yet."""
    patients = resources = 0
    for bundle in bundles(today=timezone.now().date()):
        entries: Any = bundle["entry"]
        if Record.objects.filter(fhir_id=entries[0]["resource"]["id"]).exists():
            continue
        done = import_bundle(bundle, by=Actor.system("import"))
        patients += len(done.patients)
        resources += done.created
    if resources:
        say(f"demo: {patients} patients imported, {resources} resources encrypted")


def _link_patient() -> None:
    user = User.objects.get(email=f"{Role.PATIENT.value}@salus.example")
    patient = Patient.objects.get(pk=UUID(DEMO_PATIENT))
    if patient.account_id is None:
        patient_link(patient=patient, account=user)


def _ensure_consents() -> None:
    """A grant that stands and one that was ended, so that no page begins empty."""
    patient = Patient.objects.get(pk=UUID(DEMO_PATIENT))
    if Consent.objects.filter(patient=patient).exists():
        return
    user = User.objects.get(email=f"{Role.PATIENT.value}@salus.example")
    viewer = viewer_for(user)
    with transaction.atomic():
        _grant(patient, PAYER, Scope.VISITS, 90, viewer)
        ended = _grant(patient, INSTITUTE, Scope.RESULTS, 365, viewer)
        consent_revoke(consent=ended, by=viewer)
        _grant(patient, INSTITUTE, Scope.RESULTS, 180, viewer)


def _ensure_shipment() -> None:
    """The manufacturer's products, and a delivery that was recorded."""
    maker = Organisation.objects.get(pk=MAKER.id)
    for product in PRODUCTS:
        product_add(gtin=product.gtin, name=product.name, manufacturer=maker)
    viewer = viewer_for(User.objects.get(email=f"{Role.PHARMA.value}@salus.example"))
    if not shipments_of(maker).exists():
        data = good_csv(MAKER.gln, WHOLESALER.gln, [p.gtin for p in PRODUCTS])
        shipment = shipment_confirm(
            shipment=shipment_check(data=data.encode(), by=viewer), by=viewer
        )
        shipment_record(shipment_id=shipment.pk)


def _ensure_sharing_patients() -> None:
    """People who were treated at the hospital share their records with it, as on admission."""
    for index, patient_id in enumerate(HARBOUR_PATIENTS):
        patient = Patient.objects.get(pk=UUID(patient_id))
        if patient.account_id is None:
            scope, _label = TEMPLATES[0 if index % 3 else index % len(TEMPLATES)]
            _share_with_hospital(patient, Scope(scope))


def _ensure_registered() -> None:
    """Somebody whom the registrar has written down, and who has a code but no account yet."""
    if PatientRegistration.objects.exists():
        return
    by = viewer_for(User.objects.get(email=f"{Role.REGISTRAR.value}@salus.example"))
    patient = patient_register(details=NEW_PATIENT, by=by, reason="demo")
    code_issue(patient_id=patient.pk, by=by)


def _ensure_carer() -> None:
    """Somebody who cares for the demo's patient."""
    patient = Patient.objects.get(pk=UUID(DEMO_PATIENT))
    if patient.delegations.exists():
        return
    owner, carer = (User.objects.get(email=f"{key}@salus.example") for key in ("patient", "carer"))
    offer = carer_offer(
        patient=patient, email=carer.email, may_share=True, by=viewer_for(owner),
        last_day=timezone.now().date() + timedelta(days=365),
    )  # fmt: skip
    delegation_accept(delegation=offer, by=viewer_for(carer))


@transaction.atomic
def _share_with_hospital(patient: Patient, scope: Scope) -> None:
    person = next(p for p in PATIENTS if p.id == str(patient.pk))
    # An account that nobody can sign in to: it has no password.
    email = f"{person.slug}@salus.example"
    user = User.objects.create_user(email, None, name=person.name, own_role=Role.PATIENT)
    patient = patient_link(patient=patient, account=user)
    _grant(patient, HARBOUR, scope, 180, viewer_for(user))


def _grant(patient: Patient, to: DemoOrganisation, scope: Scope, days: int, by: Viewer) -> Consent:
    return consent_grant(
        patient=patient,
        grantee=Organisation.objects.get(pk=to.id),
        scope=scope,
        last_day=timezone.now().date() + timedelta(days=days),
        by=by,
    )
