"""Everything about a person in one encrypted file, made in the background, kept for a week."""
