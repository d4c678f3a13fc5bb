"""Every address of the interfaces for programs names its area; what names none opens to no token."""

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.scopes import api_areas, require_scope
from core.api import ApiView
from core.errors import InsufficientScope

PREFIXES = ("api/", "fhir/", "epcis/", "proofs/<uuid:pk>.json")
# Nobody needs a token there: descriptions, and what is not there.
OPEN = {"fhir-base", "fhir-metadata", "api-schema", "api-docs", "api-unknown"}


def patterns(resolver: Any, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for found in resolver.url_patterns:
        path = (before + str(found.pattern)).replace("^", "")
        if isinstance(found, URLResolver):
            yield from patterns(found, path)
        else:
            yield path, found


MACHINE = [
    (path, found)
    for path, found in patterns(get_resolver())
    if path.startswith(PREFIXES) and found.name not in OPEN
]


def test_there_are_such_addresses():
    assert len(MACHINE) > 20


@pytest.mark.parametrize(("path", "found"), MACHINE, ids=[path for path, _ in MACHINE])
def test_every_address_for_programs_names_its_area(path: str, found: URLPattern):
    view = getattr(found.callback, "view_class", None)
    area = getattr(view or found.callback, "area", "")
    assert area, f"{path}: name an area of registry.api_areas"
    assert callable(area) or area in {one.key for one in api_areas()}
    if path.startswith("api/v1/"):
        assert view, f"{path}: build it on core.api.ApiView"
        assert issubclass(view, ApiView), f"{path}: build it on core.api.ApiView"


def test_areas_are_named_once():
    keys = [area.key for area in api_areas()]
    assert len(keys) == len(set(keys))


def test_a_view_that_names_no_area_opens_to_no_token():
    with pytest.raises(InsufficientScope):
        require_scope(["account:read", "records:read", ":read"], "", "GET")


def test_a_session_may_do_all_that_the_person_may():
    require_scope(None, "", "DELETE")


@pytest.mark.parametrize(
    ("scopes", "method", "missing"),
    [
        (["supply:read"], "POST", "supply:write"),
        (["supply:write"], "GET", "supply:read"),
        (["account:read", "account:write"], "GET", "supply:read"),
        (["supply"], "GET", "supply:read"),
        ([], "HEAD", "supply:read"),
    ],
)
def test_a_right_in_one_area_is_none_in_another(scopes: list[str], method: str, missing: str):
    with pytest.raises(InsufficientScope) as refused:
        require_scope(scopes, "supply", method)
    assert refused.value.scope == missing
    assert f'scope="{missing}"' in refused.value.headers["WWW-Authenticate"]


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    found: dict[str, Any] = yaml.safe_load(out.getvalue())
    return found


def test_the_description_tells_the_ground_rules(described: dict[str, Any]):
    assert described["components"]["schemas"]["Problem"]["required"] == ["title", "status", "code"]
    operations = [
        (method, operation)
        for entry in described["paths"].values()
        for method, operation in entry.items()
    ]
    for method, operation in operations:
        named = {parameter["name"] for parameter in operation.get("parameters", [])}
        writes = method != "get"
        assert ("Idempotency-Key" in named) is writes
        assert operation["x-scope"].endswith(":write" if writes else ":read")
        assert "application/problem+json" in operation["responses"]["default"]["content"]
