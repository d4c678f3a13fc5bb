"""Canonical bytes `salus-canon/1`: the one form in which a document is sealed (ADR 0003).

UTF-8 JSON, keys sorted by code point, no insignificant white space, numbers with their value and
written precision. Once made, the bytes are the document: nobody canonicalises again.
"""

import json
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

import msgspec

from core.errors import Malformed, Problem

MAX_DEPTH = 64  # FHIR nests a dozen levels; deeper input is an attack on somebody's parser
_encoder = msgspec.json.Encoder(order="sorted", decimal_format="number")


class NotCanonical(Malformed):
    """The input has no canonical form; `problems` names the place."""


class _Repeated(dict[str, Any]):
    """An object in which a key stood twice; kept until its place is known."""

    def __init__(self, pairs: list[tuple[str, Any]], key: str) -> None:
        super().__init__(pairs)
        self.key = key


def parse(text: bytes | str) -> Any:
    """Read JSON exactly: decimals as Decimal; duplicate keys, NaN and bad UTF-8 are refused."""
    seen: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) == len(items):
            return found
        key = next(k for n, (k, _) in enumerate(items) if any(k == o for o, _ in items[:n]))
        seen.append(key)
        return _Repeated(items, key)

    try:
        source = text.decode("utf-8") if isinstance(text, bytes) else text
        value = json.loads(
            source, parse_float=_exact, parse_constant=_refuse_constant, object_pairs_hook=pairs
        )
    except UnicodeDecodeError as error:
        raise NotCanonical(problems=[Problem(f"byte {error.start}", "this is not UTF-8")]) from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise NotCanonical(problems=[Problem(place, f"this is not JSON ({error.msg})")]) from None
    except ValueError:
        raise NotCanonical(problems=[Problem("", "a whole number has too many digits")]) from None
    except RecursionError:
        raise NotCanonical(problems=[Problem("", "nested too deeply")]) from None
    if seen:
        places = [Problem(p, f"the key “{k}” stands here twice") for p, k in _repeated(value)]
        raise NotCanonical(problems=places)
    return value


def _exact(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise NotCanonical(problems=[Problem(text[:40], "this number is out of range")]) from None


def _refuse_constant(name: str) -> NoReturn:
    raise NotCanonical(problems=[Problem(name, "this is not a JSON number")])


def _repeated(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, _Repeated):
        yield place, value.key
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _repeated(part, f"{place}.{key}" if place else key)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _repeated(part, f"{place}[{index}]")


def canonical(value: Any) -> bytes:
    """The canonical bytes of a parsed value (see `parse`); raises NotCanonical.

    Floats are refused: they have lost the precision that was written.
    """
    _check(value, 0)
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError:
        raise NotCanonical(problems=[Problem("", "a lone surrogate is no character")]) from None


def _check(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise NotCanonical(problems=[Problem("", f"nested deeper than {MAX_DEPTH} levels")])
    if isinstance(value, dict):
        for part in value.values():
            _check(part, depth + 1)
    elif isinstance(value, list):
        for part in value:
            _check(part, depth + 1)
    elif isinstance(value, float) or (isinstance(value, Decimal) and not value.is_finite()):
        raise NotCanonical(problems=[Problem(repr(value), "only exact, finite numbers are sealed")])
