"""Whether a resource is valid FHIR R4: the one question that everything which is stored answers."""

from collections.abc import Sequence
from typing import Any

from core.errors import Problem
from records.fhir.elements import Found, check_resource
from records.fhir.schema import MOST_PROBLEMS, problems_of


def validated(resource: Any, place: str = "", *, profiles: Sequence[str] = ()) -> list[Problem]:
    """What is wrong with a parsed resource, by FHIRPath-like place; empty where it is valid.

    The JSON schema first; required elements, bindings, references and invariants where it holds;
    then the profiles asked for, by their canonical URL. At most 50 problems, one per place. The texts
    never quote a value. Never raises.
    """
    problems = problems_of(resource, place)
    if problems:
        return problems
    found = Found()
    check_resource(resource, place or resource["resourceType"], found)
    first: dict[str, Problem] = {}
    for problem in found.problems:
        first.setdefault(problem.place, problem)
    return list(first.values())[:MOST_PROBLEMS]
