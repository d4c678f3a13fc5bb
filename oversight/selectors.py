"""Reading the trail, what was found in it, and the cases: for pages, API and FHIR alike."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet, UUIDField
from django.db.models.functions import Coalesce, TruncMonth

from accounts.models import User
from accounts.selectors import people_names
from accounts.viewer import Viewer
from core.acting import portal_acts
from core.audit import PRIVATE_ROLES, own_actor, pseudonym
from core.cursors import before, cursor_of
from core.models import AuditEvent
from core.selectors import audit_events
from oversight.models import Case, CaseState, Finding, FindingState
from records.models import Consent, Delegation, Patient
from records.selectors import reads_of, subjects_of

# -- the trail, for auditors -----------------------------------------------------------------------


@dataclass(frozen=True)
class Search:
    """What an auditor looks for; what is empty does not narrow."""

    name: str = ""
    purpose: str = ""
    person: str = ""
    organisation: UUID | None = None
    patient: UUID | None = None  # a pseudonym
    first_day: date | None = None
    last_day: date | None = None

    @property
    def parameters(self) -> dict[str, str]:
        """What was asked, in words for the trail."""
        return {key: str(value) for key, value in vars(self).items() if value}


def events_found(search: Search) -> QuerySet[AuditEvent]:
    """The events that fit, newest first."""
    rows = audit_events(search.name)
    if search.purpose:
        rows = rows.filter(purpose=search.purpose)
    if search.person:
        rows = _at_work(rows, [user.pk for user in people_named(search.person)])
    if search.organisation:
        rows = rows.filter(organisation_id=search.organisation)
    if search.patient:
        rows = rows.filter(subject=search.patient)
    if search.first_day:
        rows = rows.filter(at__gte=_begin(search.first_day))
    if search.last_day:
        rows = rows.filter(at__lt=_begin(search.last_day) + timedelta(days=1))
    return rows


def _begin(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)


def people_named(text: str) -> QuerySet[User]:
    """People by a part of their name or by their address."""
    return User.objects.filter(Q(name__icontains=text) | Q(email__iexact=text))


def _at_work(rows: QuerySet[AuditEvent], people: list[UUID]) -> QuerySet[AuditEvent]:
    """What these people did for others; the pseudonym beside what is their own would be theirs."""
    own = set().union(*own_pseudonyms(people).values())
    at_work = rows.filter(actor_id__in=people).exclude(role__in=PRIVATE_ROLES)
    return at_work.exclude(subject__in=own)


# -- who read a record, for the patient ------------------------------------------------------------


def reads_between(
    patient: Patient, *, own: bool, person: UUID | None = None, month: date | None = None
) -> QuerySet[AuditEvent]:
    """What was done with a patient's record, newest first; by one person, in one month if wished."""
    rows = reads_of(patient, own=own)
    if person:
        rows = rows.filter(actor_id=person)
    if month:
        following = (month.replace(day=1) + timedelta(days=32)).replace(day=1)
        rows = rows.filter(at__gte=_begin(month.replace(day=1)), at__lt=_begin(following))
    return rows


def readers_of(patient: Patient) -> list[UUID]:
    """Who else has looked, ever, as the trail names them."""
    rows = reads_of(patient, own=False).exclude(actor_id=None).order_by()
    return [pk for pk in rows.values_list("actor_id", flat=True).distinct() if pk]


def reader_names(patient: Patient, actors: Iterable[UUID]) -> dict[UUID, str]:
    """What the patient may call those whom the trail names beside them.

    Carers, and people with whom the record was shared, stand there by a hidden name, which is told
    from those whom the patient let in. The trail alone does not say who they are.
    """
    wanted = set(actors)
    names = people_names(wanted)
    if unknown := wanted - set(names):
        hidden = {own_actor(pk): pk for pk in _let_in(patient)}
        accounts = people_names(hidden[actor] for actor in unknown if actor in hidden)
        names |= {own_actor(pk): name for pk, name in accounts.items()}
    return names


