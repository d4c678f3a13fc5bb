"""The ledger for programs: open to everybody, as its pages are."""
