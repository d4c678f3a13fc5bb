"""The same write asked for twice takes effect once: the second time the first answer comes again.

The key, the effect and the answer are of one transaction. An answer may hold what is shown once (a
new token), so it lies sealed under the portal's key, for a day.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from core.acting import HEADER as ACTING_FOR
from core.errors import Conflict, Invalid, Malformed, Problem
from core.keys import Owner, sealer_for
from core.models import IdempotencyKey

HEADER, REPLAYED = "Idempotency-Key", "Idempotency-Replayed"
WRITES = ("POST", "PUT", "PATCH", "DELETE")
KEPT = timedelta(hours=24)
KEPT_HEADERS = ("Location", "ETag", "Retry-After")
_KEY = re.compile(r"[!-~]{1,255}")

Answer = Callable[[], HttpResponseBase]
OnError = Callable[[Exception], HttpResponseBase]


class StillRunning(Conflict):
    """The first request with this key has not ended yet."""

    code = "in-progress"
    title = _("This is being done already")
    retry_after = 1


def key_of(request: Request) -> str:
    """The key that a write brings, or nothing; raises Malformed."""
    given: str = request.headers.get(HEADER, "") if request.method in WRITES else ""
    if HEADER in request.headers and request.method in WRITES and not _KEY.fullmatch(given):
        raise Malformed(f"{HEADER} is 1 to 255 visible ASCII characters.")
    return given


def answer_once(
    *, request: Request, person: UUID, key: str, run: Answer, on_error: OnError
) -> HttpResponseBase:
    """Run a write, or give again what it gave; raises Invalid for another request, StillRunning."""
    digest, print_ = hashlib.sha256(key.encode()).digest(), fingerprint(request)
    with transaction.atomic():
        _lock(person, digest)
        row = IdempotencyKey.objects.filter(person_id=person, digest=digest).first()
        if row is not None and row.created_at > timezone.now() - KEPT:
            return _replayed(row, print_)
        answer = _run(run, on_error)
        if answer.status_code < 500:  # a fault of ours is worth another try
            _keep(person, digest, print_, answer)
        return answer


def _run(run: Answer, on_error: OnError) -> HttpResponseBase:
    """The effect in a savepoint: a refusal undoes it, and is an answer to be kept."""
    try:
        with transaction.atomic():
            return run()
    except Exception as error:
        answer = on_error(error)
        transaction.set_rollback(False)  # the savepoint has undone all there was
        return answer


def _lock(person: UUID, digest: bytes) -> None:
    """Hold the key until the transaction ends; nobody waits for it."""
    number = int.from_bytes(hashlib.sha256(person.bytes + digest).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        if not cursor.fetchone()[0]:
            raise StillRunning


# -- what is asked ---------------------------------------------------------------------------------


def fingerprint(request: Request) -> bytes:
    """The same for the same request: method, address, for whom, what was sent, however packed."""
    asked = f"{request.method} {request.get_full_path()} {request.headers.get(ACTING_FOR, '')}"
    found = hashlib.sha256(asked.encode())
    for part in _parts(request.data):
        found.update(len(part).to_bytes(8) + part)
    return found.digest()


def _parts(data: Any) -> Iterator[bytes]:
    if isinstance(data, MultiValueDict):
        for name in sorted(data):
            yield name.encode()
            for value in data.getlist(name):
                yield _file_digest(value) if isinstance(value, UploadedFile) else value.encode()
    else:
        yield json.dumps(data, sort_keys=True, default=str).encode()


def _file_digest(file: "UploadedFile[Any]") -> bytes:
    found = hashlib.sha256((file.name or "").encode())
    for chunk in file.chunks():
        found.update(chunk)
    file.seek(0)
    return found.digest()


# -- what was answered -----------------------------------------------------------------------------


def _keep(person: UUID, digest: bytes, print_: bytes, answer: HttpResponseBase) -> None:
    kept = {
        "type": _type(answer),
        "headers": {name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers},
        "body": _body(answer).decode(),
    }
    sealed = sealer_for(Owner.portal()).seal(json.dumps(kept).encode(), _context(digest))
    IdempotencyKey.objects.update_or_create(
        person_id=person,
        digest=digest,
        defaults={
            "fingerprint": print_, "status": answer.status_code, "sealed_answer": sealed,
            "created_at": timezone.now(),
        },
    )  # fmt: skip


def _type(answer: HttpResponseBase) -> str:
    if isinstance(answer, Response):  # its header is set when it is rendered
        return answer.content_type or "application/json"
    return answer.headers["Content-Type"]


def _body(answer: HttpResponseBase) -> bytes:
    if isinstance(answer, Response):
        rendered: bytes = JSONRenderer().render(answer.data)
        return rendered
    assert isinstance(answer, HttpResponse)
    return answer.content


def _replayed(row: IdempotencyKey, print_: bytes) -> HttpResponse:
    if bytes(row.fingerprint) != print_:
        text = str(_("This key was used for another request. Choose a new one."))
        raise Invalid(problems=[Problem(HEADER, text)])
    opened = sealer_for(Owner.portal()).open(row.sealed_answer, _context(bytes(row.digest)))
    kept: dict[str, Any] = json.loads(opened)
    answer = HttpResponse(kept["body"], status=row.status, content_type=kept["type"])
    for name, value in (kept["headers"] | {REPLAYED: "true"}).items():
        answer.headers[name] = value
    return answer


def _context(digest: bytes) -> str:
    return f"idempotent answer {digest.hex()}"


def keys_forget() -> int:
    """Delete the answers that are older than a day; gives how many."""
    old = IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT)
    return old.delete()[0]
