"""The ledger's tables: what is anchored, what is sent, and what was seen on the chain."""

from chain.models.ledger import (
    LOG_KINDS,
    AnchorState,
    Batch,
    Commitment,
    Kind,
    PersonHead,
    RegistryEntry,
)
from chain.models.sending import Account, CustodyKey, Job, Transaction
from chain.models.watching import Block, Contract, Event, Reorg

__all__ = [
    "LOG_KINDS",
    "Account",
    "AnchorState",
    "Batch",
    "Block",
    "Commitment",
    "Contract",
    "CustodyKey",
    "Event",
    "Job",
    "Kind",
    "PersonHead",
    "RegistryEntry",
    "Reorg",
    "Transaction",
]
