"""Whatever is asked: the index finds what a look at every resource finds, and nothing else."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django.plugin import DjangoDbBlocker

from accounts.viewer import viewer_for
from core.audit import Actor
from portal.demo.clinical import bundles
from records.models import Patient, Scope
from records.search.parameters import Kind, Parameter, parameters_of
from records.search.query import parsed
from records.search.running import Finder
from records.selectors import opened, versions_for
from records.services.consents import consent_grant
from records.services.importing import import_bundle
from records.services.people import patient_link
from tests.factories.chain import RegistryFactory
from tests.factories.people import UserFactory, clinician
from tests.integration.records.search.reference import Reference

TODAY = date(2026, 3, 17)
BASE = "https://salus.example/fhir/"
Json = dict[str, Any]
Asked = tuple[str, list[tuple[str, str]]]


class World:
    """The demo's patients, and a clinician who may see some of them, one of them in part."""

    def __init__(self) -> None:
        RegistryFactory()
        for bundle in bundles(today=TODAY):
            import_bundle(bundle, by=Actor.system("test"))
        self.viewer = clinician()
        scopes = [Scope.EVERYTHING, Scope.RESULTS, Scope.EVERYTHING, Scope.VISITS]
        patients = list(Patient.objects.order_by("pk"))
        for patient, scope in zip(patients, scopes, strict=False):
            self._share(patient, scope)
        found = opened(versions_for(self.viewer).filter(current=True))
        self.resources = [one.resource for one in found]
        self.reference = Reference(self.resources)
        self.finder = Finder(self.viewer, BASE)
        assert len(patients) > len(scopes)

    def _share(self, patient: Patient, scope: Scope) -> None:
        owner = UserFactory()
        patient_link(patient=patient, account=owner)
        patient.refresh_from_db()
        consent_grant(
            patient=patient, grantee=self.viewer.user, scope=scope, by=viewer_for(owner),
            last_day=timezone.now().date() + timedelta(days=30),
        )  # fmt: skip

    def pages(self, type: str, asked: list[tuple[str, str]]) -> tuple[list[str], int | None]:
        """The ids on all pages, and what the first one says of how many there are."""
        page = self.finder.first(parsed(type, asked, strict=True))
        total, found = page.total, list(page.matches)
        while page.cursor:
            page = self.finder.next(page.cursor)
            assert page.total == total
            found += page.matches
        return [one.version.fhir_id for one in found], total


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


# -- questions -------------------------------------------------------------------------------------


def offered(type: str) -> list[Parameter]:
    return [p for p in parameters_of(type).values() if not p.code.startswith("_")]


def nodes_of(parameter: Parameter, resources: list[Json]) -> list[Any]:
    return [
        node for resource in resources if resource["resourceType"] == parameter.type
        for path in parameter.paths for node in path(parameter.type, resource)
    ]  # fmt: skip


@st.composite
def questions(draw: st.DrawFn, world: World) -> Asked:
    """One to three parameters of a type, with values that are there, and some that are not."""
    type = draw(st.sampled_from(sorted({r["resourceType"] for r in world.resources})))
    count = draw(st.integers(1, 3))
    return type, [draw(criteria(world, type)) for _ in range(count)]


@st.composite
def criteria(draw: st.DrawFn, world: World, type: str, depth: int = 0) -> tuple[str, str]:
    known = [p for p in offered(type) if p.kind != Kind.COMPOSITE or type == "Observation"]
    full = [p for p in known if nodes_of(p, world.resources)]
    parameter = draw(st.sampled_from(full or known))
    if parameter.kind == Kind.REFERENCE and depth < 2 and draw(st.booleans()):
        there = {r["resourceType"] for r in world.resources}
        targets = [t for t in parameter.targets if t in there]
        if targets:
            target = draw(st.sampled_from(targets))
            name, value = draw(criteria(world, target, depth + 1))
            return f"{parameter.code}:{target}.{name}", value
    if depth == 0 and draw(st.integers(0, 7)) == 0:
        referring = [
            p for other in sorted({r["resourceType"] for r in world.resources})
            for p in offered(other)
            if p.kind == Kind.REFERENCE and type in p.targets and nodes_of(p, world.resources)
        ]  # fmt: skip
        if referring:
            by = draw(st.sampled_from(referring))
            name, value = draw(criteria(world, by.type, 2))
            return f"_has:{by.type}:{by.code}:{name}", value
    missing = [] if parameter.kind == Kind.COMPOSITE else ["missing"]
    modifier = draw(st.sampled_from(["", "", "", *MODIFIERS[parameter.kind], *missing]))
    if modifier == "missing":
        return f"{parameter.code}:missing", draw(st.sampled_from(["true", "false"]))
    nodes = nodes_of(parameter, world.resources)
    count = draw(st.integers(1, 2))
    values = [draw(value_of(parameter, nodes, modifier)) for _ in range(count)]
    name = f"{parameter.code}:{modifier}" if modifier else parameter.code
    return name, ",".join(values)


