"""The sender: a nonce from the database, a signature stored, then the broadcast (DESIGN section 6).

Nothing is guessed: what the node answers to a broadcast is looked up, not believed.
"""

from chain.sender.accounts import active_account, ensure_account
from chain.sender.broadcasting import broadcast
from chain.sender.jobs import JobKind, effect_seen, enqueue, register_kind, trouble
from chain.sender.receipts import finalize_jobs, orphan_transactions, record_receipts
from chain.sender.signing import replace_stuck, sign_waiting

__all__ = [
    "JobKind",
    "active_account",
    "broadcast",
    "effect_seen",
    "enqueue",
    "ensure_account",
    "finalize_jobs",
    "orphan_transactions",
    "record_receipts",
    "register_kind",
    "replace_stuck",
    "sign_waiting",
    "trouble",
]
