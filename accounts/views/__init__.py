"""The pages of a person's account."""
