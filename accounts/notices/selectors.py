"""A person's notices: nobody else's can be asked for."""

from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Notice, User
from core.errors import NotFound


def notices_of(user: User) -> QuerySet[Notice]:
    """What a person was told in Salus, newest first."""
    return Notice.objects.filter(user=user, in_app=True).order_by("-last_at", "-id")


def access_notice(user: User, pk: UUID) -> Notice:
    """One of the person's own; raises NotFound."""
    found = notices_of(user).filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


def unread_count(user: User) -> int:
    """How many are unread, in one query; in none for who never had a notice."""
    return notices_of(user).filter(read_at=None).order_by().count() if user.has_notices else 0
