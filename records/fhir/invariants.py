"""The invariants of R4 that matter most, by hand: each as a function that says whether it holds.

Their keys are those of the official definitions, where their FHIRPath stands also. They run where
the JSON schema holds, so that elements have the types that they should have. That a `contained`
resource is referred to (dom-3), and a local reference leads to one (ref-1), needs the whole resource
and is in `elements`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.errors import Problem
from records.search.ranges import decimal, moment

Element = dict[str, Any]
Holds = Callable[[Element], bool | str]  # False, or the place within, where it does not


@dataclass(frozen=True)
class Rule:
    """One invariant: its official key, what to say where it is broken, and whether it holds."""

    key: str
    text: str | Promise
    holds: Holds

    def broken(self, element: Element, place: str) -> Problem | None:
        """What is wrong with an element at a place, if the rule does not hold there."""
        held = self.holds(element)
        return (
            None if held is True else Problem(f"{place}{held or ''}", f"{self.text} ({self.key})")
        )


# -- parts of rules --------------------------------------------------------------------------------


def _needs(name: str, *others: str) -> Holds:
    """Where an element is, one of the others is also."""
    return lambda element: name not in element or any(other in element for other in others)


def _one_of(*names: str) -> Holds:
    return lambda element: any(name in element for name in names)


def _not_both(name: str, other: str) -> Holds:
    return lambda element: name not in element or other not in element


def _not_negative(name: str) -> Holds:
    def holds(element: Element) -> bool:
        value = decimal(element.get(name))
        return value is None or value >= 0

    return holds


def _no_home(name: str) -> Holds:
    return lambda element: all(one.get("use") != "home" for one in element.get(name, ()))


def _has(element: Element, name: str) -> bool:
    """Whether a choice (`value[x]`) is given."""
    size = len(name)
    return any(key.startswith(name) and key[size : size + 1].isupper() for key in element)


def _coded(element: Element, name: str, system: str, *codes: str) -> bool:
    """Whether a CodeableConcept has one of these codes of a system."""
    return any(
        coding.get("system") == system and coding.get("code") in codes
        for coding in element.get(name, {}).get("coding", ())
    )


# -- data types ------------------------------------------------------------------------------------


def _in_order(period: Element) -> bool:
    """Not certainly the wrong way round: `2024` to `2024-03-01` may be right."""
    start, end = period.get("start"), period.get("end")
    if start is None or end is None:
        return True
    if len(start) == len(end) and start[-6:] == end[-6:] and start <= end:
        return True  # the usual case, without reckoning
    low, high = moment(start), moment(end)
    return low is None or high is None or low.low < high.high


def _low_to_high(range_: Element) -> bool:
    low, high = range_.get("low", {}), range_.get("high", {})
    if any(low.get(name) != high.get(name) for name in ("system", "code", "unit")):
        return True  # what has other units can't be compared
    least, most = decimal(low.get("value")), decimal(high.get("value"))
    return least is None or most is None or least <= most


def _ratio(ratio: Element) -> bool:
    if ("numerator" in ratio) != ("denominator" in ratio):
        return False
    return "numerator" in ratio or "extension" in ratio


def _extension(extension: Element) -> bool:
    return ("extension" in extension) != (
        _has(extension, "value") or any(key.startswith("_value") for key in extension)
    )


def _offset(repeat: Element) -> bool:
    when = repeat.get("when", ())
    return "offset" not in repeat or bool(when and not {"C", "CM", "CD", "CV"} & set(when))


# -- resources -------------------------------------------------------------------------------------


def _components_differ(observation: Element) -> bool:
    components = observation.get("component")
    if not components or not _has(observation, "value"):
        return True
    own = {_code(coding) for coding in observation["code"].get("coding", ())}
    return all(
        _code(coding) not in own
        for component in components
        for coding in component["code"].get("coding", ())
    )


def _code(coding: Element) -> tuple[Any, Any]:
    return coding.get("system"), coding.get("code")


_TERMS = "http://terminology.hl7.org/CodeSystem/"
_ALLERGY = _TERMS + "allergyintolerance-verification"
_CONDITION = _TERMS + "condition-ver-status"


def _wrong(system: str) -> Holds:
    return lambda it: _coded(it, "verificationStatus", system, "entered-in-error")


def _abated(condition: Element) -> bool:
    return not _has(condition, "abatement") or _coded(
        condition, "clinicalStatus", _TERMS + "condition-clinical",
        "inactive", "resolved", "remission",
    )  # fmt: skip


def _entries_have(name: str, *types: str) -> Holds:
    """bdl-3 and bdl-4: all entries have it in bundles of these types, none in others."""

    def holds(bundle: Element) -> bool | str:
        wanted = bundle.get("type") in types
        for index, entry in enumerate(bundle.get("entry", ())):
            if (name in entry) != wanted:
                return f".entry[{index}]"
        return True

    return holds


def _search_alone(bundle: Element) -> bool:
    return bundle.get("type") == "searchset" or not any(
        "search" in entry for entry in bundle.get("entry", ())
    )


def _urls_differ(bundle: Element) -> bool | str:
    seen = set()
    for index, entry in enumerate(bundle.get("entry", ())):
        url = (entry.get("fullUrl"), entry.get("resource", {}).get("meta", {}).get("versionId"))
        if url in seen and url[0] and bundle.get("type") != "history":
            return f".entry[{index}].fullUrl"
        seen.add(url)
    return True


def _first_is(bundle_type: str, type: str) -> Holds:
    def holds(bundle: Element) -> bool:
        first = (bundle.get("entry") or [{}])[0].get("resource", {})
        return bundle.get("type") != bundle_type or first.get("resourceType") == type

    return holds


def _document(bundle: Element) -> bool:
    identifier = bundle.get("identifier", {})
    return bundle.get("type") != "document" or (
        "system" in identifier and "value" in identifier and "timestamp" in bundle
    )


def _parameter(parameter: Element) -> bool:
    given = ("part" in parameter, "resource" in parameter, _has(parameter, "value"))
    return sum(given) == 1


# -- the table -------------------------------------------------------------------------------------

_QUANTITY = (
    Rule("qty-3", _("a unit's code needs its “system”"), _needs("code", "system")),
)  # fmt: skip
_ACTIVE = _("“clinicalStatus” is missing")
_NOT_ACTIVE = _("what was entered in error has no “clinicalStatus”")

RULES: Mapping[str, tuple[Rule, ...]] = {
    # Data types
    **dict.fromkeys(("Quantity", "Age", "Count", "Distance", "Duration"), _QUANTITY),
    "Period": (Rule("per-1", _("this ends before it starts"), _in_order),),
    "Range": (Rule("rng-2", _("“low” is above “high”"), _low_to_high),),
    "Ratio": (Rule("rat-1", _("“numerator” and “denominator” belong together"), _ratio),),
    "Attachment": (Rule("att-1", _("data needs a “contentType”"), _needs("data", "contentType")),),
    "ContactPoint": (Rule("cpt-2", _("a value needs its “system”"), _needs("value", "system")),),
    "Extension": (Rule("ext-1", _("this has either a value or extensions"), _extension),),
    "Timing.repeat": (
        Rule("tim-1", _("“duration” needs a unit"), _needs("duration", "durationUnit")),
        Rule("tim-2", _("“period” needs a unit"), _needs("period", "periodUnit")),
        Rule("tim-4", _("“duration” can't be negative"), _not_negative("duration")),
        Rule("tim-5", _("“period” can't be negative"), _not_negative("period")),
        Rule("tim-6", _("“periodMax” needs a “period”"), _needs("periodMax", "period")),
        Rule("tim-7", _("“durationMax” needs a “duration”"), _needs("durationMax", "duration")),
        Rule("tim-8", _("“countMax” needs a “count”"), _needs("countMax", "count")),
        Rule("tim-9", _("“offset” needs a “when” other than a meal itself"), _offset),
        Rule("tim-10", _("“timeOfDay” and “when” exclude each other"),
             _not_both("timeOfDay", "when")),
    ),
    # Clinical resources
    "AllergyIntolerance": (
        Rule("ait-1", _ACTIVE, lambda it: "clinicalStatus" in it or _wrong(_ALLERGY)(it)),
        Rule("ait-2", _NOT_ACTIVE, lambda it: "clinicalStatus" not in it or not _wrong(_ALLERGY)(it)),
    ),
    "CarePlan.activity": (
        Rule("cpl-3", _("“detail” and “reference” exclude each other"),
             _not_both("detail", "reference")),
    ),
    "Composition.section": (
        Rule("cmp-1", _("this needs a text, entries or sections"),
             _one_of("text", "entry", "section")),
        Rule("cmp-2", _("only an empty section has an “emptyReason”"),
             _not_both("emptyReason", "entry")),
    ),
    # con-3 is a warning, not an error: many problem lists leave “clinicalStatus” out.
    "Condition": (
        Rule("con-4", _("what has ended is resolved, inactive or in remission"), _abated),
        Rule("con-5", _NOT_ACTIVE,
             lambda it: "clinicalStatus" not in it or not _wrong(_CONDITION)(it)),
    ),
    "Condition.evidence": (
        Rule("con-2", _("this needs a “code” or a “detail”"), _one_of("code", "detail")),
    ),
    "Condition.stage": (
        Rule("con-1", _("this needs a “summary” or an “assessment”"),
             _one_of("summary", "assessment")),
    ),
    "Consent": (
        Rule("ppc-1", _("this needs a “policy” or a “policyRule”"),
             _one_of("policy", "policyRule")),
    ),
    "Goal.target": (
        Rule("gol-1", _("“detail” needs a “measure”"),
             lambda it: not _has(it, "detail") or "measure" in it),
    ),
    "Immunization.education": (
        Rule("imm-1", _("this needs a “documentType” or a “reference”"),
             _one_of("documentType", "reference")),
    ),
    "Observation": (
        Rule("obs-6", _("where there is a value, there is no “dataAbsentReason”"),
             lambda it: "dataAbsentReason" not in it or not _has(it, "value")),
        Rule("obs-7", _("the value is said twice: here and in a component of the same code"),
             _components_differ),
    ),
    "Observation.referenceRange": (
        Rule("obs-3", _("this needs a “low”, a “high” or a “text”"),
             _one_of("low", "high", "text")),
    ),
    "ServiceRequest": (
        Rule("prr-1", _("“orderDetail” needs a “code”"), _needs("orderDetail", "code")),
    ),
    # People, organisations and what holds others
    "AuditEvent.entity": (
        Rule("sev-1", _("“name” and “query” exclude each other"), _not_both("name", "query")),
    ),
    "Organization": (
        Rule("org-1", _("this needs a name or an identifier"), _one_of("name", "identifier")),
        Rule("org-2", _("an organisation has no address at home"), _no_home("address")),
        Rule("org-3", _("an organisation has no contact at home"), _no_home("telecom")),
    ),
    "Patient.contact": (
        Rule("pat-1", _("this needs a name, a way to reach them or an organisation"),
             _one_of("name", "telecom", "address", "organization")),
    ),
    "Parameters.parameter": (
        Rule("inv-1", _("this has one of: a value, a resource, parts"), _parameter),
    ),
    "Bundle": (
        Rule("bdl-1", _("“total” is for results of a search or a history"),
             lambda it: "total" not in it or it.get("type") in ("searchset", "history")),
        Rule("bdl-2", _("“search” is for results of a search"), _search_alone),
        Rule("bdl-3", _("“request” goes with each entry of a batch, transaction or history alone"),
             _entries_have("request", "batch", "transaction", "history")),
        Rule("bdl-4", _("“response” goes with each entry of an answer or a history alone"),
             _entries_have("response", "batch-response", "transaction-response", "history")),
        Rule("bdl-7", _("another entry has the same one"), _urls_differ),
        Rule("bdl-9", _("a document needs an identifier with its system, and a time"), _document),
        Rule("bdl-11", _("a document begins with a Composition"),
             _first_is("document", "Composition")),
        Rule("bdl-12", _("a message begins with a MessageHeader"),
             _first_is("message", "MessageHeader")),
    ),
    "Bundle.entry": (
        Rule("bdl-5", _("this needs a resource, a request or a response"),
             _one_of("resource", "request", "response")),
        Rule("bdl-8", _("“fullUrl” can't name a version"),
             lambda it: "/_history/" not in it.get("fullUrl", "")),
    ),
}  # fmt: skip
