"""What is anchored: commitments, the batches and registry entries that carry them, person heads."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from chain.models.sending import Job
from chain.models.watching import Contract, Event
from core.models import OwnerKind


class Kind(models.TextChoices):
    """What may be committed; the list is part of the proof format."""

    FHIR = "fhir", _("Entry of a health record")
    CONSENT = "consent", _("Decision about sharing")
    AUDIT = "audit", _("Audit trail")
    EPCIS = "epcis", _("Supply event")
    RECEIPT = "receipt", _("Receipt")
    HEAD = "head", _("Seal of completeness")
    ERASED = "erased", _("Erasure of a record")


# All kinds but one are leaves of the log; consents have a registry, which can show that none ended.
LOG_KINDS = sorted(set(Kind.values) - {Kind.CONSENT})


class AnchorState(models.TextChoices):
    """How far something is on its way into the chain, in the words that people see."""

    QUEUED = "queued", _("waiting")
    SENT = "sent", _("sent")
    MINED = "mined", _("in a block")
    FINAL = "final", _("final")


SEEN = [AnchorState.MINED, AnchorState.FINAL]


class Anchored(models.Model):
    """Something that one event of the chain stands for."""

    # What may follow what; `mined` goes back to `sent` when its block is orphaned. Whatever a
    # contract lets anybody send may be mined before we have sent it.
    TRANSITIONS: ClassVar[dict[str, frozenset[str]]] = {
        AnchorState.QUEUED: frozenset({AnchorState.SENT, AnchorState.MINED}),
        AnchorState.SENT: frozenset({AnchorState.MINED}),
        AnchorState.MINED: frozenset({AnchorState.SENT, AnchorState.FINAL}),
        AnchorState.FINAL: frozenset(),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=8, choices=AnchorState.choices, default=AnchorState.QUEUED)
    job = models.ForeignKey(Job, on_delete=models.PROTECT, null=True, related_name="%(class)s_set")
    # The time is the chain's, in seconds since 1970.
    time = models.PositiveBigIntegerField(null=True)
    block_number = models.PositiveBigIntegerField(null=True)
    block_hash = models.BinaryField(max_length=32, null=True)
    transaction_hash = models.BinaryField(max_length=32, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    final_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(class)s_mined_means_seen",
                condition=models.Q(
                    state__in=["queued", "sent"], time=None, block_number=None, block_hash=None,
                    transaction_hash=None,
                )
                | models.Q(
                    state__in=["mined", "final"], time__isnull=False, block_number__isnull=False,
                    block_hash__isnull=False, transaction_hash__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="%(class)s_final_at_with_final",
                condition=models.Q(state="final") ^ models.Q(final_at=None),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(
                fields=["state"], name="%(class)s_not_final", condition=~models.Q(state="final")
            )
        ]

    def advance(self, state: AnchorState) -> None:
        """Take a step that the table allows; the caller saves."""
        if state not in self.TRANSITIONS[self.state]:
            raise ValueError(f"{self._meta.verbose_name} can't go from {self.state} to {state}")
        self.state = state

    def seen_in(self, event: Event) -> None:
        """Its event is in a block; the caller saves."""
        self.advance(AnchorState.MINED)
        self.time = event.args["time"]
        self.block_number, self.block_hash = event.block_number, event.block_hash
        self.transaction_hash = event.transaction_hash

    def unseen(self) -> None:
        """The block died: it is under way again; the caller saves."""
        self.advance(AnchorState.SENT)
        self.time = self.block_number = self.block_hash = self.transaction_hash = None


class Batch(Anchored):
    """Commitments under one root: stored before anything is signed, anchored exactly once."""

    log = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="batches")
    sequence = models.PositiveBigIntegerField()
    root = models.BinaryField(max_length=32)
    depth = models.PositiveSmallIntegerField()
    count = models.PositiveIntegerField()
    # Every level of the tree, leaves first; a path is read from it with `substr` (ADR 0007).
    nodes = models.BinaryField()
    head = models.BinaryField(max_length=32, null=True)

    class Meta(Anchored.Meta):
        constraints = [
            *Anchored.Meta.constraints,
            models.UniqueConstraint(fields=["log", "sequence"], name="batch_sequence_unique"),
            models.CheckConstraint(
                name="batch_head_when_seen",
                condition=models.Q(state__in=["queued", "sent"]) ^ models.Q(head__isnull=False),
            ),
        ]
        indexes = [
            *Anchored.Meta.indexes,
            models.Index(fields=["-created_at"], name="batch_newest"),
        ]

    def seen_in(self, event: Event) -> None:
        """Its event is in a block; the caller saves."""
        super().seen_in(event)
        self.head = bytes.fromhex(event.args["head"][2:])

    def unseen(self) -> None:
        """The block died: it is under way again; the caller saves."""
        super().unseen()
        self.head = None


class PersonHead(models.Model):
    """A person's commitments so far, chained: it shows them that nothing was left out."""

    owner_id = models.UUIDField()
    number = models.PositiveIntegerField()
    count = models.PositiveIntegerField()
    sealed = models.BinaryField()
    commitment = models.OneToOneField(
        "chain.Commitment", on_delete=models.PROTECT, related_name="person_head"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner_id", "number"], name="person_head_unique")
        ]


