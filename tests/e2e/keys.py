"""Keys of people's own, in a real browser: an authenticator of Chromium's, and a wallet's extension."""

import json
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page

from tests.factories.signing import SoftWallet

# What an extension does in every page (EIP-6963, EIP-1193); `answer` is the wallet's own side.
EXTENSION = """
([answer, info]) => {
  const provider = {
    async request(question) {
      const { result, error } = JSON.parse(await window[answer](JSON.stringify(question)));
      if (error) throw Object.assign(new Error(error.message), { code: error.code });
      return result;
    },
  };
  const detail = Object.freeze({ info: Object.freeze(info), provider });
  const announce = () =>
    dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
  addEventListener("eip6963:requestProvider", announce);
  announce();
}
"""
PICTURE = (
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'>"
    "<rect width='8' height='8' fill='purple'/></svg>"
)


class VirtualAuthenticator:
    """A device that makes passkeys, in this page; `knows_person` is whether it recognises who asks."""

    def __init__(self, page: Page) -> None:
        self.session = page.context.new_cdp_session(page)
        self.session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        made = self.session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self.id = made["authenticatorId"]

    def knows_person(self, yes: bool) -> None:
        """Whether fingerprint or face fit."""
        self._send("setUserVerified", isUserVerified=yes)

    def forget_all(self) -> None:
        """The device is a new one."""
        self._send("clearCredentials")

    def _send(self, command: str, **options: Any) -> None:
        self.session.send(f"WebAuthn.{command}", {"authenticatorId": self.id, **options})


@dataclass
class WalletExtension:
    """A wallet in the browser; how it behaves can be changed while a page is open."""

    name: str
    picture: str = PICTURE
    chain_id: int = 1
    knows: set[int] = field(default_factory=lambda: {1})
    declines: set[str] = field(default_factory=set)
    soft: SoftWallet = field(default_factory=SoftWallet)
    accounts: bool = True
    known_here: bool = False  # whether the person has let this site see the account
    asked: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)  # the messages that it has shown and signed

    def install(self, page: Page) -> None:
        """Be there in every page that this one opens from now on."""
        name = f"wallet_{self.name.lower().replace(' ', '_')}"
        page.expose_function(name, self.answer)
        info = {"uuid": f"uuid-{name}", "name": self.name, "icon": self.picture, "rdns": "x.y"}
        page.add_init_script(f"({EXTENSION})({json.dumps([name, info])})")

    def answer(self, question: str) -> str:
        """What the extension answers."""
        parsed = json.loads(question)
        method, params = parsed["method"], parsed["params"]
        self.asked.append(method)
        if method in self.declines:
            return _error(4001, "User rejected the request.")
        if method == "wallet_switchEthereumChain":
            return self._switch(int(params[0]["chainId"], 16))
        answers = {
            "eth_accounts": lambda: [self.soft.address] if self.known_here else [],
            "eth_requestAccounts": self._let_see,
            "eth_chainId": lambda: hex(self.chain_id),
            "eth_signTypedData_v4": lambda: self._sign(*params),
            "personal_sign": lambda: self._sign_message(*params),
        }
        return json.dumps({"result": answers[method]()})

    def _switch(self, wanted: int) -> str:
        if wanted not in self.knows:
            return _error(4902, "Unrecognized chain ID.")
        self.chain_id = wanted
        return json.dumps({"result": None})

    def _let_see(self) -> list[str]:
        self.known_here = self.accounts
        return [self.soft.address] if self.accounts else []

    def _sign_message(self, message: str, address: str) -> str:
        assert address == self.soft.address
        text = bytes.fromhex(message[2:])
        self.read.append(text.decode())
        return self.soft.sign_message(text)

    def _sign(self, address: str, typed_data: str) -> str:
        parsed = json.loads(typed_data)
        assert address == self.soft.address
        assert parsed["domain"]["chainId"] == self.chain_id
        return self.soft.sign(parsed)


def _error(code: int, message: str) -> str:
    return json.dumps({"error": {"code": code, "message": message}})
