"""Organisations: numbers that can be right or wrong, who was checked, and keys that sign."""

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import IntegrityError, transaction

from accounts.models import Organisation, Role
from accounts.presenters.organisations import key_rows
from accounts.selectors import keys_of, organisations
from accounts.services.organisations import (
    Details,
    organisation_change,
    organisation_check,
    organisation_key_make,
    organisation_sign,
)
from core.audit import Actor
from core.errors import Conflict, Invalid, NotFound
from core.models import AuditEvent
from tests.factories.audit import told
from tests.factories.people import OrganisationFactory

pytestmark = pytest.mark.django_db
BY = Actor.system("test")
GLN, NPI = "9521234500018", "1234567893"  # the NPI is the standard's own example


def test_name_and_numbers_are_kept_and_noted():
    organisation = OrganisationFactory()
    details = Details(" Harbour ", GLN, NPI, " H-7 ")
    row = organisation_change(organisation=organisation, details=details, by=BY)
    row.refresh_from_db()
    assert (row.name, row.gln, row.npi, row.own_number) == ("Harbour", GLN, NPI, "H-7")
    assert AuditEvent.objects.get().name == AuditEvent.Name.ORGANISATION_CHANGED


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "  "),
        ("gln", "9521234500019"),
        ("gln", "952123450001"),
        ("gln", "95212345000١8"),
        ("npi", "1234567890"),
        ("npi", "3234567899"),
        ("npi", "123456789"),
        ("npi", "12345678X3"),
    ],
)
def test_what_can_t_be_a_number_is_refused_at_its_field(field, value):
    organisation = OrganisationFactory()
    details = Details(**{"name": "Harbour", field: value})
    with pytest.raises(Invalid) as refused:
        organisation_change(organisation=organisation, details=details, by=BY)
    assert [problem.place for problem in refused.value.problems] == [field]
    assert Organisation.objects.get().name == organisation.name


@pytest.mark.parametrize("field", ["gln", "npi"])
def test_a_number_belongs_to_one_organisation(field):
    number = {"gln": GLN, "npi": NPI}[field]
    OrganisationFactory(**{field: number})
    other = OrganisationFactory()
    details = Details(other.name, **{field: number})
    with pytest.raises(Conflict) as refused:
        organisation_change(organisation=other, details=details, by=BY)
    assert refused.value.problems[0].place == field
    with pytest.raises(IntegrityError), transaction.atomic():
        Organisation.objects.filter(pk=other.pk).update(**{field: number})


def test_only_who_was_checked_can_be_found():
    Verification = Organisation.Verification
    row = OrganisationFactory(verification=Verification.NEW)
    assert not organisations().exists()
    organisation_check(organisation=row, outcome=Verification.VERIFIED, by=BY)
    assert list(organisations()) == [row]
    organisation_check(organisation=row, outcome=Verification.VERIFIED, by=BY)
    organisation_check(organisation=row, outcome=Verification.REFUSED, by=BY)
    assert not organisations().exists()
    with pytest.raises(Conflict):
        organisation_check(organisation=row, outcome=Verification.NEW, by=BY)
    noted = [told(event).reason for event in AuditEvent.objects.order_by("pk")]
    assert noted == ["verified", "refused"]


@pytest.mark.parametrize("kind", Organisation.Kind)
def test_every_kind_has_a_manager(kind):
    assert OrganisationFactory(kind=kind).roles[-1] == Role.MANAGER


# -- keys ------------------------------------------------------------------------------------------


def public_key(row):
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), bytes(row.public))


def test_a_key_signs_and_anybody_can_check():
    organisation = OrganisationFactory()
    key = organisation_key_make(organisation=organisation, by=BY)
    number, signature = organisation_sign(organisation, b"a delivery")
    assert number == key.number == 1
    public_key(key).verify(signature, b"a delivery", ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        public_key(key).verify(signature, b"another one", ec.ECDSA(hashes.SHA256()))


def test_a_new_key_takes_over_and_the_old_one_only_checks():
    organisation = OrganisationFactory()
    first = organisation_key_make(organisation=organisation, by=BY)
    _, old = organisation_sign(organisation, b"before")
    second = organisation_key_make(organisation=organisation, by=BY)
    assert organisation_sign(organisation, b"after")[0] == second.number == 2
    first.refresh_from_db()
    assert first.sealed is None
    assert first.retired_at
    public_key(first).verify(old, b"before", ec.ECDSA(hashes.SHA256()))
    assert [row.number for row in keys_of(organisation)] == [2, 1]


def test_without_a_key_nothing_is_signed():
    with pytest.raises(NotFound):
        organisation_sign(OrganisationFactory(), b"x")


def test_a_key_is_told_as_a_json_web_key():
    organisation = OrganisationFactory()
    row = organisation_key_make(organisation=organisation, by=BY)
    [shown] = key_rows([row])
    numbers = public_key(row).public_numbers()
    from base64 import urlsafe_b64decode

    assert int.from_bytes(urlsafe_b64decode(shown.jwk["x"] + "="), "big") == numbers.x
    assert int.from_bytes(urlsafe_b64decode(shown.jwk["y"] + "="), "big") == numbers.y
    assert len(shown.thumbprint) == 43
