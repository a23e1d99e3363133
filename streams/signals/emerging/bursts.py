"""Bursts of known size and shape, to be put into a background."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from streams.signals.emerging.background import Background
from streams.signals.emerging.points import HOUR_SEC, Floats, Ints

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
    mentions = {size: mentions_of(background, size) for size in SIZES}
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
        moments = at + duration * _moments(shape, int(mentions[size][series]), rng)
        bursts.append(Burst(series, size, shape, at, duration, moments))
    return bursts


def mentions_of(background: Background, size: Size) -> Ints:
    """How many mentions a burst of that size has in each series."""
    hours = np.maximum(background.end_sec - background.begin_sec, 1.0) / HOUR_SEC
    points = background.points
    begin, end = background.begin_sec[points.series], background.end_sec[points.series]
    inside = (points.at_sec >= begin) & (points.at_sec <= end)
    per_hour = np.bincount(points.series[inside], minlength=len(hours)) / hours
    least, factor = SIZES[size]
    return np.maximum(least, np.ceil(factor * per_hour)).astype(np.int64)


def arriving(shape: Shape, age: Floats) -> Floats:
    """How fast a burst's mentions come at each age from 0 to 1; 1 where they come evenly."""
    if shape == "ramp":
        return np.asarray(2.0 * age)
    if shape == "spike":
        return np.asarray(np.exp(-age / _DECAY) / (_DECAY * (1 - np.exp(-1 / _DECAY))))
    return np.ones_like(age)


def arrived(shape: Shape, age: Floats) -> Floats:
    """The share of a burst's mentions that has come by each age from 0 to 1."""
    if shape == "ramp":
        return np.asarray(age**2)
    if shape == "spike":
        return np.asarray((1 - np.exp(-age / _DECAY)) / (1 - np.exp(-1 / _DECAY)))
    return np.asarray(age)


def _moments(shape: Shape, mentions: int, rng: np.random.Generator) -> Floats:
    """Moments from 0 to 1: evenly, ever faster, or most at once and then fewer."""
    evenly = np.sort(rng.random(mentions))
    if shape == "ramp":
        return np.asarray(np.sqrt(evenly))
    if shape == "spike":
        return np.asarray(-_DECAY * np.log1p(-evenly * (1 - np.exp(-1 / _DECAY))))
    return np.asarray(evenly)
