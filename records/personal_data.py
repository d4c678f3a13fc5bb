"""What the clinical store holds of a person: their record, and who may see it.

Read on the person's own behalf, a part at a time: row-level security lets nothing of anybody else
into a copy, and no transaction lasts as long as the making of one.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import IO, Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.personal_data import as_json, json_list
from accounts.viewer import viewer_for
from chain.canonical import parse
from chain.models import Commitment, CustodyKey, PersonHead, RegistryEntry
from core.acting import Acting, acting_as
from core.audit import Actor
from core.errors import NotFound, Unavailable
from core.models import DataKey
from core.registry import Content, PersonalData, Tick
from records.delegates import ADDRESS
from records.models import (
    AccountLink,
    ActivationCode,
    Attachment,
    Consent,
    ConsentStatement,
    Delegation,
    EffectiveAccess,
    EmergencyAccess,
    ErasureRequest,
    Patient,
    PatientHash,
    PatientMerge,
    PatientRegistration,
    Record,
    Version,
)
from records.selectors import Opened, opened
from records.services.consents import consent_revoke, statement_document
from records.services.delegations import delegation_end
from records.services.exporting import export_proofs
from records.services.people import account_unlink
from records.services.sealing import opened_each
from records.services.statements import Draft

CHUNK = 200
CHANNEL = "task"


def by_themselves(user_id: UUID) -> AbstractContextManager[None]:
    """Read as the person does who acts for nobody else."""
    return acting_as(Acting((user_id,)))


def patient_of(user_id: UUID) -> Patient | None:
    """The record that is the person's own."""
    with by_themselves(user_id):
        return Patient.objects.filter(account=user_id).first()


def _export(user_id: UUID) -> Iterator[tuple[str, Content]]:
    yield "shared-with-me.json", as_json(_shared_with(user_id))
    yield "caring-for.json", as_json(_cares(user_id))
    yield "erasure.json", as_json(_erasures(user_id))
    patient = patient_of(user_id)
    if patient is None:
        return
    yield from _bundle(patient, user_id)
    yield from json_list("consents.json", _consents(patient, user_id))
    yield "carers.json", as_json(_carers(patient, user_id))
    yield "proofs.zip", partial(_proofs, patient, user_id)


def _bundle(patient: Patient, user_id: UUID) -> Iterator[tuple[str, Content]]:
    """The record as it is now, as one FHIR Bundle; each entry byte for byte as it was sealed."""
    name, last, between = "record.json", 0, b""
    yield name, b'{"resourceType":"Bundle","type":"collection","entry":['
    while chunk := _opened(patient, user_id, last):
        for found in chunk:
            yield name, between + b'\n{"resource":' + found.document + b"}"
            between = b","
        last = chunk[-1].version.pk
    yield name, b"\n]}\n"


def _opened(patient: Patient, user_id: UUID, last: int) -> list[Opened]:
    rows = Version.objects.filter(patient=patient, current=True, pk__gt=last)
    with by_themselves(user_id):
        return opened(rows.order_by("pk")[:CHUNK])


def _consents(patient: Patient, user_id: UUID) -> Iterator[dict[str, Any]]:
    with by_themselves(user_id):
        ids = list(patient.consents.order_by("created_at", "pk").values_list("pk", flat=True))
    for start in range(0, len(ids), CHUNK):
        rows = patient.consents.filter(pk__in=ids[start : start + CHUNK])
        with by_themselves(user_id):
            told = [_consent(row) for row in _with_parties(rows)]
        yield from told


def _with_parties(rows: QuerySet[Consent]) -> QuerySet[Consent]:
    related = rows.select_related("user", "organisation").prefetch_related("statements")
    return related.order_by("created_at", "pk")


