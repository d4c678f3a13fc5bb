"""Who sees what: before, during and after a grant, by person, organisation and scope."""

import base64
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Organisation, User
from accounts.viewer import Viewer
from chain.canonical import parse
from chain.commitments import keccak256
from chain.models import Commitment, RegistryEntry
from chain.node import Node
from chain.signatures import NotSigned, wallet_signature
from core.audit import Actor, pseudonym
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.models import AuditEvent
from records.access import patients_visible_to
from records.models import Consent, ConsentStatement, EffectiveAccess, Patient, Scope
from records.selectors import chart_of, own_patient, patient_for, version_for
from records.services.consents import consent_grant, consent_revoke, statement_document
from records.services.importing import import_bundle
from records.services.statements import Draft
from tests.factories.audit import told
from tests.factories.people import OrganisationFactory, UserFactory, clinician
from tests.factories.records import (
    allergy,
    bundle,
    observation,
    organization,
    patient,
    patient_with_record,
    written_by,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("registry")]
TODAY = timezone.now().date


def grant(
    viewer: Viewer, row: Patient, to: User | Organisation, scope: Scope = Scope.EVERYTHING
) -> Consent:
    return consent_grant(
        patient=row, grantee=to, scope=scope, last_day=TODAY() + timedelta(days=1), by=viewer
    )


def types_seen(viewer: Viewer, row: Patient) -> list[str]:
    return sorted(o.version.record.type for o in chart_of(viewer, row.pk))


def record() -> tuple[Viewer, Patient]:
    about = patient()
    viewer, row, _ = patient_with_record(observation(about), allergy(about), about=about)
    return viewer, row


def test_the_person_sees_their_own_record():
    viewer, row = record()
    assert types_seen(viewer, row) == ["AllergyIntolerance", "Observation", "Patient"]
    assert own_patient(viewer) == row


def test_nobody_else_sees_anything():
    _, row = record()
    stranger = clinician()
    assert types_seen(stranger, row) == []
    assert not patients_visible_to(stranger).exists()
    with pytest.raises(NotFound):
        patient_for(stranger, row.pk)
    with pytest.raises(NotFound):
        version_for(stranger, "Patient", str(row.pk))


def test_a_grant_to_a_person_counts_at_once_and_ends_at_once():
    viewer, row = record()
    doctor = clinician()
    consent = grant(viewer, row, doctor.user)
    assert len(types_seen(doctor, row)) == 3
    assert version_for(doctor, "Patient", str(row.pk))
    consent_revoke(consent=consent, by=viewer)
    assert types_seen(doctor, row) == []
    with pytest.raises(NotFound):
        version_for(doctor, "Patient", str(row.pk))


def test_a_grant_to_an_organisation_reaches_its_members_alone():
    viewer, row = record()
    hospital = OrganisationFactory()
    member, stranger = clinician(hospital), clinician()
    grant(viewer, row, hospital)
    assert len(types_seen(member, row)) == 3
    assert types_seen(stranger, row) == []


@pytest.mark.parametrize(
    ("scope", "types"),
    [
        (Scope.EVERYTHING, ["AllergyIntolerance", "Observation", "Patient"]),
        (Scope.RESULTS, ["Observation", "Patient"]),
        (Scope.MEDICINES, ["AllergyIntolerance", "Patient"]),
        (Scope.VISITS, ["Patient"]),
    ],
)
def test_a_scope_opens_its_types_alone(scope: Scope, types: list[str]):
    viewer, row = record()
    doctor = clinician()
    grant(viewer, row, doctor.user, scope)
    assert types_seen(doctor, row) == types


def test_ending_one_grant_leaves_the_other():
    viewer, row = record()
    doctor = clinician()
    both = grant(viewer, row, doctor.user)
    grant(viewer, row, doctor.user, Scope.MEDICINES)
    consent_revoke(consent=both, by=viewer)
    assert types_seen(doctor, row) == ["AllergyIntolerance", "Patient"]


def test_a_grant_runs_out_by_itself():
    viewer, row = record()
    doctor = clinician()
    grant(viewer, row, doctor.user)
    EffectiveAccess.objects.update(ends_at=timezone.now())
    assert types_seen(doctor, row) == []


def test_an_organisation_always_reads_what_it_wrote_and_nothing_else():
    hospital = OrganisationFactory()
    about = patient()
    _, row, _ = patient_with_record(
        organization(hospital.pk),
        observation(about, **written_by(hospital.pk)),
        allergy(about),
        about=about,
    )
    assert types_seen(clinician(hospital), row) == ["Observation"]


def test_a_custodian_reads_what_it_brought_here_whoever_wrote_it():
    hospital, about = OrganisationFactory(), patient()
    content = bundle(about, organization(), observation(about))
    import_bundle(content, by=Actor.system("test"), custodian=hospital)
    row = Patient.objects.get(pk=about["id"])
    assert types_seen(clinician(hospital), row) == ["Observation", "Patient"]
    assert types_seen(clinician(), row) == []


