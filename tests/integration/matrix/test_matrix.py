"""Every address, asked for by everybody: about their own, about what is foreign, about nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from django.contrib import admin
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver, include, path, reverse

from accounts.viewer import Viewer
from core.errors import NotFound
from supply.models import Shipment
from tests.integration.matrix.rows import ADMINISTRATION, EVERYBODY, ROWS, Row, outcomes
from tests.integration.matrix.world import VISITORS, Args, Visitor, World

SIGN_IN = "/account/login/"
SENT_AWAY = (SIGN_IN, "/admin/login/", "/admin/")
CSRF = re.compile(r"\b[A-Za-z0-9]{64}\b")
FORM = ("400", "409", "422")  # of somebody who was let through: what they sent was not right


# -- asking ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What came back: a status, or that one was sent to sign in; and all that could be read."""

    outcome: str
    text: str
    location: str = ""

    @property
    def refused(self) -> bool:
        """Whether it was no; a form that was sent back is none."""
        return self.outcome.startswith(("4", "5")) and self.outcome not in FORM

    def look(self, place: str) -> str:
        """All of it but the address that was asked for, and what is new in each page."""
        return f"{self.outcome} {CSRF.sub('', self.text).replace(place, '')}"


def ask(visitor: Visitor, method: str, place: str, row: Row | None = None) -> Answer:
    """One request, after which everything is as before."""
    before = transaction.savepoint()
    try:
        response = getattr(visitor.client, method)(place, **_sent(visitor, method, row))
        parts = response.streaming_content if response.streaming else [response.content]
        text = b"".join(parts).decode(errors="replace")
    finally:
        transaction.savepoint_rollback(before)
        transaction.savepoint_commit(before)  # else the next one lies within it
        if method != "get":  # what was counted, and sessions as they were changed
            cache.clear()
    location = response.headers.get("Location", "").partition("?")[0]
    outcome = "login" if location == SIGN_IN else str(response.status_code)
    return Answer(outcome, text, location)


def _sent(visitor: Visitor, method: str, row: Row | None) -> dict[str, Any]:
    if row is None or not row.machine:
        return {}
    sent: dict[str, Any] = (
        {"HTTP_AUTHORIZATION": f"Bearer {visitor.token}"} if visitor.token else {}
    )
    if method in ("post", "put") and not row.multipart:
        sent |= {"data": {}, "content_type": "application/json"}
    return sent


def args_of(row: Row, world: World) -> dict[str, Args]:
    """What names OURS in the address, THEIRS, and nothing."""
    if not row.kind:
        return {"own": ()}
    own, foreign = world.own(row.kind), world.foreign(row.kind)
    theirs = {"foreign": foreign.args} if foreign else {}
    return {"own": own.args, **theirs, "none": own.nowhere}


# -- judging ---------------------------------------------------------------------------------------


def complaints(row: Row, world: World) -> Iterator[str]:
    """All that is not as the row declares it, in words."""
    for method in row.declared:
        for visitor in world.visitors.values():
            looks = set()
            for whose, args in args_of(row, world).items():
                place = reverse(row.name, args=args)
                answer = ask(visitor, method, place, row)
                asked = f"{method.upper()} {whose} as {visitor.name}: {answer.outcome}"
                expected = row.expected(method, visitor.name, whose)
                if answer.outcome != expected:
                    yield f"{asked}, not {expected}"
                if told := sorted(too_much(answer, visitor, world, row)):
                    yield f"{asked}, and tells {told}"
                if answer.refused and not (whose == "own" and visitor.name in row.seen_by):
                    looks.add(answer.look(place))
            if len(looks) > 1 and visitor.name not in row.alike_for:
                yield f"{method.upper()} as {visitor.name}: what is refused can be told apart"


def too_much(answer: Answer, visitor: Visitor, world: World, row: Row) -> set[str]:
    """The words of an answer that this visitor should not read."""
    if answer.refused:
        hidden = world.ours.words | world.theirs.words
    elif visitor.name in row.alike_for:
        hidden = world.theirs.of_patients
    else:
        hidden = world.theirs.secrets
    return {word for word in hidden - visitor.knows if word in answer.text}


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_everybody_is_answered_as_declared(world: World, row: Row):
    found = list(complaints(row, world))
    assert not found, "\n".join([str(row), *found])


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_no_other_method_does_more(world: World, row: Row):
    usual = next(iter(row.declared.values()))
    visitor = next((v for v in VISITORS if usual[v].startswith("2")), "patient")
    others = {"get", "post", "put", "delete"} if row.machine else {"get", "post"}
    for method in others - set(row.declared):
        if any(method in other.declared for other in ROWS if other.name == row.name):
            continue
        place = reverse(row.name, args=args_of(row, world)["own"])
        answer = ask(world.visitors[visitor], method, place, row)
        assert answer.outcome in ("405", usual[visitor]), f"{method} as {visitor}"


# -- nothing is left out ---------------------------------------------------------------------------


