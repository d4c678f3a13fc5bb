"""Watching over the watchers: the audit trail sealed, verified, shown, and looked through."""
