"""Who looks: a person with the roles and organisations that gates decide by."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request

from accounts.models import Membership, Organisation, Role, User
from accounts.models.people import GUARDED_ROLES
from accounts.second_factor import has_second_factor, used_second_factor
from core.audit import Actor


@dataclass(frozen=True)
class Viewer:
    """A signed-in person, the roles that count for them, and the organisation that they act for."""

    user: User
    roles: frozenset[str]
    organisation: Organisation | None
    channel: str = "page"
    withheld: frozenset[str] = frozenset()  # roles that count only with a second factor

    @property
    def organisation_ids(self) -> list[UUID]:
        """The organisations whose grants and records count for this person."""
        return [self.organisation.id] if self.organisation else []

    @property
    def actor(self) -> Actor:
        """As the audit trail names them."""
        return Actor(
            self.user.id, self.organisation.id if self.organisation else None, self.channel
        )

    def has(self, role: Role) -> bool:
        """Whether the person acts in this role."""
        return role.value in self.roles


def viewer_for(user: User, channel: str = "page", *, proven: bool = True) -> Viewer:
    """The viewer that a person is, in one query, and one more for somebody with a guarded role.

    Guarded roles are withheld from somebody without a second factor, and where a session has not
    seen it (`proven`); who has no other role in the organisation does not act for it either, since
    an organisation's grants and records are open to whoever acts for it.
    """
    members = list(
        Membership.objects.select_related("organisation").filter(user=user).order_by("created_at")
    )
    organisation = members[0].organisation if members else None
    # A role counts for the organisation that it was given for, never for another one.
    acting = {m.role for m in members if organisation and m.organisation_id == organisation.pk}
    roles = frozenset({user.own_role} | acting) - {""}
    withheld = _withheld(user, roles, proven=proven)
    if not acting - withheld:
        organisation = None
    return Viewer(user, roles - withheld, organisation, channel, withheld)


def _withheld(user: User, roles: frozenset[str], *, proven: bool) -> frozenset[str]:
    guarded = roles & GUARDED_ROLES
    return frozenset() if not guarded or (proven and has_second_factor(user)) else guarded


def viewer_of(request: HttpRequest, channel: str = "page") -> Viewer:
    """The viewer of a request, found once per request; the caller must be signed in."""
    cached: Viewer | None = getattr(request, "_salus_viewer", None)
    if cached is None:
        assert not isinstance(request.user, AnonymousUser)
        cached = viewer_for(request.user, channel, proven=used_second_factor(request))
        request._salus_viewer = cached  # type: ignore[attr-defined]
    return cached


def api_viewer(request: Request) -> Viewer:
    """The viewer of an API request, authenticated by token or session."""
    user = request.user
    assert isinstance(user, User)
    by_session = isinstance(request.successful_authenticator, SessionAuthentication)
    # A token was given to somebody; that they still have a second factor is asked for each time.
    return viewer_for(user, "api", proven=not by_session or used_second_factor(request))


def oversees(request: HttpRequest | Request) -> bool:
    """Whether an auditor or administrator asks; `chain`, below, learns it from here."""
    if not request.user.is_authenticated:
        return False
    viewer = api_viewer(request) if isinstance(request, Request) else viewer_of(request)
    return viewer.has(Role.AUDITOR) or viewer.has(Role.ADMINISTRATOR)
