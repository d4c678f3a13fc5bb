"""Reading the ledger for its own pages and its API, one noun per module."""
