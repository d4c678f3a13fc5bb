"""Pharma organisations, their people, products and files."""

from uuid import uuid4

import factory

from accounts.models import Membership, Organisation, Role, User
from accounts.viewer import Viewer, viewer_for
from core.check_digits import gs1_check_digit
from supply.models import Product

# 952 is GS1's prefix for examples.
HEADER = "gtin,lot,expiry,serial,from,to"


def gln_of(number: int) -> str:
    """A valid GLN of the example range."""
    body = f"9527{number:08d}"
    return f"{body}{gs1_check_digit(body)}"


def gtin_of(number: int) -> str:
    """A valid GTIN-14 of the example range."""
    body = f"09529{number:08d}"
    return f"{body}{gs1_check_digit(body)}"


class OrganisationFactory(factory.django.DjangoModelFactory):
    """A manufacturer."""

    class Meta:
        model = Organisation

    kind = Organisation.Kind.MANUFACTURER
    name = factory.Sequence(lambda n: f"Maker {n}")
    gln = factory.Sequence(gln_of)


class ProductFactory(factory.django.DjangoModelFactory):
    """A medicine."""

    class Meta:
        model = Product

    gtin = factory.Sequence(gtin_of)
    name = factory.Sequence(lambda n: f"Medicine {n}, 20 tablets")
    manufacturer = factory.SubFactory(OrganisationFactory)


def user_of(organisation: Organisation | None = None, role: Role = Role.PHARMA) -> User:
    """Somebody who acts for the organisation; without one, somebody in a role of their own."""
    own = "" if organisation else role
    user = User.objects.create_user(f"{uuid4()}@salus.example", own_role=own)
    if organisation:
        Membership.objects.create(user=user, organisation=organisation, role=role)
    return user


def pharma_viewer(organisation: Organisation) -> Viewer:
    """Somebody of the organisation, as gates and services see them."""
    return viewer_for(user_of(organisation))


def row(product: Product, to: str, serial: str, **cells: str) -> str:
    """A row of the file, faultless unless told otherwise."""
    values = {
        "gtin": product.gtin,
        "lot": "L1",
        "expiry": "2099-12-31",
        "serial": serial,
        "from": product.manufacturer.gln,
        "to": to,
    } | cells
    return ",".join(values.values())


def csv_of(*rows: str) -> bytes:
    """A file with these rows."""
    return "\r\n".join([HEADER, *rows, ""]).encode()
