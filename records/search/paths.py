"""The FHIRPath of the official SearchParameters, compiled to functions.

They use a small part of the language: paths, `|`, `as`, `is`, `where` by type or by value, an index,
and one `exists() and … != false`. What is not of this part raises Unsupported at start-up, and never
counts as "nothing found". Types are known beforehand from the official schema, so each value comes
with the FHIR type by which it is indexed.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from records.fhir.schema import definitions, resource_types

Node = tuple[str, Any]  # a FHIR type, and a value of it as JSON has it
Step = Callable[[Iterator[Node]], Iterator[Node]]

_TOKEN = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_-]*|'[^']*'|[0-9]+|!=|[.()|=\[\]])")
_RESOURCES = ("Resource", "DomainResource")


class Unsupported(Exception):
    """An expression that this part of FHIRPath can't say."""


@dataclass(frozen=True)
class Path:
    """A compiled expression: gives the values that a resource has there, with their types."""

    expression: str
    steps: tuple[Step, ...]

    def __call__(self, type: str, resource: dict[str, Any]) -> list[Node]:
        """The values in a resource, or in an element, of that type."""
        found: Iterator[Node] = iter([(type, resource)])
        for step in self.steps:
            found = step(found)
        return list(found)


@lru_cache(maxsize=4000)
def compiled(expression: str, type: str) -> tuple[Path, ...]:
    """An expression for resources of a type: its alternatives, without those of other types."""
    parser = _Parser(expression)
    paths = parser.alternatives(type)
    return tuple(paths)


# -- the language ----------------------------------------------------------------------------------


class _Parser:
    """By recursive descent; each rule gives the steps that the words mean."""

    def __init__(self, expression: str) -> None:
        self.expression = expression
        self.words = _words(expression)
        self.at = 0

    def alternatives(self, type: str) -> list[Path]:
        """`path | path | …`, those that begin at this type."""
        found = [self._alternative(type)]
        while self._take("|"):
            found.append(self._alternative(type))
        if self.at < len(self.words):
            raise Unsupported(self.expression)
        return [Path(self.expression, tuple(steps)) for steps in found if steps is not None]

    def _alternative(self, type: str) -> list[Step] | None:
        steps = self._term(type)
        if self._take("and"):  # only ever `x.exists() and x != false`
            self._term(type)
            self._expect("!=")
            self._expect("false")
            return [*steps[:-1], _is_so] if steps is not None else None
        if self._take("as"):
            wanted = self._word()
            return [*steps, _of_type(wanted)] if steps is not None else None
        return steps

    def _term(self, type: str) -> list[Step] | None:
        if self._take("("):
            steps = self._alternative(type)
            self._expect(")")
        else:
            first = self._word()
            steps = [] if first in (type, *_RESOURCES) else None
            if first[0].islower():  # relative, as in the components of composites
                steps = [_element(first)]
            elif first not in resource_types() and first not in _RESOURCES:
                raise Unsupported(self.expression)
        while self._peek() in (".", "["):
            step = self._step()
            if steps is not None:
                steps.append(step)
        return steps

    def _step(self) -> Step:
        if self._take("["):
            step = _at(int(self._word()))
            self._expect("]")
            return step
        self._expect(".")
        name = self._word()
        if not self._take("("):
            return _element(name)
        if name == "where":
            step = self._condition()
        elif name == "as":
            step = _of_type(self._word())
        elif name == "exists":
            step = _some
        else:
            raise Unsupported(self.expression)
        self._expect(")")
        return step

    def _condition(self) -> Step:
        name = self._word()
        if name == "resolve":
            for word in ("(", ")", "is"):
                self._expect(word)
            return _refers_to(self._word())
        self._expect("=")
        return _having(name, self._word().strip("'"))

    def _peek(self) -> str:
        return self.words[self.at] if self.at < len(self.words) else ""

    def _take(self, word: str) -> bool:
        taken = self._peek() == word
        self.at += taken
        return taken

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise Unsupported(self.expression)

    def _word(self) -> str:
        word = self._peek()
        if not word or not (word[0].isalnum() or word[0] in "_'"):
            raise Unsupported(self.expression)
        self.at += 1
        return word


