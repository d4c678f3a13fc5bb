"""Keys that the portal keeps for people who have none; their signatures say so (DESIGN section 5).

Sealed under the person's data key: with that destroyed, nobody signs for them any more.
"""

import os

from chain.commitments import hex_of
from chain.models import CustodyKey
from core.keys import Owner, sealer_for

CONTEXT = "custody key"


def custody_signature(owner: Owner, digest: bytes) -> dict[str, str]:
    """The owner's EIP-712 signature, made by Salus for them; an entry like that of a wallet."""
    from chain.ethereum import keys

    key = keys.PrivateKey(_key_of(owner))
    signature = key.sign_msg_hash(digest)
    value = signature.to_bytes()[:64] + bytes([27 + signature.v])
    address = key.public_key.to_canonical_address()
    return {"type": "eip712", "address": hex_of(address), "value": hex_of(value)}


def _key_of(owner: Owner) -> bytes:
    sealer = sealer_for(owner)
    rows = CustodyKey.objects.filter(owner_kind=owner.kind, owner_id=owner.id)
    if not rows.exists():
        # All but about one in 2^128 values of 32 bytes are keys of secp256k1.
        sealed = sealer.seal(os.urandom(32), CONTEXT)
        made = CustodyKey(owner_kind=owner.kind, owner_id=owner.id, sealed=sealed)
        # Somebody else may have made it meanwhile; theirs counts.
        CustodyKey.objects.bulk_create([made], ignore_conflicts=True)
    return sealer.open(rows.get().sealed, CONTEXT)
