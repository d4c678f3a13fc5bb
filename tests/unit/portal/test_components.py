"""The components that pages are made of: what they say, how they are wired, what the CSP lets pass."""

import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.conf import settings as django_settings
from django.http import HttpRequest
from django.template import engines
from django.template.loader import get_template
from django.test import RequestFactory
from django.utils import translation
from django_cotton.compiler_regex import CottonCompiler
from pytest_django import Settings

from core.errors import Problem
from portal.demo.roles import DEMO_ROLES
from portal.gallery import sample

TEMPLATES = Path(django_settings.BASE_DIR) / "templates"
COTTON = TEMPLATES / "cotton"
SEALED_AT = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def static_files_as_they_are(settings: Settings) -> None:
    """A unit test needs no collected files with hashes in their names."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}


class Page(HTMLParser):
    """The elements of a page, each a tag with its attributes, and its visible text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def all(self, tag: str, **wanted: str) -> list[dict[str, Any]]:
        return [a for t, a in self.elements if t == tag and wanted.items() <= a.items()]

    def one(self, tag: str, **wanted: str) -> dict[str, Any]:
        (found,) = self.all(tag, **wanted)
        return found

    @property
    def ids(self) -> list[str | None]:
        return [a["id"] for _, a in self.elements if "id" in a]


def compiled(source: str) -> Any:
    """A template from a string, with its components (cotton compiles when it loads files)."""
    return engines["django"].from_string(CottonCompiler().process(source))


def render(source: str, **context: Any) -> Page:
    return Page(compiled(source).render(context))


class Form(forms.Form):
    name = forms.CharField(label="Full name", help_text="As on your card.")
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea)
    day = forms.DateField(label="Day", widget=forms.DateInput(attrs={"type": "date"}))
    kind = forms.ChoiceField(label="Kind", choices=[("a", "A")])
    span = forms.ChoiceField(label="Span", choices=[("30", "30 days")], widget=forms.RadioSelect)
    parts = forms.MultipleChoiceField(
        label="Parts", choices=[("l", "Labs")], widget=forms.CheckboxSelectMultiple
    )
    agreed = forms.BooleanField(label="I agree")
    file = forms.FileField(label="Document")

    def clean(self) -> dict[str, Any]:
        raise forms.ValidationError("Not today.")


# -- the gallery ------------------------------------------------------------------------------------


@pytest.fixture
def request_of_a_visitor() -> HttpRequest:
    return RequestFactory().get("/components/")


def gallery_page(request: HttpRequest) -> Page:
    return Page(get_template("portal/gallery.html").render(sample(), request))


def test_the_gallery_shows_every_component(request_of_a_visitor: HttpRequest) -> None:
    source = (TEMPLATES / "portal/gallery.html").read_text()
    shown = set(re.findall(r"<c-([a-z-]+)", source))
    parts_of_others = {"attributes", "copy", "mark"}
    of_one_page = {"home-drawing", "role-card", "demo-sign-ins"}
    known = {path.stem.replace("_", "-") for path in COTTON.glob("*.html")}
    assert known - shown == parts_of_others | of_one_page
    assert gallery_page(request_of_a_visitor).all("h1")


def test_no_id_stands_twice_in_the_gallery(request_of_a_visitor: HttpRequest) -> None:
    ids = gallery_page(request_of_a_visitor).ids
    assert len(ids) == len(set(ids))


def test_every_component_says_in_its_first_line_what_it_is() -> None:
    for path in COTTON.rglob("*.html"):
        first = path.read_text().splitlines()[0]
        assert first.startswith(("{# ", "{% comment %} ")), path.name


# -- the frame --------------------------------------------------------------------------------------


def frame(source: str, **context: Any) -> Page:
    request = RequestFactory().get("/")
    return Page(compiled('{% extends "base.html" %}' + source).render(context, request))


def test_the_title_is_also_the_heading() -> None:
    page = frame("{% block title %}Sharing{% endblock %}{% block lead %}Who may.{% endblock %}")
    assert len(page.all("h1")) == 1
    assert "Sharing – Salus" in page.text
    assert "Who may." in page.text


