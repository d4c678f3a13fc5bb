"""The demo data as FHIR transaction bundles, the same bytes whenever it is made anew."""

from collections.abc import Iterable, Iterator
from datetime import date

from portal.demo.clinical.builders.chart import Chart
from portal.demo.clinical.builders.datatypes import Json
from portal.demo.clinical.directory import directory
from portal.demo.clinical.people import PATIENTS
from portal.demo.clinical.stories import STORIES


def bundles(*, today: date, seed: int = 1) -> Iterator[dict[str, object]]:
    """The directory, then one bundle per patient; numbers with a unit are `Decimal`.

    Inside a bundle references are urn:uuid; patients' bundles refer to the directory by
    literal references ("Organization/<id>"), so the directory has to be imported first.
    """
    yield _transaction(directory())
    for person in PATIENTS:
        chart = Chart(person, today=today, seed=seed)
        STORIES[person](chart)
        yield _transaction(chart.resources())


def _transaction(resources: Iterable[Json]) -> Json:
    entries = [_entry(resource) for resource in resources]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def _entry(resource: Json) -> Json:
    return {
        "fullUrl": f"urn:uuid:{resource['id']}",
        "resource": resource,
        "request": {"method": "POST", "url": resource["resourceType"]},
    }
