"""How far a recording is, kept where a page can see it before the transaction ends."""

from uuid import UUID

from django.core.cache import cache

LIFETIME = 3600  # seconds; a recording that takes longer is dead


def progress_set(shipment_id: UUID, done: int, total: int) -> None:
    """Note how many packages are written, as `done/total`."""
    cache.set(_key(shipment_id), f"{done}/{total}", LIFETIME)


def progress_of(shipment_id: UUID) -> int:
    """How many packages are written so far."""
    done, _, _ = str(cache.get(_key(shipment_id), "0/0")).partition("/")
    return int(done)


def progress_forget(shipment_id: UUID) -> None:
    """The recording has ended."""
    cache.delete(_key(shipment_id))


def _key(shipment_id: UUID) -> str:
    return f"supply:progress:{shipment_id}"
