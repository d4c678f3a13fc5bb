"""What a page's script does with a wallet, for tests without a browser."""

from dataclasses import replace
from typing import Any

from django.test import Client

from accounts.models import User, Wallet
from accounts.siwe import Message, parse
from accounts.viewer import viewer_for
from accounts.wallet_messages import Purpose, Signer
from accounts.wallets import wallet_link
from chain.signatures import WalletKind
from tests.factories.signing import SoftWallet

ASK, ADD = "/account/wallets/message/", "/account/wallets/add/"
SIGN_IN = "/account/wallets/sign-in/"


def asked(client: Client, purpose: Purpose, address: str) -> Message:
    """What the site gives a wallet to sign."""
    answer = client.post(ASK, {"purpose": purpose.value, "address": address})
    assert answer.status_code == 200, answer.content
    return parse(answer.json()["message"])


def signed(soft: SoftWallet, message: Message, **changes: Any) -> dict[str, str]:
    """What the wallet makes of it, where its holder has changed the message before."""
    text = replace(message, **changes).text.encode()
    return {"message": "0x" + text.hex(), "signature": soft.sign_message(text)}


def signed_in_with(client: Client, soft: SoftWallet, **more: str) -> Any:
    """Sign in as the page does."""
    message = asked(client, Purpose.SIGN_IN, soft.address)
    return client.post(SIGN_IN, signed(soft, message) | more)


def signer_of(soft: SoftWallet) -> Signer:
    return Signer(bytes.fromhex(soft.address[2:]), WalletKind.ACCOUNT)


def linked(user: User, soft: SoftWallet | None = None, name: str = "Savings") -> SoftWallet:
    """A wallet that a person has added."""
    soft = soft or SoftWallet()
    wallet_link(user=user, name=name, signer=signer_of(soft), by=viewer_for(user).actor)
    return soft


def wallet_of(user: User) -> Wallet:
    return Wallet.objects.get(user=user)
