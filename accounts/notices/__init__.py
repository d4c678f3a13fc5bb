"""Telling people: `notify` is all that other modules know."""

from accounts.notices.telling import notify

__all__ = ["notify"]
