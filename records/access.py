"""Who sees what, decided in SQL: the object rule and the list rule are one (DESIGN section 7)."""

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import Role
from accounts.viewer import Viewer
from records.models import ANY_TYPE, EffectiveAccess, Patient, Record, Version


def _granted(viewer: Viewer) -> QuerySet[EffectiveAccess]:
    """The grants that reach this person now, directly or through the organisation they act for."""
    reached = Q(user=viewer.user) | Q(organisation_id__in=viewer.organisation_ids)
    return EffectiveAccess.objects.filter(reached, ends_at__gt=timezone.now())


def _keeping(viewer: Viewer) -> list[UUID]:
    """The organisations whose imported records this person may read: for care alone."""
    return viewer.organisation_ids if viewer.has(Role.CLINICIAN) else []


def versions_visible_to(viewer: Viewer) -> QuerySet[Version]:
    """The versions that a person may see: the only way to them for anybody but the services."""
    granted = _granted(viewer).filter(patient=OuterRef("record__patient"))
    fitting = granted.filter(Q(resource_type=ANY_TYPE) | Q(resource_type=OuterRef("record__type")))
    # The directory (who works where) is open to everybody who has signed in.
    directory = Q(record__patient=None)
    own = Q(record__patient__account=viewer.user)
    written = Q(author_id__in=viewer.organisation_ids) | Q(custodian_id__in=_keeping(viewer))
    return Version.objects.filter(directory | own | written | Q(Exists(fitting)))


def patients_visible_to(viewer: Viewer) -> QuerySet[Patient]:
    """The patients of whom a person may see anything."""
    ours = viewer.organisation_ids
    written = Record.objects.filter(
        Q(versions__author_id__in=ours) | Q(versions__custodian_id__in=_keeping(viewer)),
        patient=OuterRef("pk"),
    )
    granted = _granted(viewer).filter(patient=OuterRef("pk"))
    return Patient.objects.filter(Q(account=viewer.user) | Q(Exists(granted)) | Q(Exists(written)))
