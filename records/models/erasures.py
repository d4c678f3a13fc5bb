"""Requests to erase a record: asked, decided with a reason, carried out."""

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chain.models import Commitment
from records.models.clinical import Patient


class Ground(models.TextChoices):
    """Why a record is erased, or is not: GDPR Art. 17(1)(a)-(f), and the exceptions of 17(3)."""

    NOT_NEEDED = "not-needed", _("It is no longer needed for what it was kept for")
    WITHDRAWN = "withdrawn", _("It was kept with the person's consent, which they took back")
    OBJECTION = "objection", _("The person objects, and nothing weighs more")
    UNLAWFUL = "unlawful", _("It should not have been kept")
    DUTY = "duty", _("A law demands that it is erased")
    CHILD = "child", _("It was collected online when the person was a child")
    RETENTION = "retention", _("A law says that it must be kept longer")
    PUBLIC_HEALTH = "public-health", _("Public health needs it")
    ARCHIVE = "archive", _("It is part of research that erasure would make impossible")
    CLAIMS = "claims", _("It is needed for a legal claim")


FOR = frozenset(list(Ground)[:6])  # Art. 17(1)
AGAINST = frozenset(Ground) - FOR  # Art. 17(3)


class ErasureState(models.TextChoices):
    """How far a request is."""

    ASKED = "asked", _("Waiting for a decision")
    WITHDRAWN = "withdrawn", _("Taken back")
    REFUSED = "refused", _("Refused")
    GRANTED = "granted", _("Granted; it is being erased")
    ERASED = "erased", _("Erased; old keys are being destroyed")
    DONE = "done", _("Erased")


class ErasureRequest(models.Model):
    """A person wants their record erased; once it is, the request leads to the record no more."""

    State = ErasureState
    TRANSITIONS: ClassVar[dict[str, frozenset[str]]] = {
        ErasureState.ASKED: frozenset(
            {ErasureState.WITHDRAWN, ErasureState.REFUSED, ErasureState.GRANTED}
        ),
        ErasureState.GRANTED: frozenset({ErasureState.ERASED}),
        ErasureState.ERASED: frozenset({ErasureState.DONE}),
        ErasureState.WITHDRAWN: frozenset(),
        ErasureState.REFUSED: frozenset(),
        ErasureState.DONE: frozenset(),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, related_name="+")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=9, choices=ErasureState.choices, default=ErasureState.ASKED)
    created_at = models.DateTimeField(auto_now_add=True)
    ground = models.CharField(max_length=13, choices=Ground.choices, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)
    # The leaf that says so on the ledger; its bytes, under the portal's key, since they name the head.
    commitment = models.OneToOneField(
        Commitment, on_delete=models.PROTECT, null=True, related_name="erasure"
    )
    sealed_leaf = models.BinaryField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient"], name="erasure_one_standing",
                condition=Q(state__in=["asked", "granted", "erased"]),
            ),
            models.CheckConstraint(
                name="erasure_state_known", condition=Q(state__in=ErasureState.values)
            ),
            models.CheckConstraint(
                name="erasure_decided_with_ground",
                condition=Q(
                    state__in=["asked", "withdrawn"], ground="", decided_by=None, decided_at=None
                )
                | Q(state="refused", ground__in=sorted(AGAINST), decided_by__isnull=False,
                    decided_at__isnull=False)
                | Q(state__in=["granted", "erased", "done"], ground__in=sorted(FOR),
                    decided_by__isnull=False, decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="erasure_not_decided_by_who_asked", condition=~Q(asked_by=models.F("decided_by"))
            ),
            models.CheckConstraint(
                name="erasure_erased_at_when_erased",
                condition=Q(state__in=["erased", "done"]) ^ Q(erased_at=None),
            ),
            models.CheckConstraint(
                name="erasure_leads_nowhere_when_done", condition=Q(state="done") ^ Q(patient__isnull=False)
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["asked_by", "-created_at"], name="erasure_by_person"),
            models.Index(fields=["-created_at", "id"], name="erasure_newest"),
        ]

    def advance(self, state: ErasureState, **fields: Any) -> None:
        """Take a step that the table allows, and save it; the caller holds the row's lock."""
        if state not in self.TRANSITIONS[self.state]:
            raise ValueError(f"a request can't go from {self.state} to {state}")
        for name, value in {"state": state, **fields}.items():
            setattr(self, name, value)
        self.save(update_fields=["state", *fields])
