"""What the clinical store holds of a person: their record, who may see it, and who has."""

from collections.abc import Iterator
from functools import partial
from typing import IO, Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.personal_data import as_json, json_list
from accounts.selectors import organisation_names, people_names
from accounts.viewer import viewer_for
from chain.canonical import parse
from chain.models import Commitment, CustodyKey, PersonHead, RegistryEntry
from core.audit import Actor
from core.errors import NotFound, Unavailable
from core.models import AuditEvent, DataKey
from core.registry import Content, PersonalData, Tick
from records.models import (
    Consent,
    ConsentStatement,
    EffectiveAccess,
    Patient,
    Record,
    Version,
)
from records.selectors import opened, reads_of
from records.services.consents import consent_revoke, statement_document
from records.services.exporting import export_proofs
from records.services.statements import Draft

CHUNK = 200
CHANNEL = "task"


def _export(user_id: UUID) -> Iterator[tuple[str, Content]]:
    yield "shared-with-me.json", as_json(_shared_with(user_id))
    patient = Patient.objects.filter(account=user_id).first()
    if patient is None:
        return
    yield from _bundle(patient)
    yield from json_list("consents.json", _consents(patient))
    yield from json_list("who-read-my-record.json", _reads(patient))
    yield "proofs.zip", partial(_proofs, patient, user_id)


def _bundle(patient: Patient) -> Iterator[tuple[str, Content]]:
    """The record as it is now, as one FHIR Bundle; each entry byte for byte as it was sealed."""
    name, last, between = "record.json", 0, b""
    yield name, b'{"resourceType":"Bundle","type":"collection","entry":['
    rows = Version.objects.filter(record__patient=patient, current=True).select_related("record")
    while chunk := list(rows.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        for found in opened(chunk):
            yield name, between + b'\n{"resource":' + found.document + b"}"
            between = b","
        last = chunk[-1].pk
    yield name, b"\n]}\n"


def _consents(patient: Patient) -> Iterator[dict[str, Any]]:
    rows = patient.consents.select_related("user", "organisation").order_by("created_at")
    for row in rows.prefetch_related("statements").iterator(CHUNK):
        yield {
            "with": str(row.user or row.organisation),
            "what": row.get_scope_display(),
            "until": row.ends_at,
            "given": row.created_at,
            "ended": row.revoked_at,
            "statements": [_statement(s) for s in row.statements.all()],
        }


def _statement(row: ConsentStatement) -> dict[str, Any]:
    document = statement_document(row)
    return {
        "signed_by": row.get_custody_display(),
        "at": row.created_at,
        "said": Draft.of_document(document).said,
        "signature": parse(document)["signature"],
    }


def _reads(patient: Patient) -> Iterator[dict[str, Any]]:
    last = 0
    rows = reads_of(patient, own=True).order_by("pk")
    while chunk := list(rows.filter(pk__gt=last)[:CHUNK]):
        people = people_names(row.actor_id for row in chunk if row.actor_id)
        places = organisation_names(row.organisation_id for row in chunk if row.organisation_id)
        for row in chunk:
            yield _read(row, people, places)
        last = chunk[-1].pk


def _read(row: AuditEvent, people: dict[UUID, str], places: dict[UUID, str]) -> dict[str, Any]:
    return {
        "at": row.at,
        "who": people.get(row.actor_id) if row.actor_id else "Salus",
        "for": places.get(row.organisation_id) if row.organisation_id else None,
        "what": row.get_name_display(),
        "which": row.target,
        "how_many": row.count,
    }


def _proofs(patient: Patient, user_id: UUID, file: IO[bytes], tick: Tick) -> None:
    try:
        export_proofs(patient, file, by=Actor(user_id, channel=CHANNEL), tick=tick)
    except (NotFound, Unavailable):
        return  # without a log, or after an erasure, there is nothing to prove


def _shared_with(user_id: UUID) -> list[dict[str, Any]]:
    """Since when and until when, not by whom: that is the other person's."""
    rows = Consent.objects.filter(user=user_id)
    return [dict(row) for row in rows.values("created_at", "ends_at", "revoked_at")]


def _size(user_id: UUID) -> int:
    patient = Patient.objects.filter(account=user_id).first()
    if patient is None:
        return 1
    versions = Version.objects.filter(record__patient=patient)
    heads = PersonHead.objects.filter(owner_id=patient.pk).count()
    grants = Consent.objects.filter(patient=patient).count()
    current = versions.filter(current=True).count()
    reads = reads_of(patient, own=True).count()
    return 5 + versions.count() + heads + grants + current + (grants + reads) // CHUNK


def _keepers(user_id: UUID) -> set[UUID]:
    """Who wrote something of the person's record, or brought it here and answers for it."""
    rows = Version.objects.filter(record__patient__account=user_id, current=True)
    pairs = rows.values_list("author_id", "custodian_id").distinct()
    return {id for pair in pairs for id in pair if id is not None}


def _close(user_id: UUID) -> None:
    """Nobody can end a grant of a closed account, so all of them end with it."""
    patient = Patient.objects.filter(account=user_id).first()
    if patient is not None:
        viewer = viewer_for(User.objects.get(pk=user_id))
        for consent in patient.consents.filter(status=Consent.Status.ACTIVE).order_by("pk"):
            consent_revoke(consent=consent, by=viewer)


def _empty(user_id: UUID) -> None:
    """The record stays with the clinic that keeps it, and no account leads to it."""
    Patient.objects.filter(account=user_id).update(account=None)


PERSONAL_DATA = PersonalData(
    key="record",
    label=_("Your health record"),
    order=20,
    stays=_(
        "Your health record stays with the clinics that wrote it: the law tells them how long they "
        "must keep it. Nobody else sees it: everything that you share ends now. On the public ledger "
        "stay numbers from which nothing about you can be read."
    ),
    models=frozenset(
        {
            Commitment, Consent, ConsentStatement, CustodyKey, DataKey, EffectiveAccess, Patient,
            PersonHead, Record, RegistryEntry, Version,
        }
    ),
    size=_size,
    export=_export,
    keepers=_keepers,
    close=_close,
    empty=_empty,
)  # fmt: skip
