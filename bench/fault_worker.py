"""Processes to be killed: forked from one that has everything imported, so that a new one is cheap.

Reads lines `ledger [FAILPOINT]` and `load [FAILPOINT]` from stdin, and answers each with a pid.
"""

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO
from uuid import UUID, uuid4, uuid5

import django

PAUSE = 0.03  # seconds between two ticks
PEOPLE = [uuid5(UUID(int=0), f"somebody {n}") for n in range(20)]
RECORDS = 3  # of one write


def main() -> None:
    """Fork what is asked for until stdin ends."""
    django.setup()
    from chain import ethereum, tasks  # noqa: F401 - slow to import, so before the fork

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the dead
    roles = {"ledger": keep_the_ledger, "load": write_on}
    for line in sys.stdin:
        role, *failpoint = line.split()
        pid = os.fork()
        if pid == 0:
            os.environ["SALUS_FAILPOINT"] = "".join(failpoint)
            os.close(0)
            roles[role]()
            os._exit(0)
        print(pid, flush=True)


def keep_the_ledger() -> None:
    """What a worker does, tick after tick; whatever breaks is met again at the next."""
    from chain.tasks import ledger_tick

    nursery = os.getppid()
    while os.getppid() == nursery:
        survive(ledger_tick)
        time.sleep(PAUSE)


def write_on() -> None:
    """Records, consents and ends of consents, all the time; notes what it was promised."""
    promises = Path(os.environ["SALUS_STATE_DIR"]) / "promises"
    nursery = os.getppid()
    with promises.open("a") as file:
        while os.getppid() == nursery:
            survive(lambda: write_once(file))
            time.sleep(0.1)


def write_once(file: IO[str]) -> None:
    """One person's news, in one transaction."""
    from django.db import transaction

    from chain import registry
    from chain.models import Kind
    from chain.services import Item, commit
    from core.keys import Owner, sealer_for

    run = uuid4()
    items = [Item(Kind.FHIR, f"Observation/{run}/_history/{n}", b"{}") for n in range(RECORDS)]
    if random.random() < 0.3:
        items.append(Item(Kind.CONSENT, f"Consent/{run}/_history/1", b"{}"))
    with transaction.atomic():
        rows = commit(items, sealer=sealer_for(Owner.patient(random.choice(PEOPLE))))
        for row in rows[RECORDS:]:
            registry.register(row)
            registry.end(os.urandom(32), person=row.owner_id)
    for row in rows:
        print(row.reference, file=file, flush=True)


def survive(work: Callable[[], object]) -> None:
    """Whatever the database, the broker or the node do, go on."""
    from django.db import connections

    try:
        work()
    except Exception as error:
        print(f"{type(error).__name__}: {str(error)[:200]}", file=sys.stderr, flush=True)
        connections.close_all()
        time.sleep(0.2)


if __name__ == "__main__":
    main()
