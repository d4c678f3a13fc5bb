"""The ledger's tables: outbox, batches, transactions, and what was seen on the chain."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import OwnerKind


class Kind(models.TextChoices):
    """What may be committed; the list is part of the proof format."""

    FHIR = "fhir", _("Entry of a health record")
    CONSENT = "consent", _("Decision about sharing")
    AUDIT = "audit", _("Audit trail")
    EPCIS = "epcis", _("Supply event")
    RECEIPT = "receipt", _("Receipt")


class AnchorState(models.TextChoices):
    """How far a commitment is, in the words that people see."""

    QUEUED = "queued", _("waiting")
    SENT = "sent", _("sent")
    MINED = "mined", _("in a block")
    FINAL = "final", _("final")


class Contract(models.Model):
    """A contract of ours on a chain; one of a name is current."""

    name = models.CharField(max_length=40)
    chain_id = models.PositiveBigIntegerField()
    genesis_hash = models.BinaryField(max_length=32)
    address = models.BinaryField(max_length=20)
    deploy_block = models.PositiveBigIntegerField()
    code_hash = models.BinaryField(max_length=32)
    input_hash = models.CharField(max_length=64)
    transaction_hash = models.BinaryField(max_length=32)
    current = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name"], name="contract_one_current", condition=models.Q(current=True)
            )
        ]


class Batch(models.Model):
    """Commitments under one root: stored before anything is signed, anchored exactly once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    log = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="batches")
    sequence = models.PositiveBigIntegerField()
    root = models.BinaryField(max_length=32)
    depth = models.PositiveSmallIntegerField()
    count = models.PositiveIntegerField()
    # Every level of the tree, leaves first; a path is read from it with `substr`.
    nodes = models.BinaryField()
    state = models.CharField(max_length=8, choices=AnchorState.choices, default=AnchorState.QUEUED)
    head = models.BinaryField(max_length=32, null=True)
    time = models.PositiveBigIntegerField(null=True)
    block_number = models.PositiveBigIntegerField(null=True)
    block_hash = models.BinaryField(max_length=32, null=True)
    transaction_hash = models.BinaryField(max_length=32, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    final_at = models.DateTimeField(null=True)

    # What may follow what; `mined` goes back to `sent` when its block is orphaned.
    TRANSITIONS: ClassVar[dict[str, frozenset[str]]] = {
        AnchorState.QUEUED: frozenset({AnchorState.SENT, AnchorState.MINED}),
        AnchorState.SENT: frozenset({AnchorState.MINED}),
        AnchorState.MINED: frozenset({AnchorState.SENT, AnchorState.FINAL}),
        AnchorState.FINAL: frozenset(),
    }

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["log", "sequence"], name="batch_sequence_unique"),
            models.CheckConstraint(
                name="batch_mined_means_seen",
                condition=models.Q(state__in=["queued", "sent"], block_number=None, head=None)
                | models.Q(
                    state__in=["mined", "final"],
                    block_number__isnull=False,
                    block_hash__isnull=False,
                    transaction_hash__isnull=False,
                    head__isnull=False,
                    time__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="batch_final_at_with_final",
                condition=models.Q(state="final") ^ models.Q(final_at=None),
            ),
        ]
        indexes = [models.Index(fields=["-created_at"], name="batch_newest")]

    def advance(self, state: AnchorState) -> None:
        """Take a step that the table allows; the caller saves."""
        if state not in self.TRANSITIONS[self.state]:
            raise ValueError(f"a batch can't go from {self.state} to {state}")
        self.state = state


class Commitment(models.Model):
    """The outbox: what waits to be anchored, and later where it stands in its batch."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    reference = models.CharField(max_length=200)
    digest = models.BinaryField(max_length=32, unique=True)
    sealed_salt = models.BinaryField()
    owner_kind = models.CharField(max_length=12, choices=OwnerKind.choices)
    owner_id = models.UUIDField()
    batch = models.ForeignKey(
        Batch, on_delete=models.PROTECT, null=True, related_name="commitments"
    )
    position = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "reference"], name="commitment_once"),
            models.CheckConstraint(
                name="commitment_position_with_batch",
                condition=models.Q(batch=None, position=None)
                | models.Q(batch__isnull=False, position__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"], name="commitment_waiting", condition=models.Q(batch=None)
            )
        ]

    @property
    def state(self) -> AnchorState:
        """How far it is; select `batch` along."""
        return AnchorState(self.batch.state) if self.batch else AnchorState.QUEUED


class Account(models.Model):
    """An account that signs for one purpose; its row lock orders its nonces."""

    name = models.CharField(max_length=20, primary_key=True)
    address = models.BinaryField(max_length=20)
    next_nonce = models.PositiveBigIntegerField(default=0)


class Job(models.Model):
    """A call that shall take effect once; the key makes asking for it idempotent."""

    class State(models.TextChoices):
        """How far the call is."""

        QUEUED = "queued"
        SENT = "sent"
        MINED = "mined"
        FINAL = "final"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=120, unique=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="jobs")
    to = models.BinaryField(max_length=20, null=True)
    data = models.BinaryField()
    reason = models.CharField(max_length=120)
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["account", "created_at"],
                name="job_open",
                condition=models.Q(state__in=["queued", "sent"]),
            )
        ]


class Transaction(models.Model):
    """A signed transaction, stored before it is ever broadcast."""

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="transactions")
    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    nonce = models.PositiveBigIntegerField()
    hash = models.BinaryField(max_length=32, unique=True)
    raw = models.BinaryField()
    max_fee = models.DecimalField(max_digits=78, decimal_places=0)
    block_number = models.PositiveBigIntegerField(null=True)
    block_hash = models.BinaryField(max_length=32, null=True)
    succeeded = models.BooleanField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "nonce", "max_fee"], name="transaction_once_per_fee"
            )
        ]


class Block(models.Model):
    """A block as the watcher saw it; blocks below finality are pruned but for the last."""

    number = models.PositiveBigIntegerField(primary_key=True)
    hash = models.BinaryField(max_length=32)
    parent_hash = models.BinaryField(max_length=32)
    time = models.PositiveBigIntegerField()
    final = models.BooleanField(default=False)


class Event(models.Model):
    """A log entry of one of our contracts; orphans stay, marked."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="events")
    block_number = models.PositiveBigIntegerField()
    block_hash = models.BinaryField(max_length=32)
    log_index = models.PositiveIntegerField()
    transaction_hash = models.BinaryField(max_length=32)
    name = models.CharField(max_length=40)
    args = models.JSONField()
    orphaned = models.BooleanField(default=False)
    seen_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "block_hash", "log_index"], name="event_once"
            )
        ]
        indexes = [models.Index(fields=["block_number"], name="event_by_block")]
