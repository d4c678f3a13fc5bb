"""What every app needs in the database: the deployment's name, keys, the audit trail."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class Deployment(models.Model):
    """The portal's own identity: one row, made when it is first asked for."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    only = models.BooleanField(default=True, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="deployment_only_one", condition=models.Q(only=True))
        ]


class KeyEpoch(models.Model):
    """A key-encryption key, wrapped by the master key; destroyed when the epoch has passed."""

    number = models.PositiveIntegerField(primary_key=True)
    wrapped = models.BinaryField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="key_epoch_destroyed_means_gone",
                condition=models.Q(wrapped=None) ^ models.Q(destroyed_at=None),
            )
        ]


class OwnerKind(models.TextChoices):
    """Whose key a secret lies under."""

    PATIENT = "patient"
    ORGANISATION = "organisation"
    PORTAL = "portal"


class DataKey(models.Model):
    """An owner's data key, wrapped by the key-encryption key of an epoch."""

    owner_kind = models.CharField(max_length=12, choices=OwnerKind.choices)
    owner_id = models.UUIDField()
    epoch = models.ForeignKey(KeyEpoch, on_delete=models.PROTECT)
    wrapped = models.BinaryField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner_kind", "owner_id"], name="data_key_one_per_owner"
            ),
            models.CheckConstraint(
                name="data_key_destroyed_means_gone",
                condition=models.Q(wrapped=None) ^ models.Q(destroyed_at=None),
            ),
        ]


class AuditEvent(models.Model):
    """Who did what to whose data; only ever inserted, with no foreign key to the live rows."""

    class Name(models.TextChoices):
        """What happened."""

        RECORD_READ = "record.read", _("Read an entry")
        RECORD_LISTED = "record.listed", _("Looked through records")
        RECORD_WRITTEN = "record.written", _("Added entries")
        PROOF_READ = "proof.read", _("Fetched a proof")
        CONSENT_GRANTED = "consent.granted", _("Shared a record")
        CONSENT_REVOKED = "consent.revoked", _("Ended sharing")
        SHIPMENT_UPLOADED = "shipment.uploaded", _("Recorded a shipment")
        TOKEN_ISSUED = "account.token-issued", _("Issued a token")
        PASSKEY_ADDED = "account.passkey-added", _("Added a passkey")
        PASSKEY_REMOVED = "account.passkey-removed", _("Removed a passkey")
        SIGNED_UP = "account.signed-up", _("Made an account")
        SIGNED_IN = "account.signed-in", _("Signed in")
        PASSWORD_CHANGED = "account.password-changed", _("Chose another password")
        APP_ADDED = "account.app-added", _("Added an authenticator app")
        APP_REMOVED = "account.app-removed", _("Removed an authenticator app")
        CODES_MADE = "account.codes-made", _("Made recovery codes")
        SESSION_ENDED = "account.session-ended", _("Signed out another device")
        RECOVERY_ASKED = "account.recovery-asked", _("Asked to recover an account")
        RECOVERY_CONFIRMED = "account.recovery-confirmed", _("Confirmed who recovers an account")
        RECOVERY_STOPPED = "account.recovery-stopped", _("Stopped a recovery")
        RECOVERY_READY = "account.recovery-ready", _("Sent the link of a recovery")
        RECOVERY_USED = "account.recovery-used", _("Recovered an account")

    at = models.DateTimeField(auto_now_add=True)
    name = models.CharField(max_length=32, choices=Name.choices)
    actor_id = models.UUIDField(null=True)
    organisation_id = models.UUIDField(null=True)
    subject_id = models.UUIDField(null=True)
    target = models.CharField(max_length=64, blank=True)
    count = models.PositiveIntegerField(null=True)
    purpose = models.CharField(max_length=16, blank=True)
    channel = models.CharField(max_length=16)

    class Meta:
        indexes = [
            models.Index(fields=["subject_id", "-at"], name="audit_by_subject"),
            models.Index(fields=["-at"], name="audit_by_time"),
        ]
