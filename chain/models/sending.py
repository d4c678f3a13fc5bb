"""What is sent: accounts, the calls asked for, and the transactions signed for them."""

import uuid

from django.db import models

from core.models import OwnerKind


class Account(models.Model):
    """A key that signs for one purpose; its row lock orders its nonces."""

    class Purpose(models.TextChoices):
        """What an account is for; kept apart so that none waits for another."""

        DEPLOY = "deploy"
        ANCHOR = "anchor"
        RELAY = "relay"

    class State(models.TextChoices):
        """Where an account is in its life; one of a purpose is active."""

        PREPARED = "prepared"  # has a key, and may not send yet
        ACTIVE = "active"
        RETIRING = "retiring"  # signs nothing new, but what it signed may not be final yet
        RETIRED = "retired"

    # The name of its key in the signer.
    name = models.CharField(max_length=40, primary_key=True)
    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    address = models.BinaryField(max_length=20, unique=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.ACTIVE)
    next_nonce = models.PositiveBigIntegerField(default=0)
    # As last seen, in wei.
    balance = models.DecimalField(max_digits=78, decimal_places=0, null=True)
    balance_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["purpose"], name="account_one_active", condition=models.Q(state="active")
            )
        ]

    def __str__(self) -> str:
        return self.name


class Job(models.Model):
    """A call that shall take effect once; the key makes asking for it idempotent.

    The key's part before the colon says what kind of job it is (see `sender.JobKind`).
    """

    class State(models.TextChoices):
        """How far the call is; back from `sent` and `mined` where an attempt came to nothing."""

        QUEUED = "queued"
        SENT = "sent"
        MINED = "mined"
        FINAL = "final"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=120, unique=True)
    purpose = models.CharField(max_length=12, choices=Account.Purpose.choices)
    # None creates a contract.
    to = models.BinaryField(max_length=20, null=True)
    data = models.BinaryField()
    reason = models.CharField(max_length=120)
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    # How often an attempt came to nothing, why the last one did, and when to try again.
    failures = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)
    not_before = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["purpose", "created_at"],
                name="job_open",
                condition=~models.Q(state="final"),
            ),
            models.Index(fields=["-created_at"], name="job_newest"),
        ]


class Transaction(models.Model):
    """A signed transaction, stored before it is ever broadcast."""

    class Outcome(models.TextChoices):
        """What became of it; a reorganisation makes all of these pending again."""

        PENDING = "pending"
        SUCCEEDED = "succeeded"
        REVERTED = "reverted"
        REPLACED = "replaced"  # another attempt of ours took its nonce
        DISPLACED = "displaced"  # a transaction that is not ours took its nonce

    job = models.ForeignKey(Job, on_delete=models.PROTECT, related_name="transactions")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="transactions")
    nonce = models.PositiveBigIntegerField()
    hash = models.BinaryField(max_length=32, unique=True)
    raw = models.BinaryField()
    # In wei per gas.
    gas = models.PositiveBigIntegerField()
    max_fee = models.DecimalField(max_digits=78, decimal_places=0)
    tip = models.DecimalField(max_digits=78, decimal_places=0)
    # The chain's height when it was signed: it is stuck when blocks pass without it.
    signed_at_block = models.PositiveBigIntegerField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.PENDING)
    block_number = models.PositiveBigIntegerField(null=True)
    block_hash = models.BinaryField(max_length=32, null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "nonce", "max_fee"], name="transaction_once_per_fee"
            ),
            models.CheckConstraint(
                name="transaction_block_when_mined",
                condition=models.Q(outcome__in=["succeeded", "reverted"])
                ^ models.Q(block_number=None, block_hash=None),
            ),
        ]
        indexes = [
            models.Index(
                fields=["account", "nonce"],
                name="transaction_pending",
                condition=models.Q(outcome="pending"),
            )
        ]


class CustodyKey(models.Model):
    """A key that the portal keeps for somebody who has none, sealed under their data key."""

    owner_kind = models.CharField(max_length=12, choices=OwnerKind.choices)
    owner_id = models.UUIDField()
    sealed = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner_kind", "owner_id"], name="custody_key_one_per_owner"
            )
        ]