def _words(expression: str) -> list[str]:
    words, at = [], 0
    text = expression.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Unsupported(expression)
        words.append(match[1])
        at = match.end()
    return words


# -- its steps -------------------------------------------------------------------------------------


def _element(name: str) -> Step:
    """The values of an element; of a choice (`value[x]`) whichever is there."""

    def step(nodes: Iterator[Node]) -> Iterator[Node]:
        for type, value in nodes:
            if not isinstance(value, dict):
                continue
            for key, inner in _keys(type, name):
                found = value.get(key)
                if isinstance(found, list):
                    for one in found:
                        if one is not None:
                            yield _node(inner, one)
                elif found is not None:
                    yield _node(inner, found)

    return step


def _node(type: str, value: Any) -> Node:
    """A resource within a resource has the type that it says."""
    if type == "Resource" and isinstance(value, dict):
        return str(value.get("resourceType", "")), value
    return type, value


def _of_type(wanted: str) -> Step:
    def step(nodes: Iterator[Node]) -> Iterator[Node]:
        return (node for node in nodes if node[0] == wanted)

    return step


def _at(index: int) -> Step:
    def step(nodes: Iterator[Node]) -> Iterator[Node]:
        return iter(list(nodes)[index : index + 1])

    return step


def _having(name: str, wanted: str) -> Step:
    def step(nodes: Iterator[Node]) -> Iterator[Node]:
        for type, value in nodes:
            if isinstance(value, dict) and value.get(name) == wanted:
                yield type, value

    return step


def _refers_to(wanted: str) -> Step:
    """References to a type: by what they say, for nothing is fetched."""

    def step(nodes: Iterator[Node]) -> Iterator[Node]:
        for type, value in nodes:
            if isinstance(value, dict) and referred_type(value) == wanted:
                yield type, value

    return step


def referred_type(reference: dict[str, Any]) -> str:
    """The type of what a Reference names: by its address, else by its `type`; or an empty string."""
    text = reference.get("reference")
    parts = text.split("/_history/")[0].rsplit("/", 2) if isinstance(text, str) else []
    if len(parts) > 1 and parts[-2] in resource_types():
        return str(parts[-2])
    return str(reference.get("type") or "")


def _some(nodes: Iterator[Node]) -> Iterator[Node]:
    yield "boolean", any(True for _ in nodes)


def _is_so(nodes: Iterator[Node]) -> Iterator[Node]:
    """`x.exists() and x != false`."""
    yield "boolean", any(value is not False for _type, value in nodes)


# -- the types of elements -------------------------------------------------------------------------


@lru_cache(maxsize=10_000)
def _keys(type: str, name: str) -> tuple[tuple[str, str], ...]:
    """Under which keys an element of a type lies in JSON, each with the type of its values."""
    elements = definitions().get(type, {}).get("properties", {})
    if name in elements:
        return ((name, _type_of(elements[name])),)
    choices = {
        key: _suffix_type(key[len(name) :])
        for key in elements
        if key.startswith(name) and key[len(name) : len(name) + 1].isupper()
    }
    return tuple((key, inner) for key, inner in choices.items() if inner)


def _type_of(element: dict[str, Any]) -> str:
    target = element.get("$ref") or element.get("items", {}).get("$ref") or ""
    if target:
        name = target.rpartition("/")[2]
        return "Resource" if name == "ResourceList" else name
    inner = element.get("items", element)
    return "code" if "enum" in inner else str(inner.get("type", "string"))


def _suffix_type(suffix: str) -> str:
    """`Quantity` of `valueQuantity`, `dateTime` of `valueDateTime`."""
    known = definitions()
    lower = suffix[0].lower() + suffix[1:]
    return suffix if suffix in known else lower if lower in known else ""
