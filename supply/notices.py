"""What people are told about the shipments that they handed in."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.notices import notify
from core.registry import NoticeType, Told
from supply.models import Shipment


def _recorded(told: Told) -> str:
    return _("A shipment that you handed in was recorded.")


def _failed(told: Told) -> str:
    return _("A shipment that you handed in could not be recorded. Nothing of it was stored.")


def _page(about: str) -> str:
    return reverse("shipment", args=[about])


PHARMA = frozenset({"pharma"})
NOTICE_TYPES = [
    NoticeType(
        "shipment-recorded",
        label=gettext_lazy("Shipment recorded"),
        text=gettext_lazy("When a shipment that you handed in is recorded."),
        icon="truck-delivery",
        words=_recorded,
        mail=gettext_lazy("A shipment that you handed in was recorded."),
        url=_page,
        roles=PHARMA,
        order=50,
    ),
    NoticeType(
        "shipment-failed",
        label=gettext_lazy("Shipment not recorded"),
        text=gettext_lazy("When a shipment that you handed in could not be recorded."),
        icon="truck-off",
        words=_failed,
        mail=gettext_lazy(
            "A shipment that you handed in could not be recorded. Sign in to see why."
        ),
        url=_page,
        by_mail=True,
        roles=PHARMA,
        order=60,
    ),
]


def uploader_told(shipment: Shipment, type: str) -> None:
    """Tell who handed a shipment in, and who had it recorded, in the caller's transaction."""
    concerned = [id for id in (shipment.created_by_id, shipment.confirmed_by_id) if id]
    notify(User.objects.filter(pk__in=concerned), type, about=str(shipment.pk))
