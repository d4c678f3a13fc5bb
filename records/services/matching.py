"""Who is here already: candidates by the blind index, then compared one by one."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Case, IntegerField, Q, Sum, Value, When

from accounts.limits import limit_person
from accounts.viewer import Viewer
from core import audit
from core.acting import portal_acts
from core.keys import Owner, sealers_for
from records.blind_index import Demographics, Kind
from records.fhir.resources import Resource
from records.likeness import Grade, Likeness, likeness
from records.models import Patient, PatientHash
from records.registry import patient_resources, require_registrar

MOST = 10  # candidates that are shown
COMPARED = 100  # candidates that are opened and compared
# What alone makes somebody a candidate; of the rest two things must agree.
STRONG = (Kind.IDENTIFIER, Kind.PHONE, Kind.EMAIL)
WEAK = (Kind.SOUND, Kind.GIVEN, Kind.BORN, Kind.POSTCODE)
NEEDED = 2


@dataclass(frozen=True)
class Candidate:
    """Somebody who may be the same person."""

    patient: Patient
    resource: Resource
    likeness: Likeness

    @property
    def grade(self) -> Grade:
        """How likely it is."""
        return self.likeness.grade


def patient_match(
    *, resource: Resource, by: Viewer, only_certain: bool = False, count: int = MOST
) -> list[Candidate]:
    """Who may be the person that a Patient resource describes, the likeliest first.

    For registrars; each who is shown is audited. Raises Forbidden or TooMany.
    """
    require_registrar(by)
    limit_person(by.user, "patient_match")
    found = [c for c in _candidates(resource) if c.grade != Grade.NOT]
    if only_certain:
        found = [c for c in found if c.grade == Grade.CERTAIN]
    found = found[: min(count, MOST)]
    # Of the record that is shown, which for a merged one is not the one that was opened.
    shown = sealers_for(Owner.patient(c.patient.pk) for c in found)
    audit.record_each(
        audit.Name.PATIENT_MATCHED, by=by.actor, sealers=shown.values(), target="match"
    )
    return found


@portal_acts()
def _candidates(resource: Resource) -> list[Candidate]:
    wanted = Demographics.of(resource)
    resources = patient_resources(_hits(wanted))
    ids = [o.version.patient_id for o in resources]
    patients = Patient.objects.select_related("merged_into").in_bulk(ids)
    best: dict[UUID, Candidate] = {}
    for found in resources:
        patient = patients[UUID(found.resource["id"])]
        alike = likeness(wanted, Demographics.of(found.resource))
        # Who was merged into another record is found there.
        shown = patient.merged_into or patient
        known = best.get(shown.pk)
        if known is None or known.likeness.score < alike.score:
            best[shown.pk] = Candidate(shown, found.resource, alike)
    return sorted(best.values(), key=lambda c: (-c.likeness.score, -c.likeness.bits, c.patient.pk))


def _hits(wanted: Demographics) -> list[UUID]:
    """Who shares enough hashes, most of them first."""
    by_kind: dict[Kind, list[bytes]] = {}
    for kind, digest in wanted.digests():
        by_kind.setdefault(kind, []).append(digest)
    any_of = Q(pk=None)
    for kind in STRONG + WEAK:
        if kind in by_kind:
            any_of |= Q(kind=kind, digest__in=by_kind[kind])
    weight = Case(
        When(kind__in=STRONG, then=Value(NEEDED)), default=Value(1), output_field=IntegerField()
    )
    rows = PatientHash.objects.filter(any_of).values("patient")
    enough = rows.annotate(shared=Sum(weight)).filter(shared__gte=NEEDED)
    return list(enough.order_by("-shared", "patient").values_list("patient", flat=True)[:COMPARED])