def addresses(patterns: Any = None, route: str = "", space: str = "") -> Iterator[tuple[str, str]]:
    """Every pattern of the resolver: its name, or its route where it has none; and its route."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        here = route + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from addresses(pattern.url_patterns, here, inner)
        elif isinstance(pattern, URLPattern):
            yield space + (pattern.name or here), here


def test_every_address_has_a_row_and_every_row_an_address():
    known = [name for name, _route in addresses() if not name.startswith(ADMINISTRATION)]
    # As lists: of two addresses with one name, one would not be asked for.
    assert sorted(known) == sorted({row.name for row in ROWS})


def test_no_row_stands_twice():
    names = [str(row) for row in ROWS]
    assert len(names) == len(set(names))


def test_what_departs_from_the_rule_says_why():
    assert all(bool(row.alike) == bool(row.because) for row in ROWS)


# -- the administration ----------------------------------------------------------------------------


def administration(world: World) -> list[str]:
    """A path for each of its addresses."""
    ours = world.ours
    there = {"user": ours.people["patient"].pk, "organisation": ours.places["hospital"].pk}
    found = [route for name, route in addresses() if name.startswith(ADMINISTRATION)]
    return ["/" + _filled(route, there) for route in found]


def _filled(route: str, there: dict[str, Any]) -> str:
    for model, pk in there.items():
        route = route.replace(f"{model}/<path:object_id>", f"{model}/{pk}")
    route = re.sub(r"<path:\w+>", "1", route)
    route = re.sub(r"\^?\(\?P<app_label>(\w+)[^)]*\)/\$", r"\1/", route)
    return re.sub(r"\(\?P<url>.*", "nothing/", route)


@pytest.mark.parametrize("name", [name for name in VISITORS if name != "administrator"])
def test_everybody_is_sent_away_from_the_administration(world: World, name: str):
    visitor = world.visitors[name]
    for place in administration(world):
        for method in ("get", "post"):
            answer = ask(visitor, method, place)
            # Signed in already, in another role: there is no other sign-in to be sent to.
            at_the_door = (answer.outcome, place) == ("403", "/admin/login/")
            asked = f"{method} {place}: {answer.outcome} {answer.location}"
            assert answer.location in SENT_AWAY or at_the_door, asked
            told = (world.ours.words | world.theirs.words) - visitor.knows
            assert not [word for word in told if word in answer.text], asked


def test_administrators_are_let_in(world: World):
    for place in set(administration(world)) - {"/admin/login/"}:
        answer = ask(world.visitors["administrator"], "get", place)
        assert answer.location not in SENT_AWAY, place
        assert answer.outcome < "500", place


def test_the_administration_knows_nothing_clinical():
    known = {model._meta.label for model in admin.site._registry}
    assert known == {"accounts.User", "accounts.Organisation"}


# -- the check itself ------------------------------------------------------------------------------


def test_a_wrong_row_is_noticed(world: World):
    wrong = Row("chart", "patient", get="200 donor patient; 404 *")
    found = list(complaints(wrong, world))
    assert "GET own as donor: 404, not 200" in found
    assert "GET own as carer: 200, not 404" in found
    assert "GET foreign as donor: 404, not 200" not in found
    assert not [line for line in found if "as patient" in line or "as nurse: 404" in line]


def test_who_may_see_what_is_foreign_has_to_be_named(world: World):
    unnamed = Row("case", "case", get="200 auditor; 403 *")
    found = list(complaints(unnamed, world))
    assert "GET foreign as auditor: 200, not 404" in found
    assert any(line.startswith("GET foreign as auditor: 200, and tells") for line in found)
    assert len(found) == 2


def test_refusals_that_can_be_told_apart_are_noticed(world: World, monkeypatch: pytest.MonkeyPatch):
    def access(viewer: Viewer, pk: UUID) -> Shipment:
        there = Shipment.objects.filter(pk=pk).exists()
        raise NotFound("This is not yours." if there else "There is no such shipment.")

    monkeypatch.setattr("supply.api.views.access_shipment", access)
    found = list(complaints(Row("api-shipment", "shipment", get="404 *"), world))
    told_apart = "what is refused can be told apart"
    assert found == [f"GET as {name}: {told_apart}" for name in VISITORS if name != "anonymous"]


def test_an_answer_that_tells_too_much_is_noticed(world: World):
    row, nurse = Row("chart", "patient", get=EVERYBODY), world.visitors["nurse"]
    ours, theirs = world.ours.word("Kin"), world.theirs.word("Kin")
    page = f"<p>{ours}, {theirs}</p>"
    for refused in ("401", "403", "404", "429", "500"):
        assert too_much(Answer(refused, page), nurse, world, row) == {ours, theirs}
    for let_in in ("200", "302", "409", "422"):
        assert too_much(Answer(let_in, page), nurse, world, row) == {theirs}
    # The head of a page says who is signed in, and for whom they act.
    own = " ".join(nurse.knows)
    assert not too_much(Answer("403", own), nurse, world, row)
    assert too_much(Answer("403", own), world.visitors["donor"], world, row)


def test_an_auditor_reads_nothing_of_a_foreign_patient_either(world: World):
    row, auditor = Row("case", "case", alike="auditor"), world.visitors["auditor"]
    page = f"{world.theirs.word('Why')} {world.theirs.word('Weight')}"
    assert too_much(Answer("200", page), auditor, world, row) == {world.theirs.word("Weight")}


def test_addresses_without_a_name_and_in_folders_are_found():
    def view(request: HttpRequest) -> HttpResponse:
        raise NotImplementedError

    inner = [path("<int:pk>/", view), path("named/", view, name="n")]
    made = [path("outer/", include(inner)), path("space/", include((inner, "app"), "space"))]
    assert list(addresses(made)) == [
        ("outer/<int:pk>/", "outer/<int:pk>/"), ("n", "outer/named/"),
        ("space:space/<int:pk>/", "space/<int:pk>/"), ("space:n", "space/named/"),
    ]  # fmt: skip


@pytest.mark.parametrize("said", ["200 patient", "200 nobody; 404 *"])
def test_a_row_speaks_of_everybody_there_is(said: str):
    with pytest.raises(AssertionError):
        outcomes(said, "login")
