"""Everything of one person, with its proofs, in one archive (docs/PROOFS.md)."""

from collections.abc import Callable, Iterator, Mapping
from typing import IO
from uuid import UUID

from django.db.models import QuerySet

from chain.archives import write_archive
from chain.contracts import current_log
from chain.heads import head_document
from chain.models import Commitment, PersonHead
from chain.services import Disclosed
from core import audit
from core.acting import portal_acts
from core.audit import Actor
from core.errors import NotFound, Unavailable
from core.keys import KeyDestroyed, Owner, sealer_for
from records.models import ConsentStatement, Patient, Version
from records.selectors import Opened, opened
from records.services.consents import ending_of, statement_document

CHUNK = 500  # versions that are opened at once


def export_proofs(
    patient: Patient, file: IO[bytes], *, by: Actor, tick: Callable[[], None] = lambda: None
) -> Mapping[str, int]:
    """Write the patient's archive; gives how much of each is in it. `tick` is called for each part.

    Reads a part at a time, each in a short transaction of the portal's: the file may take long.
    Raises NotFound for a record that was erased, Unavailable before there is a log.
    """
    log = current_log()
    if log is None:
        raise Unavailable("There is no log on a chain yet.")
    try:
        sealer = sealer_for(Owner.patient(patient.pk))
    except KeyDestroyed:
        raise NotFound from None
    audit.record(audit.Name.PROOF_READ, by=by, subject=patient.pk, target="archive", sealer=sealer)
    return write_archive(file, person=patient.pk, log=log, found=_told(patient, tick))


def _told(patient: Patient, tick: Callable[[], None]) -> Iterator[tuple[Commitment, Disclosed]]:
    for found in _everything(patient):
        yield found
        tick()


def _everything(patient: Patient) -> Iterator[tuple[Commitment, Disclosed]]:
    yield from _versions(patient)
    for head in PersonHead.objects.filter(owner_id=patient.pk).order_by("number"):
        yield _loaded(head.commitment_id), Disclosed(head_document(head))
    yield from _grants(patient)


def _versions(patient: Patient) -> Iterator[tuple[Commitment, Disclosed]]:
    rows = Version.objects.filter(patient=patient).select_related("commitment__batch__log")
    ordered = rows.defer("commitment__batch__nodes").order_by("pk")
    last = 0
    while chunk := _opened(ordered.filter(pk__gt=last)[:CHUNK]):
        for found in chunk:
            yield found.version.commitment, Disclosed(found.document)
        last = chunk[-1].version.pk


@portal_acts()
def _opened(rows: QuerySet[Version]) -> list[Opened]:
    return opened(rows)


def _grants(patient: Patient) -> Iterator[tuple[Commitment, Disclosed]]:
    grants = ConsentStatement.objects.filter(
        consent__patient=patient, number=ConsentStatement.GRANT
    ).order_by("created_at", "pk")
    with portal_acts():
        ids = list(grants.values_list("pk", flat=True))
    for start in range(0, len(ids), CHUNK):
        yield from _disclosed(grants.filter(pk__in=ids[start : start + CHUNK]))


@portal_acts()
def _disclosed(grants: QuerySet[ConsentStatement]) -> list[tuple[Commitment, Disclosed]]:
    found = []
    for row in grants.select_related("consent__patient", "entry__commitment", "entry__registry"):
        assert row.entry.commitment is not None
        disclosed = Disclosed(statement_document(row), ending_of(row.consent))
        found.append((row.entry.commitment, disclosed))
    return found


def _loaded(pk: UUID) -> Commitment:
    return Commitment.objects.select_related("batch__log").defer("batch__nodes").get(pk=pk)
