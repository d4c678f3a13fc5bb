"""Key epochs: interrupted anywhere, used meanwhile, and closed for good behind us."""

import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from core import rotation
from core.keys import Owner, Sealer, derived_secret, sealer_for
from core.master_key import FileMasterKey, WrongMasterKey
from core.models import DataKey, KeyEpoch
from core.rotation import Progress, forget, rotate, rotate_past
from tests.factories.keys import key_file

__all__ = ["key_file"]
pytestmark = pytest.mark.django_db
STEPS = 6  # more than a rotation of the keys below has


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> dict[Owner, bytes]:
    """Five owners' keys, rewrapped two at a time."""
    monkeypatch.setattr(rotation, "CHUNK", 2)
    return {owner: sealer_for(owner).key for owner in (Owner.patient(uuid4()) for _ in range(5))}


def numbers() -> list[int]:
    return list(KeyEpoch.objects.filter(destroyed_at=None).values_list("number", flat=True))


def restarted(settings: Settings) -> None:
    """As a process that starts now finds its key."""
    settings.MASTER_KEY = settings.MASTER_KEY_FILE.read_text().strip()


def readable(keys: dict[Owner, bytes]) -> bool:
    return all(sealer_for(owner).key == key for owner, key in keys.items())


def test_keys_stay_what_they_are_and_the_old_epoch_is_gone(keys, key_file: Path, settings):
    steps = list(rotate())
    assert (steps[0], steps[-1]) == (Progress(2, 0, 5), Progress(2, 5, 0))
    old = KeyEpoch.objects.get(number=1)
    assert old.wrapped is None
    assert old.destroyed_at is not None
    assert readable(keys)
    restarted(settings)
    assert readable(keys)


@pytest.mark.parametrize("after", range(STEPS))
def test_whoever_is_killed_goes_on(after: int, keys, key_file: Path, settings, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(rotation, "forget", lambda: None)  # killed before that, too
        begun: Iterator[Progress] = rotate()
        for _step, _number in zip(begun, range(after), strict=False):
            pass
        del begun
    assert readable(keys)
    new = sealer_for(Owner.patient(uuid4()))
    list(rotate())
    assert numbers() == [2]
    restarted(settings)
    assert readable(keys | {new.owner: new.key})


def test_yesterdays_key_table_opens_nothing_with_todays_master_key(keys, key_file: Path, settings):
    yesterday = list(DataKey.objects.select_related("epoch"))
    list(rotate())
    restarted(settings)
    master = FileMasterKey.of(settings.MASTER_KEY)
    for row in yesterday:
        with pytest.raises(WrongMasterKey):
            master.unwrap(bytes(row.epoch.wrapped or b""), row.epoch.number)
        with pytest.raises(WrongMasterKey):  # nor under any other name
            master.unwrap(bytes(row.epoch.wrapped or b""), 2)


def test_destroyed_keys_stay_destroyed(keys, key_file: Path):
    DataKey.objects.all().update(wrapped=None, destroyed_at=timezone.now())
    list(rotate())
    assert numbers() == [2]
    assert not DataKey.objects.exclude(wrapped=None).exists()


def test_a_rotation_that_was_under_way_does_not_count_for_what_came_later(keys, key_file: Path):
    begun = rotate()
    next(begun)
    now = timezone.now()
    rotate_past(now)
    assert numbers() == [3]
    assert FileMasterKey.of(key_file.read_text()).epoch == 3
    rotate_past(now)
    assert numbers() == [3]


def test_derived_secrets_never_change(keys, key_file: Path, settings):
    before = derived_secret("search index")
    list(rotate())
    restarted(settings)
    assert derived_secret("search index") == before


def test_a_file_that_cannot_be_written_stops_it_at_once(keys, settings, tmp_path: Path):
    settings.MASTER_KEY_FILE = tmp_path / "nowhere" / "key"
    with pytest.raises(CommandError):
        call_command("rotate_keys")
    assert numbers() == [1]


def test_the_command_says_how_far_it_is(keys, key_file: Path, capsys):
    call_command("rotate_keys")
    said = capsys.readouterr().out
    assert "epoch 2: 2 keys rewrapped, 3 left" in said
    assert "keys/s" in said


# -- another master key ----------------------------------------------------------------------------


@pytest.mark.parametrize("rotated", [False, True])
def test_another_master_key_takes_over(rotated, keys, key_file: Path, settings, tmp_path: Path):
    if rotated:
        list(rotate())
    before = derived_secret("search index")
    new = tmp_path / "new-key"
    new.write_text("a new secret of more than thirty-two characters")
    settings.MASTER_KEY_FILE = new
    call_command("rotate_keys", master=key_file)
    call_command("rotate_keys", master=key_file)  # interrupted, say, before anybody saw the answer
    restarted(settings)
    assert readable(keys)
    assert derived_secret("search index") == before
    [epoch] = KeyEpoch.objects.filter(destroyed_at=None)
    with pytest.raises(WrongMasterKey):
        FileMasterKey.of(key_file.read_text()).unwrap(bytes(epoch.wrapped or b""), epoch.number)
    list(rotate())
    restarted(settings)
    assert readable(keys)


def test_a_file_that_never_was_the_master_key_is_refused(keys, key_file: Path, tmp_path: Path):
    other = tmp_path / "other"
    other.write_text("neither this one nor that one, but long enough")
    key_file.write_text("a new secret of more than thirty-two characters")
    with pytest.raises(CommandError, match="Neither"):
        call_command("rotate_keys", master=other)


def test_a_broken_file_is_refused_without_saying_what_it_holds(key_file: Path):
    key_file.write_text("salus-master/2 1 abcd secret")
    with pytest.raises(CommandError) as caught:
        call_command("rotate_keys")
    assert "secret" not in str(caught.value)


# -- in company ------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_keys_that_others_make_meanwhile_are_not_left_behind(keys, key_file: Path):
    made: dict[Owner, bytes] = {}
    failed: list[BaseException] = []
    stop = threading.Event()

    def work() -> None:
        try:
            while not stop.is_set():
                owner = Owner.patient(uuid4())
                with transaction.atomic():
                    made[owner] = sealer_for(owner).key
                assert readable(keys)
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    try:
        for _round in range(4):
            list(rotate())
    finally:
        stop.set()
        for worker in workers:
            worker.join()
    assert not failed
    assert made
    assert numbers() == [5]
    assert readable(keys | made)
    assert not DataKey.objects.filter(epoch__destroyed_at__isnull=False).exists()


@pytest.mark.django_db(transaction=True)
def test_an_epoch_waits_for_who_makes_a_key_under_it(keys, key_file: Path):
    owner, done = Owner.patient(uuid4()), threading.Event()

    def work() -> None:
        list(rotate())
        done.set()
        connection.close()

    with transaction.atomic():
        key = sealer_for(owner).key
        rotating = threading.Thread(target=work)
        rotating.start()
        assert not done.wait(0.5)
    rotating.join()
    assert numbers() == [2]
    assert readable(keys | {owner: key})


@pytest.mark.django_db(transaction=True)
def test_two_rotations_at_once_are_one_or_two_but_never_half(keys, key_file: Path):
    def work() -> None:
        list(rotate())
        connection.close()

    both = [threading.Thread(target=work) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    forget()
    assert numbers() in ([2], [3])
    assert readable(keys)


def test_sealed_values_know_nothing_of_epochs(keys, key_file: Path):
    owner = next(iter(keys))
    sealed = sealer_for(owner).seal(b"told", "here")
    list(rotate())
    sealer: Sealer = sealer_for(owner)
    assert sealer.open(sealed, "here") == b"told"