def test_a_page_with_its_own_heading_gets_no_second_one() -> None:
    page = frame(
        '{% block title %}Sharing{% endblock %}{% block content %}<c-page title="Own" />{% endblock %}'
    )
    assert len(page.all("h1")) == 1
    assert "Own" in page.text


def test_the_frame_can_be_used_by_keyboard_and_screen_reader() -> None:
    page = frame("{% block title %}x{% endblock %}")
    assert page.elements[[t for t, _ in page.elements].index("body") + 1][1]["href"] == "#content"
    assert page.one("main")["id"] == "content"
    assert page.one("html") == {"lang": "en", "dir": "ltr"}
    assert all(nav.get("aria-label") for nav in page.all("nav"))


def test_htmx_may_neither_evaluate_nor_style_nor_call_others() -> None:
    (meta,) = [m for m in frame("").all("meta") if m.get("name") == "htmx-config"]
    config = json.loads(meta["content"])
    assert config["includeIndicatorStyles"] is False
    assert config["allowEval"] is False
    assert config["selfRequestsOnly"] is True


def test_right_to_left_pages_use_the_mirrored_style_sheet() -> None:
    with translation.override("ar"):
        page = frame("")
    assert page.one("html") == {"lang": "ar", "dir": "rtl"}
    assert any("tabler.rtl" in (link["href"] or "") for link in page.all("link"))


def test_the_demo_is_named_as_such_and_only_there() -> None:
    assert "Demo: made-up people" in frame("", demo=True).text
    assert "Demo: made-up people" not in frame("", demo=False).text


# -- anchored ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("queued", "Waiting to be sealed"),
        ("sent", "Being sealed"),
        ("mined", "Being sealed"),
        ("final", "Sealed on 3 March 2026"),
        ("something new", "Waiting to be sealed"),
    ],
)
def test_a_seal_says_in_words_how_far_it_is(state: str, words: str) -> None:
    page = render('<c-anchored state="{{ state }}" :at="at" />', state=state, at=SEALED_AT)
    assert page.text.startswith(words)
    assert page.one("details")["data-state"] == state
    assert page.all("summary")


def test_a_final_seal_says_what_it_means_and_leads_to_the_proof() -> None:
    page = render('<c-anchored state="final" href="/proof/" :at="at" />', at=SEALED_AT)
    assert "Nobody, not even Salus, can change this without it showing." in page.text
    assert page.one("a")["href"] == "/proof/"
    assert "0x" not in page.html


def test_only_a_final_seal_claims_that_nobody_can_change_it() -> None:
    for state in ("queued", "sent", "mined"):
        assert "Nobody" not in render(f'<c-anchored state="{state}" />').text


# -- fields and errors --------------------------------------------------------------------------------


def field_page(name: str, data: dict[str, str] | None = None) -> Page:
    return render("<c-field :field='field' />", field=Form(data)[name])


def test_a_field_has_label_and_hint_and_both_are_wired() -> None:
    page = field_page("name")
    control = page.one("input")
    assert page.one("label")["for"] == control["id"] == "id_name"
    assert control["aria-describedby"] == "id_name_helptext"
    assert "id_name_helptext" in page.ids
    assert "aria-invalid" not in control


def test_an_error_stands_above_the_control_and_is_read_with_it() -> None:
    page = field_page("name", {})
    control = page.one("input")
    assert control["aria-invalid"] == "true"
    assert control["aria-describedby"] == "id_name_helptext id_name_error"
    assert set(control["aria-describedby"].split()) <= set(page.ids)
    assert page.html.index("This field is required") < page.html.index("<input")
    assert "Error: This field is required." in page.text


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("note", "textarea"),
        ("day", "input"),
        ("kind", "select"),
        ("file", "input"),
        ("agreed", "input"),
    ],
)
def test_every_control_has_its_label(name: str, tag: str) -> None:
    page = field_page(name, {})
    assert page.one("label")["for"] == page.all(tag)[0]["id"]


@pytest.mark.parametrize("name", ["span", "parts"])
def test_choices_are_a_group_with_a_legend_and_their_error(name: str) -> None:
    page = field_page(name, {})
    assert page.one("fieldset")["aria-describedby"] == f"id_{name}_error"
    assert page.all("legend")
    assert f"id_{name}_error" in page.ids


