"""How a measurement moves over the years, so that its chart looks like a person's."""

from dataclasses import dataclass
from datetime import date
from math import pi, sin
from random import Random
from typing import Final

# A slow wave of about a year and a bit: seasons and habits, not dice.
DRIFT_DAYS: Final = 430


@dataclass(frozen=True, slots=True)
class Curve:
    """A level eased between known points, with slow drift and a little noise."""

    knots: tuple[tuple[date, float], ...]
    jitter: float
    phase: float

    def at(self, day: date, rng: Random) -> float:
        """The value measured on this day; at most 1.2 jitters off the level."""
        drift = sin(2 * pi * (day.toordinal() / DRIFT_DAYS + self.phase))
        noise = max(-1.0, min(1.0, rng.gauss(0, 0.5)))
        return self._level(day) + self.jitter * (0.4 * drift + 0.8 * noise)

    def _level(self, day: date) -> float:
        before = [knot for knot in self.knots if knot[0] <= day]
        after = [knot for knot in self.knots if knot[0] > day]
        if not before or not after:
            return (before[-1] if before else after[0])[1]
        (start, low), (end, high) = before[-1], after[0]
        share = (day - start).days / (end - start).days
        return low + (high - low) * share * share * (3 - 2 * share)
