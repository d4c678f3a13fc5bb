"""What the rules found, and how strict they are: for auditors."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.viewer import viewer_of
from core.cursors import page_of
from core.errors import NotFound, SalusError
from oversight.forms import RuleForm, WordsForm
from oversight.gates import access_finding, require_auditor
from oversight.models import FindingState, Rule
from oversight.presenters.cases import finding_rows, names_of
from oversight.presenters.trail import event_rows
from oversight.selectors import events_by_id, findings
from oversight.services.findings import (
    events_of_finding,
    finding_dismiss,
    finding_escalate,
    rule_change,
)
from oversight.services.rules import rule_settings


def finding_list(request: HttpRequest) -> HttpResponse:
    """Findings in a state, of a rule if wished; the newest first."""
    require_auditor(viewer_of(request))
    state = _one_of(FindingState.values, request.GET.get("state", "")) or FindingState.OPEN
    rule = _one_of(Rule.values, request.GET.get("rule", ""))
    page = page_of(findings(state, rule), request.GET.get("before", ""), at=lambda row: row.at)
    context = {
        "rows": finding_rows(page.rows), "older": page.older,
        "state": state, "states": FindingState.choices, "rule": rule, "rules": Rule.choices,
    }  # fmt: skip
    return render(request, "oversight/findings.html", context)


def _one_of(known: list[str], text: str) -> str:
    return text if text in known else ""


def finding(request: HttpRequest, pk: int) -> HttpResponse:
    """One finding with the events it is about; dismissed, or made a case, with a reason."""
    viewer = viewer_of(request)
    row = access_finding(viewer, pk)
    form = WordsForm(
        request.POST if request.method == "POST" else None,
        label=_("Why?"), hint=_("It stays with the finding, and stands in the audit trail."),
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["text"]
        try:
            if request.POST.get("act") == "escalate":
                case = finding_escalate(finding=row, reason=reason, by=viewer)
                return HttpResponseRedirect(reverse("case", args=[case.pk]))
            finding_dismiss(finding=row, reason=reason, by=viewer)
        except SalusError as error:
            form.add_error(None, [p.text for p in error.problems] or error.detail)
        else:
            messages.success(request, _("The finding was dismissed."))
            return HttpResponseRedirect(reverse("findings"))
    [shown] = finding_rows([row])
    events = event_rows(events_by_id(events_of_finding(row)))
    context = {
        "row": shown, "form": form, "events": events, "open": row.state == FindingState.OPEN,
        "settled_by": names_of([row.settled_by_id]).get(row.settled_by_id or row.actor_id, ""),
    }  # fmt: skip
    return render(request, "oversight/finding.html", context, status=422 if form.errors else 200)


def rules(request: HttpRequest) -> HttpResponse:
    """The four rules, and how strict they are."""
    require_auditor(viewer_of(request))
    return render(request, "oversight/rules.html", {"rules": rule_settings()})


def rule(request: HttpRequest, name: str) -> HttpResponse:
    """Make a rule more or less strict."""
    viewer = require_auditor(viewer_of(request))
    row = next((row for row in rule_settings() if row.rule == name), None)
    if row is None:
        raise NotFound
    form = RuleForm(request.POST if request.method == "POST" else None, instance=row)
    if request.method == "POST" and form.is_valid():
        rule_change(rule=Rule(name), by=viewer, **form.cleaned_data)
        messages.success(
            request, _("The rule was changed. The last seven days are looked at again.")
        )
        return HttpResponseRedirect(reverse("audit-rules"))
    context = {"form": form, "rule": row}
    return render(request, "oversight/rule.html", context, status=422 if form.errors else 200)
