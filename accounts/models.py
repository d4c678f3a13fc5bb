"""People, organisations, who acts for whom, and the tokens that programs use."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """In which role a person uses Salus."""

    PATIENT = "patient", _("Patient")
    CLINICIAN = "clinician", _("Clinician")
    PAYER = "payer", _("Payer")
    PHARMA = "pharma", _("Pharma")
    RESEARCHER = "researcher", _("Researcher")
    DONOR = "donor", _("Donor")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")


OWN_ROLES = (Role.PATIENT, Role.DONOR, Role.AUDITOR, Role.ADMINISTRATOR)
MEMBER_ROLES = (Role.CLINICIAN, Role.PAYER, Role.PHARMA, Role.RESEARCHER)


class UserManager(BaseUserManager["User"]):
    """Makes people; e-mail addresses are compared without regard to case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A person with a password (none: can't sign in by password)."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """The first administrator, for `manage.py createsuperuser`."""
        fields |= {"is_staff": True, "is_superuser": True, "own_role": Role.ADMINISTRATOR}
        return self.create_user(email, password, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """By e-mail address."""
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    own_role = models.CharField(
        max_length=16, blank=True, choices=[(r.value, r.label) for r in OWN_ROLES]
    )
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="user_email_lower_case", condition=models.Q(email=Lower("email"))
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        """The name that others see."""
        return str(self)


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


class ApiToken(models.Model):
    """A program's right to act as a person; only the token's hash is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    digest = models.BinaryField(max_length=32, unique=True)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"token {self.id}"


__all__ = ["ApiToken", "Membership", "Organisation", "Role", "User"]
