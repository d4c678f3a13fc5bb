"""Somebody with all rights over the database tampers; `verify_audit` asks the chain, and says where."""

import base64
from collections.abc import Callable
from hashlib import sha256

import pytest
from django.db import connection
from django.test import Client

from chain.canonical import canonical, parse
from chain.commitments import commitment, hex_of
from chain.models import Contract
from chain.services import salt_of
from core import audit
from core.models import AuditEvent
from oversight.models import AuditSeal, AuditSealed
from oversight.rows import COLUMNS, row_hash, rows_hash
from oversight.services.sealing import seal_all
from tests.factories.people import UserFactory
from tests.integration.oversight.conftest import Fill, as_superuser, verified

pytestmark = pytest.mark.django_db(transaction=True)
Run = Callable[[], None]


@pytest.fixture
def sealed(ledger: Contract, fill: Fill, until_final: Run) -> list[int]:
    """Three final seals of four rows each; gives the ids of the rows of the second."""
    for _ in range(3):
        fill(4)
    until_final()
    return list(AuditSealed.objects.filter(seal=2).order_by("place").values_list("pk", flat=True))


def test_an_untouched_trail_is_right(sealed):
    code, said = verified()
    assert code == 0
    assert "12 rows under 3 seals; 0 faults; 0 rows are not sealed yet, 0 seals not final" in said


def test_it_says_how_much_is_not_sealed_yet(sealed):
    audit.record(audit.Name.TOKEN_ISSUED, by=audit.Actor.system("test"))
    code, said = verified()
    assert code == 0
    assert "1 rows are not sealed yet" in said


def test_it_says_what_is_not_final_yet(sealed, fill: Fill):
    fill(1)
    code, said = verified()
    assert code == 0
    assert "1 seals not final" in said


def test_it_begins_where_it_is_told(sealed):
    code, said = verified("--since", "3")
    assert code == 0
    assert "4 rows under 1 seals" in said


@pytest.mark.parametrize(
    ("column", "value"),
    [("name", "record.read"), ("count", 99), ("channel", "fhir"), ("network", "192.0.2.0/24"),
     ("actor_id", "00000000-0000-4000-8000-000000000001"), ("details", b"x"), ("xid", 1),
     ("at", "2020-01-01T00:00:00Z")],
)  # fmt: skip
def test_a_changed_row_is_named(sealed, column: str, value: object):
    as_superuser(f"UPDATE core_auditevent SET {column} = %s WHERE id = %s", value, sealed[1])
    code, said = verified()
    assert code == 1
    assert f"row {sealed[1]}, seal 2: was changed" in said


def test_a_deleted_row_is_named(sealed):
    as_superuser("DELETE FROM core_auditevent WHERE id = %s", sealed[2])
    code, said = verified()
    assert code == 1
    assert f"row {sealed[2]}, seal 2: was deleted" in said


def test_a_row_deleted_together_with_its_note_is_missed(sealed):
    as_superuser("DELETE FROM core_auditevent WHERE id = %s", sealed[2])
    as_superuser("DELETE FROM oversight_auditsealed WHERE event_id = %s", sealed[2])
    code, said = verified()
    assert code == 1
    assert "seal 2: has not the rows it was made of: see place 2" in said


def add_later(id: int, xid: int | None = None) -> None:
    number = "(pg_current_xact_id()::text::bigint)" if xid is None else str(xid)
    as_superuser(
        "INSERT INTO core_auditevent (id, at, request, name, role, purpose, channel, network, xid) "
        "OVERRIDING SYSTEM VALUE VALUES (%s, now() - interval '1 day', gen_random_uuid(), "
        f"'record.read', '', '', 'page', '', {number})",
        id,
    )


@pytest.fixture
def gap(ledger: Contract, fill: Fill, until_final: Run) -> int:
    """An id that was given out and never used, below rows that are sealed."""
    fill(2)
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('core_auditevent', 'id'))")
        free = cursor.fetchone()[0]
    fill(2)
    until_final()
    return int(free)


def test_a_row_added_to_a_sealed_range_is_named(gap: int):
    assert verified()[0] == 0
    add_later(gap)
    code, said = verified()
    assert code == 1
    assert f"row {gap}, seal 2: was added to a range that had been sealed without it" in said


def test_an_added_row_is_named_whatever_transaction_it_claims(gap: int):
    add_later(gap, AuditSeal.objects.get(number=2).xmin - 1)
    assert f"row {gap}, seal 2: was added" in verified()[1]


def test_sealing_the_added_row_does_not_help(gap: int, until_final: Run):
    add_later(gap)
    as_superuser("UPDATE oversight_auditseal SET done_to = 0")
    assert seal_all() == 1
    until_final()
    code, said = verified()
    assert code == 1
    assert f"row {gap}, seal 2: was added" in said


