"""What FHIR's interface gives out is valid, and the same to the digit, for an independent judge."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from django.db import transaction
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import Organisation
from accounts.tokens import token_issue
from chain.canonical import parse
from core.audit import Actor
from portal.demo.clinical import bundles
from records.models import Version
from records.services.importing import import_bundle
from tests.factories.chain import RegistryFactory
from tests.factories.people import clinician
from tests.factories.records import Json, bundle, observation, patient

ENCODER = msgspec.json.Encoder(decimal_format="number")
TODAY = date(2026, 3, 17)
# R4's own example of decimals: all of these are other numbers to somebody who counts digits.
DIGITS = ["1", "1.0", "1.00", "0.10", "100", "1E2", "-1.000E-1", "1E-22", "1.23456789012345678"]


@pytest.fixture(scope="module")
def asks(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Any]:
    """A doctor's program, whose hospital keeps the demo's records and one with odd numbers."""
    with django_db_blocker.unblock(), transaction.atomic():
        RegistryFactory()
        doctor = clinician()
        by, hospital = Actor.system("test"), doctor.organisation
        assert isinstance(hospital, Organisation)
        for one in bundles(today=TODAY):
            import_bundle(one, by=by, custodian=hospital)
        about = patient()
        rows = [observation(about, value) for value in DIGITS]
        import_bundle(bundle(about, *rows), by=by, custodian=hospital)
        token = token_issue(user=doctor.user, by=by)
        client = Client(headers={"Authorization": f"Bearer {token}"})
        yield lambda path: client.get(f"/fhir/{path}")
        transaction.set_rollback(True)


def types() -> list[str]:
    rows = Version.objects.filter(current=True)
    return sorted(set(rows.values_list("type", flat=True)))


def pages(asks: Any, path: str) -> Iterator[Json]:
    while path:
        body = asks(path).content
        yield parse(body)
        links = parse(body).get("link", [])
        path = next((u["url"].partition("/fhir/")[2] for u in links if u["relation"] == "next"), "")


def test_medplum_finds_nothing_wrong_with_any_of_it(asks: Any, in_node: Any):
    given: list[Any] = [parse(asks("metadata").content), parse(asks("Patient/x").content)]
    for type in types():
        for page in pages(asks, f"{type}?_count=200"):
            given += [page, *(entry["resource"] for entry in page.get("entry", []))]
    [person] = parse(asks("Patient?_count=1&_total=none").content)["entry"]
    id = person["resource"]["id"]
    given += [parse(asks(f"Patient/{id}/_history").content)]
    given += list(pages(asks, f"Patient/{id}/$everything"))
    for page in pages(asks, "Patient?_count=50"):
        for entry in page["entry"]:
            document = parse(asks(f"Patient/{entry['resource']['id']}/$summary").content)
            given += [document, *(inner["resource"] for inner in document["entry"])]
    given += [parse(asks(f"Observation?_summary={how}").content) for how in ("true", "count")]
    assert len(given) > 3000
    assert in_node("validate.mjs", [ENCODER.encode(one).decode() for one in given]) == []


def test_every_digit_comes_back(asks: Any):
    found = set()
    for page in pages(asks, "Observation?code=29463-7&_count=500"):
        for entry in page["entry"]:
            found.add(str(entry["resource"]["valueQuantity"]["value"]))
    for value in DIGITS:
        written = Decimal(value)
        assert any(
            Decimal(other) == written and Decimal(other).as_tuple() == written.as_tuple()
            for other in found
        ), value
