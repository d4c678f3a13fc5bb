"""Who looks: a person with the roles and organisations that gates decide by."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from rest_framework.request import Request

from accounts.models import Membership, Organisation, Role, User
from accounts.models.people import MEMBER_ROLES, OWN_ROLES
from core.audit import Actor, Purpose

# What somebody in a role is there for; whoever acts for another reason says so.
_PURPOSES: dict[str, Purpose] = {
    Role.PATIENT: Purpose.OWN,
    Role.CLINICIAN: Purpose.TREATMENT,
    Role.NURSE: Purpose.TREATMENT,
    Role.REGISTRAR: Purpose.OPERATIONS,
    Role.MANAGER: Purpose.OPERATIONS,
    Role.BILLER: Purpose.PAYMENT,
    Role.PAYER: Purpose.PAYMENT,
    Role.RESEARCHER: Purpose.RESEARCH,
    Role.AUDITOR: Purpose.OVERSIGHT,
    Role.ADMINISTRATOR: Purpose.OPERATIONS,
}


@dataclass(frozen=True)
class Viewer:
    """A signed-in person, all their roles, and the organisation that they act for."""

    user: User
    roles: frozenset[str]
    organisation: Organisation | None
    channel: str = "page"

    @property
    def organisation_ids(self) -> list[UUID]:
        """The organisations whose grants and records count for this person."""
        return [self.organisation.id] if self.organisation else []

    @property
    def actor(self) -> Actor:
        """As the audit trail names them."""
        place = self.organisation.id if self.organisation else None
        purpose = _PURPOSES.get(self.role, "")
        return Actor(self.user.id, place, self.channel, self.role, purpose)

    @property
    def role(self) -> str:
        """In which role they act: one that their organisation gave them, else their own."""
        ordered = (*MEMBER_ROLES, *OWN_ROLES) if self.organisation else OWN_ROLES
        return next((r.value for r in ordered if r.value in self.roles), "")

    def has(self, role: Role) -> bool:
        """Whether the person acts in this role."""
        return role.value in self.roles


def viewer_for(user: User, channel: str = "page") -> Viewer:
    """The viewer that a person is, in one query."""
    members = list(
        Membership.objects.select_related("organisation").filter(user=user).order_by("created_at")
    )
    organisation = members[0].organisation if members else None
    # A role counts for the organisation that it was given for, never for another one.
    acting = {m.role for m in members if organisation and m.organisation_id == organisation.pk}
    roles = {user.own_role} | acting
    return Viewer(user, frozenset(roles - {""}), organisation, channel)


def viewer_of(request: HttpRequest, channel: str = "page") -> Viewer:
    """The viewer of a request, found once per request; the caller must be signed in."""
    cached: Viewer | None = getattr(request, "_salus_viewer", None)
    if cached is None:
        assert not isinstance(request.user, AnonymousUser)
        cached = viewer_for(request.user, channel)
        request._salus_viewer = cached  # type: ignore[attr-defined]
    return cached


def api_viewer(request: Request) -> Viewer:
    """The viewer of an API request, authenticated by token or session."""
    user = request.user
    assert isinstance(user, User)
    return viewer_for(user, "api")
