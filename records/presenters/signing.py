"""What stands before a person who is about to sign, and what was signed, in words."""

import base64
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.passkeys import Passkey, passkeys_of, rp_id
from accounts.viewer import Viewer
from accounts.wallets import wallets_of
from chain.canonical import parse
from chain.services import Disclosed
from chain.signatures import challenge_of
from records.models import Custody
from records.services.statements import Draft


@dataclass(frozen=True)
class Signing:
    """A decision that waits for the person's signature."""

    draft: Draft
    viewer: Viewer

    @property
    def text(self) -> str:
        """The sentence."""
        return str(self.draft.said["text"])

    @property
    def token(self) -> str:
        """With which it comes back."""
        return self.draft.token(self.viewer)

    @cached_property
    def passkeys(self) -> list[Passkey]:
        """With which the person can sign."""
        return passkeys_of(self.viewer.user)

    @property
    def for_script(self) -> dict[str, Any]:
        """What a passkey or a wallet is asked to sign."""
        return {
            "challenge": challenge_of(self.draft.statement),
            "rpId": rp_id(),
            "site": settings.BASE_URL,
            "credentials": [
                {"id": passkey.credential, "transports": passkey.transports}
                for passkey in self.passkeys
            ],
            "typedData": self.draft.typed_data,
            "wallets": [
                {"address": wallet.shown, "name": wallet.name}
                for wallet in wallets_of(self.viewer.user)
            ],
        }


# -- afterwards ------------------------------------------------------------------------------------

# By custody and type: who signed, and what that shows.
_WORDS: dict[str, tuple[str | Promise, str | Promise]] = {
    "portal": (
        gettext_lazy("Recorded by Salus for you"),
        gettext_lazy(
            "Salus signed this with a key that it keeps for you. It shows what was recorded, and "
            "that nobody has changed it since. It is no evidence against Salus itself, which could "
            "have signed without asking you."
        ),
    ),
    "webauthn": (
        gettext_lazy("Signed by you, with a passkey"),
        gettext_lazy(
            "Only somebody who has this passkey, and whom it recognised, could sign this. Salus "
            "does not have it and could not sign in your place. That it is yours is what was "
            "noted when you added it."
        ),
    ),
    "wallet": (
        gettext_lazy("Signed by you, with your own wallet"),
        gettext_lazy(
            "Only somebody who controls this wallet could sign this. Salus does not, and could not "
            "sign in your place. That it is yours, you can show by signing with it again."
        ),
    ),
}


@dataclass(frozen=True)
class Signed:
    """A signed statement, as its owner reads it."""

    document: bytes

    @cached_property
    def said(self) -> dict[str, Any]:
        """The statement's members."""
        found: dict[str, Any] = parse(base64.b64decode(self._outer["statement"]))
        return found

    @property
    def text(self) -> str:
        """The sentence that was signed."""
        return str(self.said["text"])

    @property
    def at(self) -> datetime:
        """When it was made."""
        return datetime.fromisoformat(self.said["issued_at"])

    @property
    def ends(self) -> bool:
        """Whether it ends what another one allowed."""
        return bool(self.said["action"] == "revoke")

    @property
    def own(self) -> bool:
        """Whether the person signed it with a key of their own."""
        return bool(self.said["custody"] == Custody.OWN)

    @property
    def by(self) -> str:
        """Who signed, and with what."""
        return str(_WORDS[self._kind][0])

    @property
    def shows(self) -> str:
        """What that proves, and what not."""
        return str(_WORDS[self._kind][1])

    @property
    def key(self) -> str:
        """The wallet's address or the passkey's id, as its owner can compare it."""
        signature = self._outer["signature"]
        return str(signature.get("address") or signature["credential"])

    @property
    def key_label(self) -> str:
        """What `key` is."""
        if not self.own:
            return _("Show the address of the key that Salus keeps")
        passkey = self._kind == "webauthn"
        return _("Show the passkey's number") if passkey else _("Show the wallet's address")

    @property
    def _kind(self) -> str:
        if not self.own:
            return "portal"
        return "webauthn" if self._outer["signature"]["type"] == "webauthn" else "wallet"

    @cached_property
    def _outer(self) -> dict[str, Any]:
        found: dict[str, Any] = parse(self.document)
        return found


def signed_statements(disclosed: Disclosed) -> list[Signed]:
    """A consent's statement, and that of its end."""
    ending = disclosed.ending
    return [Signed(disclosed.document), *([Signed(ending.document)] if ending else [])]
