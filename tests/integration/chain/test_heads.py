"""Person heads: every batch chains a person's news, and nothing escapes."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from chain import registry
from chain.anchoring import seal_batch
from chain.canonical import parse
from chain.commitments import hex_of, keccak256
from chain.continuity import forget_chain
from chain.heads import head_document, heads_of, waiting_of
from chain.models import Batch, Commitment, Contract, Kind, PersonHead
from chain.proofs import HEAD_DOMAIN, kept_head
from chain.services import Item, commit
from chain.signer import PORTAL_KEY, get_signer
from chain.tasks import tick
from core.keys import Owner, sealer_for
from core.models import DataKey

pytestmark = pytest.mark.django_db


def committed(owner: Owner, count: int = 1) -> list[Commitment]:
    with transaction.atomic():
        items = [Item(Kind.FHIR, f"Observation/{uuid4()}/_history/1", b"{}") for _ in range(count)]
        return commit(items, sealer=sealer_for(owner))


def consented(owner: Owner) -> Commitment:
    with transaction.atomic():
        item = Item(Kind.CONSENT, f"Consent/{uuid4()}/_history/1", b"{}")
        [row] = commit([item], sealer=sealer_for(owner))
        registry.register(row)
        return row


def said(person: UUID) -> list[dict[str, Any]]:
    """What a person's heads say, the first one first."""
    return [parse(head_document(head)) for head in heads_of(person).reverse()]


def hexes(rows: list[Commitment]) -> list[str]:
    return [hex_of(row.digest) for row in rows]


def test_each_batch_lists_a_persons_news_in_order(until_final: Callable[[], None]):
    person = Owner.patient(uuid4())
    first = committed(person, 3)
    until_final()
    second = committed(person, 2)
    until_final()
    one, two = said(person.id)
    assert one["commitments"] == hexes(first)
    assert two["commitments"] == hexes(second)
    assert (one["number"], one["count"], one["previous"]) == (1, 3, None)
    head = PersonHead.objects.get(number=1)
    assert (two["number"], two["count"]) == (2, 5)
    assert two["previous"] == hex_of(head.commitment.digest)
    assert one["person"] == f"Patient/{person.id}"


def test_a_head_is_a_leaf_like_any_other(until_final: Callable[[], None]):
    committed(Owner.patient(uuid4()), 3)
    until_final()
    assert Batch.objects.get().count == 4
    assert Commitment.objects.get(kind=Kind.HEAD).state == "final"


def test_people_are_chained_apart(ledger: Contract):
    people = [Owner.patient(uuid4()) for _ in range(3)]
    rows = {person.id: committed(person, 2) for person in people}
    seal_batch()
    for person in people:
        [head] = said(person.id)
        assert head["commitments"] == hexes(rows[person.id])


def test_consents_are_listed_though_they_are_no_leaves(until_final: Callable[[], None]):
    person = Owner.patient(uuid4())
    row = consented(person)
    until_final_of_consents()
    row.refresh_from_db()
    assert row.batch is None
    assert row.head is not None
    [head] = said(person.id)
    assert head["commitments"] == hexes([row])
    assert Batch.objects.get().count == 1  # the head alone


def until_final_of_consents() -> None:
    for _ in range(6):
        tick()


def test_what_belongs_to_nobody_has_no_head(ledger: Contract):
    committed(Owner.portal(), 2)
    committed(Owner.organisation(uuid4()), 2)
    seal_batch()
    assert not PersonHead.objects.exists()
    assert Batch.objects.get().count == 4


def test_an_erased_person_gets_no_new_head(ledger: Contract):
    person = Owner.patient(uuid4())
    committed(person)
    consented(person)
    key = DataKey.objects.get(owner_id=person.id)
    key.wrapped, key.destroyed_at = None, key.created_at
    key.save()
    seal_batch()
    assert not PersonHead.objects.exists()
    assert Batch.objects.get().count == 1  # the consent is no leaf, and no head lists it


def test_a_consent_of_an_erased_person_holds_nothing_up(ledger: Contract):
    person = Owner.patient(uuid4())
    consented(person)
    DataKey.objects.filter(owner_id=person.id).update(
        wrapped=None, destroyed_at="2026-01-01T00:00Z"
    )
    assert seal_batch() is None
    committed(Owner.portal())
    assert seal_batch() is not None


def test_after_a_lost_chain_the_same_heads_are_anchored_again(until_final: Callable[[], None]):
    from chain.deployment import ensure_contracts

    person = Owner.patient(uuid4())
    committed(person, 2)
    until_final()
    before = said(person.id)
    forget_chain()
    ensure_contracts()
    until_final()
    assert said(person.id) == before
    assert waiting_of(person.id) == 0


def test_what_waits_is_told(ledger: Contract):
    person = Owner.patient(uuid4())
    committed(person, 2)
    assert waiting_of(person.id) == 2
    seal_batch()
    assert waiting_of(person.id) == 2
    for _ in range(6):
        tick()
    assert waiting_of(person.id) == 0


def test_the_portal_signs_what_a_person_keeps(ledger: Contract):
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    person = Owner.patient(uuid4())
    committed(person)
    seal_batch()
    head = heads_of(person.id)[0]
    kept = kept_head(head)
    key = bytes.fromhex(kept["signature"]["public_key"][2:])
    assert key == get_signer().public_keys(PORTAL_KEY)[0]
    value = bytes.fromhex(kept["signature"]["value"][2:])
    der = encode_dss_signature(int.from_bytes(value[:32], "big"), int.from_bytes(value[32:], "big"))
    digest = keccak256(HEAD_DOMAIN + bytes(head.commitment.digest))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), b"\4" + key)
    public.verify(der, digest, ec.ECDSA(Prehashed(SHA256())))


def test_the_urgent_go_first_and_at_once(ledger: Contract, settings):
    settings.ANCHOR_BATCH_SECONDS = 3600
    owner = Owner.portal()
    committed(owner, 3)
    assert seal_batch() is None
    with transaction.atomic():
        item = Item(Kind.FHIR, f"Observation/{uuid4()}/_history/1", b"{}")
        [row] = commit([item], sealer=sealer_for(owner), urgent=True)
    settings.ANCHOR_BATCH_LEAVES = 2
    batch = seal_batch()
    assert batch is not None
    row.refresh_from_db()
    assert row.batch_id == batch.pk
