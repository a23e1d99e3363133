"""Whether what a model is given, or what it says, is still what it was: pure functions of counts.

Everything is compared as histograms: how many mentions fell into which bin, now and in a reference.
The distance is the population stability index,

    PSI = sum over bins of (p - q) * ln(p / q)

with p and q the shares now and then: the sum of the two Kullback-Leibler divergences, which
Jeffreys (1946) used as an invariant. Custom (N. Siddiqi, Credit Risk Scorecards, 2006) calls less
than 0.1 no change and more than 0.25 a large one. Custom forgets the sizes of the samples: where
nothing changed at all, PSI of B bins between n and m draws is distributed as (1/n + 1/m) times a
chi square of B - 1 degrees (B. Yurdakul and J. Naranjo, Statistical properties of the population
stability index, Journal of Risk Model Validation 14(4), 2020). So noise has a mean, which is taken
off, and a floor, below which nothing is said.

Mentions are not drawn one by one: an author says several things in a row. So what counts as drawn
is one author in one hour, a "voice", however much it says (`draws`): in clumps of about one size
the variance grows by that size (L. Kish, Survey Sampling, 1965, design effect).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from scipy.special import chdtri

Counts = Mapping[str, int]
Kind = Literal["input", "output"]

ALARM_PSI: Final = 0.2  # beyond what chance gives on average
FALSE_ALARM: Final = 1e-4  # how often chance alone exceeds the floor, for one series and day
MIN_DRAWS: Final = 200  # fewer voices, now or then, say nothing
MIN_EXPECTED: Final = 5.0  # of a bin, in the smaller sample: Cochran's rule for a chi square
# Shares no smaller than those of half a mention, so that an empty bin is far and not infinite.
HALF: Final = 0.5
REST: Final = "…"  # where bins too rare to be compared are counted together
MOVED_BINS: Final = 3  # that tell most of a change


@dataclass(frozen=True, slots=True)
class Measured:
    """Something that is counted of mentions; numbers fall between `edges`, names need none."""

    kind: Kind
    edges: tuple[float, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the bins: below the first edge, between, and from the last one on."""
        if not self.edges:
            return ()
        words = [f"{edge:g}" for edge in self.edges]
        between = [f"{low}-{high}" for low, high in pairwise(words)]
        return (f"<{words[0]}", *between, f">={words[-1]}")

    def bin(self, value: float) -> str:
        """Return the name of the bin that a number falls into."""
        return self.labels[int(np.searchsorted(self.edges, value, side="right"))]


_CHANCES: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9)
# What is watched, in the order in which it is shown. Bins are fixed, so that histograms of hours
# add up to those of days; chances of rare things need narrow bins near nothing.
WATCHED: Final[Mapping[str, Measured]] = {
    "lang": Measured("input"),
    "source": Measured("input"),
    "length": Measured("input", (20, 40, 80, 120, 160, 240, 320, 640, 1280)),
    "unseen": Measured("input", (0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7)),
    "spam": Measured("input", (0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95)),
    "topic": Measured("input"),
    "intent": Measured("output"),
    "intent_probability": Measured("output", _CHANCES),
    "active_probability": Measured("output", _CHANCES),
    "stage": Measured("output"),
    "stage_probability": Measured("output", (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)),
    "needs_reply": Measured("output"),
    "needs_reply_probability": Measured("output", _CHANCES),
    "sentiment": Measured("output"),
    "sentiment_score": Measured("output", (-0.8, -0.5, -0.25, -0.1, 0.1, 0.25, 0.5, 0.8)),
    "act": Measured("output"),
}


@dataclass(frozen=True, slots=True)
class Moved:
    """A bin that tells of a change: its share then and now."""

    bin: str
    before: float
    now: float


@dataclass(frozen=True, slots=True)
class Shift:
    """How far one series is from its reference.

    Attributes:
        draws: voices that were compared, and in the reference `reference_draws`.
        psi: the index as it is computed, chance and all.
        noise: what it would be on average if nothing had changed.
        floor: what it would exceed in one case of 10,000 if nothing had changed.
        bins: how many were compared, rare ones taken together.
        moved: the bins that tell most of it, the most telling first.
    """

    draws: int
    reference_draws: int
    bins: int
    psi: float
    noise: float
    floor: float
    moved: tuple[Moved, ...]

    @property
    def is_enough(self) -> bool:
        """Whether there are voices enough, then and now, to say anything."""
        return min(self.draws, self.reference_draws) >= MIN_DRAWS

    @property
    def is_alarm(self) -> bool:
        """Whether a person should look: it is large, and it is not chance."""
        return self.is_enough and self.psi > self.floor and self.psi - self.noise >= ALARM_PSI


def compare(
    reference: Counts,
    fresh: Counts,
    *,
    reference_draws: int | None = None,
    draws: int | None = None,
) -> Shift:
    """Return how far `fresh` is from `reference`, both mentions by bin.

    The numbers of draws say what the counts are worth where they did not come one by one: fewer
    voices than mentions, or a mention in several bins (topics, acts). By default each is one.
    """
    m = sum(reference.values()) if reference_draws is None else reference_draws
    n = sum(fresh.values()) if draws is None else draws
    names, then, now = aligned(reference, fresh)
    if not m or not n or len(names) < 2:
        return Shift(n, m, len(names), 0.0, 0.0, 0.0, ())
    q, p = shares(then), shares(now)
    terms = (p - q) * np.log(p / q)
    scale = 1 / n + 1 / m
    telling = np.argsort(-terms, kind="stable")[:MOVED_BINS]
    return Shift(
        draws=n,
        reference_draws=m,
        bins=len(names),
        psi=float(terms.sum()),
        noise=(len(names) - 1) * scale,
        floor=float(chdtri(len(names) - 1, FALSE_ALARM)) * scale,
        moved=tuple(Moved(names[at], float(q[at]), float(p[at])) for at in telling),
    )


def aligned(
    reference: Counts, fresh: Counts
) -> tuple[Sequence[str], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return bins in order and both counts of each, those too rare to compare taken together.

    Rare is told by both samples together, so a bin that was empty and now is full stays apart.
    """
    names = sorted({*reference, *fresh})
    then = np.array([reference.get(name, 0) for name in names], dtype=np.float64)
    now = np.array([fresh.get(name, 0) for name in names], dtype=np.float64)
    both = then + now
    smaller = min(then.sum(), now.sum())
    rare = both / max(both.sum(), 1.0) * smaller < MIN_EXPECTED
    if rare.sum() < 2:
        return names, then, now
    kept = [name for name, is_rare in zip(names, rare, strict=True) if not is_rare]
    return (
        [*kept, REST],
        np.append(then[~rare], then[rare].sum()),
        np.append(now[~rare], now[rare].sum()),
    )


def shares(counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the shares of bins, each as if it had half a mention more (Jeffreys' prior)."""
    smoothed: npt.NDArray[np.float64] = (counts + HALF) / (counts.sum() + HALF * len(counts))
    return smoothed
