"""What registrars may look up: who a patient is, never what is in the record."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from accounts.models import Organisation, Role
from accounts.selectors import home_organisation
from accounts.viewer import Viewer
from core.acting import portal_acts
from core.errors import Forbidden, NotFound
from core.keys import Sealer
from records.blind_index import Kind, digest, fold
from records.fhir.resources import Resource
from records.models import ActivationCode, Patient, PatientHash, PatientMerge, Version
from records.selectors import Opened, opened

SHOWN = ("resourceType", "id", "active", "name", "birthDate", "gender")
MOST_MERGES = 100  # on the page: the newest
PLACE = ("city", "postalCode")  # of an address: enough to tell two people apart


@dataclass(frozen=True)
class Registered:
    """A patient with the newest Patient resource, as a registrar sees them."""

    patient: Patient
    resource: Resource
    # The patient's, for the row of the trail that says that they were looked up.
    sealer: Sealer


def require_registrar(viewer: Viewer) -> Organisation:
    """The organisation for which this person registers patients; raises Forbidden."""
    if not viewer.has(Role.REGISTRAR) or viewer.organisation is None:
        raise Forbidden
    return viewer.organisation


def require_office(viewer: Viewer) -> Organisation:
    """The organisation for which this person is registrar or manager; raises Forbidden."""
    if not (viewer.has(Role.REGISTRAR) or viewer.has(Role.MANAGER)) or viewer.organisation is None:
        raise Forbidden
    return viewer.organisation


def administered_by(organisation: Organisation) -> QuerySet[Patient]:
    """Whom an organisation registered or brought here; the home organisation, who came with nobody.

    Nobody else prints their codes, or says who they are.
    """
    about = Version.objects.filter(patient=OuterRef("pk"), type="Patient", current=True)
    ours = Q(author_id=organisation.pk) | Q(custodian_id=organisation.pk)
    home = home_organisation()
    if home is not None and home.pk == organisation.pk:
        ours |= Q(author_id=None, custodian_id=None)
    return Patient.objects.filter(Exists(about.filter(ours)))


def access_administered(viewer: Viewer, pk: UUID) -> Registered:
    """A patient of the viewer's organisation; raises Forbidden or NotFound."""
    organisation = require_office(viewer)
    with portal_acts():
        found = registered(administered_by(organisation).filter(pk=pk))
    if not found:
        raise NotFound
    return found[0]


def access_merge(viewer: Viewer, pk: UUID) -> PatientMerge:
    """A merge of the viewer's organisation; raises Forbidden or NotFound."""
    organisation = require_office(viewer)
    with portal_acts():
        found = merges_of(organisation).filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


def merges_of(organisation: Organisation) -> QuerySet[PatientMerge]:
    """An organisation's merges, newest first."""
    people = ("retired", "survivor", "proposed_by", "decided_by", "undone_by")
    rows = PatientMerge.objects.filter(organisation=organisation).select_related(*people)
    return rows.order_by("-created_at")


def merges_listed(
    viewer: Viewer, *only: PatientMerge
) -> tuple[list[PatientMerge], list[Registered]]:
    """The merges of the viewer's organisation, or those named, and the patients in them."""
    organisation = require_office(viewer)
    with portal_acts():
        rows = list(only or merges_of(organisation)[:MOST_MERGES])
        both = {p.pk: p for row in rows for p in (row.retired, row.survivor)}
        return rows, registered(both.values())


def registered(patients: Iterable[Patient]) -> list[Registered]:
    """Patients with their newest Patient resources; erased ones are left out."""
    rows = {patient.pk: patient for patient in patients}
    found = {o.resource["id"]: o for o in patient_resources(rows)}
    return [
        Registered(p, about.resource, about.sealer)
        for pk, p in rows.items()
        if (about := found.get(str(pk)))
    ]


def patient_resources(ids: Iterable[UUID]) -> list[Opened]:
    """The newest Patient resources of these patients, whoever asks."""
    with portal_acts():
        rows = Version.objects.filter(current=True, type="Patient", patient__in=list(ids))
        return opened(rows.select_related("record"))


def patients_found(viewer: Viewer, *, name: str = "", born: str = "") -> QuerySet[Patient]:
    """The organisation's patients, newest first, by family name and birth date if given."""
    rows = administered_by(require_office(viewer)).order_by("-created_at", "pk")
    if name:
        rows = rows.filter(Exists(_hashed(Kind.FAMILY, fold(name))))
    if born:
        rows = rows.filter(Exists(_hashed(Kind.BORN, born)))
    return rows


def _hashed(kind: Kind, value: str) -> QuerySet[PatientHash]:
    return PatientHash.objects.filter(patient=OuterRef("pk"), kind=kind, digest=digest(kind, value))


@dataclass(frozen=True)
class PatientPage:
    """A page of a list of patients."""

    page: Page[Patient]
    rows: list[Registered]
    codes: dict[UUID, ActivationCode]


def page_of_patients(patients: QuerySet[Patient], size: int, number: str) -> PatientPage:
    """Patients of the viewer's organisation (patients_found), a page of them."""
    with portal_acts():
        page = Paginator(patients, size).get_page(number)
        rows = registered(page.object_list)
        return PatientPage(page, rows, live_codes(r.patient.pk for r in rows))


def code_of(viewer: Viewer, patient: Patient) -> ActivationCode | None:
    """The code that the patient can use now; for the patient's own organisation."""
    require_office(viewer)
    with portal_acts():
        return live_codes([patient.pk]).get(patient.pk)


def administered_among(viewer: Viewer, ids: Iterable[UUID]) -> set[UUID]:
    """Which of these patients are the viewer's organisation's own."""
    with portal_acts():
        rows = administered_by(require_office(viewer)).filter(pk__in=list(ids))
        return set(rows.values_list("pk", flat=True))


def live_codes(ids: Iterable[UUID]) -> dict[UUID, ActivationCode]:
    """The codes that can be used now, by patient; the caller acts for the portal."""
    rows = ActivationCode.objects.filter(
        patient__in=list(ids), state=ActivationCode.State.LIVE, expires_at__gt=Now()
    )
    return {row.patient_id: row for row in rows}


def recognisable(patient: Resource) -> Resource:
    """As much of a Patient as is needed to recognise the person."""
    shown: Resource = {name: patient[name] for name in SHOWN if name in patient}
    places = [{k: a[k] for k in PLACE if k in a} for a in patient.get("address") or []]
    if any(places):
        shown["address"] = [place for place in places if place]
    shown["meta"] = {"tag": [_SUBSETTED]}
    return shown


_SUBSETTED = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
}