def test_what_may_be_left_empty_says_so() -> None:
    assert "(optional)" in field_page("note").text
    assert "(optional)" not in field_page("name").text
    bare = render('<c-field :field="form.note" optional="" />', form=Form())
    assert "(optional)" not in bare.text


def test_a_form_as_django_prints_it_looks_the_same() -> None:
    page = render("{{ form }}", form=Form({}))
    assert "field field-wrong" in page.html
    assert "Not today." in page.text
    assert (
        page.all("input", id="id_name")[0]["aria-describedby"] == "id_name_helptext id_name_error"
    )


def test_the_error_summary_leads_to_the_fields() -> None:
    page = render('<c-error-summary :form="form" />', form=Form({}))
    box = page.one("div")
    assert box["role"] == "alert"
    assert box["tabindex"] == "-1"
    assert "Not today." in page.text
    targets = [a["href"] for a in page.all("a")]
    assert "#id_name" in targets
    whole = render("{{ form }}", form=Form({}))
    assert {t.removeprefix("#") for t in targets} <= set(whole.ids)


def test_the_error_summary_takes_problems_too() -> None:
    page = render(
        '<c-error-summary :problems="problems" />', problems=[Problem("row 7", "No <serial>.")]
    )
    assert "row 7 : No <serial>." in page.text
    assert "<serial>" not in page.html


def test_no_errors_no_summary() -> None:
    assert not render('<c-error-summary :form="form" />', form=Form()).elements


# -- the others -----------------------------------------------------------------------------------------


def test_a_button_is_a_link_when_it_leads_somewhere() -> None:
    link = render('<c-button href="/x/" tone="danger" data-a="1">Go</c-button>')
    assert link.one("a") == {"href": "/x/", "class": "btn btn-danger", "data-a": "1"}
    button = render('<c-button name="act" value="end" disabled>Go</c-button>')
    assert button.one("button")["type"] == "submit"
    assert button.one("button")["name"] == "act"
    assert "disabled" in button.one("button")


def test_attributes_that_pass_through_are_escaped() -> None:
    page = render('<c-button :data-x="value">Go</c-button>', value='" onclick="evil()"')
    assert page.one("button") == {
        "type": "submit",
        "class": "btn btn-primary",
        "data-x": '" onclick="evil()"',
    }


def test_an_attribute_that_is_false_is_left_out() -> None:
    page = render('<c-button :disabled="no">Go</c-button>', no=False)
    assert "disabled" not in page.one("button")


def test_a_card_has_its_slots_only_when_they_are_filled() -> None:
    plain = render('<c-card title="T">body</c-card>')
    assert "card-actions" not in plain.html
    assert "card-footer" not in plain.html
    full = render(
        '<c-card title="T" icon="eye" level="3"><c-slot name="actions">A</c-slot>'
        '<c-slot name="footer">F</c-slot>body</c-card>'
    )
    assert full.all("h3")
    assert "card-actions" in full.html
    assert "card-footer" in full.html


def test_what_stands_around_a_component_does_not_leak_into_it() -> None:
    page = render(
        '<c-card title="Mine" />', title="Theirs", actions="Theirs", footer="Theirs", icon="eye"
    )
    assert page.text == "Mine"


@pytest.mark.parametrize(
    ("level", "tone"),
    [("success", "good"), ("warning", "warn"), ("error", "bad"), ("debug", "info")],
)
def test_messages_of_django_have_a_tone(level: str, tone: str) -> None:
    assert f"tone-{tone}" in render(f'<c-alert tone="{level}">x</c-alert>').html


def test_a_moment_is_exact_for_machines_and_plain_for_people() -> None:
    page = render('on <c-when :at="at" mode="datetime" />.', at=SEALED_AT)
    assert page.one("time")["datetime"] == "2026-03-03T14:05:00+00:00"
    assert page.text == "on 3 March 2026, 14:05 ."
    assert "on <time" in page.html
    assert page.html.endswith("</time>.")
    assert not render('<c-when :at="none" />', none=None).elements


def test_a_wide_table_scrolls_by_keyboard() -> None:
    page = render('<c-table caption="Results" stack><tbody></tbody></c-table>')
    region = page.one("div")
    assert region["role"] == "region"
    assert region["aria-label"] == "Results"
    assert region["tabindex"] == "0"
    assert "table-stack" in region["class"]


