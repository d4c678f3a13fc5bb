"""What was seen on the chain: our contracts, its blocks, their events, reorganisations."""

from django.db import models


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
            ),
            models.UniqueConstraint(
                fields=["genesis_hash", "address"], name="contract_address_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


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


class Reorg(models.Model):
    """The chain took other blocks than those we had seen."""

    # The highest block that both branches share, and how many of ours above it died.
    common_block = models.PositiveBigIntegerField()
    depth = models.PositiveIntegerField()
    lost_hash = models.BinaryField(max_length=32)
    events = models.PositiveIntegerField()
    seen_at = models.DateTimeField(auto_now_add=True)
