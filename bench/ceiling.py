"""What a read is made of, step by step, without middleware: the first one is the ceiling.

    /bare/PK       one row by its key, decrypted
    /signed-in/PK  and a bearer token, with the viewer's roles and organisation, in a transaction
    /gated/PK      and the condition of who may see it
    /locked/PK     and row-level security: the transaction says on whose behalf it reads
    /audited/PK    and an audit row in that transaction

The steps up to `gated` are measured as PostgreSQL's superuser, whom row-level security does not bind.
"""

import os
from uuid import UUID

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

application = get_wsgi_application()

from django.conf import settings  # noqa: E402
from django.db import transaction  # noqa: E402
from django.db.models import QuerySet  # noqa: E402

from accounts.tokens import token_find  # noqa: E402
from accounts.viewer import Viewer, viewer_acting, viewer_for  # noqa: E402
from core import audit  # noqa: E402
from core.keys import sealer_for  # noqa: E402
from core.prepared import Prepared  # noqa: E402
from core.row_security import Who  # noqa: E402
from records.access import versions_visible_to  # noqa: E402
from records.models import Version  # noqa: E402
from records.services.store import owner_of, seal_context  # noqa: E402

_sealers: dict[object, object] = {}
STEPS = ("bare", "signed-in", "gated", "locked", "audited")


def _user(request: HttpRequest):  # type: ignore[no-untyped-def]
    return token_find(request.headers["Authorization"].removeprefix("Bearer "), request).user  # type: ignore[union-attr]


def _opened(row: Version) -> HttpResponse:
    owner = owner_of(row.patient_id)
    sealer = _sealers.get(owner) or _sealers.setdefault(owner, sealer_for(owner))
    document = sealer.open(row.sealed, seal_context(row.path))  # type: ignore[attr-defined]
    headers = {"Content-Length": str(len(document))}
    return HttpResponse(document, content_type="application/fhir+json", headers=headers)


def _visible_rows(reach: list[UUID], keeping: list[UUID], pk: int) -> QuerySet[Version]:
    return versions_visible_to(Who.given(reach, keeping)).filter(pk=pk)


_visible = Prepared(_visible_rows, reach=[UUID(int=1)], keeping=[UUID(int=2)], pk=987654321)


_any = Prepared(lambda pk: Version.objects.filter(pk=pk), pk=987654321)  # as quick as what follows


def _seen(viewer: Viewer, pk: int) -> Version:
    acting = viewer.acting
    [row] = _visible(reach=list(acting.reach), keeping=list(acting.keeping), pk=pk)
    return row


@transaction.non_atomic_requests
def bare(request: HttpRequest, pk: int) -> HttpResponse:
    """Read and decrypt."""
    return _opened(Version.objects.get(pk=pk))


def signed_in(request: HttpRequest, pk: int) -> HttpResponse:
    """By whom."""
    viewer_for(_user(request), "bench")
    [row] = _any(pk=pk)
    return _opened(row)


def gated(request: HttpRequest, pk: int) -> HttpResponse:
    """Only what they may see."""
    return _opened(_seen(viewer_for(_user(request), "bench"), pk))


def locked(request: HttpRequest, pk: int) -> HttpResponse:
    """Twice decided."""
    return _opened(_seen(viewer_acting(_user(request), "bench"), pk))


def audited(request: HttpRequest, pk: int) -> HttpResponse:
    """And noted."""
    viewer = viewer_acting(_user(request), "bench")
    row = _seen(viewer, pk)
    audit.record(
        audit.Name.RECORD_READ, by=viewer.actor, subject=row.patient_id, target=row.reference,
        count=1,
    )  # fmt: skip
    return _opened(row)


urlpatterns = [
    path(f"{name}/<int:pk>", view)
    for name, view in zip(STEPS, (bare, signed_in, gated, locked, audited), strict=True)
]
settings.ROOT_URLCONF = "bench.ceiling"
settings.MIDDLEWARE = []
application.load_middleware()
