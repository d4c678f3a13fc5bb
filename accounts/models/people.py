"""People: who signs in, and in which role."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """In which role a person uses Salus."""

    PATIENT = "patient", _("Patient")
    CLINICIAN = "clinician", _("Clinician")
    NURSE = "nurse", _("Nurse")
    REGISTRAR = "registrar", _("Registrar")
    BILLER = "biller", _("Biller")
    MANAGER = "manager", _("Manager")
    PAYER = "payer", _("Payer")
    PHARMA = "pharma", _("Pharma")
    RESEARCHER = "researcher", _("Researcher")
    DONOR = "donor", _("Donor")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")


OWN_ROLES = (Role.PATIENT, Role.DONOR, Role.AUDITOR, Role.ADMINISTRATOR)
MEMBER_ROLES = (
    Role.CLINICIAN, Role.NURSE, Role.REGISTRAR, Role.BILLER, Role.MANAGER, Role.PAYER, Role.PHARMA,
    Role.RESEARCHER,
)  # fmt: skip

# They see other people's data or change what others rely on: they count only with a second factor.
GUARDED_ROLES = frozenset(
    {
        Role.CLINICIAN, Role.NURSE, Role.REGISTRAR, Role.BILLER, Role.MANAGER, Role.PAYER,
        Role.RESEARCHER, Role.AUDITOR, Role.ADMINISTRATOR,
    }
)  # fmt: skip
SIGN_UP_ROLES = (Role.PATIENT, Role.DONOR)  # what somebody may choose without being asked by us


# Who treats patients: for them their organisation's imported records are open.
CARE = frozenset({Role.CLINICIAN.value, Role.NURSE.value})

# An office knows who a patient is, not what is in the record: neither what the organisation wrote
# nor what was shared with it is open to somebody who acts for it in these roles alone.
OFFICE = frozenset({Role.REGISTRAR.value, Role.BILLER.value, Role.MANAGER.value})


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
    # A program of an organisation, with one membership and no way to sign in (accounts/tokens.py).
    is_program = models.BooleanField(default=False)
    # Whether there was ever a notice: for who had none, no page asks how many are unread.
    has_notices = models.BooleanField(default=False)
    # Until when a record that they opened for an emergency may be open to them: so that nobody else's
    # reading is asked about it.
    emergency_until = models.DateTimeField(null=True)
    # Asked to be closed; some time later the person's details are removed.
    closed_at = models.DateTimeField(null=True)
    reopened_at = models.DateTimeField(null=True)
    emptied_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="user_email_lower_case", condition=models.Q(email=Lower("email"))
            ),
            models.CheckConstraint(
                name="user_closed_is_not_active",
                condition=models.Q(closed_at=None) | models.Q(is_active=False),
            ),
            models.CheckConstraint(
                name="user_emptied_is_closed",
                condition=models.Q(emptied_at=None) | models.Q(closed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_session_auth_hash(self) -> str:
        """What a session must carry: those from before an account was closed never come back."""
        usual: str = super().get_session_auth_hash()
        if self.reopened_at is None:
            return usual
        return salted_hmac("salus.reopened", usual + self.reopened_at.isoformat()).hexdigest()

    def get_full_name(self) -> str:
        """The name that others see."""
        return str(self)
