"""What a resource says, in a line that a person reads."""

from base64 import b64decode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.fhir.resources import Resource, time_of
from records.selectors import Opened

Words = str | Promise


@dataclass(frozen=True)
class KindOfEntry:
    """How entries of a type are called and drawn."""

    label: Words
    icon: str


KINDS: dict[str, KindOfEntry] = {
    "Patient": KindOfEntry(gettext_lazy("About you"), "user"),
    "Encounter": KindOfEntry(gettext_lazy("Visit"), "building-hospital"),
    "Condition": KindOfEntry(gettext_lazy("Condition"), "notes"),
    "Observation": KindOfEntry(gettext_lazy("Measurement"), "activity"),
    "DiagnosticReport": KindOfEntry(gettext_lazy("Test report"), "report-medical"),
    "MedicationRequest": KindOfEntry(gettext_lazy("Medicine"), "pill"),
    "AllergyIntolerance": KindOfEntry(gettext_lazy("Allergy"), "alert-triangle"),
    "Immunization": KindOfEntry(gettext_lazy("Vaccination"), "vaccine"),
    "Procedure": KindOfEntry(gettext_lazy("Procedure"), "bandage"),
    "CarePlan": KindOfEntry(gettext_lazy("Care plan"), "clipboard-heart"),
    "Goal": KindOfEntry(gettext_lazy("Goal"), "target"),
    "DocumentReference": KindOfEntry(gettext_lazy("Document"), "file-text"),
    "Claim": KindOfEntry(gettext_lazy("Claim"), "receipt"),
    "ExplanationOfBenefit": KindOfEntry(gettext_lazy("Cost statement"), "receipt-2"),
}
OTHER = KindOfEntry(gettext_lazy("Entry"), "file")


@dataclass(frozen=True)
class Entry:
    """A record as the pages show it."""

    opened: Opened

    @property
    def resource(self) -> Resource:
        """The document, parsed."""
        return self.opened.resource

    @property
    def type(self) -> str:
        """The resource type."""
        return self.opened.version.type

    @property
    def kind(self) -> KindOfEntry:
        """Its name and icon."""
        return KINDS.get(self.type, OTHER)

    @cached_property
    def title(self) -> str:
        """The most important words."""
        return _TITLES.get(self.type, _coded)(self.resource) or str(self.kind.label)

    @cached_property
    def detail(self) -> str:
        """What comes second: a value, a dose, a status."""
        maker = _DETAILS.get(self.type)
        return maker(self.resource) if maker else ""

    @cached_property
    def text(self) -> str:
        """The text of a document, where it has one."""
        return _document_text(self.resource) if self.type == "DocumentReference" else ""

    @cached_property
    def time(self) -> str:
        """When it happened, as written; sorts as text because FHIR writes years first."""
        return time_of(self.resource)

    @property
    def day(self) -> str:
        """When it happened, in words."""
        return day_words(self.time)

    @property
    def year(self) -> str:
        """The year it happened in."""
        return self.time[:4] or "–"

    @property
    def organisation_id(self) -> str:
        """Who wrote it."""
        return str(self.opened.version.author_id or "")

    @property
    def state(self) -> str:
        """How far its seal is."""
        return self.opened.state.value

    @property
    def sealed_at(self) -> datetime | None:
        """Since when its seal is final."""
        batch = self.opened.version.commitment.batch
        return batch.final_at if batch else None

    @property
    def proof_url(self) -> str:
        """The proof file."""
        return reverse("proof", args=[self.opened.version.commitment_id])

    @property
    def url(self) -> str:
        """The entry's own page."""
        version = self.opened.version
        return reverse("record", args=[version.patient_id, version.type, version.fhir_id])


def day_words(time: str) -> str:
    """A FHIR dateTime in words: `2024`, `March 2024` or `5 March 2024`."""
    shapes = {4: ("%Y", "Y"), 7: ("%Y-%m", "F Y")}
    pattern, words = shapes.get(len(time), ("%Y-%m-%d", "j F Y"))
    try:
        return str(formats.date_format(datetime.strptime(time[:10], pattern), words))  # noqa: DTZ007
    except ValueError:
        return ""


def concept(value: Any) -> str:
    """The words of a CodeableConcept."""
    if not isinstance(value, dict):
        return ""
    codings = value.get("coding") or [{}]
    return str(value.get("text") or codings[0].get("display") or codings[0].get("code") or "")


def code_of(resource: Resource) -> str:
    """The first code of an Observation."""
    codings = (resource.get("code") or {}).get("coding") or [{}]
    return str(codings[0].get("code", ""))


def category_of(resource: Resource) -> str:
    """The first category's code, such as `vital-signs` or `laboratory`."""
    for category in resource.get("category") or []:
        for coding in category.get("coding") or []:
            return str(coding.get("code", ""))
    return ""


