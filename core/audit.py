"""The audit trail's only door: one call per request or change, in the caller's transaction."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from core.models import AuditEvent

Name = AuditEvent.Name


@dataclass(frozen=True)
class Actor:
    """Who acts, for which organisation, and through which interface."""

    user_id: UUID | None
    organisation_id: UUID | None = None
    channel: str = "page"

    @classmethod
    def system(cls, channel: str) -> Self:
        """A command or task that the operator runs."""
        return cls(user_id=None, channel=channel)


# What else happens when something is noted: the patient concerned, and who did it.
Watcher = Callable[[UUID | None, Actor], None]
_watchers: dict[str, list[Watcher]] = defaultdict(list)


def watch(name: AuditEvent.Name, watcher: Watcher) -> None:
    """At start-up: be called, in the same transaction, whenever `record` notes such an event."""
    _watchers[name].append(watcher)


def record_each(
    name: AuditEvent.Name, *, by: Actor, subjects: Iterable[UUID], target: str = ""
) -> None:
    """One row for each patient of a list, so that each of them sees that they were on it."""
    AuditEvent.objects.bulk_create(
        AuditEvent(
            name=name,
            actor_id=by.user_id,
            organisation_id=by.organisation_id,
            subject_id=subject,
            target=target,
            count=1,
            channel=by.channel,
        )
        for subject in subjects
    )


def record(  # noqa: PLR0913 - the columns of an audit row
    name: AuditEvent.Name,
    *,
    by: Actor,
    subject: UUID | None = None,
    target: str = "",
    count: int | None = None,
    purpose: str = "",
) -> None:
    """Insert one audit row; `subject` is the patient concerned, by FHIR id."""
    AuditEvent.objects.create(
        name=name,
        actor_id=by.user_id,
        organisation_id=by.organisation_id,
        subject_id=subject,
        target=target,
        count=count,
        purpose=purpose,
        channel=by.channel,
    )
    for watcher in _watchers[name]:
        watcher(subject, by)
