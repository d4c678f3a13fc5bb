"""How often somebody may do something: counted in Valkey, so that a rollback changes nothing."""

from django.core.cache import cache

from core.errors import TooMany


def limit(what: str, who: object, *, most: int, seconds: int) -> None:
    """Count one more; raises TooMany where it is over `most` within `seconds`."""
    key = f"limit:{what}:{who}"
    cache.add(key, 0, seconds)
    try:
        count = cache.incr(key)
    except ValueError:  # it ran out between the two
        cache.set(key, 1, seconds)
        return
    if count > most:
        raise TooMany(seconds)
