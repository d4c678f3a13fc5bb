"""Who sees more of the ledger than everybody may: those who look after it."""

# Values of accounts' Role, which this layer can't import. Both are roles of a person, never of a
# member of an organisation, so that the user's own row says it.
OVERSEERS = frozenset({"auditor", "administrator"})


def oversees(user: object) -> bool:
    """Whether somebody sees errors and waiting counts, which may say more than the chain does."""
    known = getattr(user, "is_authenticated", False)
    return bool(known) and getattr(user, "own_role", "") in OVERSEERS