MODIFIERS: dict[Kind, list[str]] = {
    Kind.TOKEN: ["not"], Kind.STRING: ["exact", "contains"], Kind.REFERENCE: [],
    Kind.URI: ["below", "above"], Kind.DATE: [], Kind.NUMBER: [], Kind.QUANTITY: [],
    Kind.COMPOSITE: [],
}  # fmt: skip
PREFIXES = ["", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"]


def safe(text: str) -> str:
    """Marks that would have to be escaped are left out, and what stands behind them."""
    for mark in ",$|\\":
        text = text.partition(mark)[0]
    return text or "x"


@st.composite
def value_of(draw: st.DrawFn, parameter: Parameter, nodes: list[Any], modifier: str) -> str:
    if not nodes or draw(st.integers(0, 9)) == 0:
        return "$".join(ELSE[c.kind] for c in parameter.components) or ELSE[parameter.kind]
    type, node = draw(st.sampled_from(nodes))
    if parameter.kind == Kind.COMPOSITE:
        return draw(combination(parameter, (type, node)))
    return draw(one_value(parameter.kind, type, node, modifier))


ELSE = {
    Kind.TOKEN: "no-such-code", Kind.STRING: "zzzzz", Kind.REFERENCE: "Patient/nobody",
    Kind.URI: "http://nowhere.example/x", Kind.DATE: "ge1990", Kind.NUMBER: "1",
    Kind.QUANTITY: "gt0",
}  # fmt: skip


@st.composite
def combination(draw: st.DrawFn, parameter: Parameter, node: Any) -> str:
    from records.search.paths import compiled

    parts = []
    for component in parameter.components:
        inner = [n for path in compiled(component.expression, node[0]) for n in path(*node)]
        if inner:
            type, value = draw(st.sampled_from(inner))
            parts.append(draw(one_value(component.kind, type, value, "")))
        else:
            parts.append(ELSE[component.kind])
    return "$".join(parts)


@st.composite
def one_value(draw: st.DrawFn, kind: Kind, type: str, node: Any, modifier: str) -> str:
    match kind:
        case Kind.TOKEN:
            return draw(token_value(type, node))
        case Kind.STRING:
            texts = [node] if isinstance(node, str) else [
                t for v in node.values() for t in (v if isinstance(v, list) else [v])
                if isinstance(t, str)
            ]  # fmt: skip
            text = safe(draw(st.sampled_from(texts or ["x"])))
            if modifier == "exact":
                return text
            start = draw(st.integers(0, len(text) - 1)) if modifier == "contains" else 0
            return safe(text[start : start + draw(st.integers(1, 12))].strip()) or "x"
        case Kind.REFERENCE:
            reference = node if isinstance(node, str) else node.get("reference", "Patient/x")
            return reference if draw(st.booleans()) else reference.rpartition("/")[2]
        case Kind.URI:
            return safe(node.rpartition("/")[0] if modifier == "below" else node)
        case Kind.DATE:
            return draw(date_value(node))
        case Kind.NUMBER:
            return draw(st.sampled_from(PREFIXES)) + str(node)
        case _:
            return draw(quantity_value(node))


@st.composite
def token_value(draw: st.DrawFn, type: str, node: Any) -> str:
    if not isinstance(node, dict):
        return safe(str(node).lower() if isinstance(node, bool) else str(node))
    codings = node.get("coding") or [node]
    coding = draw(st.sampled_from(codings))
    code = safe(str(coding.get("code") or coding.get("value") or "x"))
    system = "" if type == "ContactPoint" else str(coding.get("system", ""))
    shapes = [code, code.upper(), f"{system}|{code}", f"|{code}"] + [f"{system}|"] * bool(system)
    return draw(st.sampled_from(shapes))


@st.composite
def date_value(draw: st.DrawFn, node: Any) -> str:
    texts = [node] if isinstance(node, str) else [
        node[k] for k in ("start", "end") if k in node
    ] or ["2020-01-01"]  # fmt: skip
    text = draw(st.sampled_from(texts))
    cut = draw(st.sampled_from([4, 7, 10, len(text)]))
    return draw(st.sampled_from(PREFIXES)) + text[:cut]


@st.composite
def quantity_value(draw: st.DrawFn, node: Any) -> str:
    amount = Decimal(str(node.get("value", 1)))
    if draw(st.booleans()):
        amount = round(amount, 0)
    text = f"{draw(st.sampled_from(PREFIXES))}{amount}"
    system, code, unit = (node.get(k, "") for k in ("system", "code", "unit"))
    shapes = ["", *[f"|{system}|{code}"] * bool(system and code), *[f"||{unit}"] * bool(unit)]
    return text + draw(st.sampled_from(shapes))


# -- answers ---------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_the_index_finds_what_a_look_at_everything_finds(world: World, data: st.DataObject):
    type, asked = data.draw(questions(world))
    count = data.draw(st.sampled_from([1, 7, 500]))
    expected = world.reference.find(type, asked)
    if count == 1 and len(expected) > 20:
        count = 7
    found, total = world.pages(type, [*asked, ("_count", str(count))])
    assert len(found) == len(set(found))
    assert set(found) == expected
    assert total == len(expected)
