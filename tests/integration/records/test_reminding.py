"""A week before something shared ends, its patient is told, once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Notice
from records.models import Consent, Scope
from records.services.consents import consent_grant, consent_revoke
from records.services.reminding import sharing_remind
from records.tasks import remind_of_ends
from tests.factories.people import clinician
from tests.factories.records import patient_with_record

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("registry")]


def test_each_end_is_told_once_and_in_time():
    viewer, row, _ = patient_with_record()
    today = timezone.now().date()
    for days in (5, 6, 40):
        consent = consent_grant(
            patient=row, grantee=clinician().user, scope=Scope.EVERYTHING, by=viewer,
            last_day=today + timedelta(days=days),
        )  # fmt: skip
    Consent.objects.update(created_at=timezone.now() - timedelta(days=60))
    assert not Notice.objects.filter(type="sharing-ends-soon").exists()
    consent_revoke(consent=Consent.objects.order_by("ends_at")[0], by=viewer)
    assert (sharing_remind(), sharing_remind()) == (1, 0)
    assert Notice.objects.get(type="sharing-ends-soon").user == viewer.user
    Consent.objects.filter(pk=consent.pk).update(ends_at=timezone.now() + timedelta(days=7))
    remind_of_ends()
    assert Notice.objects.filter(type="sharing-ends-soon").count() == 2


def test_of_a_short_grant_nobody_is_told():
    viewer, row, _ = patient_with_record()
    consent_grant(
        patient=row, grantee=clinician().user, scope=Scope.EVERYTHING, by=viewer,
        last_day=timezone.now().date(),
    )  # fmt: skip
    sharing_remind()
    assert not Notice.objects.filter(type="sharing-ends-soon").exists()
