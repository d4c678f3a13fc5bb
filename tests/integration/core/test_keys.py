"""Envelope encryption: bound to its place, gone with its key."""

from uuid import uuid4

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from core.keys import KeyDestroyed, Owner, Sealer, Tampered, sealer_for, sealers_for
from core.models import DataKey, KeyEpoch

OWNER = Owner.patient(uuid4())
SEALER = Sealer(OWNER, b"\x01" * 32)


@given(st.binary(max_size=300), st.text(max_size=40))
def test_what_is_sealed_opens_again(plaintext: bytes, context: str):
    assert SEALER.open(SEALER.seal(plaintext, context), context) == plaintext


@given(st.binary(min_size=1, max_size=60), st.data())
def test_any_changed_byte_is_noticed(plaintext: bytes, data):
    sealed = bytearray(SEALER.seal(plaintext, "here"))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Tampered):
        SEALER.open(bytes(sealed), "here")


def test_another_place_does_not_open_it():
    with pytest.raises(Tampered):
        SEALER.open(SEALER.seal(b"x", "here"), "there")


@pytest.mark.django_db
def test_an_owner_keeps_one_key():
    assert sealer_for(OWNER).key == sealer_for(OWNER).key
    assert sealer_for(OWNER).key != sealer_for(Owner.patient(uuid4())).key
    assert DataKey.objects.count() == 2
    assert KeyEpoch.objects.count() == 1


@pytest.mark.django_db
def test_keys_are_never_stored_bare():
    key = sealer_for(OWNER).key
    assert key not in bytes(DataKey.objects.get().wrapped or b"")


@pytest.mark.django_db
def test_a_destroyed_key_opens_nothing():
    sealer_for(OWNER)
    DataKey.objects.update(wrapped=None, destroyed_at=timezone.now())
    with pytest.raises(KeyDestroyed):
        sealer_for(OWNER)
    assert sealers_for([OWNER]) == {}


@pytest.mark.django_db
def test_many_sealers_cost_one_query(makes_queries):
    owners = [Owner.patient(uuid4()) for _ in range(5)]
    for owner in owners:
        sealer_for(owner)
    with makes_queries(1):
        found = sealers_for(owners)
    assert set(found) == set(owners)
