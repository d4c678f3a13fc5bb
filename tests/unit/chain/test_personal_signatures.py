"""Signatures on plain messages (EIP-191, EIP-1271): by keys, by contracts, and by nobody."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.addresses import checksummed, from_checksummed, shortened
from chain.errors import ChainMismatch, ChainUnavailable
from chain.node import Node, Refused
from chain.signatures import NotSigned, WalletKind, personal_digest, personal_signer
from tests.factories.signing import SoftWallet

CHAIN = 31337
MAGIC = bytes.fromhex("1626ba7e").ljust(32, b"\0")
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
MESSAGE = b"Sign in to Salus with this wallet."
WALLET = SoftWallet()
ADDRESS = bytes.fromhex(WALLET.address[2:])
VALUE = bytes.fromhex(WALLET.sign_message(MESSAGE)[2:])


class FakeNode(Node):
    """A chain with one contract, or none."""

    def __init__(self, answer: bytes | Exception | None = None, chain_id: int = CHAIN) -> None:
        super().__init__("")
        self.answer, self.id = answer, chain_id
        self.asked: list[bytes] = []

    def chain_id(self) -> int:
        return self.id

    def code(self, address: bytes) -> bytes:
        return b"" if self.answer is None else b"\x60"

    def call(self, address: bytes, data: bytes, block: int | str = "latest") -> bytes:
        self.asked.append(data)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer or b""


def signer(value: bytes, address: bytes = ADDRESS, node: Node | None = None) -> WalletKind:
    return personal_signer(MESSAGE, address, value, node=node or FakeNode(), chain_id=CHAIN)


def test_a_key_signs_for_its_account_and_the_chain_is_not_asked():
    node = FakeNode(Refused("not to be asked"), chain_id=1)
    assert signer(VALUE, node=node) == WalletKind.ACCOUNT


def test_the_recovery_byte_may_count_from_zero():
    assert signer(VALUE[:64] + bytes([VALUE[64] - 27])) == WalletKind.ACCOUNT


def high_s(value: bytes) -> bytes:
    other = ORDER - int.from_bytes(value[32:64], "big")
    return value[:32] + other.to_bytes(32, "big") + bytes([55 - value[64]])


@pytest.mark.parametrize(
    "value",
    [
        b"",
        VALUE[:64],
        VALUE + b"\0",
        VALUE[:64] + bytes([55 - VALUE[64]]),
        VALUE[:64] + b"\x1d",
        VALUE[:64] + b"\x02",
        VALUE[:64] + b"\xff",
        high_s(VALUE),
        bytes(65),
        b"\xff" * 65,
        bytes.fromhex(SoftWallet().sign_message(MESSAGE)[2:]),
        bytes.fromhex(WALLET.sign_message(MESSAGE + b"!")[2:]),
    ],
    ids=[
        "nothing", "short", "long", "other v", "v of 29", "v of 2", "v of 255", "high s",
        "zeros", "ones", "somebody else", "something else",
    ],
)  # fmt: skip
def test_what_the_key_has_not_signed_is_refused(value: bytes):
    with pytest.raises(NotSigned):
        signer(value)


@settings(deadline=None)
@given(st.integers(0, 64), st.integers(1, 255))
def test_a_signature_with_one_byte_changed_is_refused(place: int, mask: int):
    other = bytearray(VALUE)
    other[place] ^= mask
    if other[64] in (0, 1):
        return  # the same, counted from zero
    with pytest.raises(NotSigned):
        signer(bytes(other))


def test_a_contract_says_itself_what_it_has_signed():
    node = FakeNode(MAGIC)
    assert signer(b"anything", b"\7" * 20, node) == WalletKind.CONTRACT
    [asked] = node.asked
    assert asked[4:36] == personal_digest(MESSAGE)


@pytest.mark.parametrize(
    "answer", [b"", bytes(32), MAGIC[:4], MAGIC + b"\0", b"\1" * 32, Refused("reverted")]
)
def test_a_contract_that_does_not_say_so_has_not_signed(answer):
    with pytest.raises(NotSigned):
        signer(b"anything", b"\7" * 20, FakeNode(answer))


def test_a_contract_on_another_chain_is_not_asked():
    node = FakeNode(MAGIC, chain_id=1)
    with pytest.raises(ChainMismatch):
        signer(b"anything", b"\7" * 20, node)
    assert node.asked == []


def test_a_chain_that_does_not_answer_is_no_answer():
    with pytest.raises(ChainUnavailable):
        signer(b"anything", b"\7" * 20, FakeNode(ChainUnavailable()))


# The public vectors of the siwe libraries: what real wallets have signed.
VECTORS = [
    (
        "login.xyz wants you to sign in with your Ethereum account:\n"
        "0x9D85ca56217D2bb651b00f15e694EB7E713637D4\n\n"
        "Sign-In With Ethereum Example Statement\n\n"
        "URI: https://login.xyz\nVersion: 1\nChain ID: 1\nNonce: bTyXgcQxn2htgkjJn\n"
        "Issued At: 2022-01-27T17:09:38.578Z\nExpiration Time: 2100-01-07T14:31:43.952Z",
        "0xdc35c7f8ba2720df052e0092556456127f00f7707eaa8e3bbff7e56774e7f2e0"
        "5a093cfc9e02964c33d86e8e066e221b7d153d27e5a2e97ccd5ca7d3f2ce06cb1b",
        True,
    ),
    (
        "login.xyz wants you to sign in with your Ethereum account:\n"
        "0xE6D3Aa1F561A215E5eb1f02Ba8705385F03fCaFB\n\n"
        "Sign-In With Ethereum Example Statement\n\n"
        "URI: https://login.xyz\nVersion: 1\nChain ID: 1\nNonce: lx2nx4so\n"
        "Issued At: 2022-01-05T14:27:30.883Z\nNot Before: 2100-01-07T14:31:43.952Z",
        "0xc2539ace78f13c7eb8c0852d38d269a6f97bebd9f7872097d2e3137b541f8bf5"
        "0176062a46eeea83086bd2721423fb5755a932ff6ccc046ed482d14e4576042f1c",
        True,
    ),
    (  # counts its recovery byte from zero
        "www.tally.xyz wants you to sign in with your Ethereum account:\n"
        "0xc95EB884FE852e241D409234bfC7045CB9E31BD7\n\n"
        "Sign in with Ethereum to Tally\n\n"
        "URI: https://tally.xyz\nVersion: 1\nChain ID: 1\nNonce: 15050747\n"
        "Issued At: 2022-06-30T14:08:51.382Z",
        "0x8c46b6eb8505939892d8e9b075f89f8277321b17b993151f37810cdda38cce6f"
        "4a85909d2b53e6a14629c74c0ac38bf4becde78ee5b2529812bf6cceaf7b2a2501",
        True,
    ),
    (  # longer than a signature is
        "login.xyz wants you to sign in with your Ethereum account:\n"
        "0x6Da01670d8fc844e736095918bbE11fE8D564163\n\n"
        "Sign-In With Ethereum Example Statement\n\n"
        "URI: https://login.xyz\nVersion: 1\nChain ID: 1\nNonce: rmplqh1gf\n"
        "Issued At: 2022-01-05T14:31:43.954Z\nExpiration Time: 2100-01-07T14:31:43.952Z",
        "0xf2e8420fc1b722bf4941f5a0464f98172a758ceda5039f622e425fb69fd19b20"
        "e444bba7c9a8a8d7e2b5e453553efe7c9460be5d211abe473fc146d51bb04d0cb1b0",
        False,
    ),
    (  # of something else
        "login.xyz wants you to sign in with your Ethereum account:\n"
        "0x6Da01670d8fc844e736095918bbE11fE8D564163\n\n"
        "Sign-In With Ethereum Example Statement\n\n"
        "URI: https://login.xyz\nVersion: 1\nChain ID: 1\nNonce: rmplqh1gf\n"
        "Issued At: 2022-01-05T14:31:43.954Z\nExpiration Time: 2100-01-07T14:31:43.952Z",
        "0x31df81dc02344c9156e6f71da46e2db624b38f8f806290d670d46492b834b2e7"
        "575cbce9f48169356cfb577b910d8e30732fcf23c1ac0021d08b945ed7ee118e1b",
        False,
    ),
]


@pytest.mark.parametrize(("message", "signature", "good"), VECTORS)
def test_the_vectors_of_other_libraries(message: str, signature: str, good: bool):
    address = from_checksummed(message.split("\n")[1])
    value = bytes.fromhex(signature[2:])
    asked: Any = {"node": FakeNode(), "chain_id": CHAIN}
    if good:
        found = personal_signer(message.encode(), address, value, **asked)
        assert found == WalletKind.ACCOUNT
    else:
        with pytest.raises(NotSigned):
            personal_signer(message.encode(), address, value, **asked)


# The specification's own examples (EIP-55).
@pytest.mark.parametrize(
    "text",
    [
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "0xde709f2102306220921060314715629080e2fb77",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ],
)
def test_addresses_carry_a_checksum(text: str):
    address = bytes.fromhex(text[2:])
    assert checksummed(address) == text
    assert from_checksummed(text) == address
    assert shortened(address) == f"{text[:6]}…{text[-4:]}"
    for wrong in (text.swapcase(), text[:-1], text + "0", text[2:], "0x" + " " + text[2:]):
        with pytest.raises(ValueError):
            from_checksummed(wrong)
