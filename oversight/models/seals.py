"""Seals over rows of the audit trail: rows of their own, since events are never changed."""

from django.db import models

from chain.models import Commitment
from core.models import AppendOnly


class AuditSeal(models.Model):
    """Some rows of the trail, hashed, chained to the seal before, and committed to the ledger."""

    number = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField()
    # The canonical document `salus-audit-seal/1`; the columns beside it repeat what is searched for.
    document = models.BinaryField()
    hash = models.BinaryField(max_length=32)
    count = models.PositiveIntegerField()
    last_id = models.BigIntegerField()
    # Which transactions were under way: the snapshot's bounds.
    xmin = models.BigIntegerField(db_column="snapshot_xmin")
    xmax = models.BigIntegerField(db_column="snapshot_xmax")
    # Every row up to this id is sealed by now, or was written by nobody of ours.
    done_to = models.BigIntegerField()
    commitment = models.OneToOneField(
        Commitment, on_delete=models.PROTECT, related_name="audit_seal"
    )

    class Meta:
        triggers = [AppendOnly()]


class AuditSealed(models.Model):
    """That a row of the trail is sealed: by which seal, at which place, with which hash."""

    event_id = models.BigIntegerField(primary_key=True)
    seal = models.ForeignKey(
        AuditSeal, on_delete=models.PROTECT, related_name="rows", db_index=False
    )
    place = models.PositiveIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        triggers = [AppendOnly()]
        constraints = [
            models.UniqueConstraint(fields=["seal", "place"], name="audit_sealed_place_unique")
        ]
