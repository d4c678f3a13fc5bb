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
        TOKEN_REVOKED = "account.token-revoked", _("Ended a token")
        EXPORT_ASKED = "account.export-asked", _("Asked for a copy of their data")
        EXPORT_TAKEN = "account.export-taken", _("Downloaded the copy of their data")
        NAME_CHANGED = "account.name-changed", _("Changed their name")
        CORRECTION_ASKED = "account.correction-asked", _("Asked for a correction")
        CORRECTION_ANSWERED = "account.correction-answered", _("Answered a request for correction")
        ACCOUNT_CLOSED = "account.closed", _("Closed their account")
        ACCOUNT_REOPENED = "account.reopened", _("Reopened their account")
        ACCOUNT_EMPTIED = "account.emptied", _("Removed a closed account's details")

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


class IdempotencyKey(models.Model):
    """A write that was answered: what was asked, as a hash, and the answer, sealed."""

    person_id = models.UUIDField()
    digest = models.BinaryField(max_length=32)
    fingerprint = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    sealed_answer = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person_id", "digest"], name="idempotency_key_once_per_person"
            )
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotency_key_by_age")]
