"""What somebody would see by a grant, before it is signed: the rule itself is asked, and undone."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import Organisation, User
from core.acting import capacity, portal_acts
from core.audit import Purpose
from core.row_security import Who
from records.access import versions_visible_to
from records.models import Consent, Patient, Scope, Version
from records.provisions import Provision
from records.selectors import Opened, opened
from records.services.consents import effects_of
from records.services.effects import effects_add

EXAMPLES = 3


@dataclass(frozen=True)
class Preview:
    """How many entries of each kind would be seen, how many not, and the newest of the former."""

    seen: dict[str, int]
    hidden: int
    examples: list[Opened] = field(default_factory=list)


@portal_acts()
def consent_preview(
    *,
    patient: Patient,
    grantee: User | Organisation,
    scope: Scope,
    provisions: tuple[Provision, ...],
    purpose: Purpose = Purpose.TREATMENT,
) -> Preview:
    """What the grantee could open of the record, together with all that counts already."""
    who = Who.given([grantee.pk, capacity(grantee.pk, purpose)], [])
    rows = Version.objects.filter(patient__in=patient.with_merged, current=True, deleted=False)
    whom = {"user": grantee} if isinstance(grantee, User) else {"organisation": grantee}
    with transaction.atomic():
        savepoint = transaction.savepoint()
        consent = Consent.objects.create(
            patient=patient, scope=scope, sealed_secret=b"",
            ends_at=timezone.now() + timedelta(minutes=1), **whom,
        )  # fmt: skip
        effects_add(effects_of(consent, provisions))
        visible = versions_visible_to(who).filter(pk__in=rows.values("pk"))
        seen = Counter(visible.values_list("type", flat=True))
        newest = visible.exclude(type="Patient").order_by("-began_at", "-pk")[:EXAMPLES]
        examples = opened(newest.select_related("commitment__batch"))
        transaction.savepoint_rollback(savepoint)
    return Preview(dict(seen.most_common()), rows.count() - seen.total(), examples)
