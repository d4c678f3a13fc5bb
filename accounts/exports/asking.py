"""Asking for a copy, letting go of one, and beginning again what was left."""

from datetime import timedelta
from functools import partial
from uuid import UUID

from celery import current_app
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.exports.files import delete_files, delete_strays
from accounts.models import DataExport, ExportState, User
from accounts.viewer import Viewer
from core import audit
from core.errors import Conflict

BUILD_TASK = "accounts.tasks.build_export_task"
LEFT_BEHIND = timedelta(seconds=30)
RESTART_EXPIRES = 60  # seconds; the next sweep asks again


@transaction.atomic
def export_start(*, by: Viewer) -> DataExport:
    """Have a copy made in place of an older one; raises Conflict while one is being made."""
    older = DataExport.objects.select_for_update().filter(user=by.user)
    for row in older.exclude(state=ExportState.GONE):
        if row.under_way:
            raise Conflict(_("A copy is being made already."))
        _let_go(row)
    try:
        with transaction.atomic():
            made = DataExport.objects.create(user=by.user)
    except IntegrityError:
        raise Conflict(_("A copy is being made already.")) from None
    audit.record(audit.Name.EXPORT_ASKED, by=by.actor, target=str(made.pk))
    _enqueue(made.pk)
    return made


@transaction.atomic
def export_discard(*, user: User) -> None:
    """Delete the person's copy at once, or stop making it."""
    rows = DataExport.objects.select_for_update().filter(user=user)
    for row in rows.exclude(state=ExportState.GONE):
        _let_go(row)


def _let_go(row: DataExport) -> None:
    """Without its key the file is noise already; then the file goes too."""
    row.advance(ExportState.GONE, sealed_key=None, run=None)
    transaction.on_commit(partial(delete_files, row.pk), robust=True)


def _enqueue(pk: UUID, expires: int | None = None) -> None:
    """Ask a worker, after the commit; where the broker is away, the next sweep asks again."""

    def ask() -> None:
        current_app.send_task(BUILD_TASK, [str(pk)], queue="work", expires=expires)

    transaction.on_commit(ask, robust=True)


def export_of(user: User) -> DataExport | None:
    """The person's copy, if there is one or one is being made."""
    return DataExport.objects.filter(user=user).exclude(state=ExportState.GONE).first()


# -- sweeping --------------------------------------------------------------------------------------


def exports_sweep() -> None:
    """Begin again what a dead worker left, let go of what is a week old, delete stray files."""
    _restart()
    _expire()
    delete_strays()


def _restart() -> None:
    quiet = timezone.now() - LEFT_BEHIND
    asked = Q(state=ExportState.WAITING, created_at__lt=quiet)
    left = DataExport.objects.filter(asked | Q(state=ExportState.BUILDING, beat_at__lt=quiet))
    for pk in left.values_list("pk", flat=True):
        _enqueue(pk, expires=RESTART_EXPIRES)


@transaction.atomic
def _expire() -> None:
    old = DataExport.objects.select_for_update(skip_locked=True)
    for row in old.filter(state=ExportState.READY, expires_at__lte=timezone.now()):
        _let_go(row)
