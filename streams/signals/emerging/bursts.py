"""Bursts of known size and shape, to be put into a background."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from streams.signals.emerging.background import Background
from streams.signals.emerging.points import HOUR_SEC, Floats

Size = Literal["small", "medium", "large"]
Shape = Literal["step", "ramp", "spike"]

# At least so many mentions, and at least so many times the series' mean hour.
SIZES: Final[dict[Size, tuple[int, float]]] = {
    "small": (5, 1.0),
    "medium": (10, 2.0),
    "large": (20, 4.0),
}
SHAPES: Final[tuple[Shape, ...]] = ("step", "ramp", "spike")
HOURS: Final = (1, 3, 12, 24)
_DECAY = 1 / 3  # of its duration, after which a spike is down to a third


@dataclass(frozen=True)
class Burst:
    """Mentions of one series that come on top of what there is."""

    series: int
    size: Size
    shape: Shape
    begin_sec: float
    duration_sec: float
    at_sec: Floats


def draw(background: Background, how_many: int, seed: int, *, reported: bool) -> list[Burst]:
    """Bursts at random moments of random series: every size, shape and duration equally often.

    Each stratum gets as many as any other.
    """
    rng = np.random.default_rng(seed)
    begin, end = background.span(reported=reported)
    hours = np.maximum(background.end_sec - background.begin_sec, 1.0) / HOUR_SEC
    per_hour = np.bincount(background.points.series, minlength=len(hours)) / hours
    bursts = []
    kinds = [(size, shape, hour) for size in SIZES for shape in SHAPES for hour in HOURS]
    for number in range(how_many):
        stratum = background.strata[number % len(background.strata)]
        size, shape, hour = kinds[number // len(background.strata) % len(kinds)]
        duration = hour * HOUR_SEC
        fits = [s for s in background.of(stratum) if end[s] - begin[s] > duration]
        if not fits:
            continue
        series = int(rng.choice(fits))
        at = float(rng.uniform(begin[series], end[series] - duration))
        least, factor = SIZES[size]
        mentions = max(least, int(np.ceil(factor * per_hour[series])))
        moments = at + duration * _moments(shape, mentions, rng)
        bursts.append(Burst(series, size, shape, at, duration, moments))
    return bursts


def _moments(shape: Shape, mentions: int, rng: np.random.Generator) -> Floats:
    """Moments from 0 to 1: evenly, ever faster, or most at once and then fewer."""
    evenly = np.sort(rng.random(mentions))
    if shape == "ramp":
        return np.asarray(np.sqrt(evenly))
    if shape == "spike":
        return np.asarray(-_DECAY * np.log1p(-evenly * (1 - np.exp(-1 / _DECAY))))
    return np.asarray(evenly)
