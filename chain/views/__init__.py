"""The public side of the ledger."""
