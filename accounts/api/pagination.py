"""In which order lists of people and organisations are paged."""

from core.paging import CursorPages


class OrganisationPages(CursorPages):
    """By name."""

    ordering = "name"


class MemberPages(CursorPages):
    """The newest first."""

    ordering = "-created_at"
