"""Sign-In with Ethereum: messages built, and read by the letter of the grammar (EIP-4361).

Reading is exact: a message that was read gives the same text again, and whatever the grammar does
not know is refused.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from django.utils.translation import gettext as _

from accounts.uris import PCHARS, SCHEME, STATEMENT, is_authority, is_uri
from chain.addresses import from_checksummed
from core.errors import Malformed, Problem

LONGEST = 4096  # characters of a message
_WANTS = " wants you to sign in with your Ethereum account:"
_CHAIN_ID = re.compile(r"0|[1-9][0-9]{0,77}")  # a number of the EVM: below 2**256
_NONCE = re.compile(r"[A-Za-z0-9]{8,}")
_DATE_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:\.([0-9]+))?(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))"
)


class NotSiwe(Malformed):
    """Not a message of EIP-4361; its problem names the part."""

    def __init__(self, place: str, text: str) -> None:
        super().__init__(problems=[Problem(place, text)])


# -- times -------------------------------------------------------------------------------------------


def moment_of(text: str) -> datetime:
    """A date-time of RFC 3339; raises ValueError. Finer than microseconds is cut off."""
    found = _DATE_TIME.fullmatch(text)
    if found is None:
        raise ValueError("no date-time")
    *parts, fraction, sign, hours, minutes = found.groups()
    year, month, day, hour, minute, second = map(int, parts)
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    leap = second == 60
    moment = datetime(  # refuses what no calendar has
        year, month, day, hour, minute, 59 if leap else second, int((fraction or "0")[:6].ljust(6, "0")),
        timezone(-offset if sign == "-" else offset),
    )  # fmt: skip
    return moment.replace(microsecond=999_999) if leap else moment


def written(moment: datetime) -> str:
    """A moment as our messages write it: UTC, to the second."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


# -- messages ----------------------------------------------------------------------------------------


def _is(read: Callable[[str], object]) -> Callable[[str], bool]:
    def reads(text: str) -> bool:
        try:
            read(text)
        except ValueError:
            return False
        return True

    return reads


_FITS: dict[str, Callable[[str], object]] = {
    "scheme": SCHEME.fullmatch,
    "domain": is_authority,
    "address": _is(from_checksummed),
    "statement": STATEMENT.fullmatch,
    "uri": is_uri,
    "nonce": _NONCE.fullmatch,
    "issued_at": _is(moment_of),
    "expiration_time": _is(moment_of),
    "not_before": _is(moment_of),
    "request_id": PCHARS.fullmatch,
}


@dataclass(frozen=True)
class Message:
    """What a wallet shows and signs; one that breaks the grammar can't be made (raises NotSiwe)."""

    domain: str
    address: str
    uri: str
    chain_id: int
    nonce: str
    issued_at: str
    scheme: str | None = None
    statement: str | None = None
    expiration_time: str | None = None
    not_before: str | None = None
    request_id: str | None = None
    resources: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        for name, fits in _FITS.items():
            value = getattr(self, name)
            if value is not None and not fits(value):
                raise _wrong(name)
        if not _CHAIN_ID.fullmatch(str(self.chain_id)):
            raise _wrong("chain_id")
        if not all(map(is_uri, self.resources or ())):
            raise _wrong("resources")

    @property
    def account(self) -> bytes:
        """The 20 bytes of the address."""
        return from_checksummed(self.address)

    @property
    def text(self) -> str:
        """The message itself."""
        scheme = "" if self.scheme is None else f"{self.scheme}://"
        lines = [f"{scheme}{self.domain}{_WANTS}", self.address, ""]
        lines += [] if self.statement is None else [self.statement]
        lines += ["", f"URI: {self.uri}", "Version: 1", f"Chain ID: {self.chain_id}"]
        lines += [f"Nonce: {self.nonce}", f"Issued At: {self.issued_at}"]
        for name, value in (
            ("Expiration Time", self.expiration_time),
            ("Not Before", self.not_before),
            ("Request ID", self.request_id),
        ):
            lines += [] if value is None else [f"{name}: {value}"]
        if self.resources is not None:
            lines += ["Resources:", *(f"- {uri}" for uri in self.resources)]
        return "\n".join(lines)


def _wrong(name: str) -> NotSiwe:
    place = name.replace("_", "-")
    return NotSiwe(place, _("This part of the signed message is not as it must be."))


# -- reading -----------------------------------------------------------------------------------------


def parse(text: str) -> Message:
    """The message that this text is, letter for letter; raises NotSiwe."""
    if len(text) > LONGEST:
        raise NotSiwe("", _("This is too long for a sign-in message."))
    lines = _Lines(text)
    scheme, domain = _origin(lines)
    address, statement = lines.next("address"), _statement(lines)
    uri, version = lines.required("URI"), lines.required("Version")
    chain_id = lines.required("Chain ID")
    if version != "1":
        raise _wrong("version")
    if not _CHAIN_ID.fullmatch(chain_id):
        raise _wrong("chain_id")
    return Message(
        domain=domain,
        address=address,
        uri=uri,
        chain_id=int(chain_id),
        nonce=lines.required("Nonce"),
        issued_at=lines.required("Issued At"),
        scheme=scheme,
        statement=statement,
        expiration_time=lines.optional("Expiration Time"),
        not_before=lines.optional("Not Before"),
        request_id=lines.optional("Request ID"),
        resources=_resources(lines),
    )


class _Lines:
    """The lines of a message, taken one after the other."""

    def __init__(self, text: str) -> None:
        self.left = text.split("\n")

    def next(self, place: str) -> str:
        if not self.left:
            raise NotSiwe(place, _("The signed message ends too early."))
        return self.left.pop(0)

    def blank(self) -> None:
        if self.next("") != "":
            raise NotSiwe("", _("An empty line of the signed message is not where it must be."))

    def optional(self, name: str) -> str | None:
        if not (self.left and self.left[0].startswith(f"{name}: ")):
            return None
        return self.left.pop(0).removeprefix(f"{name}: ")

    def required(self, name: str) -> str:
        found = self.optional(name)
        if found is None:
            words = _("This line of the signed message is missing, or not where it must be.")
            raise NotSiwe(name.lower().replace(" ", "-"), words)
        return found


def _origin(lines: _Lines) -> tuple[str | None, str]:
    first = lines.next("domain")
    if not first.endswith(_WANTS):
        raise NotSiwe("", _("This is not a message for signing in with a wallet."))
    scheme, between, domain = first.removesuffix(_WANTS).rpartition("://")
    return scheme if between else None, domain


def _statement(lines: _Lines) -> str | None:
    """What stands between two empty lines; one of them is missing where there is nothing to say."""
    lines.blank()
    found = lines.next("statement")
    if found == "" and lines.left[:1] != [""]:
        return None
    lines.blank()
    return found


def _resources(lines: _Lines) -> tuple[str, ...] | None:
    """The rest, if there is one."""
    if not lines.left:
        return None
    if lines.next("resources") != "Resources:" or not all(x.startswith("- ") for x in lines.left):
        words = _("The signed message ends with something that does not belong there.")
        raise NotSiwe("resources", words)
    return tuple(line.removeprefix("- ") for line in lines.left)
