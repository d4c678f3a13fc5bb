"""Getting an account back after every second factor was lost, without anybody to be talked round.

The password is known already: one asks at the second step of signing in. The wish then waits in the
open (RECOVERY_WAIT); all verified addresses are told at once and each day, and whoever signs in, or
says that it was not them, ends it. Who acts for an organisation needs another manager's word as well.
Nobody else, staff included, can shorten it.
"""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.letters import security_letter
from accounts.models import Organisation, Recovery, RecoveryConfirmation, Role, User
from accounts.sessions import sessions_end
from accounts.viewer import Viewer
from core import audit
from core.audit import Actor
from core.errors import Conflict, Forbidden, NotFound

State = Recovery.State
NOTICE_EVERY = timedelta(days=1)
LINK_LIFETIME = timedelta(days=1)
LONGEST_WAIT = timedelta(days=30)  # for managers who never confirm
_STOP = "recovery-stop"  # what the link that stops is signed for


# -- finding ---------------------------------------------------------------------------------------


def live_recovery(user: User) -> Recovery | None:
    """The person's recovery that is under way."""
    return Recovery.objects.filter(user=user, state__in=Recovery.LIVE).first()


def recovery_to_stop(token: str) -> Recovery:
    """The live one that a letter's “it was not me” names; raises NotFound."""
    try:
        pk = signing.loads(token, salt=_STOP)
    except signing.BadSignature as error:
        raise NotFound from error
    return _found(Recovery.objects.filter(pk=pk, state__in=Recovery.LIVE))


def recovery_by_link(token: str) -> Recovery:
    """The one whose one-time link this is, in time; raises NotFound."""
    since = timezone.now() - LINK_LIFETIME
    rows = Recovery.objects.filter(state=State.READY, link_sent_at__gt=since)
    return _found(rows.filter(link_digest=_digest(token)))


def _found(rows: QuerySet[Recovery]) -> Recovery:
    row = rows.select_related("user").first()
    if row is None:
        raise NotFound
    return row


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()  # 256 random bits need no salt


def unconfirmed(recovery: Recovery) -> QuerySet[Organisation]:
    """The organisations that the person acts for and that have not confirmed yet."""
    given = RecoveryConfirmation.objects.filter(recovery=recovery, organisation=OuterRef("pk"))
    places = Organisation.objects.filter(
        memberships__user=recovery.user, memberships__ended_at=None
    )
    return places.filter(~Exists(given)).distinct().order_by("name")


def recoveries_to_confirm(viewer: Viewer) -> QuerySet[Recovery]:
    """Colleagues who wait for this manager's word; raises Forbidden for others."""
    if not viewer.has(Role.MANAGER) or viewer.organisation is None:
        raise Forbidden
    rows = Recovery.objects.filter(
        state=State.WAITING,
        user__memberships__organisation=viewer.organisation,
        user__memberships__ended_at=None,
    )
    open_ = rows.exclude(confirmations__organisation=viewer.organisation)
    return open_.exclude(user=viewer.user).select_related("user").distinct().order_by("asked_at")


def access_recovery(viewer: Viewer, pk: UUID) -> Recovery:
    """One that this manager may confirm; raises Forbidden and NotFound."""
    return _found(recoveries_to_confirm(viewer).filter(pk=pk))


# -- asking, confirming, stopping ------------------------------------------------------------------


@transaction.atomic
def recovery_ask(*, user: User) -> Recovery:
    """Begin to wait; the caller has checked the person's password."""
    User.objects.select_for_update().get(pk=user.pk)
    if live_recovery(user):
        raise Conflict(_("You have asked already. We have written to you about it."))
    now = timezone.now()
    row = Recovery.objects.create(user=user, ready_at=now + settings.RECOVERY_WAIT, noticed_at=now)
    audit.record(audit.Name.RECOVERY_ASKED, by=Actor(user.pk), target=str(row.pk))
    _tell(row, "recovery_asked")
    return row


@transaction.atomic
def recovery_confirm(*, recovery: Recovery, by: Viewer) -> None:
    """A manager's word that it is really their colleague; counts for the manager's organisation."""
    row = access_recovery(by, _locked(recovery).pk)
    assert by.organisation is not None  # `access_recovery` has made sure
    RecoveryConfirmation.objects.create(recovery=row, organisation=by.organisation, by=by.user)
    audit.record(audit.Name.RECOVERY_CONFIRMED, by=by.actor, target=str(row.pk))
    _tell(row, "recovery_confirmed", by=str(by.user))


