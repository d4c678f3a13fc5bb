"""How people and wallets write an account's address: hex whose capitals are a checksum (EIP-55)."""

from chain.commitments import keccak256


def checksummed(address: bytes | memoryview) -> str:
    """An address of 20 bytes as wallets show it."""
    bare = bytes(address).hex()
    marks = keccak256(bare.encode()).hex()
    return "0x" + "".join(
        letter.upper() if int(mark, 16) > 7 else letter
        for letter, mark in zip(bare, marks, strict=False)
    )


def shortened(address: bytes | memoryview) -> str:
    """Enough of it for a person to recognise it: `0x1234…cdef`."""
    text = checksummed(address)
    return f"{text[:6]}…{text[-4:]}"


def from_checksummed(text: str) -> bytes:
    """The 20 bytes; raises ValueError where a letter's case, or anything, is not as EIP-55 says."""
    address = bytes.fromhex(text[2:])
    if len(address) != 20 or checksummed(address) != text:
        raise ValueError("no EIP-55 address")
    return address
