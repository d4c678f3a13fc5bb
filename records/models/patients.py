"""From a chart to an account: who registered a patient, the code they got, whose record it became."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from records.models.clinical import Patient


class PatientHash(models.Model):
    """A keyed hash of something by which a patient may be found again (records/blind_index.py)."""

    class Kind(models.TextChoices):
        """What was hashed."""

        FAMILY = "family"
        SOUND = "sound"
        GIVEN = "given"
        BORN = "born"
        PHONE = "phone"
        EMAIL = "email"
        POSTCODE = "postcode"
        IDENTIFIER = "identifier"

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="hashes")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    digest = models.BinaryField(max_length=16)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patient", "kind", "digest"], name="patient_hash_once")
        ]
        indexes = [models.Index(fields=["digest", "kind"], name="patient_hash_by_digest")]


class PatientRegistration(models.Model):
    """An organisation registered a patient; why, where others looked like the same person."""

    patient = models.OneToOneField(Patient, on_delete=models.PROTECT, related_name="registration")
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="+"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    sealed_reason = models.BinaryField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)


class ActivationCode(models.Model):
    """A printed code with which a person makes a record their own; only its hash is kept."""

    class State(models.TextChoices):
        """What became of the code; one that is too old is live no longer, whatever stands here."""

        LIVE = "live", _("Can be used")
        USED = "used", _("Used")
        ENDED = "ended", _("Ended")
        LOCKED = "locked", _("Locked after wrong tries")

    TRANSITIONS: ClassVar[dict[str, frozenset[str]]] = {
        State.LIVE: frozenset({State.USED, State.ENDED, State.LOCKED}),
        State.USED: frozenset(),
        State.ENDED: frozenset(),
        State.LOCKED: frozenset(),
    }

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="codes")
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="+"
    )
    digest = models.BinaryField(max_length=32, unique=True)
    state = models.CharField(max_length=6, choices=State.choices, default=State.LIVE)
    attempts = models.PositiveSmallIntegerField(default=0)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient"], name="activation_code_one_live",
                condition=models.Q(state="live"),
            )
        ]  # fmt: skip


class AccountLink(models.Model):
    """That a record was somebody's own, from when to when."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="links")
    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    sealed_reason = models.BinaryField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient"], name="account_link_one", condition=models.Q(ended_at=None)
            ),
            models.CheckConstraint(
                name="account_link_ended_at_with_ended_by",
                condition=models.Q(ended_at=None, ended_by=None)
                | models.Q(ended_at__isnull=False, ended_by__isnull=False),
            ),
        ]
