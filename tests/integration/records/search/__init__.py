"""Search under encryption, against a slow reference."""