@transaction.atomic
def recovery_stop(*, recovery: Recovery) -> None:
    """It was not the person: then somebody knows their password, which ends with it."""
    row = _locked(recovery)
    _advance(row, State.STOPPED)
    row.user.set_unusable_password()
    row.user.save(update_fields=["password"])
    sessions_end(user=row.user)
    # Whoever holds the letter stops it, without a sign-in: the actor is not known.
    audit.record(audit.Name.RECOVERY_STOPPED, by=Actor.system("letter"), target=str(row.pk))
    security_letter(row.user, "recovery_stopped")


@transaction.atomic
def recovery_stop_by_sign_in(*, user: User) -> None:
    """Whoever can sign in has not lost everything."""
    for row in Recovery.objects.select_for_update().filter(user=user, state__in=Recovery.LIVE):
        _advance(row, State.STOPPED)
        audit.record(audit.Name.RECOVERY_STOPPED, by=Actor(user.pk), target=str(row.pk))
        security_letter(user, "recovery_ended")


def _locked(recovery: Recovery) -> Recovery:
    rows = Recovery.objects.select_for_update(of=("self",)).select_related("user")
    return rows.get(pk=recovery.pk)


def _advance(row: Recovery, to: State) -> None:
    if to not in Recovery.STEPS.get(State(row.state), ()):
        raise Conflict(_("This recovery is over."))
    row.state = to
    row.ended_at = None if to in Recovery.LIVE else timezone.now()
    row.save()


def _tell(row: Recovery, name: str, **more: str) -> None:
    stop = reverse("recovery-stop", args=[signing.dumps(str(row.pk), salt=_STOP)])
    values = {"ready_at": row.ready_at, "stop_url": settings.BASE_URL + stop, **more}
    security_letter(row.user, name, values)


# -- as time goes by -------------------------------------------------------------------------------


def recovery_round() -> None:
    """Tell, send links, and give up, as each recovery's time has come; safe to run twice."""
    for pk in Recovery.objects.filter(state__in=Recovery.LIVE).values_list("pk", flat=True):
        recovery_tend(pk=pk)


@transaction.atomic
def recovery_tend(*, pk: UUID) -> None:
    """Do for one recovery what is due."""
    rows = Recovery.objects.select_for_update(of=("self",)).select_related("user")
    row = rows.filter(pk=pk, state__in=Recovery.LIVE).first()
    if row is None:
        return
    now = timezone.now()
    if _is_over(row):
        _advance(row, State.EXPIRED)
        security_letter(row.user, "recovery_expired")
    elif row.state == State.WAITING and row.ready_at <= now and not unconfirmed(row).exists():
        _send_link(row)
    elif now - row.noticed_at >= NOTICE_EVERY:
        row.noticed_at = now
        row.save(update_fields=["noticed_at"])
        _tell(row, "recovery_waits")


def _is_over(row: Recovery) -> bool:
    now = timezone.now()
    if row.link_sent_at:
        return now - row.link_sent_at >= LINK_LIFETIME
    return now - row.ready_at >= LONGEST_WAIT


def _send_link(row: Recovery) -> None:
    token = secrets.token_urlsafe(32)
    row.link_digest, row.link_sent_at = _digest(token), timezone.now()
    _advance(row, State.READY)
    audit.record(audit.Name.RECOVERY_READY, by=Actor.system("worker"), target=str(row.pk))
    _tell(row, "recovery_ready", link=settings.BASE_URL + reverse("recovery-link", args=[token]))


@transaction.atomic
def recovery_use(*, recovery: Recovery) -> None:
    """Forget every second factor; the caller has checked link and password, and signs in next."""
    row = _locked(recovery)
    _advance(row, State.USED)
    Authenticator.objects.filter(user=row.user).delete()
    sessions_end(user=row.user)
    audit.record(audit.Name.RECOVERY_USED, by=Actor(row.user.pk), target=str(row.pk))
    security_letter(row.user, "recovery_used")