def quantity_words(quantity: Any) -> str:
    """`138 mmHg`, with the digits as they were written."""
    if not isinstance(quantity, dict) or "value" not in quantity:
        return ""
    value = quantity["value"]
    # Six digits after the point are a machine's, not a reading's.
    if isinstance(value, Decimal) and -int(value.as_tuple().exponent) > 2:
        value = value.quantize(Decimal("0.01")).normalize()
    digits = f"{value:f}" if isinstance(value, Decimal) else str(value)
    return f"{digits} {quantity.get('unit') or quantity.get('code') or ''}".strip()


def value_words(resource: Resource) -> str:
    """An Observation's value, or its components'."""
    if "valueQuantity" in resource:
        return quantity_words(resource["valueQuantity"])
    if "valueCodeableConcept" in resource:
        return concept(resource["valueCodeableConcept"])
    if "valueString" in resource:
        return str(resource["valueString"])
    parts = [quantity_words(c.get("valueQuantity")) for c in resource.get("component") or []]
    return _blood_pressure(resource) or ", ".join(p for p in parts if p)


def _blood_pressure(resource: Resource) -> str:
    values = {code_of(c): c.get("valueQuantity") or {} for c in resource.get("component") or []}
    high, low = values.get("8480-6"), values.get("8462-4")
    if not high or not low:
        return ""
    top, bottom = (quantity_words({"value": q.get("value", "")}) for q in (high, low))
    return f"{top}/{bottom} {high.get('unit', '')}".strip()


def interpretation(resource: Resource) -> str:
    """`high`, `low` or nothing, from the report itself."""
    for concept_ in resource.get("interpretation") or []:
        for coding in concept_.get("coding") or []:
            code = str(coding.get("code", ""))
            if code in ("H", "HH", "HU"):
                return "high"
            if code in ("L", "LL", "LU"):
                return "low"
    return ""


def range_words(resource: Resource) -> str:
    """The reference range."""
    for row in resource.get("referenceRange") or []:
        if row.get("text"):
            return str(row["text"])
        low, high = quantity_words(row.get("low")), quantity_words(row.get("high"))
        if low and high:
            return f"{low} – {high}"
        if low or high:
            return (
                _("up to %(value)s") % {"value": high}
                if high
                else _("from %(value)s") % {"value": low}
            )
    return ""


# -- per type --------------------------------------------------------------------------------------


def _coded(resource: Resource) -> str:
    return concept(resource.get("code"))


def _encounter(resource: Resource) -> str:
    types = resource.get("type") or [{}]
    return concept(types[0])


def _reason(resource: Resource) -> str:
    return ", ".join(concept(r) for r in resource.get("reasonCode") or [])


def _medicine(resource: Resource) -> str:
    return concept(resource.get("medicationCodeableConcept"))


def _dose(resource: Resource) -> str:
    lines = [str(d.get("text", "")) for d in resource.get("dosageInstruction") or []]
    return "; ".join(line for line in lines if line)


def _vaccine(resource: Resource) -> str:
    return concept(resource.get("vaccineCode"))


def _status(resource: Resource) -> str:
    return concept(resource.get("clinicalStatus"))


def _reaction(resource: Resource) -> str:
    found = [
        concept(m) for r in resource.get("reaction") or [] for m in r.get("manifestation") or []
    ]
    return ", ".join(found)


def _category(resource: Resource) -> str:
    return concept((resource.get("category") or [{}])[0])


def _goal(resource: Resource) -> str:
    return concept(resource.get("description"))


def _document(resource: Resource) -> str:
    return str(resource.get("description") or concept(resource.get("type")))


def _document_text(resource: Resource) -> str:
    texts = []
    for content in resource.get("content") or []:
        attachment = content.get("attachment") or {}
        if str(attachment.get("contentType", "")).startswith("text/plain"):
            with suppress(ValueError):
                texts.append(b64decode(str(attachment.get("data", ""))).decode())
    return "\n\n".join(texts)


def _person(resource: Resource) -> str:
    from records.selectors import display_name

    return display_name(resource)


def _total(resource: Resource) -> str:
    total = resource.get("total")
    if isinstance(total, list):
        total = (total or [{}])[0].get("amount")
    if not isinstance(total, dict) or "value" not in total:
        return ""
    return f"{total['value']} {total.get('currency', '')}".strip()


_TITLES: dict[str, Callable[[Resource], str]] = {
    "Patient": _person,
    "Encounter": _encounter,
    "MedicationRequest": _medicine,
    "Immunization": _vaccine,
    "CarePlan": _category,
    "Goal": _goal,
    "DocumentReference": _document,
    "Claim": lambda _r: "",
    "ExplanationOfBenefit": lambda _r: "",
}
_DETAILS: dict[str, Callable[[Resource], str]] = {
    "Encounter": _reason,
    "Condition": _status,
    "Observation": value_words,
    "MedicationRequest": _dose,
    "AllergyIntolerance": _reaction,
    "Claim": _total,
    "ExplanationOfBenefit": _total,
}
