"""Logs: one line each, nothing personal."""

import logging
import traceback
from types import TracebackType
from typing import Any


class LineFormatter(logging.Formatter):
    """Level, logger and message on one line; of an error only its type and where it came from.

    The text of an error may quote a row or a value, and the address of a failed request names a
    patient: both stay out.
    """

    def __init__(self) -> None:
        super().__init__("%(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        request: Any = getattr(record, "request", None)
        if record.name == "django.request" and request is not None:
            match = getattr(request, "resolver_match", None)
            route = match.route if match else "an unknown address"
            record = logging.makeLogRecord({**record.__dict__, "args": ()})
            record.msg = f"{getattr(record, 'status_code', '')} {request.method} {route}"
        return super().format(record).replace("\n", " | ")

    def formatException(self, ei: Any) -> str:
        """The error's type and the way to it, innermost first; never its text."""
        kind: type[BaseException] | None = ei[0]
        trace: TracebackType | None = ei[2]
        frames = reversed(traceback.extract_tb(trace))
        way = " < ".join(f"{f.name} ({f.filename.rsplit('/', 2)[-1]}:{f.lineno})" for f in frames)
        return f"{kind.__name__ if kind else 'error'} in {way}"
