"""What the pages of the account read from their requests."""

from allauth.account.decorators import reauthentication_required
from django.forms import BaseForm
from django.http import HttpRequest, QueryDict
from django.utils.http import url_has_allowed_host_and_scheme

from core.errors import SalusError

# Whoever finds a computer signed in must not be able to change how one signs in.
confirmed = reauthentication_required(app="allauth.mfa")


def sent(request: HttpRequest) -> QueryDict | None:
    """What a form has sent; None where it is only looked at."""
    return request.POST if request.method == "POST" else None


def next_page(request: HttpRequest) -> str:
    """Where the person came from or wants to go, if that is a page of ours."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if ours else ""


def with_errors(form: BaseForm, error: SalusError) -> None:
    """Show a service's refusal at the fields that it names, else above the form."""
    if not error.problems:
        form.add_error(None, error.detail)
    for problem in error.problems:
        form.add_error(problem.place if problem.place in form.fields else None, problem.text)
