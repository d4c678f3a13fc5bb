"""What must be true of the database before patients' data may lie in it."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections

ROLE = """
SELECT r.rolsuper OR r.rolbypassrls,
       EXISTS (SELECT 1 FROM pg_class c WHERE c.relowner = r.oid AND c.relrowsecurity)
FROM pg_roles r WHERE r.rolname = current_user
"""


@register(Tags.database)
def portal_role(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """The portal's role is bound by row-level security, and can't lift it."""
    if "default" not in (databases or ()):
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute(ROLE)
        above, owns = cursor.fetchone()
    if not (above or owns):
        return []
    hint = "Let DATABASE_URL name a plain role, and DATABASE_OWNER_URL the tables' owner."
    if above:
        words = "The role of DATABASE_URL is a superuser or has BYPASSRLS: no row is kept from it."
        return [Error(words, hint=hint, id="salus.E001")]
    # The lock is forced upon the owner too, who could lift it all the same.
    words = "The role of DATABASE_URL owns the tables: it could lift row-level security."
    return [(Error if settings.PRODUCTION else Warning)(words, hint=hint, id="salus.E002")]
