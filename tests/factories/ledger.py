"""Rows of the ledger as workers leave them, for tests that need no chain."""

import os
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from chain.artifacts import artifact
from chain.models import (
    Account,
    Batch,
    Contract,
    Event,
    Job,
    RegistryEntry,
    Reorg,
    Transaction,
)
from tests.factories.chain import RegistryFactory

GWEI = 10**9
TIME = 1_790_000_000  # a block's time: 21 September 2026, 14:13:20 UTC


def make_log(**more: Any) -> Contract:
    """A log in the database alone."""
    return RegistryFactory(name="AnchorLog", **more)


def make_batches(log: Contract, count: int) -> None:
    """Batches as they stand before the chain has taken them up."""
    Batch.objects.bulk_create(
        Batch(log=log, sequence=n, root=os.urandom(32), depth=4, count=3, nodes=b"n" * 32 * 31)
        for n in range(1, count + 1)
    )


def make_account(name: str = "relay", **more: Any) -> Account:
    """An account of the purpose that its name begins with."""
    purpose = name.partition("-")[0]
    values = {"purpose": purpose, "address": os.urandom(20), **more}
    return Account.objects.get_or_create(name=name, defaults=values)[0]


def make_job(key: str = "", **more: Any) -> Job:
    """A job that is done, to give four consents unless told otherwise."""
    values = {
        "purpose": "relay",
        "to": b"\2" * 20,
        "data": artifact("ConsentRegistry").call("grant", [os.urandom(32)] * 4),
        "reason": "record consents (1)",
        "state": Job.State.FINAL,
    }
    return Job.objects.create(key=key or f"consents:{uuid4()}", **(values | more))


def make_jobs(count: int) -> None:
    """Jobs with attempts; three each were asked for in the same moment."""
    first = timezone.now()
    for number in range(count):
        job = make_job()
        when = first + timedelta(seconds=number // 3)
        Job.objects.filter(pk=job.pk).update(created_at=when)
        make_attempt(job, nonce=number)


def make_attempt(job: Job, *, nonce: int = 0, outcome: str = "succeeded", **more: Any):
    """A signed transaction of the job."""
    mined = outcome in ("succeeded", "reverted")
    values = {
        "account": make_account(job.purpose),
        "hash": os.urandom(32),
        "raw": b"raw",
        "gas": 50_000,
        "max_fee": 3 * GWEI,
        "tip": GWEI,
        "signed_at_block": 5,
        "block_number": 7 if mined else None,
        "block_hash": os.urandom(32) if mined else None,
    }
    return Transaction.objects.create(job=job, nonce=nonce, outcome=outcome, **(values | more))


def make_events(registry: Contract, count: int, **more: Any) -> None:
    """Consents given and ended in turn, three in each block."""
    Event.objects.bulk_create(_event(registry, n, more) for n in range(count))


def _event(registry: Contract, number: int, more: dict[str, Any]) -> Event:
    granted, block = number % 2 == 0, 10 + number // 3
    topic = "commitment" if granted else "lock"
    values = {
        "contract": registry,
        "name": "Granted" if granted else "Revoked",
        "args": {topic: "0x" + os.urandom(32).hex(), "time": TIME + number},
        "block_number": block,
        "block_hash": block.to_bytes(32),
        "log_index": number % 3,
        "transaction_hash": os.urandom(32),
    }
    return Event(**(values | more))


def make_entry(**more: Any) -> RegistryEntry:
    """An end of a consent that waits to be sent."""
    values = {"action": "revoke", "word": os.urandom(32), "topic": os.urandom(32)}
    return RegistryEntry.objects.create(person_id=uuid4(), **(values | more))


def make_reorgs(count: int) -> None:
    """Reorganisations, each deeper than the one before."""
    Reorg.objects.bulk_create(
        Reorg(common_block=100 + n, depth=n, lost_hash=os.urandom(32), events=2 * n)
        for n in range(1, count + 1)
    )
