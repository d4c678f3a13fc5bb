"""What every app needs in the database: the deployment's name, keys, the audit trail."""

import uuid

import pgtrigger
from django.db import models
from django.utils import timezone
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


class Purpose(models.TextChoices):
    """Why somebody looked or acted; FHIR's codes stand in exchange/audit.py."""

    TREATMENT = "treatment", _("Care")
    PAYMENT = "payment", _("Payment")
    OPERATIONS = "operations", _("Running the clinic")
    RESEARCH = "research", _("Research")
    OWN = "own", _("The person's own affairs")
    CARER = "carer", _("Standing in for the person")
    OVERSIGHT = "oversight", _("Oversight")
    EMERGENCY = "emergency", _("Emergency")


class TransactionId(models.Func):
    """The inserting transaction's id, as a plain number: xid8 has no cast of its own to bigint."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()


class AppendOnly(pgtrigger.Trigger):
    """Refuses UPDATE and DELETE, also where `pgtrigger.ignore` is set: anybody could set that."""

    name = "append_only"
    level = pgtrigger.Row
    when = pgtrigger.Before
    operation = pgtrigger.Update | pgtrigger.Delete
    func = "RETURN NULL;"

    def render_execute(self, model: models.Model) -> str:
        """Our own function, made by the migration."""
        return "salus_append_only()"


class NumberedTransaction(pgtrigger.Trigger):
    """Gives a transaction its id before any of its rows: so a row's id is never older than it.

    Whoever verifies tells by that order a row that was added to a sealed range later.
    """

    name = "xid_first"
    level = pgtrigger.Statement
    when = pgtrigger.Before
    operation = pgtrigger.Insert
    func = "RETURN NULL;"

    def render_execute(self, model: models.Model) -> str:
        """Our own function, made by the migration."""
        return "salus_xid_first()"


class AuditEvent(models.Model):
    """Who did what to whose data; only ever inserted, with no foreign key to the live rows.

    A request is one event: its rows share `request`, one for each patient concerned.
    """

    class Name(models.TextChoices):
        """What happened."""

        RECORD_READ = "record.read", _("Read an entry")
        RECORD_LISTED = "record.listed", _("Looked through records")
        PATIENT_LISTED = "patient.listed", _("Saw a name in a list")
        RECORD_WRITTEN = "record.written", _("Added entries")
        PROOF_READ = "proof.read", _("Fetched a proof")
        CONSENT_GRANTED = "consent.granted", _("Shared a record")
        CONSENT_REVOKED = "consent.revoked", _("Ended sharing")
        SHIPMENT_UPLOADED = "shipment.uploaded", _("Recorded a shipment")
        ACCESS_REFUSED = "access.refused", _("Was refused")
        SIGNED_IN = "account.signed-in", _("Signed in")
        SIGNED_OUT = "account.signed-out", _("Signed out")
        SIGN_IN_FAILED = "account.sign-in-failed", _("Failed to sign in")
        LOCKED_OUT = "account.locked-out", _("Was locked out for a while")
        PASSWORD_CHANGED = "account.password-changed", _("Changed a password")
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
        EMERGENCY_OPENED = "emergency.opened", _("Opened a record for an emergency")
        EMERGENCY_ENDED = "emergency.ended", _("Ended emergency access")
        MERGE_PROPOSED = "merge.proposed", _("Proposed to merge two records")
        MERGE_REFUSED = "merge.refused", _("Refused to merge two records")
        MERGE_DONE = "merge.done", _("Merged two records")
        MERGE_UNDONE = "merge.undone", _("Undid a merge")
        TOKEN_REVOKED = "account.token-revoked", _("Ended a token")
        EXPORT_ASKED = "account.export-asked", _("Asked for a copy of their data")
        EXPORT_TAKEN = "account.export-taken", _("Downloaded the copy of their data")
        NAME_CHANGED = "account.name-changed", _("Changed their name")
        CORRECTION_ASKED = "account.correction-asked", _("Asked for a correction")
        CORRECTION_ANSWERED = "account.correction-answered", _("Answered a request for correction")
        ACCOUNT_CLOSED = "account.closed", _("Closed their account")
        ACCOUNT_REOPENED = "account.reopened", _("Reopened their account")
        ACCOUNT_EMPTIED = "account.emptied", _("Removed a closed account's details")
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
        AUDIT_READ = "audit.read", _("Went through the audit trail")
        AUDIT_EXPORTED = "audit.exported", _("Took a copy of the audit trail")
        RULE_CHANGED = "audit.rule-changed", _("Changed a rule")
        FINDING_DISMISSED = "audit.finding-dismissed", _("Dismissed a finding")
        FINDING_ESCALATED = "audit.finding-escalated", _("Made a case of a finding")
        CASE_OPENED = "audit.case-opened", _("Said that something looks wrong")
        CASE_TAKEN = "audit.case-taken", _("Took up a case")
        CASE_ANSWERED = "audit.case-answered", _("Answered a case")
        SIGNED_UP = "account.signed-up", _("Made an account")
        APP_ADDED = "account.app-added", _("Added an authenticator app")
        APP_REMOVED = "account.app-removed", _("Removed an authenticator app")
        CODES_MADE = "account.codes-made", _("Made recovery codes")
        SESSION_ENDED = "account.session-ended", _("Signed out another device")
        ERASURE_ASKED = "erasure.asked", _("Asked to have a record erased")
        ERASURE_GRANTED = "erasure.granted", _("Decided that a record is erased")
        ERASURE_REFUSED = "erasure.refused", _("Decided that a record is not erased")
        ERASURE_DONE = "erasure.done", _("Erased a record")
        RECOVERY_ASKED = "account.recovery-asked", _("Asked to recover an account")
        RECOVERY_CONFIRMED = "account.recovery-confirmed", _("Confirmed who recovers an account")
        RECOVERY_STOPPED = "account.recovery-stopped", _("Stopped a recovery")
        RECOVERY_READY = "account.recovery-ready", _("Sent the link of a recovery")
        RECOVERY_USED = "account.recovery-used", _("Recovered an account")

    at = models.DateTimeField(default=timezone.now, editable=False)
    request = models.UUIDField(default=uuid.uuid4)
    name = models.CharField(max_length=32, choices=Name.choices)
    actor_id = models.UUIDField(null=True)
    organisation_id = models.UUIDField(null=True)
    role = models.CharField(max_length=16, blank=True)
    # The patient's pseudonym (core.audit.pseudonym): the row alone does not say who it is.
    subject = models.UUIDField(null=True)
    count = models.PositiveIntegerField(null=True)
    purpose = models.CharField(max_length=16, blank=True, choices=Purpose.choices)
    channel = models.CharField(max_length=16)
    # Where from: the address's network, never the address.
    network = models.CharField(max_length=43, blank=True)
    # Under the patient's key, else the portal's; unreadable once that key is destroyed.
    details = models.BinaryField(null=True)
    xid = models.BigIntegerField(db_default=TransactionId(), editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["subject", "-at", "-id"], name="audit_by_subject"),
            models.Index(fields=["actor_id", "-at"], name="audit_by_actor"),
            models.Index(fields=["-at", "-id"], name="audit_by_time"),
            models.Index(fields=["request"], name="audit_by_request"),
        ]
        triggers = [AppendOnly(), NumberedTransaction()]


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
