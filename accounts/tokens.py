"""Bearer tokens: shown once, kept as a hash, for some areas, expiring, ended at once."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import ApiToken, Membership, Organisation, Role, User
from accounts.notices import notify
from accounts.permissions import require_manager
from accounts.scopes import checked_scopes, every_scope
from accounts.selectors import people_acting
from accounts.viewer import Viewer
from core import audit
from core.errors import Forbidden, Invalid, NotFound, Problem
from core.network import network_of
from core.prepared import Prepared

PREFIX = "salus_"
LIFETIME = timedelta(days=90)
LONGEST = timedelta(days=366)
USED_EVERY = timedelta(minutes=1)  # how exact "last used" is, to spare a write per request


def token_digest(token: str) -> bytes:
    """What is stored; a token has 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()


# -- making ----------------------------------------------------------------------------------------


@transaction.atomic
def token_issue(
    *,
    user: User,
    by: audit.Actor,
    lifetime: timedelta = LIFETIME,
    name: str = "",
    scopes: Collection[str] | None = None,
) -> str:
    """Make a token for a person (without scopes: for everything); gives the only copy of it."""
    row = ApiToken(user=user, made_by_id=by.user_id)
    return _issued(row, name, every_scope() if scopes is None else scopes, lifetime, by)


@transaction.atomic
def machine_token_issue(  # noqa: PLR0913 - what such a token is made of
    *,
    organisation: Organisation,
    role: str,
    by: Viewer,
    lifetime: timedelta = LIFETIME,
    name: str,
    scopes: Collection[str],
) -> str:
    """Make a token that acts for an organisation in a role; raises Forbidden, Invalid."""
    if require_manager(by).pk != organisation.pk:
        raise Forbidden
    if role not in program_roles(organisation):
        raise Invalid(problems=[Problem("role", _("Choose one of the roles."))])
    id = uuid4()
    program = User.objects.create_user(
        f"{id}@programs.invalid", None, id=id, name=name, is_program=True
    )
    Membership.objects.create(user=program, organisation=organisation, role=role)
    row = ApiToken(
        user=program, kind=ApiToken.Kind.MACHINE, organisation=organisation, made_by=by.user
    )
    return _issued(row, name, scopes, lifetime, by.actor)


def program_roles(organisation: Organisation) -> list[Role]:
    """In which roles a program can act for it: never in one that could make other programs."""
    return [role for role in organisation.roles if role != Role.MANAGER]


def _issued(
    row: ApiToken, name: str, scopes: Collection[str], lifetime: timedelta, by: audit.Actor
) -> str:
    if not timedelta() < lifetime <= LONGEST:
        raise Invalid(problems=[Problem("lifetime", _("A token lasts a year at most."))])
    token = PREFIX + secrets.token_urlsafe(32)
    row.name = name.strip() or _("Made by the operator")
    row.scopes = checked_scopes(scopes)
    row.digest, row.expires_at = token_digest(token), timezone.now() + lifetime
    row.save(force_insert=True)
    audit.record(audit.Name.TOKEN_ISSUED, by=by, target=str(row.pk))
    notify(_concerned(row), "token-issued", about=str(row.pk), by=by)
    return token


def _concerned(row: ApiToken) -> list[User]:
    """Who learns of a token: the person, or the managers of the organisation."""
    if row.organisation is None:
        return [row.user]
    return list(people_acting(row.organisation, Role.MANAGER))


# -- finding ---------------------------------------------------------------------------------------


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """A person's own tokens, newest first, ended ones too."""
    rows = ApiToken.objects.filter(user=user, kind=ApiToken.Kind.PERSON)
    return rows.order_by("-created_at", "-pk")


def machine_tokens_for(viewer: Viewer) -> QuerySet[ApiToken]:
    """The tokens of the organisation that the viewer manages; none for others."""
    rows = ApiToken.objects.filter(organisation__in=viewer.organisation_ids)
    if not viewer.has(Role.MANAGER):
        return rows.none()
    related = rows.select_related("organisation", "made_by").prefetch_related("user__memberships")
    return related.order_by("-created_at", "-pk")


def access_token(viewer: Viewer, pk: UUID) -> ApiToken:
    """A token of the person's own or of what they manage; raises NotFound."""
    found = tokens_of(viewer.user).filter(pk=pk).first()
    found = found or machine_tokens_for(viewer).filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


# -- ending ----------------------------------------------------------------------------------------


@transaction.atomic
def token_revoke(*, token: ApiToken, by: audit.Actor) -> None:
    """End it at once; ending it twice changes nothing."""
    row = ApiToken.objects.select_for_update().get(pk=token.pk)
    if row.revoked_at is not None:
        return
    row.revoked_at = timezone.now()
    row.save(update_fields=["revoked_at"])
    if row.kind == ApiToken.Kind.MACHINE:
        User.objects.filter(pk=row.user_id).update(is_active=False)
        acting = Membership.objects.filter(user=row.user_id, ended_at=None)
        acting.update(ended_at=row.revoked_at)
    audit.record(audit.Name.TOKEN_REVOKED, by=by, target=str(row.pk))


# -- using -----------------------------------------------------------------------------------------


def _live_tokens(digest: bytes, now: datetime) -> QuerySet[ApiToken]:
    rows = ApiToken.objects.select_related("user").filter(revoked_at=None, user__is_active=True)
    return rows.filter(digest=digest, expires_at__gt=now)


_live = Prepared(_live_tokens, digest=bytes(32), now=datetime.fromtimestamp(0, UTC))


def token_find(token: str, request: HttpRequest) -> ApiToken | None:
    """The live token of an active person, or None; its use is noted."""
    now = timezone.now()
    row = next(iter(_live(digest=token_digest(token), now=now)), None)
    if row is not None and (row.last_used_at is None or now - row.last_used_at > USED_EVERY):
        # A request is one transaction: where another one is about to note it, nobody waits for it.
        free = ApiToken.objects.select_for_update(skip_locked=True).filter(pk=row.pk).values("pk")
        ApiToken.objects.filter(pk__in=free).update(
            last_used_at=now, last_used_from=network_of(request)
        )
    return row
