"""Back to where somebody came from, if that is a page of ours."""

from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def next_page(request: HttpRequest) -> str:
    """The page that the person wants to come back to; empty where it is none of ours."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if ours else ""


def with_next(url: str, wanted: str) -> str:
    """The address, with where to go from there."""
    return f"{url}?{urlencode({'next': wanted})}" if wanted else url
