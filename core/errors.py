"""The errors that people and machines may see: a small tree, with the words for both."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MOST_IN_DETAIL = 5  # problems that an error's one-line text names; all stand in `problems`


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, and where: a JSON path, a row number, a field."""

    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}" if self.place else self.text


class SalusError(Exception):
    """Something that the caller can understand and mend; changes nothing."""

    status = 400
    code = "invalid"
    title: str | Promise = _("This can't be done")

    def __init__(self, detail: str = "", problems: Sequence[Problem] = ()) -> None:
        self.detail = detail or _summary(problems) or str(self.title)
        self.problems = list(problems)
        super().__init__(self.detail)

    @property
    def headers(self) -> dict[str, str]:
        """What an answer says beside its body."""
        wait = getattr(self, "retry_after", None)
        return {"Retry-After": str(wait)} if wait else {}


def _summary(problems: Sequence[Problem]) -> str:
    more = len(problems) - MOST_IN_DETAIL
    shown = "; ".join(map(str, problems[:MOST_IN_DETAIL]))
    return f"{shown}; … (+{more})" if more > 0 else shown


class Invalid(SalusError):
    """The input breaks a rule; `problems` says which and where."""

    status = 422
    code = "invalid"
    title = _("Something in what was sent is not right")


class Malformed(SalusError):
    """The input can't even be read."""

    status = 400
    code = "structure"
    title = _("This can't be read")


class NotFound(SalusError):
    """There is no such thing, or it is none of the caller's business: the same answer."""

    status = 404
    code = "not-found"
    title = _("There is nothing here")


class Forbidden(SalusError):
    """The caller may see this, but not do that."""

    status = 403
    code = "forbidden"
    title = _("You are not allowed to do this")


class InsufficientScope(Forbidden):
    """The token was not made for this: names the scope that it lacks (RFC 6750, 3.1)."""

    code = "insufficient_scope"
    title = _("This token was not made for that")

    def __init__(self, scope: str) -> None:
        self.scope = scope
        words = _("This needs a token with the scope “%(scope)s”.") % {"scope": scope}
        super().__init__(words if scope else str(_("No token opens this.")))

    @property
    def headers(self) -> dict[str, str]:
        """The challenge."""
        named = f', scope="{self.scope}"' if self.scope else ""
        return {"WWW-Authenticate": f'Bearer realm="salus", error="insufficient_scope"{named}'}


class Conflict(SalusError):
    """It was changed meanwhile, or exists already."""

    status = 409
    code = "conflict"
    title = _("This does not fit what is there already")


class TooMany(SalusError):
    """Too many tries in too short a time; try again after `retry_after` seconds."""

    status = 429
    code = "throttled"  # as FHIR and DRF call it
    title = _("That was too often in a short time")

    def __init__(self, detail: str = "", *, retry_after: int = 60) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unavailable(SalusError):
    """A part that is needed does not answer now; try again after `retry_after` seconds."""

    status = 503
    code = "transient"
    title = _("A part of Salus does not answer right now")
    retry_after = 5
