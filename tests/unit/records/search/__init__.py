"""Search, without a database."""
