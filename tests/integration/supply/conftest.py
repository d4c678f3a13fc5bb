"""A maker with a product, a pharmacy, and a draft between them."""

from collections.abc import Callable

import pytest

from accounts.models import Organisation
from accounts.viewer import Viewer
from supply.models import Product, Shipment
from supply.recording import shipment_record
from supply.services import shipment_check, shipment_confirm
from tests.factories.supply import (
    OrganisationFactory,
    ProductFactory,
    csv_of,
    pharma_viewer,
    row,
)


@pytest.fixture
def product(db: None) -> Product:
    """A medicine."""
    return ProductFactory()


@pytest.fixture
def maker(product: Product) -> Organisation:
    """Who makes it."""
    return product.manufacturer


@pytest.fixture
def pharmacy(db: None) -> Organisation:
    """Where it goes."""
    return OrganisationFactory(kind=Organisation.Kind.PHARMACY)


@pytest.fixture
def viewer(maker: Organisation) -> Viewer:
    """Somebody of the maker."""
    return pharma_viewer(maker)


@pytest.fixture
def good_file(product: Product, pharmacy: Organisation) -> bytes:
    """Two rows, eleven packs."""
    return csv_of(
        row(product, pharmacy.gln, "SN001-SN010"), row(product, pharmacy.gln, "X", lot="L2")
    )


@pytest.fixture
def draft(good_file: bytes, viewer: Viewer) -> Shipment:
    """The file, checked."""
    return shipment_check(data=good_file, by=viewer)


@pytest.fixture
def recorded(viewer: Viewer) -> Callable[[Shipment], Shipment]:
    """Have a draft recorded, as a worker would; gives what came of it."""

    def run(shipment: Shipment) -> Shipment:
        shipment_confirm(shipment=shipment, by=viewer)
        shipment_record(shipment_id=shipment.id)
        shipment.refresh_from_db()
        return shipment

    return run
