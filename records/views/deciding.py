"""The person's own decisions: to share, checked before it is signed, and to end it."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.viewer import Viewer, viewer_of
from core.errors import Conflict, Invalid, SalusError, Unavailable
from records.delegates import acts_for
from records.forms import ShareForm, SignForm
from records.gates import access_consent
from records.models import Consent, Custody, Patient, Scope
from records.presenters.sharing import Grant, PreviewLines
from records.presenters.signing import Signing
from records.presenters.whose import Whose
from records.services.consents import (
    consent_draft,
    consent_end_draft,
    consent_grant,
    consent_revoke,
)
from records.services.previewing import consent_preview
from records.services.signing import consent_end_signed, consent_grant_signed
from records.services.statements import Draft, provisions_said
from records.views.chart import of_person

STEPS = [gettext_lazy("Choose"), gettext_lazy("Check and sign")]

# -- sharing ---------------------------------------------------------------------------------------


@of_person
def share(request: HttpRequest, viewer: Viewer, patient: Patient) -> HttpResponse:
    """Share the record: whom with, what, until when."""
    whose = _decides(viewer, patient)
    if request.method != "POST":
        known = {name: request.GET[name] for name in ShareForm.base_fields if name in request.GET}
        return _ask(request, ShareForm(user=viewer.user, initial=known), whose)
    form = ShareForm(request.POST, user=viewer.user)
    if _draft_of(form, viewer, patient) is None:
        return _ask(request, form, whose)
    return HttpResponseRedirect(f"{whose.check_url}?{urlencode(form.answers)}")


@of_person
def check(request: HttpRequest, viewer: Viewer, patient: Patient) -> HttpResponse:
    """What was chosen, word for word as it is signed; then it is signed."""
    whose = _decides(viewer, patient)
    if not request.GET:
        return HttpResponseRedirect(whose.share_url)
    form = ShareForm(request.GET, user=viewer.user)
    signing = SignForm(_sent(request))
    if request.method == "POST" and form.is_valid() and signing.is_valid():
        try:
            consent = _granted(form, signing, viewer, patient)
        except Conflict as error:  # pressed twice, most likely
            messages.info(request, error.detail)
            return HttpResponseRedirect(whose.sharing_url)
        except (Invalid, Unavailable) as error:
            _complain(signing, error)
        else:
            messages.success(request, _("Shared with %(who)s.") % {"who": Grant(consent).grantee})
            return HttpResponseRedirect(whose.sharing_url)
    draft = _draft_of(form, viewer, patient)
    if draft is None:
        return _ask(request, form, whose)
    back = f"{whose.share_url}?{urlencode(form.answers)}"
    context = {
        "steps": STEPS, "answers": form, "back": back, "preview": _preview(form, patient, draft),
        "form": signing, "signing": Signing(draft, viewer), "whose": whose,
    }  # fmt: skip
    return render(request, "records/check.html", context, status=_status(signing))


def _preview(form: ShareForm, patient: Patient, draft: Draft) -> PreviewLines:
    found = consent_preview(
        patient=patient, grantee=form.chosen, scope=Scope(form.cleaned_data["scope"]),
        provisions=provisions_said(draft.said),
    )  # fmt: skip
    return PreviewLines(found)


def _decides(viewer: Viewer, patient: Patient) -> Whose:
    """Whose record it is; raises Forbidden for who cares for them, but may not share it."""
    acts_for(viewer, patient)
    return Whose.of(viewer, patient)


def _ask(request: HttpRequest, form: ShareForm, whose: Whose) -> HttpResponse:
    context = {"steps": STEPS, "form": form, "whose": whose}
    return render(request, "records/share.html", context, status=_status(form))


def _draft_of(form: ShareForm, viewer: Viewer, patient: Patient) -> Draft | None:
    """What would be signed; None, with the reasons in the form, where it can't be."""
    if not form.is_valid():
        return None
    try:
        return consent_draft(
            patient=patient, grantee=form.chosen, scope=Scope(form.cleaned_data["scope"]),
            last_day=form.cleaned_data["last_day"], by=viewer, custody=Custody.OWN,
        )  # fmt: skip
    except (Invalid, Conflict) as error:
        _complain(form, error)
        return None


def _granted(form: ShareForm, signing: SignForm, viewer: Viewer, patient: Patient) -> Consent:
    if answer := signing.answer:
        token = signing.cleaned_data["token"]
        return consent_grant_signed(token=token, answer=answer, by=viewer)
    return consent_grant(
        patient=patient, grantee=form.chosen, scope=Scope(form.cleaned_data["scope"]),
        last_day=form.cleaned_data["last_day"], by=viewer,
    )  # fmt: skip


# -- ending ----------------------------------------------------------------------------------------


def end(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End a grant: asked once more, then at once; nobody needs a key for it."""
    viewer = viewer_of(request)
    consent = access_consent(viewer, pk)
    grant = Grant(consent)
    whose = _decides(viewer, consent.patient)
    signing = SignForm(_sent(request))
    if request.method == "POST" and signing.is_valid():
        try:
            _ended(consent, signing, viewer)
        except (Invalid, Unavailable) as error:
            _complain(signing, error)
        else:
            words = _("%(who)s can no longer see your record.") % {"who": grant.grantee}
            messages.success(request, words)
            return HttpResponseRedirect(whose.sharing_url)
    draft = consent_end_draft(consent=consent, by=viewer, custody=Custody.OWN)
    context = {
        "grant": grant, "form": signing, "signing": Signing(draft, viewer), "whose": whose,
    }  # fmt: skip
    return render(request, "records/end.html", context, status=_status(signing))


def _ended(consent: Consent, signing: SignForm, viewer: Viewer) -> Consent:
    if answer := signing.answer:
        token = signing.cleaned_data["token"]
        return consent_end_signed(consent=consent, token=token, answer=answer, by=viewer)
    return consent_revoke(consent=consent, by=viewer)


# -- both ------------------------------------------------------------------------------------------


def _complain(form: Form, error: SalusError) -> None:
    """Say what is wrong where it was entered, else above the form."""
    seen = {field.name for field in form.visible_fields()}
    for problem in error.problems:
        form.add_error(problem.place if problem.place in seen else None, problem.text)
    if not error.problems:
        form.add_error(None, error.detail)


def _sent(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _status(form: Form) -> int:
    return 422 if form.is_bound and form.errors else 200
