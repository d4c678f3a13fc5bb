"""Organisations, and who acts for them."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.people import MEMBER_ROLES, User


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

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    name = models.CharField(max_length=200)
    gln = models.CharField(_("GLN"), max_length=13, blank=True)
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
            models.CheckConstraint(
                name="organisation_gln_is_13_digits",
                condition=models.Q(gln="") | models.Q(gln__regex=r"^\d{13}$"),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person acts for an organisation in a role."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=16, choices=[(r.value, r.label) for r in MEMBER_ROLES])
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation", "role"], name="membership_unique"
            )
        ]
