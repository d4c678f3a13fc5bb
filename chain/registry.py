"""Consents in the ConsentRegistry: given and ended there, many in one transaction (DESIGN section 4).

Only a registry can show that a grant was not ended. Its calldata holds commitments and secrets, in
random order: nothing that links a grant with its end, or two consents of a person. What is sent
together is seen together, so each round takes one entry of a person at most, and few entries get
random companions, which nobody can tell from them.
"""

import os
import secrets
from collections.abc import Sequence
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction

from chain.artifacts import artifact
from chain.commitments import keccak256
from chain.contracts import REGISTRY, current_registry
from chain.failpoints import failpoint
from chain.models import Account, AnchorState, Commitment, Contract, Event, Job, RegistryEntry
from chain.sender import enqueue

MOST = 200  # entries of one transaction: some five million gas
Action = RegistryEntry.Action
_REASONS = {
    Action.GRANT: "record consents (%d)",
    Action.REVOKE: "record ends of consents (%d)",
}


def register(commitment: Commitment) -> RegistryEntry:
    """Have a grant recorded, in the caller's transaction."""
    return RegistryEntry.objects.create(
        action=Action.GRANT, word=commitment.digest, topic=commitment.digest,
        commitment=commitment, person_id=commitment.owner_id,
    )  # fmt: skip


def end(secret: bytes, *, person: UUID) -> RegistryEntry:
    """Have a grant's end recorded by revealing its secret, in the caller's transaction."""
    return RegistryEntry.objects.create(
        action=Action.REVOKE, word=secret, topic=keccak256(secret), person_id=person
    )


def send_waiting() -> int:
    """Ask for the transactions of what waits; gives how many entries they carry."""
    registry = current_registry()
    if registry is None:
        return 0
    with transaction.atomic():
        entries = _one_of_each_person()
        for action in Action:
            _send(registry, action, [entry for entry in entries if entry.action == action])
        if entries:
            failpoint("consents.stored")
    if entries:
        failpoint("consents.committed")
    return len(entries)


def _one_of_each_person() -> list[RegistryEntry]:
    """The oldest entry of each person that waits."""
    waiting = RegistryEntry.objects.filter(job=None)
    oldest = waiting.order_by("person_id", "created_at").distinct("person_id")[:MOST]
    chosen = waiting.filter(pk__in=[entry.pk for entry in oldest])
    return list(chosen.select_for_update(skip_locked=True))


def _send(registry: Contract, action: Action, entries: list[RegistryEntry]) -> None:
    if not entries:
        return
    words = [bytes(entry.word) for entry in entries]
    words += [os.urandom(32) for _ in range(len(words), settings.CONSENT_CALL_LEAST)]
    secrets.SystemRandom().shuffle(words)
    job = enqueue(
        purpose=Account.Purpose.RELAY,
        to=bytes(registry.address),
        data=artifact(REGISTRY).call(action, words),
        reason=_REASONS[action] % len(entries),
        key=f"consents:{uuid4()}",
    )
    RegistryEntry.objects.filter(pk__in=[entry.pk for entry in entries]).update(
        job=job, registry=registry
    )


# -- what the chain says ---------------------------------------------------------------------------


def recorded(events: Sequence[Event]) -> None:
    """Entries are in a block; whoever sent them, since anybody may."""
    _update(
        events,
        "state = 'mined', time = e.time, block_number = e.block_number, block_hash = e.block_hash, "
        "transaction_hash = e.transaction_hash",
        "state IN ('queued', 'sent')",
    )


def unrecorded(events: Sequence[Event]) -> None:
    """The block died: the entries are under way again."""
    _update(
        events,
        "state = 'sent', time = NULL, block_number = NULL, block_hash = NULL, "
        "transaction_hash = NULL",
        "state = 'mined'",
    )


def _update(events: Sequence[Event], values: str, only: str) -> None:
    """One statement for the events of a block; those of strangers' consents fit no entry."""
    topic = "commitment" if events[0].name == "Granted" else "lock"
    action = Action.GRANT if events[0].name == "Granted" else Action.REVOKE
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE chain_registryentry AS r SET {values} "  # noqa: S608 - texts of this module  # nosec B608
            "FROM unnest(%s::bytea[], %s::bigint[], %s::bigint[], %s::bytea[], %s::bytea[]) "
            "AS e(topic, time, block_number, block_hash, transaction_hash) "
            f"WHERE r.action = %s AND r.topic = e.topic AND r.registry_id = %s AND r.{only}",
            [
                [bytes.fromhex(event.args[topic][2:]) for event in events],
                [event.args["time"] for event in events],
                [event.block_number for event in events],
                [bytes(event.block_hash) for event in events],
                [bytes(event.transaction_hash) for event in events],
                action,
                events[0].contract_id,
            ],
        )


def is_recorded(job: Job) -> bool:
    """Whether all entries of the job are on the chain."""
    under_way = [AnchorState.QUEUED, AnchorState.SENT]
    return not job.registryentry_set.filter(state__in=under_way).exists()


def mark_sent(job: Job) -> None:
    """The job's entries have left."""
    job.registryentry_set.filter(state=AnchorState.QUEUED).update(state=AnchorState.SENT)
