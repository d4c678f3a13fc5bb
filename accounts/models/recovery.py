"""Asking for an account back after every second factor was lost."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.organisations import Organisation
from accounts.models.people import User


class Recovery(models.Model):
    """A person's wish to enrol anew; waits in the open, so that the owner can object."""

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", _("Waiting")
        READY = "ready", _("The link was sent")
        STOPPED = "stopped", _("Stopped")
        EXPIRED = "expired", _("Not used in time")
        USED = "used", _("Done")

    LIVE = (State.WAITING, State.READY)
    STEPS = {
        State.WAITING: {State.READY, State.STOPPED, State.EXPIRED},
        State.READY: {State.USED, State.STOPPED, State.EXPIRED},
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recoveries")
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    link_digest = models.BinaryField(max_length=32, unique=True, null=True)  # of the one-time link
    asked_at = models.DateTimeField(auto_now_add=True)
    ready_at = models.DateTimeField()
    noticed_at = models.DateTimeField()
    link_sent_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"],
                name="recovery_one_at_a_time",
                condition=Q(state__in=["waiting", "ready"]),
            ),
            models.CheckConstraint(
                name="recovery_ended_means_over",
                condition=Q(state__in=["waiting", "ready"], ended_at=None)
                | Q(state__in=["stopped", "expired", "used"], ended_at__isnull=False),
            ),
            models.CheckConstraint(
                name="recovery_link_with_its_time",
                condition=Q(link_digest=None, link_sent_at=None)
                | Q(link_digest__isnull=False, link_sent_at__isnull=False),
            ),
        ]


class RecoveryConfirmation(models.Model):
    """A manager says that it is really their colleague who asks."""

    recovery = models.ForeignKey(Recovery, on_delete=models.CASCADE, related_name="confirmations")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE)
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["recovery", "organisation"], name="recovery_confirmed_once"
            )
        ]
