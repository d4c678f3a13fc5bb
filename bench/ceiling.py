"""The least that a read could be: one row by its key, decrypted; no sign-in, consent or audit."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

application = get_wsgi_application()

from django.conf import settings  # noqa: E402

from core.keys import sealer_for  # noqa: E402
from records.models import Version  # noqa: E402
from records.services.store import owner_of, seal_context  # noqa: E402

_sealers: dict[object, object] = {}


def bare(request: HttpRequest, pk: int) -> HttpResponse:
    """Read and decrypt."""
    row = Version.objects.select_related("record").get(pk=pk)
    owner = owner_of(row.record.patient_id)
    sealer = _sealers.get(owner) or _sealers.setdefault(owner, sealer_for(owner))
    document = sealer.open(row.sealed, seal_context(row.path))  # type: ignore[attr-defined]
    headers = {"Content-Length": str(len(document))}
    return HttpResponse(document, content_type="application/fhir+json", headers=headers)


urlpatterns = [path("bare/<int:pk>", bare)]
settings.ROOT_URLCONF = "bench.ceiling"
settings.MIDDLEWARE = []
application.load_middleware()
