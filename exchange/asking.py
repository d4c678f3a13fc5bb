"""What is asked of the FHIR server, whether it came by HTTP or within a bundle; and the answer."""

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl

from django.utils.translation import gettext as _

from core.errors import Malformed, Problem
from exchange.outcome import outcome
from records.models import Version

Parameters = list[tuple[str, str]]
_ETAG = re.compile(r'(?:W/)?"(\d{1,9})"')


@dataclass(frozen=True)
class Asked:
    """One interaction, with what its headers say."""

    method: str
    type: str = ""
    id: str = ""
    parameters: Parameters = field(default_factory=list)
    body: Any = None  # parsed
    if_match: str = ""
    if_none_match: str = ""
    if_none_exist: str = ""
    if_modified_since: str = ""
    prefer: str = ""

    @property
    def expected(self) -> int | None:
        """The version that `If-Match` names; raises Malformed for what names none."""
        if not self.if_match:
            return None
        match = _ETAG.fullmatch(self.if_match.strip())
        if match is None:
            text = _('If-Match names a version, like W/"3".')
            raise Malformed(problems=[Problem("If-Match", text)])
        return int(match[1])

    @property
    def strict(self) -> bool:
        """Whether unknown parameters are refused."""
        return "handling=strict" in self.prefer.replace(" ", "")

    @property
    def wanted_back(self) -> str:
        """What a write is answered with: representation, minimal or OperationOutcome."""
        found = re.search(r"return\s*=\s*(minimal|representation|OperationOutcome)", self.prefer)
        return found[1] if found else "representation"

    def one(self, name: str) -> str:
        """The last value of a parameter, or an empty string."""
        return next((value for key, value in reversed(self.parameters) if key == name), "")


@dataclass
class Answer:
    """What comes back: FHIR JSON as bytes, and what stands in the headers."""

    status: int = 200
    body: bytes = b""
    version: Version | None = None  # of which ETag and Last-Modified speak
    location: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """Of the version."""
        found = {"Location": self.location} if self.location else {}
        if self.version is not None:
            at = self.version.created_at.astimezone(UTC)
            found["ETag"] = etag(self.version)
            found["Last-Modified"] = format_datetime(at.replace(microsecond=0), usegmt=True)
        return found


def etag(version: Version) -> str:
    """A version's number, weakly: other bytes may say the same."""
    return f'W/"{version.number}"'


def parameters_of_query(query: str) -> Parameters:
    """The parameters of an address, in their order."""
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=200, errors="strict")
    except (ValueError, UnicodeDecodeError):
        raise Malformed(_("These parameters can't be read.")) from None


def not_changed(asked: Asked, version: Version) -> bool:
    """Whether who asks has this version already."""
    if asked.if_none_match:
        known = {match[1] for match in _ETAG.finditer(asked.if_none_match)}
        return str(version.number) in known
    if asked.if_modified_since:
        try:
            since = parsedate_to_datetime(asked.if_modified_since)
        except (TypeError, ValueError):
            return False
        if since.tzinfo is None:
            since = since.replace(tzinfo=UTC)
        return version.created_at.replace(microsecond=0) <= since
    return False


def success(text: str) -> bytes:
    """An OperationOutcome that says that all is well."""
    body = outcome("informational", text)
    body["issue"][0]["severity"] = "information"
    return json.dumps(body).encode()


def instant_or_none(text: str) -> datetime | None:
    """A FHIR instant; None for what is none."""
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00").replace(" ", "+"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
