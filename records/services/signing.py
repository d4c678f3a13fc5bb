"""What a person's own key has signed: checked here, then recorded like any other decision."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.passkeys import passkey_that_signed, passkey_used, rp_id
from accounts.viewer import Viewer
from accounts.wallets import wallet_used
from chain.errors import ChainUnavailable
from chain.node import get_node
from chain.signatures import Assertion, passkey_signature, wallet_signature
from core.errors import Invalid, Problem
from records.models import Consent, Custody
from records.services.consents import consent_end, consent_record
from records.services.statements import Draft

COUNT = slice(33, 37)  # of authenticator data: how often the passkey has signed


@dataclass(frozen=True)
class WalletAnswer:
    """What a wallet gives back: its account's address (20 bytes) and the signature."""

    address: bytes
    value: bytes


Answer = Assertion | WalletAnswer
Record = Callable[..., Consent]


def consent_grant_signed(*, token: str, answer: Answer, by: Viewer) -> Consent:
    """Share, signed by the person; raises Invalid, Conflict or ChainUnavailable."""
    draft = Draft.of_token(token, by)
    return _signed(draft, answer, by, partial(consent_record, draft=draft, by=by))


def consent_end_signed(*, consent: Consent, token: str, answer: Answer, by: Viewer) -> Consent:
    """End a grant, signed by the person; what has ended stays as it is.

    Raises Invalid or ChainUnavailable.
    """
    draft = Draft.of_token(token, by)
    if consent.status == Consent.Status.REVOKED:
        return consent
    return _signed(draft, answer, by, partial(consent_end, consent=consent, draft=draft, by=by))


def _signed(draft: Draft, answer: Answer, by: Viewer, record: Record) -> Consent:
    if draft.said["custody"] != Custody.OWN:
        words = _("This was not meant for a key of your own. Please start again.")
        raise Invalid(problems=[Problem("", words)])
    if isinstance(answer, WalletAnswer):
        # No transaction yet: a contract wallet's answer may take seconds.
        signature = _by_wallet(draft, answer)
        with transaction.atomic():
            consent = record(signature=signature)
            wallet_used(user=by.user, address=answer.address)
        return consent
    passkey = passkey_that_signed(by.user, answer.credential)
    signature = passkey_signature(draft.statement, answer, passkey.key, rp_id())
    count = int.from_bytes(answer.authenticator_data[COUNT], "big")
    with transaction.atomic():
        consent = record(signature=signature)
        passkey_used(passkey=passkey, count=count)
    return consent


def _by_wallet(draft: Draft, answer: WalletAnswer) -> dict[str, str]:
    try:
        return wallet_signature(draft.digest, answer.address, answer.value, get_node())
    except ChainUnavailable as error:
        words = _(
            "This wallet is a program on the public ledger, which does not answer right now. "
            "Please try again in a minute, or sign in another way."
        )
        raise ChainUnavailable(words) from error
