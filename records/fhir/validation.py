"""Whether a resource is valid FHIR R4: the one question that everything which is stored answers."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from core.errors import Problem
from records.fhir.elements import Found, check_resource
from records.fhir.schema import MOST_PROBLEMS, problems_of
from records.fhir.us_core import problems_of_profile


def validated(resource: Any, place: str = "", *, profiles: Sequence[str] = ()) -> list[Problem]:
    """What is wrong with a parsed resource, by FHIRPath-like place; empty where it is valid.

    The JSON schema first; required elements, bindings, references and invariants where it holds;
    then the profiles asked for, by their canonical URL. At most 50 problems, one per place. The texts
    never quote a value. Never raises.
    """
    if problems := problems_of(resource, place):
        return problems
    here = place or resource["resourceType"]
    found = Found()
    check_resource(resource, here, found)
    for url in profiles if not found.problems else ():
        found.problems += problems_of_profile(resource, url, here)
    return _first_of_each_place(found.problems)


def _first_of_each_place(problems: Iterable[Problem]) -> list[Problem]:
    first: dict[str, Problem] = {}
    for problem in problems:
        first.setdefault(problem.place, problem)  # one rule per place is enough to mend it
    return list(islice(first.values(), MOST_PROBLEMS))
