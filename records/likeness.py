"""How likely it is that two descriptions are of one person (Fellegi and Sunter, 1969).

Each thing that agrees or differs weighs log2 of how much oftener it does so for one person than
for two. The weights are estimates for a population of some hundred thousand people.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from records.blind_index import Demographics, soundex

# Bits: what agreeing adds, and what differing takes away.
FAMILY = (8.0, -4.0)
GIVEN = (6.0, -3.0)
BORN = (9.0, -5.0)
GENDER = (1.0, -3.0)
IDENTIFIER = (13.0, -4.0)  # of one system: a person has one number there
PHONE = (8.0, -0.5)
EMAIL = (10.0, -0.5)
POSTCODE = (5.0, -1.0)  # people move
ENOUGH = FAMILY[0] + GIVEN[0] + BORN[0]  # name and birth date: below it nobody is recognised

CERTAIN, PROBABLE, POSSIBLE = 0.9, 0.8, 0.55  # scores
CERTAIN_BITS = ENOUGH + POSTCODE[0]  # two people may share name and birthday: more is needed

# How alike, from 0 to 1, two values are that are not the same.
LEAST_LIKE = 0.8  # Jaro-Winkler below this is another name
SAME_SOUND = 0.6
SWAPPED_DAY = 0.8  # 3 April and 4 March
ONE_DIGIT = 0.7
PARTLY_KNOWN = 0.6  # the year, or year and month alone
SWAPPED_NAMES = 0.9  # family name and given name in each other's place


class Grade(StrEnum):
    """FHIR's match-grade."""

    CERTAIN = "certain"
    PROBABLE = "probable"
    POSSIBLE = "possible"
    NOT = "certainly-not"


@dataclass(frozen=True)
class Likeness:
    """A score from 0 to 1, and how much evidence there is for it, in bits."""

    score: float
    bits: float

    @property
    def grade(self) -> Grade:
        """In FHIR's words."""
        if self.score >= CERTAIN and self.bits >= CERTAIN_BITS:
            return Grade.CERTAIN
        if self.score >= PROBABLE:
            return Grade.PROBABLE
        return Grade.POSSIBLE if self.score >= POSSIBLE else Grade.NOT


def likeness(one: Demographics, other: Demographics) -> Likeness:
    """The same for (a, b) as for (b, a); 1 for the same person with name and birth date."""
    bits = most = 0.0
    bits += _names(one, other)
    if one.born and other.born:
        bits += _between(BORN, birth_dates(one.born, other.born))
    more = [
        (GENDER, _same(one.gender, other.gender)),
        (IDENTIFIER, _numbers(one, other)),
        (PHONE, _shared(one.phones, other.phones)),
        (EMAIL, _shared(one.emails, other.emails)),
        (POSTCODE, _shared(one.postcodes, other.postcodes)),
    ]
    for weight, agrees in more:
        if agrees is not None:
            bits += weight[0] if agrees else weight[1]
            most += weight[0] if agrees else 0.0
    score = bits / (ENOUGH + most)
    return Likeness(min(1.0, max(0.0, score)), bits)


def _between(weight: tuple[float, float], alike: float) -> float:
    agree, differ = weight
    return differ + (agree - differ) * alike


def _same(one: str, other: str) -> bool | None:
    return one == other if one and other else None


def _shared(one: frozenset[str], other: frozenset[str]) -> bool | None:
    return bool(one & other) if one and other else None


def _numbers(one: Demographics, other: Demographics) -> bool | None:
    if one.identifiers & other.identifiers:
        return True
    systems = {system for system, _ in one.identifiers} & {s for s, _ in other.identifiers}
    return False if systems else None


def _names(one: Demographics, other: Demographics) -> float:
    straight = _pair(one.families, other.families, FAMILY) + _pair(one.givens, other.givens, GIVEN)
    crossed = (
        _pair(one.families, other.givens, FAMILY) + _pair(one.givens, other.families, GIVEN)
        + _pair(one.families, other.givens, GIVEN) + _pair(one.givens, other.families, FAMILY)
    ) / 2  # fmt: skip
    return max(straight, crossed * SWAPPED_NAMES)


def _pair(ones: Iterable[str], others: Iterable[str], weight: tuple[float, float]) -> float:
    found = [names(one, other) for one in ones for other in others]
    return _between(weight, max(found)) if found else 0.0


def names(one: str, other: str) -> float:
    """How alike two folded names are, from 0 to 1."""
    if one == other:
        return 1.0
    alike = max(0.0, (jaro_winkler(one, other) - LEAST_LIKE) / (1 - LEAST_LIKE))
    return max(alike, SAME_SOUND) if soundex(one) == soundex(other) else alike


def birth_dates(one: str, other: str) -> float:
    """How alike two FHIR dates are, from 0 to 1: mistakes of writing are, neighbours are not."""
    if one == other:
        return 1.0
    if one.startswith(other) or other.startswith(one):
        return PARTLY_KNOWN
    if _swapped(one) == other:
        return SWAPPED_DAY
    if len(one) == len(other) and sum(a != b for a, b in zip(one, other, strict=True)) == 1:
        return ONE_DIGIT
    return 0.0


def _swapped(day: str) -> str:
    try:
        found = date.fromisoformat(day)
        return found.replace(month=found.day, day=found.month).isoformat()
    except ValueError:
        return ""


def jaro_winkler(one: str, other: str) -> float:
    """Winkler (1990): Jaro's measure, raised for a common beginning of up to four letters."""
    jaro = _jaro(*sorted((one, other)))
    prefix = 0
    for a, b in zip(one[:4], other[:4], strict=False):
        if a != b:
            break
        prefix += 1
    return jaro + prefix * 0.1 * (1 - jaro)


def _jaro(one: str, other: str) -> float:
    if not one or not other:
        return 0.0
    reach = max(len(one), len(other)) // 2 - 1
    taken: set[int] = set()
    left = []
    for place, letter in enumerate(one):
        span = range(max(0, place - reach), min(len(other), place + reach + 1))
        hit = next((i for i in span if i not in taken and other[i] == letter), None)
        if hit is not None:
            taken.add(hit)
            left.append(letter)
    if not left:
        return 0.0
    right = [other[i] for i in sorted(taken)]
    swaps = sum(a != b for a, b in zip(left, right, strict=True)) / 2
    count = len(left)
    return (count / len(one) + count / len(other) + (count - swaps) / count) / 3
