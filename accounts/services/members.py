"""Who acts for an organisation: invited by a manager, joined by the person, ended by either."""

import hmac
from base64 import urlsafe_b64encode
from datetime import timedelta
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Invitation, Membership, Organisation, Role, User
from accounts.tasks import send_invitation
from core import audit
from core.errors import Conflict, Forbidden, Invalid, NotFound, Problem
from core.keys import derived_secret

LASTS = timedelta(days=7)
State = Invitation.State


def invitation_token(pk: UUID) -> str:
    """What the mail's link holds: it can be made again, so it is stored nowhere."""
    mac = hmac.digest(derived_secret("invitation"), pk.bytes, "sha256")
    return urlsafe_b64encode(mac[:18]).decode()


# -- inviting --------------------------------------------------------------------------------------


@transaction.atomic
def member_invite(
    *, organisation: Organisation, email: str, role: Role, user: User, by: audit.Actor
) -> Invitation:
    """Ask somebody by e-mail; raises Invalid for a role that such an organisation does not have."""
    if role not in organisation.roles:
        raise Invalid(problems=[Problem("role", _("Such an organisation has no such role."))])
    email = email.strip().lower()
    current = Membership.objects.filter(organisation=organisation, role=role, ended_at=None)
    if current.filter(user__email=email).exists():
        raise Conflict(problems=[Problem("email", _("This person has this role already."))])
    waiting = organisation.invitations.filter(email=email, role=role, state=State.OPEN)
    # A new one takes the place of one that waits: its link runs longer.
    waiting.update(state=State.CANCELLED)
    row = Invitation.objects.create(
        organisation=organisation, email=email, role=role, invited_by=user,
        expires_at=timezone.now() + LASTS,
    )  # fmt: skip
    audit.record(audit.Name.MEMBER_INVITED, by=by, target=str(row.pk), reason=role.value)
    transaction.on_commit(lambda: send_invitation.delay(str(row.pk)), robust=True)
    return row


@transaction.atomic
def invitation_cancel(*, invitation: Invitation, by: audit.Actor) -> Invitation:
    """Take it back; one that was accepted or taken back stays as it is."""
    row = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if row.state == State.CANCELLED:
        return row
    _advance(row, State.CANCELLED)
    row.save(update_fields=["state"])
    audit.record(audit.Name.INVITATION_CANCELLED, by=by, target=str(row.pk))
    return row


def _advance(row: Invitation, state: Invitation.State) -> None:
    if state not in Invitation.TRANSITIONS[row.state]:
        raise Conflict(_("This invitation was used or taken back."))
    row.state = state


# -- joining ---------------------------------------------------------------------------------------


def access_invitation(pk: UUID, token: str) -> Invitation:
    """The invitation that a link leads to; raises NotFound, also when it is over."""
    if not hmac.compare_digest(token.encode(), invitation_token(pk).encode()):
        raise NotFound
    rows = Invitation.objects.select_related("organisation", "invited_by")
    row = rows.filter(pk=pk, state=State.OPEN, expires_at__gt=timezone.now()).first()
    if row is None:
        raise NotFound(_("This invitation was used or taken back, or it has run out."))
    return row


def is_for(invitation: Invitation, user: User) -> bool:
    """Whether the person has shown that the address that was invited is theirs."""
    mine = EmailAddress.objects.filter(user=user, verified=True)
    return bool(mine.filter(email__iexact=invitation.email).exists())


@transaction.atomic
def invitation_accept(*, invitation: Invitation, user: User, by: audit.Actor) -> Membership:
    """Act for the organisation from now on; raises Forbidden for anybody but who was invited."""
    if not is_for(invitation, user):
        raise Forbidden(_("This invitation was sent to another e-mail address than yours."))
    row = Invitation.objects.select_for_update().get(pk=invitation.pk)
    _advance(row, State.ACCEPTED)
    row.accepted_by = user
    row.save(update_fields=["state", "accepted_by"])
    membership, _new = Membership.objects.get_or_create(
        user=user, organisation=row.organisation, role=row.role, ended_at=None
    )
    audit.record(audit.Name.MEMBER_JOINED, by=by, target=str(row.organisation_id), reason=row.role)
    return membership


# -- ending ----------------------------------------------------------------------------------------


@transaction.atomic
def membership_end(*, membership: Membership, by: audit.Actor) -> Membership:
    """Nobody acts in it any more, at once; raises Conflict for the last manager's."""
    organisation = Organisation.objects.select_for_update().get(pk=membership.organisation_id)
    row = Membership.objects.get(pk=membership.pk)
    if row.ended_at is not None:
        return row
    managers = organisation.memberships.filter(role=Role.MANAGER, ended_at=None)
    if row.role == Role.MANAGER and managers.count() == 1:
        raise Conflict(_("An organisation needs a manager. Invite another one first."))
    row.ended_at = timezone.now()
    row.save(update_fields=["ended_at"])
    audit.record(audit.Name.MEMBER_ENDED, by=by, target=str(organisation.pk), reason=row.role)
    return row
