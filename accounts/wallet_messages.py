"""What a wallet is asked to sign, and what comes back: once, soon, and from the same browser."""

import secrets
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from accounts.siwe import Message, NotSiwe, parse, written
from accounts.siwe_checks import LIFETIME, Expected, UnknownNonce, check
from chain.addresses import checksummed
from chain.contracts import anchored_chain_id
from chain.errors import ChainMismatch, ChainUnavailable
from chain.node import get_node
from chain.signatures import WalletKind, personal_signer
from core.errors import Unavailable

_BROWSER = "salus.wallet"  # by which name the session is known where nonces are kept
_NONCE = 16  # bytes; written in hex


class Purpose(StrEnum):
    """What a signature is for; one for the one is none for the other."""

    LINK = "link"
    SIGN_IN = "sign-in"

    @property
    def statement(self) -> str:
        """The sentence that is signed; not translated, since EIP-4361 knows no other letters."""
        return _STATEMENTS[self]

    @property
    def uri(self) -> str:
        """The page that it is signed for."""
        page = "wallet-add" if self == Purpose.LINK else "wallet-sign-in"
        return f"{settings.BASE_URL}{reverse(page)}"


_STATEMENTS = {
    Purpose.LINK: "Add this wallet to my Salus account, so that I can sign in with it.",
    Purpose.SIGN_IN: "Sign in to Salus with this wallet.",
}


@dataclass(frozen=True)
class Answer:
    """A message as the wallet was given it, and its signature."""

    message: bytes
    signature: bytes


@dataclass(frozen=True)
class Signer:
    """The wallet that has signed: its address (20 bytes), and what answers for it."""

    address: bytes
    kind: WalletKind


def wallet_message(*, session: SessionBase, purpose: Purpose, address: bytes) -> Message:
    """A message for this wallet to sign, with a nonce for this browser; raises Unavailable."""
    expected, now = _expected(purpose), timezone.now()
    nonce = secrets.token_hex(_NONCE)
    cache.set(_key(nonce), _meant_for(session, purpose), LIFETIME.total_seconds())
    return Message(
        scheme=None if expected.scheme == "https" else expected.scheme,  # as wallets expect it
        domain=expected.domain,
        address=checksummed(address),
        statement=expected.statement,
        uri=expected.uri,
        chain_id=expected.chain_id,
        nonce=nonce,
        issued_at=written(now),
        expiration_time=written(now + LIFETIME),
    )


def wallet_answer(*, session: SessionBase, purpose: Purpose, answer: Answer) -> Signer:
    """Who has signed, after every check; then the nonce is used up.

    Raises NotSiwe, SiweRefused, NotSigned or ChainUnavailable; the nonce then stays.
    """
    message = _read(answer.message)
    check(message, _expected(purpose), timezone.now())
    kept = str(cache.get(_key(message.nonce), ""))
    if not constant_time_compare(kept, _meant_for(session, purpose)):
        raise UnknownNonce
    signer = Signer(message.account, _kind(message, answer))
    if not cache.delete(_key(message.nonce)):  # of two at the same time, one finds it
        raise UnknownNonce
    return signer


def _read(sent: bytes) -> Message:
    try:
        return parse(sent.decode("ascii"))
    except UnicodeDecodeError:
        raise NotSiwe("", _("This is not a message for signing in with a wallet.")) from None


def _kind(message: Message, answer: Answer) -> WalletKind:
    try:
        return personal_signer(
            answer.message,
            message.account,
            answer.signature,
            node=get_node(),
            chain_id=message.chain_id,
        )
    except (ChainUnavailable, ChainMismatch) as error:
        words = _(
            "Whether this wallet has signed, only the public ledger can say, which does not answer "
            "right now. Nothing was changed. Please try again in a minute."
        )
        raise ChainUnavailable(words) from error


def _expected(purpose: Purpose) -> Expected:
    chain_id = anchored_chain_id()
    if chain_id is None:
        raise Unavailable(_("Salus is still being set up. Please try again in a minute."))
    site = urlsplit(settings.BASE_URL)
    return Expected(site.scheme, site.netloc, purpose.uri, chain_id, purpose.statement)


def _key(nonce: str) -> str:
    # Those that we made have one length; no other text becomes a key of the cache.
    return f"siwe:{nonce if len(nonce) == 2 * _NONCE else ''}"


def _meant_for(session: SessionBase, purpose: Purpose) -> str:
    """For what a nonce is, and for whose browser."""
    return f"{session.setdefault(_BROWSER, secrets.token_hex(_NONCE))} {purpose.value}"
