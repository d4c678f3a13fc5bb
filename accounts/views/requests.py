"""What the pages of the account read from their requests."""

from django.forms import BaseForm
from django.http import HttpRequest, QueryDict

from core.errors import SalusError


def sent(request: HttpRequest) -> QueryDict | None:
    """What a form has sent; None where it is only looked at."""
    return request.POST if request.method == "POST" else None


def with_errors(form: BaseForm, error: SalusError) -> None:
    """Show a service's refusal at the fields that it names, else above the form."""
    if not error.problems:
        form.add_error(None, error.detail)
    for problem in error.problems:
        form.add_error(problem.place if problem.place in form.fields else None, problem.text)
