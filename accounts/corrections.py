"""Asking an organisation to correct what it keeps of a person, and its answer."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import (
    CorrectionRequest,
    CorrectionState,
    Membership,
    Organisation,
    Role,
    User,
)
from accounts.notices import notify
from accounts.selectors import people_acting
from accounts.viewer import Viewer
from core import audit
from core.errors import Conflict, Forbidden, Invalid, NotFound, Problem
from core.keys import Owner, sealer_for
from core.registry import registry

MOST_OPEN = 10  # of a person
LONGEST = 2000  # characters
ANSWERING = (Role.MANAGER, Role.REGISTRAR)
_WISH, _ANSWER = "wish", "answer"


@dataclass(frozen=True)
class Correction:
    """A request with its words."""

    row: CorrectionRequest
    wish: str  # what the person wants corrected
    answer: str  # what the organisation says to it; empty before it does


def _opened(rows: Iterable[CorrectionRequest]) -> list[Correction]:
    sealer = sealer_for(Owner.portal())
    found = []
    for row in rows:
        answer = row.sealed_answer
        found.append(
            Correction(
                row,
                sealer.open(row.sealed_wish, _context(row, _WISH)).decode(),
                sealer.open(answer, _context(row, _ANSWER)).decode() if answer else "",
            )
        )
    return found


def _seal(row: CorrectionRequest, part: str, text: str) -> bytes:
    return sealer_for(Owner.portal()).seal(text.encode(), _context(row, part))


def _context(row: CorrectionRequest, part: str) -> str:
    return f"correction {row.pk} {part}"


# -- the person ------------------------------------------------------------------------------------


def keepers_of(user: User) -> QuerySet[Organisation]:
    """Who keeps something of a person and has somebody here to correct it, by name."""
    ids = {id for data in registry.personal_data for id in data.keepers(user.pk)}
    answering = Membership.objects.filter(
        role__in=ANSWERING, ended_at=None, user__is_active=True, user__is_program=False
    )
    keeping = Organisation.objects.filter(pk__in=ids)
    return keeping.filter(pk__in=answering.values("organisation")).order_by("name")


def corrections_of(user: User) -> list[Correction]:
    """What a person has asked for, newest first."""
    rows = CorrectionRequest.objects.filter(user=user).select_related("organisation")
    return _opened(rows.order_by("-created_at", "-pk"))


@transaction.atomic
def correction_ask(*, organisation: Organisation, wish: str, by: Viewer) -> CorrectionRequest:
    """Ask; raises Invalid for one that keeps nothing of the person, Conflict for too many."""
    user = User.objects.select_for_update().get(pk=by.user.pk)
    if not keepers_of(user).filter(pk=organisation.pk).exists():
        words = _("This organisation keeps nothing about you here.")
        raise Invalid(problems=[Problem("organisation", words)])
    if not 0 < len(wish) <= LONGEST:
        words = _("Say in up to 2,000 characters what is wrong, and how it should be.")
        raise Invalid(problems=[Problem("wish", words)])
    asked = CorrectionRequest.objects.filter(user=user, state=CorrectionState.OPEN)
    if asked.count() >= MOST_OPEN:
        raise Conflict(_("You have ten open requests. Please wait for an answer first."))
    row = CorrectionRequest(user=user, organisation=organisation)
    row.sealed_wish = _seal(row, _WISH, wish)
    row.save(force_insert=True)
    audit.record(audit.Name.CORRECTION_ASKED, by=by.actor, target=str(row.pk))
    answering = people_acting(organisation, *ANSWERING)
    notify(answering, "correction-asked", about=str(organisation.pk), by=by.actor)
    return row


@transaction.atomic
def correction_withdraw(*, request_id: UUID, by: Viewer) -> None:
    """Take one's own request back; raises NotFound, and Conflict where it was answered."""
    row = _locked(CorrectionRequest.objects.filter(user=by.user), request_id)
    if row.state == CorrectionState.ANSWERED:
        raise Conflict(_("This was answered already."))
    if row.state == CorrectionState.OPEN:
        row.advance(CorrectionState.WITHDRAWN, ended_at=timezone.now())


# -- the organisation ------------------------------------------------------------------------------


def corrections_for(viewer: Viewer) -> QuerySet[CorrectionRequest]:
    """What was asked of the organisation that the viewer answers for; raises Forbidden."""
    if viewer.organisation is None or not any(viewer.has(role) for role in ANSWERING):
        raise Forbidden(_("Requests are answered by those who register people."))
    rows = CorrectionRequest.objects.filter(organisation=viewer.organisation)
    return rows.exclude(state=CorrectionState.WITHDRAWN).select_related("user", "organisation")


def access_correction(viewer: Viewer, pk: UUID) -> Correction:
    """One of those; raises Forbidden, NotFound."""
    row = corrections_for(viewer).filter(pk=pk).first()
    if row is None:
        raise NotFound
    return _opened([row])[0]


@transaction.atomic
def correction_answer(*, request_id: UUID, answer: str, corrected: bool, by: Viewer) -> None:
    """Answer; the person sees it at once; raises Forbidden, NotFound, Conflict, Invalid."""
    row = _locked(corrections_for(by), request_id)
    if row.state != CorrectionState.OPEN:
        raise Conflict(_("This was answered already."))
    if not 0 < len(answer) <= LONGEST:
        words = _("Say in up to 2,000 characters what was done, or why not.")
        raise Invalid(problems=[Problem("answer", words)])
    sealed = _seal(row, _ANSWER, answer)
    row.advance(
        CorrectionState.ANSWERED, sealed_answer=sealed, corrected=corrected, ended_at=timezone.now()
    )
    audit.record(audit.Name.CORRECTION_ANSWERED, by=by.actor, target=str(row.pk))
    notify(row.user, "correction-answered", about=str(row.pk), by=by.actor)


def _locked(rows: QuerySet[CorrectionRequest], pk: UUID) -> CorrectionRequest:
    row = rows.select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:
        raise NotFound
    return row
