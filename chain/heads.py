"""Person heads: a person's commitments, chained, so that nothing can be left out unnoticed.

Each batch carries, for every person with news, one leaf: a commitment to (the head before, how many
there are in all, the new commitments in order). DESIGN section 4, docs/PROOFS.md.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from uuid import UUID

from django.db.models import QuerySet

from chain.canonical import canonical
from chain.commitments import hex_of
from chain.models import AnchorState, Commitment, Kind, PersonHead
from chain.services import Item, new_commitment
from core.deployment import portal_urn
from core.keys import Owner, Sealer, sealer_for, sealers_for
from core.models import OwnerKind

FORMAT = "salus-head/1"


@dataclass(slots=True)
class Waiting:
    """What a batch needs of a commitment that waits: less than a model's row, and much quicker."""

    id: UUID
    digest: bytes
    kind: str
    owner_kind: str
    owner_id: UUID
    head_id: int | None
    urgent: bool
    at: float  # when it was written, in seconds since 1970


WAITING_COLUMNS = [field.name for field in fields(Waiting)]


def add_heads(waiting: Sequence[Waiting]) -> list[Commitment]:
    """Make the next head of each person among what waits; gives the heads' own commitments.

    Sets `head_id` on the rows that were listed, without saving them. The caller holds the log's lock,
    so that heads follow each other.
    """
    news = _by_person(waiting)
    sealers = sealers_for(Owner.patient(person) for person in news)
    last = _last_heads(list(news))
    made = [
        _next(sealer, last.get(sealer.owner.id), news[sealer.owner.id])
        for sealer in sealers.values()  # an erased person has no key, and no head any more
    ]
    commitments = Commitment.objects.bulk_create(head.commitment for head in made)
    PersonHead.objects.bulk_create(made)
    for head in made:
        for row in news[head.owner_id]:
            row.head_id = head.pk
    return commitments


def _by_person(waiting: Sequence[Waiting]) -> dict[UUID, list[Waiting]]:
    found: dict[UUID, list[Waiting]] = defaultdict(list)
    for row in sorted(waiting, key=lambda row: (row.at, row.id)):
        if row.owner_kind == OwnerKind.PATIENT and row.head_id is None and row.kind != Kind.HEAD:
            found[row.owner_id].append(row)
    return found


def _last_heads(people: Sequence[UUID]) -> dict[UUID, PersonHead]:
    rows = PersonHead.objects.filter(owner_id__in=people).order_by("owner_id", "-number")
    newest = rows.select_related("commitment").distinct("owner_id")
    return {head.owner_id: head for head in newest}


def _next(sealer: Sealer, last: PersonHead | None, listed: Sequence[Waiting]) -> PersonHead:
    person = sealer.owner.id
    number = last.number + 1 if last else 1
    count = (last.count if last else 0) + len(listed)
    document = canonical(
        {
            "format": FORMAT,
            "portal": portal_urn(),
            "person": f"Patient/{person}",
            "number": number,
            "previous": hex_of(last.commitment.digest) if last else None,
            "count": count,
            "commitments": [hex_of(row.digest) for row in listed],
        }
    )
    path = head_path(person, number)
    return PersonHead(
        owner_id=person,
        number=number,
        count=count,
        sealed=sealer.seal(document, f"{Kind.HEAD.value} {path}"),
        commitment=new_commitment(Item(Kind.HEAD, path, document), sealer),
    )


def heads_of(person: UUID) -> QuerySet[PersonHead]:
    """A person's heads, the newest first, without the trees that carry them."""
    rows = PersonHead.objects.filter(owner_id=person).select_related("commitment__batch")
    return rows.defer("commitment__batch__nodes").order_by("-number")


def newest_final_head(person: UUID) -> PersonHead | None:
    """The newest head that nothing can undo any more: what a person may keep."""
    return heads_of(person).filter(commitment__batch__state=AnchorState.FINAL).first()


def waiting_of(person: UUID) -> int:
    """How many of a person's commitments no final head lists yet."""
    own = Commitment.objects.filter(owner_kind=OwnerKind.PATIENT, owner_id=person)
    listed = own.filter(head__commitment__batch__state=AnchorState.FINAL)
    return own.exclude(kind=Kind.HEAD).exclude(pk__in=listed.values("pk")).count()


def head_path(person: UUID, number: int) -> str:
    """What stands behind the portal's id in a head's reference."""
    return f"Patient/{person}/_head/{number}"


def head_document(head: PersonHead) -> bytes:
    """The sealed head's bytes; raises KeyDestroyed."""
    path = head_path(head.owner_id, head.number)
    sealer = sealer_for(Owner.patient(head.owner_id))
    return sealer.open(head.sealed, f"{Kind.HEAD.value} {path}")
