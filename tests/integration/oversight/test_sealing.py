"""Sealing the trail: only what is complete, once, in a chain, by any number of workers."""

import threading
from hashlib import sha256

import psycopg
import pytest
from django.db import ProgrammingError, connection, connections, transaction
from django.db.models import Max

from chain.canonical import parse
from chain.commitments import commitment, hex_of
from chain.services import salt_of
from core import audit
from core.models import AuditEvent
from oversight.models import AuditSeal, AuditSealed
from oversight.rows import COLUMNS, row_bytes, row_hash
from oversight.services import sealing
from oversight.services.sealing import seal_all, seal_next
from tests.integration.oversight.conftest import TABLES, Fill, superuser

pytestmark = pytest.mark.django_db(transaction=True)


def note(count: int = 1) -> None:
    for _ in range(count):
        audit.record(audit.Name.TOKEN_ISSUED, by=audit.Actor.system("test"), target="x")


# -- only additions --------------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("sql", ["UPDATE {t} SET {c} = {c}", "DELETE FROM {t}"])
def test_nobody_changes_or_removes_a_row(fill: Fill, table: str, sql: str):
    fill(1)
    column = {"core_auditevent": "name", "oversight_auditseal": "count"}.get(table, "place")
    with pytest.raises(ProgrammingError, match="only ever added"), connection.cursor() as cursor:
        cursor.execute(sql.format(t=table, c=column))


def test_the_triggers_cannot_be_talked_into_looking_away(fill: Fill):
    fill(1)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = 'core_auditevent'::regclass")
        names = ",".join(name for (name,) in cursor.fetchall())
        cursor.execute("SELECT set_config('pgtrigger.ignore', %s, true)", [f"{{{names}}}"])
        with pytest.raises(ProgrammingError, match="only ever added"):
            cursor.execute("DELETE FROM core_auditevent")
        transaction.set_rollback(True)


@pytest.mark.parametrize("table", TABLES)
def test_only_the_owner_may_truncate(fill: Fill, table: str):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT grantee::regrole::text FROM pg_class, aclexplode(relacl) "
            "WHERE relname = %s AND privilege_type = 'TRUNCATE' AND grantee <> relowner",
            [table],
        )
        assert cursor.fetchall() == []


def test_whoever_may_write_everything_may_not_truncate(fill: Fill):
    with superuser() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("CREATE ROLE plain_audit_writer NOLOGIN")
        cursor.execute(
            "GRANT SELECT, INSERT, UPDATE, DELETE ON core_auditevent TO plain_audit_writer"
        )
        cursor.execute("SET LOCAL ROLE plain_audit_writer")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            cursor.execute("TRUNCATE core_auditevent CASCADE")
        cursor.execute("ROLLBACK")


# -- seals -----------------------------------------------------------------------------------------


def test_rows_are_sealed_in_order_and_committed(fill: Fill):
    fill(3)
    seal = AuditSeal.objects.get()
    said = parse(bytes(seal.document))
    ids = list(AuditEvent.objects.order_by("pk").values_list("pk", flat=True))
    assert list(AuditSealed.objects.order_by("place").values_list("event_id", flat=True)) == ids
    assert (said["number"], said["count"], said["first"], said["last"]) == (1, 3, ids[0], ids[-1])
    assert said["previous"] is None
    row = seal.commitment
    assert bytes(row.digest) == commitment(
        salt=salt_of(row), kind="audit", reference=row.reference, document=bytes(seal.document)
    )


def test_each_seal_names_the_one_before(fill: Fill):
    fill(1)
    fill(2)
    first, second = AuditSeal.objects.order_by("number")
    assert parse(bytes(second.document))["previous"] == hex_of(sha256(first.document).digest())