class Commitment(models.Model):
    """The outbox: what waits to be anchored, and later where it stands in its batch."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    reference = models.CharField(max_length=200)
    digest = models.BinaryField(max_length=32, unique=True)
    sealed_salt = models.BinaryField()
    owner_kind = models.CharField(max_length=12, choices=OwnerKind.choices)
    owner_id = models.UUIDField()
    # Somebody sits and waits for it: it goes first, and at once.
    urgent = models.BooleanField(default=False)
    batch = models.ForeignKey(
        Batch, on_delete=models.PROTECT, null=True, related_name="commitments"
    )
    position = models.PositiveIntegerField(null=True)
    # The head that lists it; only persons have heads.
    head = models.ForeignKey(PersonHead, on_delete=models.PROTECT, null=True, related_name="listed")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "reference"], name="commitment_once"),
            models.CheckConstraint(
                name="commitment_position_with_batch",
                condition=models.Q(batch=None, position=None)
                | models.Q(batch__isnull=False, position__isnull=False),
            ),
            models.CheckConstraint(
                name="commitment_consent_in_registry",
                condition=models.Q(batch=None) | ~models.Q(kind="consent"),
            ),
        ]
        indexes = [
            models.Index(
                fields=["-urgent", "created_at"],
                name="commitment_waiting",
                condition=models.Q(batch=None, kind__in=LOG_KINDS)
                | models.Q(head=None, kind="consent"),
            ),
            models.Index(fields=["owner_id", "created_at"], name="commitment_by_owner"),
        ]

    @property
    def anchor(self) -> Anchored | None:
        """What carries it into the chain; select `batch`, or `registry_entry` of a consent, along."""
        return self.registry_entry if self.kind == Kind.CONSENT else self.batch

    @property
    def state(self) -> AnchorState:
        """How far it is."""
        return AnchorState(self.anchor.state) if self.anchor else AnchorState.QUEUED


class RegistryEntry(Anchored):
    """A grant or its end in the ConsentRegistry; one event of the chain stands for it."""

    class Action(models.TextChoices):
        """What is recorded."""

        GRANT = "grant", _("Given")
        REVOKE = "revoke", _("Ended")

    registry = models.ForeignKey(
        Contract, on_delete=models.PROTECT, null=True, related_name="entries"
    )
    action = models.CharField(max_length=6, choices=Action.choices)
    # What is sent, a commitment or a secret; and by what the event names it, the commitment or lock.
    word = models.BinaryField(max_length=32)
    topic = models.BinaryField(max_length=32)
    # Whose it is, so that two of a person never go together.
    person_id = models.UUIDField()
    commitment = models.OneToOneField(
        Commitment, on_delete=models.PROTECT, null=True, related_name="registry_entry"
    )

    class Meta(Anchored.Meta):
        constraints = [
            *Anchored.Meta.constraints,
            models.UniqueConstraint(fields=["action", "topic"], name="registry_entry_once"),
            models.CheckConstraint(
                name="registry_entry_registry_with_job",
                condition=models.Q(job=None, registry=None)
                | models.Q(job__isnull=False, registry__isnull=False),
            ),
            models.CheckConstraint(
                name="registry_entry_commitment_of_grant",
                condition=models.Q(action="revoke") ^ models.Q(commitment__isnull=False),
            ),
        ]
        indexes = [
            *Anchored.Meta.indexes,
            models.Index(
                fields=["person_id", "created_at"],
                name="registry_entry_waiting",
                condition=models.Q(job=None),
            ),
        ]
