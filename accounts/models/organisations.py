"""Organisations, and who acts for them."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.people import MEMBER_ROLES, Role, User


class Organisation(models.Model):
    """A hospital, insurer, manufacturer, ...; its id is that of its FHIR Organization."""

    class Kind(models.TextChoices):
        """What the organisation does."""

        HOSPITAL = "hospital", _("Hospital")
        PRACTICE = "practice", _("Practice")
        LABORATORY = "laboratory", _("Laboratory")
        INSURER = "insurer", _("Insurer")
        MANUFACTURER = "manufacturer", _("Manufacturer")
        DISTRIBUTOR = "distributor", _("Distributor")
        PHARMACY = "pharmacy", _("Pharmacy")
        REGULATOR = "regulator", _("Regulator")
        RESEARCH = "research", _("Research institute")
        CHARITY = "charity", _("Charity")

    class Verification(models.TextChoices):
        """Whether somebody made sure that it is who it says."""

        NEW = "new", _("Not checked yet")
        VERIFIED = "verified", _("Checked")
        REFUSED = "refused", _("Refused")

    TRANSITIONS: ClassVar[dict[str, frozenset[str]]] = {
        Verification.NEW: frozenset({Verification.VERIFIED, Verification.REFUSED}),
        Verification.VERIFIED: frozenset({Verification.REFUSED}),
        Verification.REFUSED: frozenset({Verification.VERIFIED}),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    name = models.CharField(max_length=200)
    gln = models.CharField(_("GLN"), max_length=13, blank=True)
    npi = models.CharField(_("NPI"), max_length=10, blank=True)
    own_number = models.CharField(_("own number"), max_length=40, blank=True)
    verification = models.CharField(
        max_length=8, choices=Verification.choices, default=Verification.NEW
    )
    # The organisation that runs this portal and answers for what is imported into it.
    home = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["home"], name="organisation_one_home", condition=models.Q(home=True)
            ),
            models.UniqueConstraint(
                fields=["gln"], name="organisation_gln_unique", condition=~models.Q(gln="")
            ),
            models.UniqueConstraint(
                fields=["npi"], name="organisation_npi_unique", condition=~models.Q(npi="")
            ),
            models.CheckConstraint(
                name="organisation_npi_is_10_digits",
                condition=models.Q(npi="") | models.Q(npi__regex=r"^\d{10}$"),
            ),
            models.CheckConstraint(
                name="organisation_gln_is_13_digits",
                condition=models.Q(gln="") | models.Q(gln__regex=r"^\d{13}$"),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def roles(self) -> list[Role]:
        """In which roles people can act for such an organisation."""
        return [*ROLES_OF[self.kind], Role.MANAGER]


_CLINIC = (Role.CLINICIAN, Role.NURSE, Role.REGISTRAR, Role.BILLER)
_GOODS = (Role.PHARMA,)
ROLES_OF: dict[str, tuple[Role, ...]] = {
    Organisation.Kind.HOSPITAL: _CLINIC,
    Organisation.Kind.PRACTICE: _CLINIC,
    Organisation.Kind.LABORATORY: _CLINIC,
    Organisation.Kind.INSURER: (Role.PAYER,),
    Organisation.Kind.MANUFACTURER: _GOODS,
    Organisation.Kind.DISTRIBUTOR: _GOODS,
    Organisation.Kind.PHARMACY: _GOODS,
    Organisation.Kind.REGULATOR: _GOODS,
    Organisation.Kind.RESEARCH: (Role.RESEARCHER,),
    Organisation.Kind.CHARITY: (),
}


class Membership(models.Model):
    """A person acts for an organisation in a role; an ended one stays, for the record."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=16, choices=[(r.value, r.label) for r in MEMBER_ROLES])
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation", "role"], name="membership_unique",
                condition=models.Q(ended_at=None),
            )
        ]  # fmt: skip


class Invitation(models.Model):
    """Somebody is asked by e-mail to act for an organisation in a role."""

    class State(models.TextChoices):
        """What became of it."""

        OPEN = "open", _("Waiting")
        ACCEPTED = "accepted", _("Accepted")
        CANCELLED = "cancelled", _("Taken back")

    TRANSITIONS: ClassVar[dict[str, frozenset[str]]] = {
        State.OPEN: frozenset({State.ACCEPTED, State.CANCELLED}),
        State.ACCEPTED: frozenset(),
        State.CANCELLED: frozenset(),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="invitations"
    )
    email = models.EmailField()
    role = models.CharField(max_length=16, choices=[(r.value, r.label) for r in MEMBER_ROLES])
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    accepted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "email", "role"], name="invitation_one_open",
                condition=models.Q(state="open"),
            ),
            models.CheckConstraint(
                name="invitation_accepted_by_somebody",
                condition=models.Q(state="accepted") ^ models.Q(accepted_by=None),
            ),
        ]  # fmt: skip


class OrganisationKey(models.Model):
    """The key with which an organisation signs (ECDSA over P-256); old ones stay, to check by."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="keys")
    number = models.PositiveIntegerField()
    public = models.BinaryField(max_length=65)  # uncompressed point (SEC 1)
    # Under the organisation's data key; gone once a newer key has taken its place.
    sealed = models.BinaryField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "number"], name="organisation_key_unique"
            ),
            models.UniqueConstraint(
                fields=["organisation"], name="organisation_key_one_current",
                condition=models.Q(retired_at=None),
            ),
            models.CheckConstraint(
                name="organisation_key_retired_means_gone",
                condition=models.Q(sealed=None) ^ models.Q(retired_at=None),
            ),
        ]  # fmt: skip
