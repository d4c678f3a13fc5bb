"""Who we are: the portal's id, which begins every reference that is ever committed."""

from functools import lru_cache
from uuid import UUID

from core.models import Deployment


@lru_cache(maxsize=1)
def portal_id() -> UUID:
    """The deployment's UUID, the same for ever."""
    return Deployment.objects.get_or_create(only=True)[0].id


def portal_urn() -> str:
    """The deployment's id as a URN: `urn:uuid:...`."""
    return f"urn:uuid:{portal_id()}"