def test_a_changed_seal_is_named(sealed):
    seal = AuditSeal.objects.get(number=2)
    said = parse(bytes(seal.document)) | {"time": "2020-01-01T00:00:00.000000Z"}
    as_superuser("UPDATE oversight_auditseal SET document = %s WHERE number = 2", canonical(said))
    code, out = verified()
    assert code == 1
    assert "seal 2: its document was changed" in out
    assert "seal 2: is not the one whose commitment stands in batch" in out


@pytest.mark.parametrize("column", ["count", "last_id", "snapshot_xmin", "snapshot_xmax"])
def test_a_changed_column_of_a_seal_is_named(sealed, column: str):
    as_superuser(f"UPDATE oversight_auditseal SET {column} = {column} + 1 WHERE number = 2")
    code, said = verified()
    assert code == 1
    assert "seal 2: its document and the columns beside it differ" in said


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "seal 2: the seal before it is missing"),
        (2, "seal 3: the seal before it is missing"),
        (3, "seal 3: is missing; its commitment is there"),
    ],
)
def test_a_missing_seal_is_named(sealed, number: int, words: str):
    as_superuser("DELETE FROM oversight_auditsealed WHERE seal_id = %s", number)
    as_superuser("DELETE FROM oversight_auditseal WHERE number = %s", number)
    code, said = verified()
    assert code == 1
    assert words in said


def remake() -> None:
    """Compute all hashes, documents and links of the seals again, to fit the rows as they are."""
    previous: bytes | None = None
    for seal in AuditSeal.objects.order_by("number"):
        ids = list(seal.rows.order_by("place").values_list("pk", flat=True))
        rows = {r[0]: r for r in AuditEvent.objects.filter(pk__in=ids).values_list(*COLUMNS)}
        hashes = [row_hash(rows[pk]) for pk in ids]
        for pk, made in zip(ids, hashes, strict=True):
            as_superuser("UPDATE oversight_auditsealed SET hash=%s WHERE event_id=%s", made, pk)
        said = parse(bytes(seal.document)) | {
            "rows": hex_of(rows_hash(hashes)), "previous": hex_of(previous) if previous else None
        }  # fmt: skip
        document = canonical(said)
        previous = sha256(document).digest()
        as_superuser(
            "UPDATE oversight_auditseal SET document = %s, hash = %s WHERE number = %s",
            document, previous, seal.number,
        )  # fmt: skip


def test_a_chain_of_seals_made_anew_is_found_by_its_commitments(sealed):
    as_superuser("UPDATE core_auditevent SET name = 'record.read' WHERE id = %s", sealed[0])
    remake()
    code, said = verified()
    assert code == 1
    assert "row" not in said.split("rows under")[0].replace("its rows", "")
    assert "seal 2: is not the one whose commitment stands in batch" in said
    assert "seal 3: is not the one whose commitment stands in batch" in said
    assert "seal 1:" not in said


def test_new_commitments_for_the_new_seals_are_found_by_the_chain(sealed):
    as_superuser("UPDATE core_auditevent SET name = 'record.read' WHERE id = %s", sealed[0])
    remake()
    for seal in AuditSeal.objects.filter(number__gte=2).select_related("commitment"):
        row = seal.commitment
        digest = commitment(
            salt=salt_of(row), kind=row.kind, reference=row.reference,
            document=bytes(seal.document),
        )  # fmt: skip
        as_superuser("UPDATE chain_commitment SET digest = %s WHERE id = %s", digest, row.pk)
    code, said = verified()
    assert code == 1
    assert "seal 2: batch" in said
    assert "its commitments in the database are not those that were anchored" in said


def test_a_tree_made_anew_is_found_by_the_heads_on_the_chain(sealed):
    as_superuser("UPDATE chain_batch SET root = %s", b"\7" * 32)
    code, said = verified()
    assert code == 1
    assert "seal 2: batch" in said
    assert "the chain has another entry under its number" in said


def test_taking_a_commitment_back_to_anchor_another_one_is_found(sealed):
    row = AuditSeal.objects.get(number=3).commitment
    as_superuser(
        "UPDATE chain_commitment SET batch_id = NULL, position = NULL WHERE id = %s", row.pk
    )
    code, said = verified()
    assert code == 1
    assert "differs from the chain" in said


def test_the_proof_of_a_seal_is_for_auditors(sealed, client: Client):
    seal = AuditSeal.objects.get(number=1)
    url = f"/proofs/{seal.commitment_id}.json"
    client.force_login(UserFactory())
    assert client.get(url).status_code == 404
    client.force_login(UserFactory(own_role="auditor"))
    answer = client.get(url)
    assert answer.status_code == 200
    proof = answer.json()
    assert (proof["format"], proof["kind"]) == ("salus-proof/1", "audit")
    assert base64.b64decode(proof["document"]) == bytes(seal.document)
    assert client.get(f"/proofs/{seal.commitment_id}/").status_code == 200
