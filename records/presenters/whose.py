"""Whose record a page shows, so that nobody takes one for another."""

from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.urls import reverse

from accounts.viewer import Viewer
from core.audit import Actor
from records.delegates import delegation_for
from records.emergencies import emergency_actor
from records.models import Delegation, Patient
from records.registry import registered
from records.selectors import display_name


@dataclass(frozen=True)
class Whose:
    """A patient, as the viewer's own or as somebody for whom the viewer cares."""

    patient: Patient
    own: bool
    delegation: Delegation | None

    @classmethod
    def of(cls, viewer: Viewer, patient: Patient) -> "Whose":
        """What the viewer is to the patient, who for a merged record is that of the one that stayed.

        Whoever sees a merged record alone does not see into which one it went.
        """
        above = Patient.objects.filter(pk=patient.merged_into_id) if patient.merged_into_id else ()
        patient = next(iter(above), patient)
        own = patient.account_id == viewer.user.pk
        return cls(patient, own, None if own else delegation_for(viewer, patient))

    def actor(self, viewer: Viewer) -> Actor:
        """As whom the trail names the viewer here."""
        if self.cared:
            return viewer.actor.as_carer
        return emergency_actor(viewer, self.patient.pk) or viewer.actor

    @property
    def cared(self) -> bool:
        """Whether the viewer stands in for them."""
        return self.delegation is not None

    @property
    def may_share(self) -> bool:
        """Whether the viewer decides who sees the record."""
        return self.own or bool(self.delegation and self.delegation.may_share)

    @cached_property
    def name(self) -> str:
        """What the patient is called."""
        found = registered([self.patient])
        return display_name(found[0].resource) if found else ""

    @property
    def readers_url(self) -> str:
        """Who read the record."""
        return self._url("my-readers", "person-readers")

    @property
    def sharing_url(self) -> str:
        """Who may see the record."""
        return self._url("sharing", "person-sharing")

    @property
    def share_url(self) -> str:
        """Let somebody see it."""
        return self._url("share", "person-share")

    @property
    def check_url(self) -> str:
        """Check that before it is signed."""
        return self._url("share-check", "person-share-check")

    def _url(self, own: str, cared: str) -> str:
        ids: list[UUID] = [] if self.own else [self.patient.pk]
        return reverse(own if self.own else cared, args=ids)
