"""Finding patients by what is encrypted: keyed hashes of normalised values (DESIGN section 5).

A hash shows that two patients share a value, never which (docs/THREAT_MODEL.md).
"""

import hmac
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from core.keys import derived_secret
from records.fhir.resources import Resource
from records.models import PatientHash

Kind = PatientHash.Kind
LENGTH = 16  # bytes of a hash
NATIONAL = 9  # digits of a phone number that are the same with and without a country's code
# Letters that Unicode does not take apart, and what they are written as elsewhere.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe",
                          "ı": "i"})  # fmt: skip
_SOUNDS = {letter: digit for digit, letters in
           {"1": "bfpv", "2": "cgjkqsxz", "3": "dt", "4": "l", "5": "mn", "6": "r"}.items()
           for letter in letters}  # fmt: skip


@dataclass(frozen=True)
class Demographics:
    """What is known of who somebody is, normalised so that it can be compared."""

    families: tuple[str, ...] = ()
    givens: tuple[str, ...] = ()
    born: str = ""
    gender: str = ""
    phones: frozenset[str] = frozenset()
    emails: frozenset[str] = frozenset()
    postcodes: frozenset[str] = frozenset()
    identifiers: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def of(cls, patient: Resource) -> "Demographics":
        """Of a Patient resource."""
        names = _parts(patient, "name")
        telecom = [(t.get("system"), str(t.get("value", ""))) for t in _parts(patient, "telecom")]
        postcodes = (fold(str(a.get("postalCode", ""))) for a in _parts(patient, "address"))
        given = [str(n["given"][0]) for n in names if n.get("given")]
        identifiers = (
            (str(i.get("system", "")), fold(str(i.get("value", ""))))
            for i in _parts(patient, "identifier")
        )
        return cls(
            families=_known(fold(str(n.get("family", ""))) for n in names),
            givens=_known(fold(name) for name in given),
            born=str(patient.get("birthDate", "")),
            gender=str(patient.get("gender", "")),
            phones=frozenset(_known(phone(v) for kind, v in telecom if kind in ("phone", "sms"))),
            emails=frozenset(_known(v.strip().casefold() for k, v in telecom if k == "email")),
            postcodes=frozenset(_known(postcodes)),
            identifiers=frozenset(pair for pair in identifiers if pair[1]),
        )

    def values(self) -> Iterator[tuple[Kind, str]]:
        """What is hashed."""
        yield from ((Kind.FAMILY, name) for name in self.families)
        yield from ((Kind.SOUND, soundex(name)) for name in self.families)
        yield from ((Kind.GIVEN, name) for name in self.givens)
        if self.born:
            yield Kind.BORN, self.born
        yield from ((Kind.PHONE, number) for number in self.phones)
        yield from ((Kind.EMAIL, address) for address in self.emails)
        yield from ((Kind.POSTCODE, code) for code in self.postcodes)
        yield from ((Kind.IDENTIFIER, "|".join(pair)) for pair in self.identifiers)

    def digests(self) -> set[tuple[Kind, bytes]]:
        """The hashes, each once."""
        return {(kind, digest(kind, value)) for kind, value in self.values()}


def _parts(patient: Resource, element: str) -> list[dict[str, Any]]:
    return [part for part in patient.get(element) or [] if isinstance(part, dict)]


def _known(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def fold(text: str) -> str:
    """Letters and digits alone, without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return "".join(c for c in plain if c.isalnum())


def phone(text: str) -> str:
    """The digits of a phone number that don't depend on where one calls from."""
    digits = re.sub(r"\D", "", text)
    return digits[-NATIONAL:].lstrip("0")


def soundex(name: str) -> str:
    """American Soundex (US National Archives): how a name sounds, as a letter and three digits.

    A name without Latin letters is left as it is.
    """
    letters = [c for c in fold(name) if "a" <= c <= "z"]
    if not letters:
        return fold(name)
    code, last = letters[0].upper(), _SOUNDS.get(letters[0], "")
    for letter in letters[1:]:
        digit = _SOUNDS.get(letter, "")
        if digit and digit != last:
            code += digit
        if letter not in "hw":  # between two letters of one sound they keep it one
            last = digit
    return code[:4].ljust(4, "0")


@lru_cache(maxsize=1)
def _key() -> bytes:
    return derived_secret("patient index")


def digest(kind: Kind, value: str) -> bytes:
    """HMAC-SHA-256 of a value of a kind, truncated."""
    return hmac.digest(_key(), f"{kind.value}\0{value}".encode(), "sha256")[:LENGTH]