def _consent(row: Consent) -> dict[str, Any]:
    return {
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


def _proofs(patient: Patient, user_id: UUID, file: IO[bytes], tick: Tick) -> None:
    try:
        export_proofs(patient, file, by=Actor(user_id, channel=CHANNEL), tick=tick)
    except (NotFound, Unavailable):
        return  # without a log, or after an erasure, there is nothing to prove


def _shared_with(user_id: UUID) -> list[dict[str, Any]]:
    """Since when and until when, not by whom: that is the other person's."""
    rows = Consent.objects.filter(user=user_id)
    with by_themselves(user_id):
        return [dict(row) for row in rows.values("created_at", "ends_at", "revoked_at")]


def _cares(user_id: UUID) -> list[dict[str, Any]]:
    """Since when and until when, not for whom: that is the other person's."""
    rows = Delegation.objects.filter(delegate=user_id)
    with by_themselves(user_id):
        return [dict(row) for row in rows.values("kind", "accepted_at", "ends_at", "ended_at")]


def _erasures(user_id: UUID) -> list[dict[str, Any]]:
    with by_themselves(user_id):
        rows = list(ErasureRequest.objects.filter(asked_by=user_id).order_by("created_at"))
    return [
        {
            "asked": row.created_at,
            "state": row.get_state_display(),
            "decided": row.decided_at,
            "because": row.get_ground_display(),
            "erased": row.erased_at,
        }
        for row in rows
    ]


def _carers(patient: Patient, user_id: UUID) -> list[dict[str, Any]]:
    with by_themselves(user_id):
        rows = list(patient.delegations.order_by("created_at"))
        addresses = opened_each(patient.pk, [row.sealed_email for row in rows], ADDRESS)
    return [
        {
            "address": address,
            "as": row.get_kind_display(),
            "may_share": row.may_share,
            "state": row.get_state_display(),
            "named": row.created_at,
            "until": row.ends_at,
            "ended": row.ended_at,
        }
        for row, address in zip(rows, addresses, strict=True)
    ]


def _size(user_id: UUID) -> int:
    patient = patient_of(user_id)
    if patient is None:
        return 3
    with by_themselves(user_id):
        return _size_of(patient)


def _size_of(patient: Patient) -> int:
    versions = Version.objects.filter(patient=patient)
    heads = PersonHead.objects.filter(owner_id=patient.pk).count()
    grants = Consent.objects.filter(patient=patient).count()
    current = versions.filter(current=True).count()
    return 5 + versions.count() + heads + grants + current + grants // CHUNK


def _keepers(user_id: UUID) -> set[UUID]:
    """Who wrote something of the person's record, or brought it here and answers for it."""
    rows = Version.objects.filter(patient__account=user_id, current=True)
    with by_themselves(user_id):
        pairs = list(rows.values_list("author_id", "custodian_id").distinct())
    return {id for pair in pairs for id in pair if id is not None}


def _close(user_id: UUID) -> None:
    """Nobody can end a grant of a closed account, so all of them end with it."""
    patient = patient_of(user_id)
    viewer = viewer_for(User.objects.get(pk=user_id))
    with by_themselves(user_id):
        for delegation in _delegations(user_id, patient):
            delegation_end(delegation=delegation, by=viewer)
    if patient is not None:
        with by_themselves(user_id):
            for consent in patient.consents.filter(status=Consent.Status.ACTIVE).order_by("pk"):
                consent_revoke(consent=consent, by=viewer)


def _delegations(user_id: UUID, patient: Patient | None) -> list[Delegation]:
    """For whom they care, and whom they named; a child's guardian is the registrar's to end."""
    theirs = Q(delegate=user_id) | Q(patient=patient, organisation=None)
    rows = Delegation.objects.exclude(state=Delegation.State.ENDED)
    return list(rows.filter(theirs if patient else Q(delegate=user_id)))


def _empty(user_id: UUID) -> None:
    """The record stays with the clinic that keeps it, and no account leads to it."""
    account_unlink(account_id=user_id)


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
            AccountLink, ActivationCode, Attachment, Commitment, Consent, ConsentStatement,
            CustodyKey, DataKey, Delegation, EffectiveAccess, EmergencyAccess, ErasureRequest,
            Patient, PatientHash, PatientMerge,
            PatientRegistration, PersonHead, Record, RegistryEntry, Version,
        }
    ),
    size=_size,
    export=_export,
    keepers=_keepers,
    close=_close,
    empty=_empty,
)  # fmt: skip
