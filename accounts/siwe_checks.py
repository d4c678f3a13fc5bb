"""Whether a message of EIP-4361 counts here and now, and in which words it does not."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from accounts.siwe import Message, moment_of
from core.errors import Invalid, Problem

LIFETIME = timedelta(minutes=5)  # after which a message counts no more
SKEW = timedelta(minutes=1)  # how far a clock may be ahead of ours
_NO_SCHEME = "https"  # what a message without a scheme means


class SiweRefused(Invalid):
    """A message as it should be, which does not count here or now."""

    place = ""
    words: str | Promise = ""

    def __init__(self) -> None:
        super().__init__(problems=[Problem(self.place, str(self.words))])


class WrongDomain(SiweRefused):
    """Made for another site: whoever shows it here may have tricked its signer there."""

    place, words = "domain", gettext_lazy("This was signed for another site than this one.")


class WrongUri(SiweRefused):
    """Made for another page."""

    place, words = "uri", gettext_lazy("This was signed for another page than this one.")


class WrongStatement(SiweRefused):
    """Says something else than what it is sent for."""

    place, words = "statement", gettext_lazy("Something else was signed than what this page asks.")


class WrongChain(SiweRefused):
    """Names another chain than the one that we anchor on."""

    place, words = "chain-id", gettext_lazy("This was signed for another network than ours.")


class Expired(SiweRefused):
    """Too old, or past its own end."""

    place, words = "expiration-time", gettext_lazy("This took too long. Please sign once more.")


class FromTheFuture(SiweRefused):
    """Says that it was made later than now."""

    place = "issued-at"
    words = gettext_lazy("This says that it was made later than now. Is your clock right?")


class NotYet(SiweRefused):
    """Counts later than now."""

    place, words = "not-before", gettext_lazy("This was signed for a later time.")


class UnknownNonce(SiweRefused):
    """Not asked for by us in this browser, or used already, or too long ago."""

    place = "nonce"
    words = gettext_lazy("This was signed before, elsewhere, or too long ago. Please sign anew.")


@dataclass(frozen=True)
class Expected:
    """What a message must say here."""

    scheme: str
    domain: str
    uri: str
    chain_id: int
    statement: str


def check(message: Message, expected: Expected, now: datetime) -> None:
    """Whether a message is meant for this page, at this time; raises SiweRefused.

    Who signed it, and whether its nonce is ours, is for others to say.
    """
    origin = message.scheme or _NO_SCHEME, message.domain
    if origin != (expected.scheme, expected.domain):
        raise WrongDomain
    if message.uri != expected.uri:
        raise WrongUri
    if message.chain_id != expected.chain_id:
        raise WrongChain
    if message.statement != expected.statement:
        raise WrongStatement
    _check_times(message, now)


def _check_times(message: Message, now: datetime) -> None:
    issued = moment_of(message.issued_at)
    if issued > now + SKEW:
        raise FromTheFuture
    ends = message.expiration_time and moment_of(message.expiration_time)
    if issued <= now - LIFETIME or (ends and ends <= now):
        raise Expired
    if message.not_before and moment_of(message.not_before) > now + SKEW:
        raise NotYet
