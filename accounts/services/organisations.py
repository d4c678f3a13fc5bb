"""Organisations: their details, whether somebody checked them, and the key with which they sign."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organisation, OrganisationKey
from core import audit
from core.check_digits import GLN_LENGTH, NPI_LENGTH, gs1_check_digit, npi_check_digit
from core.errors import Conflict, Invalid, NotFound, Problem
from core.keys import Owner, sealer_for

Verification = Organisation.Verification


@dataclass(frozen=True)
class Details:
    """What an organisation is called, and its numbers; empty where it has none."""

    name: str
    gln: str = ""
    npi: str = ""
    own_number: str = ""

    def problems(self) -> list[Problem]:
        """What is wrong with them."""
        return [*_name_problems(self.name), *_gln_problems(self.gln), *_npi_problems(self.npi)]


@transaction.atomic
def organisation_change(
    *, organisation: Organisation, details: Details, by: audit.Actor
) -> Organisation:
    """Set its name and numbers; raises Invalid, or Conflict where a number is another's."""
    if problems := details.problems():
        raise Invalid(problems=problems)
    for field, value in (("gln", details.gln), ("npi", details.npi)):
        others = Organisation.objects.filter(**{field: value}).exclude(pk=organisation.pk)
        if value and others.exists():
            raise Conflict(problems=[Problem(field, _("Another organisation has this number."))])
    row = Organisation.objects.select_for_update().get(pk=organisation.pk)
    for field, value in asdict(details).items():
        setattr(row, field, value.strip())
    row.save(update_fields=list(asdict(details)))
    audit.record(audit.Name.ORGANISATION_CHANGED, by=by, target=str(row.pk))
    return row


def _name_problems(name: str) -> Iterator[Problem]:
    if not name.strip():
        yield Problem("name", _("An organisation needs a name."))


def _gln_problems(gln: str) -> Iterator[Problem]:
    if gln and not (gln.isascii() and gln.isdigit() and len(gln) == GLN_LENGTH):
        yield Problem("gln", _("A GLN has 13 digits."))
    elif gln and gs1_check_digit(gln[:-1]) != int(gln[-1]):
        yield Problem("gln", _("This is no GLN: its last digit does not fit the others."))


def _npi_problems(npi: str) -> Iterator[Problem]:
    if npi and not (npi.isascii() and npi.isdigit() and len(npi) == NPI_LENGTH):
        yield Problem("npi", _("An NPI has 10 digits."))
    elif npi and (npi[0] not in "12" or npi_check_digit(npi[:-1]) != int(npi[-1])):
        yield Problem("npi", _("This is no NPI: its last digit does not fit the others."))


@transaction.atomic
def organisation_check(
    *, organisation: Organisation, outcome: Organisation.Verification, by: audit.Actor
) -> Organisation:
    """Note that somebody made sure who it is, or refused it; the same again changes nothing."""
    row = Organisation.objects.select_for_update().get(pk=organisation.pk)
    if row.verification == outcome:
        return row
    if outcome not in Organisation.TRANSITIONS[row.verification]:
        raise Conflict
    row.verification = outcome
    row.save(update_fields=["verification"])
    audit.record(audit.Name.ORGANISATION_CHECKED, by=by, target=str(row.pk), reason=outcome.value)
    return row


# -- the key with which it signs -------------------------------------------------------------------


def _context(number: int) -> str:
    return f"organisation key {number}"


@transaction.atomic
def organisation_key_make(*, organisation: Organisation, by: audit.Actor) -> OrganisationKey:
    """A new key takes the place of the one before, which from now on only checks."""
    row = Organisation.objects.select_for_update().get(pk=organisation.pk)
    row.keys.filter(retired_at=None).update(retired_at=timezone.now(), sealed=None)
    number = row.keys.count() + 1
    secret = ec.generate_private_key(ec.SECP256R1())
    private = secret.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    public = secret.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    sealer = sealer_for(Owner.organisation(row.pk))
    key = OrganisationKey.objects.create(
        organisation=row, number=number, public=public,
        sealed=sealer.seal(private, _context(number)),
    )  # fmt: skip
    audit.record(audit.Name.SIGNING_KEY_MADE, by=by, target=str(row.pk), count=number)
    return key


def organisation_sign(organisation: Organisation, message: bytes) -> tuple[int, bytes]:
    """The current key's number, and its signature of a message (ECDSA, P-256, SHA-256, DER).

    Raises NotFound where the organisation has no key.
    """
    key = organisation.keys.filter(retired_at=None).first()
    if key is None or key.sealed is None:
        raise NotFound(_("This organisation has no signing key yet."))
    opened = sealer_for(Owner.organisation(organisation.pk)).open(key.sealed, _context(key.number))
    secret = load_der_private_key(opened, None)
    assert isinstance(secret, ec.EllipticCurvePrivateKey)
    return key.number, secret.sign(message, ec.ECDSA(hashes.SHA256()))
