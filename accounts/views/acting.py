"""For whom a person acts: chosen in the page's head, and kept in the session."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.viewer import CHOSEN, NOBODY_ELSE, viewer_of
from core.errors import NotFound


@login_required
@require_POST
def act_for(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Act for one of the person's organisations, or with NOBODY_ELSE's id for themselves alone."""
    places = [place.pk for place in viewer_of(request).places]
    if pk not in (*places, NOBODY_ELSE):
        raise NotFound
    request.session[CHOSEN] = str(pk)
    # What the page before showed may be none of the other role's business.
    return HttpResponseRedirect(reverse("dashboard"))
