"""Who sees what, decided in SQL: the object rule and the list rule, side by side (DESIGN 7)."""

from typing import TYPE_CHECKING, Self

from django.apps import apps
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.viewer import Viewer

if TYPE_CHECKING:
    from records.models import EffectiveAccess, Patient, Record, Version


def _granted(viewer: Viewer) -> "QuerySet[EffectiveAccess]":
    """The grants that reach this person now, directly or through the organisation they act for."""
    grants: QuerySet[EffectiveAccess] = apps.get_model("records", "EffectiveAccess").objects.all()
    reached = Q(user=viewer.user)
    if viewer.organisation_ids:
        reached |= Q(organisation_id__in=viewer.organisation_ids)
    return grants.filter(reached, ends_at__gt=timezone.now())


def version_rule(viewer: Viewer) -> Q:
    """Which versions a person may see."""
    granted = _granted(viewer).filter(patient=OuterRef("record__patient"))
    fitting = granted.filter(Q(resource_type="*") | Q(resource_type=OuterRef("record__type")))
    own = Q(record__patient__account=viewer.user)
    # The directory (who works where) is open to everybody who has signed in.
    directory = Q(record__patient=None)
    written = Q(author_id__in=viewer.organisation_ids)
    return directory | own | written | Q(Exists(fitting))


class VersionQuerySet(QuerySet["Version"]):
    """The only way to versions for anybody but the services."""

    def visible_to(self, viewer: Viewer) -> Self:
        """The list rule; the object rule is the same, asked for one row."""
        return self.filter(version_rule(viewer))

    def current(self) -> Self:
        """Of each record the newest version."""
        return self.filter(current=True)


def patients_visible_to(viewer: Viewer) -> "QuerySet[Patient]":
    """The patients of whom this person may see anything."""
    patients: QuerySet[Patient] = apps.get_model("records", "Patient").objects.all()
    records: QuerySet[Record] = apps.get_model("records", "Record").objects.all()
    written = records.filter(
        patient=OuterRef("pk"), versions__author_id__in=viewer.organisation_ids
    )
    return patients.filter(
        Q(account=viewer.user)
        | Q(Exists(_granted(viewer).filter(patient=OuterRef("pk"))))
        | Q(Exists(written))
    )
