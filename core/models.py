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
        PATIENT_REGISTERED = "patient.registered", _("Registered a patient")
        PATIENT_MATCHED = "patient.matched", _("Was shown somebody who looks like the same person")
        PATIENT_ADMINISTERED = "patient.administered", _("Looked up who a patient is")
        PATIENT_LINKED = "patient.linked", _("Made a record their own")
        PATIENT_UNLINKED = "patient.unlinked", _("Took a record away from an account")
        CODE_ISSUED = "patient.code-issued", _("Printed an activation code")
        CODE_REFUSED = "patient.code-refused", _("Tried an activation code in vain")
        DELEGATION_OFFERED = "delegation.offered", _("Named a carer")
        DELEGATION_ACCEPTED = "delegation.accepted", _("Became a carer")
        DELEGATION_ENDED = "delegation.ended", _("Ended a carer's access")
        MERGE_PROPOSED = "merge.proposed", _("Proposed to merge two records")
        MERGE_REFUSED = "merge.refused", _("Refused to merge two records")
        MERGE_DONE = "merge.done", _("Merged two records")
        MERGE_UNDONE = "merge.undone", _("Undid a merge")
        MEMBER_INVITED = "organisation.member-invited", _("Invited a member")
        MEMBER_JOINED = "organisation.member-joined", _("Joined an organisation")
        MEMBER_ENDED = "organisation.member-ended", _("Ended a membership")
        INVITATION_CANCELLED = "organisation.invitation-ended", _("Took back an invitation")
        ORGANISATION_CHANGED = "organisation.changed", _("Changed an organisation's details")
        ORGANISATION_CHECKED = "organisation.checked", _("Checked an organisation")
        STAFF_CHANGED = "staff.changed", _("Changed something as staff")
        SIGNING_KEY_MADE = "organisation.key-made", _("Made a signing key")
        WALLET_LINKED = "account.wallet-linked", _("Added a wallet")
        WALLET_UNLINKED = "account.wallet-unlinked", _("Removed a wallet")
        WALLET_SIGN_IN = "account.wallet-sign-in", _("Signed in with a wallet")

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
