"""What people do with shipments: check a file, have it recorded, discard the draft."""

from collections.abc import Sequence
from datetime import timedelta

from celery import current_app
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organisation
from accounts.viewer import Viewer
from core.errors import Conflict, Invalid, Problem
from supply.gs1 import NotGs1, read_gtin
from supply.models import Product, Shipment, ShipmentLine, ShipmentState
from supply.notices import uploader_told
from supply.permissions import require_sender
from supply.problems import FileRefused
from supply.progress import progress_set
from supply.selectors import left_behind, organisations_by_gln, products_of, recorded_among
from supply.uploads import Line, Sender, read_upload, taken

MOST_RESTARTS = 10
LEFT_BEHIND = timedelta(seconds=30)
RECORD_TASK = "supply.tasks.record_shipment_task"
# A restart that no worker took up meanwhile is dropped: the next sweep asks again.
RESTART_EXPIRES = 60


def product_add(*, gtin: str, name: str, manufacturer: Organisation) -> Product:
    """Register a product; doing it again changes nothing; raises Invalid, Conflict."""
    try:
        key = read_gtin(gtin)
    except NotGs1 as error:
        raise Invalid(problems=[Problem("gtin", str(error))]) from None
    product, _made = Product.objects.get_or_create(
        gtin=key, defaults={"name": name, "manufacturer": manufacturer}
    )
    if product.manufacturer_id != manufacturer.id:
        raise Conflict(_("%(gtin)s is the product of another organisation") % {"gtin": key})
    return product


# -- checking a file -------------------------------------------------------------------------------


def shipment_check(*, data: bytes, by: Viewer) -> Shipment:
    """Keep a faultless file as a draft; raises FileRefused with all that is wrong with it."""
    organisation = require_sender(by)
    lines = _faultless(data, organisation)
    return _draft(lines, organisation, by)


def _faultless(data: bytes, organisation: Organisation) -> Sequence[Line]:
    gtins = set(products_of(organisation).values_list("gtin", flat=True))
    sender = Sender(organisation.gln, gtins)
    reading = read_upload(data, sender=sender, today=timezone.localdate())
    problems = [*reading.problems, *taken(reading.rows, recorded_among(reading.rows))]
    if problems:
        raise FileRefused(problems)
    return reading.lines


@transaction.atomic
def _draft(lines: Sequence[Line], organisation: Organisation, by: Viewer) -> Shipment:
    known = organisations_by_gln(line.to_gln for line in lines)
    to_glns = {line.to_gln for line in lines}
    only = to_glns.pop() if len(to_glns) == 1 else ""
    shipment = Shipment.objects.create(
        sender=organisation,
        recipient_gln=only,
        recipient=known.get(only),
        line_count=len(lines),
        package_count=sum(len(line.serials) for line in lines),
        product_count=len({line.gtin for line in lines}),
        created_by=by.user,
    )
    ShipmentLine.objects.bulk_create(
        (_stored_line(shipment, line, known.get(line.to_gln)) for line in lines), batch_size=1000
    )
    return shipment


def _stored_line(shipment: Shipment, line: Line, recipient: Organisation | None) -> ShipmentLine:
    return ShipmentLine(
        shipment=shipment,
        row=line.row,
        product_id=line.gtin,
        lot=line.lot,
        expiry=line.expiry,
        serial_first=line.serials.first,
        serial_last=line.serials.last,
        quantity=len(line.serials),
        from_gln=line.from_gln,
        to_gln=line.to_gln,
        recipient=recipient,
    )


# -- deciding about a draft ------------------------------------------------------------------------


@transaction.atomic
def shipment_confirm(*, shipment: Shipment, by: Viewer) -> Shipment:
    """Have a draft recorded; asking again changes nothing; raises Conflict where it failed."""
    require_sender(by)
    draft = _locked_draft(shipment)
    if draft is None:
        return _decided(shipment)
    draft.advance(ShipmentState.RECORDING, confirmed_at=timezone.now(), confirmed_by=by.user)
    progress_set(draft.id, 0, draft.package_count)
    _enqueue(draft)
    return draft


@transaction.atomic
def shipment_discard(*, shipment: Shipment, by: Viewer) -> None:
    """Forget a draft; raises Conflict where it is none any more."""
    require_sender(by)
    draft = _locked_draft(shipment)
    if draft is None:
        raise Conflict(_("Only a draft can be discarded."))
    draft.delete()


def _locked_draft(shipment: Shipment) -> Shipment | None:
    """The draft; a row that a worker holds is not waited for, because it is none."""
    rows = Shipment.objects.select_for_update()
    return rows.filter(pk=shipment.pk, state=ShipmentState.CHECKED).first()


def _decided(shipment: Shipment) -> Shipment:
    found = Shipment.objects.filter(pk=shipment.pk).first()
    if found is None:
        raise Conflict(_("This draft was discarded."))
    if found.state == ShipmentState.FAILED:
        raise Conflict(_("This shipment could not be recorded. Upload the corrected file."))
    return found


# -- what a dead worker left -----------------------------------------------------------------------


@transaction.atomic
def shipments_restart() -> None:
    """Have every recording begun again that nobody works on; one that never ends is given up."""
    for shipment in left_behind(LEFT_BEHIND):
        if shipment.restarts >= MOST_RESTARTS:
            text = _("Salus tried several times and did not get to the end. Upload the file again.")
            shipment.advance(ShipmentState.FAILED, problems=[{"place": "", "text": text}])
            uploader_told(shipment, "shipment-failed")
            continue
        shipment.restarts += 1
        shipment.save(update_fields=["restarts"])
        _enqueue(shipment, expires=RESTART_EXPIRES)


def _enqueue(shipment: Shipment, expires: int | None = None) -> None:
    """Ask a worker, after the commit; where the broker is away, the next sweep asks again."""
    id = str(shipment.id)

    def ask() -> None:
        # By name, because tasks stand above services.
        current_app.send_task(RECORD_TASK, [id], queue="work", expires=expires)

    transaction.on_commit(ask, robust=True)
