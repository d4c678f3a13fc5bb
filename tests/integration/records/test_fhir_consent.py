"""Consents as FHIR says them, there and back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.errors import Invalid
from records.fhir.consent import consent_resource, consent_wanted
from records.fhir.schema import problems_of
from records.models import Scope
from records.provisions import DENY, Provision, template
from records.services.consents import consent_grant, consent_revoke
from tests.factories.people import OrganisationFactory
from tests.factories.records import patient_with_record

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("registry")]
RULES = [
    (Provision(),),
    template(Scope.NOT_MENTAL),
    template(
        Scope.VISIT, begin=datetime(2024, 3, 5, tzinfo=UTC), end=datetime(2024, 3, 6, tzinfo=UTC)
    ),
    (
        Provision(types=("Patient",)),
        Provision(types=("Observation", "Patient"), purposes=("treatment",)),
        Provision(DENY, codes=("http://loinc.org|29463-7",)),
        Provision(DENY, labels=("HIV", "R"), role="nurse"),
    ),
]


def resource(*rules: Provision) -> dict[str, Any]:
    viewer, row, _ = patient_with_record()
    consent = consent_grant(
        patient=row, grantee=OrganisationFactory(), scope=Scope.CHOSEN, by=viewer,
        provisions=rules, last_day=timezone.now().date() + timedelta(days=1),
    )  # fmt: skip
    return consent_resource(consent, rules, at=timezone.now())


@pytest.mark.parametrize("rules", RULES)
def test_what_goes_out_is_valid_and_comes_back_the_same(rules: tuple[Provision, ...]):
    said = resource(*rules)
    assert problems_of(said) == []
    wanted = consent_wanted(said)
    assert set(wanted.provisions) >= set(rules)
    assert {r for r in wanted.provisions if r not in rules} <= {
        Provision(types=("Patient",)), Provision(types=("Patient",), purposes=("treatment",)),
    }  # fmt: skip
    assert said["patient"]["reference"] == f"Patient/{wanted.patient}"
    assert said["organization"] == [{"reference": wanted.grantee}]
    assert wanted.last_day == timezone.now().date() + timedelta(days=1)


def test_what_has_ended_is_inactive():
    viewer, row, _ = patient_with_record()
    consent = consent_grant(
        patient=row, grantee=OrganisationFactory(), scope=Scope.EVERYTHING, by=viewer,
        last_day=timezone.now().date(),
    )  # fmt: skip
    consent_revoke(consent=consent, by=viewer)
    consent.refresh_from_db()
    assert consent_resource(consent, (Provision(),), at=timezone.now())["status"] == "inactive"


def test_exceptions_nested_in_a_permission_are_denials():
    said = resource(Provision())
    inner = said["provision"]["provision"][0]
    hiv = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "HIV"}
    inner["provision"] = []
    said["provision"] |= {"type": "permit", "actor": inner["actor"]}
    said["provision"]["provision"] = [{"type": "deny", "securityLabel": [hiv]}]
    assert consent_wanted(said).provisions == (Provision(), Provision(DENY, labels=("HIV",)))


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"status": "rejected"}, "Consent.status"),
        ({"policyRule": {"coding": [{"code": "OPTOUT"}]}}, "Consent.policyRule"),
        ({"verification": [{"verified": True}]}, "Consent.verification"),
        ({"patient": {"reference": "Patient/x"}}, "Consent.patient"),
        ({"provision": {}}, "Consent.provision.period.end"),
    ],
)
def test_what_cannot_be_enforced_is_refused_with_its_place(change: dict[str, Any], place: str):
    with pytest.raises(Invalid) as refused:
        consent_wanted(resource(Provision()) | change)
    assert place in [problem.place for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"action": [{"text": "read"}]}, "action"),
        ({"data": [{"meaning": "instance", "reference": {"reference": "Patient/x"}}]}, "data"),
        ({"purpose": [{"system": "http://x", "code": "TREAT"}]}, "purpose"),
        ({"class": [{"system": "http://x", "code": "Patient"}]}, "class"),
        ({"period": {"end": "2030-01-01"}}, "period"),
    ],
)
def test_a_limit_that_cannot_be_kept_is_never_passed_over(change: dict[str, Any], place: str):
    said = resource(Provision())
    said["provision"]["provision"][0] |= change
    with pytest.raises(Invalid) as refused:
        consent_wanted(said)
    assert f"Consent.provision.provision[0].{place}" in [p.place for p in refused.value.problems]


def test_a_day_counts_from_its_first_moment_to_its_last():
    said = resource(Provision())
    said["provision"]["provision"][0]["dataPeriod"] = {"start": "2024-03-05", "end": "2024-03"}
    [rule] = [r for r in consent_wanted(said).provisions if r.types == ("*",)]
    assert rule.data_from == datetime(2024, 3, 5, tzinfo=UTC)
    assert rule.data_until == datetime(2024, 4, 1, tzinfo=UTC)
