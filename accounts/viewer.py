"""Who looks: a person with the roles and organisations that gates decide by."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request

from accounts.models import CARE, OFFICE, Membership, Organisation, Role, User
from accounts.models.people import GUARDED_ROLES, MEMBER_ROLES, OWN_ROLES
from accounts.second_factor import has_second_factor, used_second_factor
from core.acting import HEADER, Acting, act, capacity
from core.audit import Actor, Purpose
from core.errors import Forbidden, Malformed
from core.prepared import Prepared

CHOSEN = "salus.acting-for"  # in the session: for whom the person chose to act
NOBODY_ELSE = UUID(int=0)
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
    # All for whom they may act; only `organisation` counts.
    places: tuple[Organisation, ...] = ()
    withheld: frozenset[str] = frozenset()  # roles that count only with a second factor

    @property
    def organisation_ids(self) -> list[UUID]:
        """The organisations whose grants and records count for this person."""
        return [self.organisation.id] if self.organisation else []

    @property
    def acting(self) -> Acting:
        """As the database's row-level security knows them: whose records are open to them."""
        at_work = self.roles & frozenset(MEMBER_ROLES)
        place = tuple(self.organisation_ids) if at_work - OFFICE else ()
        ids = (self.user.pk, *place)
        # A grant may be for one purpose, or one role in an organisation (ADR 12).
        purposes = [capacity(id, self.actor.purpose) for id in ids if self.actor.purpose]
        roles = [capacity(id, role) for id in place for role in sorted(at_work - OFFICE)]
        return Acting((*ids, *purposes, *roles), place if at_work & CARE else ())

    @property
    def actor(self) -> Actor:
        """As the audit trail names them."""
        place = self.organisation.id if self.organisation else None
        purpose = _PURPOSES.get(self.role, "")
        return Actor(self.user.id, place, self.channel, self.role, purpose)

    @property
    def in_emergency(self) -> bool:
        """Whether a record may be open to them for an emergency."""
        until = self.user.emergency_until
        return until is not None and until > timezone.now() and bool(self.roles & CARE)

    @property
    def role(self) -> str:
        """In which role they act: one that their organisation gave them, else their own."""
        ordered = (*MEMBER_ROLES, *OWN_ROLES) if self.organisation else OWN_ROLES
        return next((r.value for r in ordered if r.value in self.roles), "")

    def has(self, role: Role) -> bool:
        """Whether the person acts in this role."""
        return role.value in self.roles


def _memberships_of(user_id: UUID) -> QuerySet[Membership]:
    rows = Membership.objects.select_related("organisation").filter(user=user_id, ended_at=None)
    return rows.order_by("created_at")


_memberships = Prepared(_memberships_of, user_id=UUID(int=1))


def viewer_for(
    user: User, channel: str = "page", acting_for: UUID | None = None, *, proven: bool = True
) -> Viewer:
    """The viewer that a person is, in one query, and one more for somebody with a guarded role.

    They act for the organisation that is named, if they are a member there; else for the first
    that they joined; for nobody but themselves where NOBODY_ELSE is named.

    Guarded roles are withheld from somebody without a second factor, and where a session has not
    seen it (`proven`); who has no other role in the organisation does not act for it either, since
    an organisation's grants and records are open to whoever acts for it.
    """
    members = _memberships(user_id=user.pk)
    places = list(dict.fromkeys(m.organisation for m in members))
    place = next((p for p in places if p.pk == acting_for), places[0] if places else None)
    if acting_for == NOBODY_ELSE:
        place = None
    # A role counts for the organisation that it was given for, never for another one.
    acting = {m.role for m in members if place and m.organisation_id == place.pk}
    roles = frozenset({user.own_role} | acting) - {""}
    withheld = _withheld(user, roles, proven=proven)
    if not acting - withheld:
        place = None
    return Viewer(user, roles - withheld, place, channel, tuple(places), withheld)


def _withheld(user: User, roles: frozenset[str], *, proven: bool) -> frozenset[str]:
    guarded = roles & GUARDED_ROLES
    if not guarded or user.is_program:  # a program has no way to sign in but its token
        return frozenset()
    return frozenset() if proven and has_second_factor(user) else guarded


def viewer_acting(
    user: User, channel: str, acting_for: UUID | None = None, *, proven: bool = True
) -> Viewer:
    """The viewer for whom this transaction reads from here on."""
    viewer = viewer_for(user, channel, acting_for, proven=proven)
    act(viewer.acting)
    return viewer


def viewer_of(request: HttpRequest, channel: str = "page") -> Viewer:
    """The viewer of a request, found once per request; the caller must be signed in."""
    cached: Viewer | None = getattr(request, "_salus_viewer", None)
    if cached is None:
        assert not isinstance(request.user, AnonymousUser)
        chosen = request.session.get(CHOSEN)
        cached = viewer_acting(
            request.user, channel, UUID(chosen) if chosen else None,
            proven=used_second_factor(request),
        )  # fmt: skip
        request._salus_viewer = cached  # type: ignore[attr-defined]
    return cached


def api_viewer(request: Request) -> Viewer:
    """The viewer of an API request, authenticated by token or session."""
    user = request.user
    assert isinstance(user, User)
    wanted = _named(request.headers.get(HEADER, ""))
    by_session = isinstance(request.successful_authenticator, SessionAuthentication)
    # A token was given to somebody; that they still have a second factor is asked for each time.
    proven = not by_session or used_second_factor(request)
    viewer = viewer_acting(user, "api", wanted, proven=proven)
    if wanted and wanted not in (NOBODY_ELSE, *viewer.organisation_ids):
        raise Forbidden(f"{HEADER}: you do not act for this organisation.")
    return viewer


def _named(text: str) -> UUID | None:
    """The organisation of the header; a wrong one is not passed over in silence."""
    try:
        return UUID(text) if text else None
    except ValueError:
        raise Malformed(f"{HEADER} is no UUID.") from None


def oversees(request: HttpRequest | Request) -> bool:
    """Whether an auditor or administrator asks; `chain`, below, learns it from here."""
    if not request.user.is_authenticated:
        return False
    viewer = api_viewer(request) if isinstance(request, Request) else viewer_of(request)
    return viewer.has(Role.AUDITOR) or viewer.has(Role.ADMINISTRATOR)
