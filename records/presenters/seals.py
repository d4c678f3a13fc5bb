"""How much of a record is sealed, in words."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chain.heads import newest_final_head, waiting_of


@dataclass(frozen=True)
class Seals:
    """A person's seals: how many entries the newest head lists, and what is still on its way."""

    listed: int
    number: int
    at: datetime | None
    waiting: int


def seals(person: UUID) -> Seals:
    """Of the person with this FHIR id."""
    head, waiting = newest_final_head(person), waiting_of(person)
    if head is None:
        return Seals(0, 0, None, waiting)
    batch = head.commitment.batch
    return Seals(head.count, head.number, batch.final_at if batch else None, waiting)