def _let_in(patient: Patient) -> set[UUID]:
    records = list(subjects_of(patient).values())
    carers = Delegation.objects.filter(patient__in=records).values_list("delegate_id", flat=True)
    guests = Consent.objects.filter(patient__in=records).values_list("user_id", flat=True)
    return {pk for pk in (*carers, *guests, patient.account_id) if pk}


def months_of(patient: Patient) -> list[date]:
    """The months in which anything was noted, newest first."""
    rows = reads_of(patient, own=True).order_by()
    months = rows.annotate(month=TruncMonth("at", tzinfo=UTC)).values_list("month", flat=True)
    return sorted({month.date() for month in months.distinct()}, reverse=True)


def read_for(patient: Patient, pk: int) -> AuditEvent | None:
    """A row of the trail that is about this patient."""
    return AuditEvent.objects.filter(pk=pk, subject__in=list(subjects_of(patient))).first()


def reads_like(event: AuditEvent) -> list[AuditEvent]:
    """The same person's looks at the same patient on the same day, newest first."""
    day = _begin(event.at.astimezone(UTC).date())
    rows = AuditEvent.objects.filter(
        subject=event.subject, actor_id=event.actor_id, organisation_id=event.organisation_id,
        at__gte=day, at__lt=day + timedelta(days=1),
    )  # fmt: skip
    return list(rows.order_by("-at", "-pk")[:500])


# -- findings and cases ----------------------------------------------------------------------------


def findings(state: str = "", rule: str = "") -> QuerySet[Finding]:
    """All findings, or those in a state, of a rule; newest first."""
    rows = Finding.objects.order_by("-at", "-pk")
    rows = rows.filter(state=state) if state else rows
    return rows.filter(rule=rule) if rule else rows


def findings_open() -> QuerySet[Finding]:
    """What nobody has dealt with."""
    return findings(FindingState.OPEN)


def cases_waiting() -> QuerySet[Case]:
    """What nobody has answered, the oldest first."""
    return Case.objects.exclude(state=CaseState.ANSWERED).order_by("opened_at", "pk")


def cases_answered() -> QuerySet[Case]:
    """What was answered, the newest first."""
    return Case.objects.filter(state=CaseState.ANSWERED).order_by("-answered_at", "-pk")


def cases_of(viewer: Viewer) -> QuerySet[Case]:
    """A person's own questions, newest first."""
    return Case.objects.filter(patient__account=viewer.user).order_by("-opened_at")


def events_of(case: Case) -> list[AuditEvent]:
    """The rows that a case is about, newest first."""
    rows = AuditEvent.objects.filter(pk__in=case.concerned.values("event_id"))
    return list(rows.order_by("-at", "-pk"))


def in_chunks(rows: QuerySet[AuditEvent], size: int = 2000) -> Iterator[list[AuditEvent]]:
    """All rows, newest first, so many at once: memory stays the same however many there are."""
    cursor = Q()
    while chunk := list(rows.filter(cursor)[:size]):
        yield chunk
        cursor = before(cursor_of(chunk[-1].at, chunk[-1].pk))


def own_pseudonyms(accounts: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """The pseudonyms of those who have a record of their own, by account; also of merged records."""
    found: dict[UUID, set[UUID]] = {}
    with portal_acts():
        own = Patient.objects.annotate(
            owner=Coalesce("account_id", "merged_into__account_id", output_field=UUIDField())
        )
        for owner, pk in own.filter(owner__in=set(accounts)).values_list("owner", "pk"):
            found.setdefault(owner, set()).add(pseudonym(pk))
    return found


def events_by_id(ids: Iterable[int]) -> list[AuditEvent]:
    """These rows, newest first."""
    return list(AuditEvent.objects.filter(pk__in=list(ids)).order_by("-at", "-pk"))
