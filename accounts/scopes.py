"""What a token may be made for: an area of the interfaces, to read it or to write in it."""

from collections.abc import Collection, Sequence

from django.utils.translation import gettext as _

from core.errors import InsufficientScope, Invalid, Problem
from core.registry import ApiArea, registry

READ, WRITE = "read", "write"
_READING = ("GET", "HEAD", "OPTIONS")


def api_areas() -> list[ApiArea]:
    """All areas, in the order in which they are offered."""
    return sorted(registry.api_areas, key=lambda area: area.order)


def every_scope() -> list[str]:
    """Everything that a token can be made for today."""
    return [f"{area.key}:{right}" for area in api_areas() for right in rights_in(area)]


def rights_in(area: ApiArea) -> tuple[str, ...]:
    """To read it, and to change something where that can be done at all."""
    return (READ, WRITE) if area.writes else (READ,)


def checked_scopes(wanted: Collection[str]) -> list[str]:
    """In the usual order, each once; raises Invalid for none and for unknown ones."""
    known = every_scope()
    if not wanted:
        text = _("Choose what the token may be used for.")
        raise Invalid(problems=[Problem("scopes", text)])
    if strange := sorted(set(wanted) - set(known)):
        text = _("There is no scope “%(scope)s”.") % {"scope": strange[0]}
        raise Invalid(problems=[Problem("scopes", text)])
    return [scope for scope in known if scope in wanted]


def require_scope(scopes: Sequence[str] | None, area: str, method: str) -> None:
    """Whether what was brought is enough for a view of this area; raises InsufficientScope.

    None is somebody's own session, which may do all that the person may. A view that names no area
    is open to no token.
    """
    if scopes is None:
        return
    needed = f"{area}:{READ if method in _READING else WRITE}" if area else ""
    if needed not in scopes:
        raise InsufficientScope(needed)