def test_somebody_without_an_organisation_gains_nothing_from_anonymous_authors():
    _, row = record()  # imported without an author
    from accounts.viewer import viewer_for

    assert types_seen(viewer_for(UserFactory()), row) == []


def test_only_the_person_decides():
    _, row = record()
    doctor = clinician()
    with pytest.raises(Forbidden):
        grant(doctor, row, doctor.user)


def test_a_day_that_has_passed_is_refused():
    viewer, row = record()
    with pytest.raises(Invalid):
        consent_grant(
            patient=row, grantee=clinician().user, scope=Scope.EVERYTHING,
            last_day=TODAY() - timedelta(days=1), by=viewer,
        )  # fmt: skip
    assert not Consent.objects.exists()


def test_the_same_grant_twice_is_refused():
    viewer, row = record()
    doctor = clinician()
    grant(viewer, row, doctor.user)
    with pytest.raises(Conflict):
        grant(viewer, row, doctor.user)
    assert Consent.objects.count() == 1


def test_ending_twice_changes_nothing():
    viewer, row = record()
    consent = grant(viewer, row, clinician().user)
    first = consent_revoke(consent=consent, by=viewer)
    second = consent_revoke(consent=consent, by=viewer)
    assert first.revoked_at == second.revoked_at
    assert consent.statements.count() == 2


def said(row: ConsentStatement) -> dict[str, Any]:
    """What was signed, out of the signed document."""
    return parse(base64.b64decode(parse(statement_document(row))["statement"]))


def test_each_decision_is_kept_word_for_word():
    viewer, row = record()
    doctor = clinician()
    consent = grant(viewer, row, doctor.user, Scope.RESULTS)
    consent_revoke(consent=consent, by=viewer)
    given, ended = (said(row) for row in consent.statements.order_by("number"))
    assert (given["action"], ended["action"]) == ("grant", "revoke")
    assert given["grantee"] == f"User/{doctor.user.pk}"
    assert str(doctor.user) in given["text"]
    assert str(doctor.user) in ended["text"]
    assert (given["custody"], ended["custody"]) == ("portal", "portal")
    assert given["nonce"] != ended["nonce"]
    committed = Commitment.objects.get(kind="consent")
    assert ended["consent"] == "0x" + bytes(committed.digest).hex()


def test_the_end_reveals_the_secret_that_the_statement_locked():
    viewer, row = record()
    consent = grant(viewer, row, clinician().user)
    consent_revoke(consent=consent, by=viewer)
    granted, ended = RegistryEntry.objects.order_by("created_at")
    given = said(consent.statements.get(number=1))
    assert given["lock"] == "0x" + keccak256(bytes(ended.word)).hex()
    assert bytes(granted.word) == bytes(granted.commitment.digest)
    assert given["lock"][2:] not in bytes(granted.word).hex()


def test_what_salus_records_for_a_person_is_signed_and_says_so():
    viewer, row = record()
    consent = grant(viewer, row, clinician().user)
    document = parse(statement_document(consent.statements.get()))
    signature = document["signature"]
    assert signature["type"] == "eip712"
    digest = Draft(base64.b64decode(document["statement"])).digest
    wallet_signature(
        digest, bytes.fromhex(signature["address"][2:]), bytes.fromhex(signature["value"][2:]),
        Node("http://127.0.0.1:9"),
    )  # fmt: skip
    with pytest.raises(NotSigned):
        wallet_signature(
            keccak256(b"something else"), bytes.fromhex(signature["address"][2:]),
            bytes.fromhex(signature["value"][2:]), FakeNode(),
        )  # fmt: skip


class FakeNode(Node):
    """No contract anywhere."""

    def __init__(self) -> None:
        super().__init__("")

    def code(self, address: bytes) -> bytes:
        return b""


def test_each_decision_is_audited():
    viewer, row = record()
    consent = grant(viewer, row, clinician().user)
    consent_revoke(consent=consent, by=viewer)
    names = AuditEvent.objects.filter(name__startswith="consent").order_by("pk")
    assert [(e.name, e.subject, told(e, row.pk).target) for e in names] == [
        ("consent.granted", pseudonym(row.pk), f"Consent/{consent.pk}"),
        ("consent.revoked", pseudonym(row.pk), f"Consent/{consent.pk}"),
    ]


def test_the_database_refuses_a_grant_to_nobody():
    _, row = record()
    with pytest.raises(IntegrityError), transaction.atomic():
        Consent.objects.create(
            id=uuid4(),
            patient=row,
            scope=Scope.EVERYTHING,
            ends_at=timezone.now(),
            sealed_secret=b"",
        )