def test_the_hash_is_over_every_column(fill: Fill):
    fill(1)
    values = AuditEvent.objects.values_list(*COLUMNS).get()
    assert bytes(AuditSealed.objects.get().hash) == row_hash(values)
    for place, value in enumerate(values):
        other = [*values]
        other[place] = "changed" if isinstance(value, str) or value is None else "0"
        assert row_hash(other) != row_hash(values), COLUMNS[place]


def test_the_bytes_are_those_of_the_document(fill: Fill):
    fill(1)
    row = AuditEvent.objects.get()
    found = parse(row_bytes(AuditEvent.objects.values_list(*COLUMNS).get()))
    assert found == {
        "actor": None, "at": row.at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "channel": "test", "count": 0, "details": None, "format": "salus-audit/1", "id": row.pk,
        "name": "account.token-issued", "network": "", "organisation": None, "purpose": "",
        "request": str(row.request), "role": "", "subject": None, "xid": row.xid,
    }  # fmt: skip


def test_without_rows_there_is_no_seal():
    assert seal_all() == 0
    assert not AuditSeal.objects.exists()


def test_a_backlog_goes_in_pieces(fill: Fill):
    note(25)
    assert seal_all(most=10) == 25
    counts = AuditSeal.objects.order_by("number").values_list("count", flat=True)
    assert list(counts) == [10, 10, 5]
    assert AuditSealed.objects.count() == 25


def test_what_is_sealed_is_not_looked_at_again(fill: Fill):
    for _ in range(4):
        fill(5)
    newest = AuditSeal.objects.latest("number")
    assert newest.done_to > 0
    before = AuditSeal.objects.exclude(pk=newest.pk).aggregate(last=Max("last_id"))["last"]
    assert newest.done_to == before


class Writer(threading.Thread):
    """A request in another connection that has written, and goes on for a while."""

    def __init__(self) -> None:
        super().__init__()
        self.wrote, self.go_on = threading.Event(), threading.Event()

    def run(self) -> None:
        try:
            with transaction.atomic():
                note()
                self.wrote.set()
                self.go_on.wait(20)
        finally:
            connections.close_all()

    def __enter__(self):
        self.start()
        assert self.wrote.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self.go_on.set()
        self.join()


def test_a_row_that_is_committed_late_is_sealed_later():
    note(2)
    assert seal_all() == 2
    with Writer():
        note(2)  # with higher ids, and committed first
        assert seal_all() == 0, "older transactions may still write"
    assert seal_all() == 3
    assert AuditSealed.objects.count() == AuditEvent.objects.count() == 5


def test_a_long_transaction_leaves_nothing_behind():
    note()
    with Writer():
        early = AuditEvent.objects.latest("pk").pk
        note(3)
        seal_all()
    for _ in range(3):
        note()
        seal_all()
    sealed = set(AuditSealed.objects.values_list("event_id", flat=True))
    assert sealed == set(AuditEvent.objects.values_list("pk", flat=True))
    assert early + 1 in sealed


def test_another_worker_at_it_is_left_alone():
    note()
    done, hold = threading.Event(), threading.Event()

    def other() -> None:
        try:
            with transaction.atomic():
                assert sealing._locked()
                done.set()
                hold.wait(20)
        finally:
            connections.close_all()

    thread = threading.Thread(target=other)
    thread.start()
    assert done.wait(10)
    assert seal_next() == 0
    hold.set()
    thread.join()
    assert seal_next() == 1


def test_workers_at_once_seal_each_row_once():
    note(60)
    results: list[int] = []

    def work() -> None:
        try:
            for _ in range(20):
                results.append(seal_next(most=7))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seal_all()
    assert AuditSealed.objects.count() == 60
    numbers = list(AuditSeal.objects.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))


def test_rows_from_before_a_restore_are_sealed_though_their_numbers_lie_ahead(fill: Fill):
    fill(1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        ahead = cursor.fetchone()[0] + 1_000_000_000
    AuditEvent.objects.bulk_create(
        [AuditEvent(name="record.read", channel="test", xid=ahead + n) for n in range(2)]
    )
    note(1)
    assert seal_all() == 3
