"""The demo's mails: Django's file backend writes them, and this reads the latest ones."""

import email
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings

NEWEST = 20
_LINE = b"-" * 79  # stands after each mail in a file of the backend


@dataclass(frozen=True)
class DemoMail:
    """A mail as its reader sees it."""

    to: str
    subject: str
    at: datetime
    text: str


def latest_mails(count: int = NEWEST) -> list[DemoMail]:
    """The latest mails, newest first."""
    folder = Path(settings.EMAIL_FILE_PATH)
    if not folder.is_dir():
        return []
    files = sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    mails = [mail for file in files[:count] for mail in reversed(list(_mails_in(file)))]
    return sorted(mails, key=lambda mail: mail.at, reverse=True)[:count]


def _mails_in(file: Path) -> Iterator[DemoMail]:
    for part in file.read_bytes().split(_LINE):
        if not part.strip():
            continue
        parsed = email.message_from_bytes(part.lstrip(b"\r\n"), policy=policy.default)
        body = parsed.get_body(("plain",))
        at = parsedate_to_datetime(str(parsed["Date"]))
        text = body.get_content() if body else ""
        yield DemoMail(str(parsed["To"]), str(parsed["Subject"]), at, text)