def test_progress_is_labelled_and_may_be_open_ended() -> None:
    known = render('<c-progress value="3" max="12" label="Reading" />')
    assert known.one("progress") == {"max": "12", "value": "3"}
    assert "3 of 12" in known.text
    assert "value" not in render('<c-progress label="Reading" />').one("progress")


def test_the_current_step_and_tab_are_marked() -> None:
    steps = render("<c-steps :steps=\"['One', 'Two', 'Three']\" current=\"2\" />")
    assert [li.get("aria-current") for li in steps.all("li")] == [None, "step", None]
    tabs = render(
        '<c-tabs><c-tab href="/a" label="A" current /><c-tab href="/b" label="B" /></c-tabs>'
    )
    assert [a.get("aria-current") for a in tabs.all("a")] == ["page", None]


def test_a_chart_brings_its_data_as_json_and_as_a_table() -> None:
    series = [
        {
            "name": "Systolic</script>",
            "points": [["2024-01-05", 138.0], ["2024-04-11", 131.5]],
            "band": {"low": 90, "high": 130, "label": "Usual range"},
        }
    ]
    page = render(
        '<c-chart id="bp" title="Blood pressure" :series="series" unit="mmHg" ranges />',
        series=series,
    )
    block = re.search(r'<script id="bp-data" type="application/json">(.*?)</script>', page.html)
    assert block
    assert json.loads(block[1]) == series
    assert page.one("salus-chart")["data"] == "bp-data"
    assert (
        "2 values from 2024-01-05 to 2024-04-11, the last 131.5 mmHg"
        in (page.one("div", role="img")["aria-label"])
    )
    assert "138.0" in page.text
    assert "Usual range 90–130 mmHg" in page.text


def test_a_hash_is_one_click_away() -> None:
    page = render('<c-hash value="0xabc" label="Show the seal" />')
    assert page.text.startswith("Show the seal")
    assert "open" not in page.one("details")


def test_the_demo_has_a_person_for_every_role() -> None:
    page = render('<c-demo-sign-ins :roles="roles" />', roles=DEMO_ROLES)
    assert len(DEMO_ROLES) == 9
    for role in DEMO_ROLES:
        assert role.email in page.text
        assert (
            Path(django_settings.NODE_MODULES) / f"@tabler/icons/icons/outline/{role.icon}.svg"
        ).exists()


# -- all templates: the content security policy allows neither inline scripts nor inline styles -----------


def all_templates() -> list[Path]:
    return sorted(TEMPLATES.rglob("*.html"))


@pytest.mark.parametrize("path", all_templates(), ids=lambda p: str(p.relative_to(TEMPLATES)))
def test_no_template_has_inline_script_or_style(path: Path) -> None:
    source = path.read_text()
    assert not re.search(r"<style\b", source, re.I)
    assert not re.search(r"\sstyle\s*=", source, re.I)
    assert not re.search(r"<[^>]*\son[a-z]+\s*=", source, re.I)
    assert "javascript:" not in source.lower()
    for script in re.findall(r"<script\b[^>]*>", source, re.I):
        assert "src=" in script or "application/json" in script


@pytest.mark.parametrize("path", all_templates(), ids=lambda p: str(p.relative_to(TEMPLATES)))
def test_every_icon_exists(path: Path) -> None:
    source = path.read_text()
    names = re.findall(r'{% icon "([a-z0-9-]+)"', source)
    names += re.findall(r'\bicon(?:_end)?="([a-z0-9-]+)"', source)
    for name in names:
        assert (
            Path(django_settings.NODE_MODULES) / f"@tabler/icons/icons/outline/{name}.svg"
        ).exists(), name


def test_styles_use_logical_properties() -> None:
    physical = re.compile(
        r"^\s*(?:(?:margin|padding|border)-(?:left|right|top|bottom)|left|right|top|bottom|float)\s*:"
        r"(?!\s*none)",
        re.M,
    )
    for name in ("tokens", "app", "components", "home", "gallery"):
        text = (Path(django_settings.BASE_DIR) / f"static/salus/{name}.css").read_text()
        assert not physical.search(text), name
