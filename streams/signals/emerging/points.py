"""Moments at which intent was heard, many series in one sorted array."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

HOUR_SEC = 3_600.0
DAY_SEC = 86_400.0
WEEK_SEC = 604_800.0
# Added to a moment once per series, so that one sorted array holds all of them. Seconds since 1970
# stay exact to 0.02 s for 10,000 series and to 0.5 s for 400,000.
_SPAN_SEC = 2.0**33


@dataclass(frozen=True)
class Points:
    """Moments by series, sorted by both; `names` and `groups` say what the series are.

    A group is what shares its daily rhythm: the series of one language.
    """

    series: Ints
    at_sec: Floats
    names: tuple[str, ...]
    groups: Ints

    @classmethod
    def make(
        cls,
        series: NDArray[np.integer],
        at_sec: Floats,
        names: Sequence[str],
        groups: NDArray[np.integer] | None = None,
    ) -> "Points":
        """Points in any order; without `groups` all series share one rhythm."""
        order = np.lexsort((at_sec, series))
        return cls(
            series=np.asarray(series, np.int64)[order],
            at_sec=np.asarray(at_sec, np.float64)[order],
            names=tuple(names),
            groups=np.zeros(len(names), np.int64)
            if groups is None
            else np.asarray(groups, np.int64),
        )

    @cached_property
    def _keys(self) -> Floats:
        return self.series * _SPAN_SEC + self.at_sec

    def up_to(self, series: Ints, at_sec: Floats) -> Ints:
        """How many points of all series lie before the end of each (series, moment)."""
        return np.searchsorted(self._keys, series * _SPAN_SEC + at_sec, side="right")

    def count(self, series: Ints, from_sec: Floats, to_sec: Floats) -> Ints:
        """Points of each series after `from_sec` and not after `to_sec`."""
        return self.up_to(series, to_sec) - self.up_to(series, from_sec)

    @cached_property
    def first_sec(self) -> Floats:
        """The first moment of each series; infinite where there is none."""
        first = np.full(len(self.names), np.inf)
        np.minimum.at(first, self.series, self.at_sec)
        return first

    def between(self, from_sec: float, to_sec: float) -> "Points":
        """The points after `from_sec` and not after `to_sec`."""
        keep = (self.at_sec > from_sec) & (self.at_sec <= to_sec)
        return Points(self.series[keep], self.at_sec[keep], self.names, self.groups)


def first_words(series: Ints, at_sec: Floats, authors: Ints, silence_sec: float) -> Bools:
    """Which mentions count: of each author in each series those that follow a silence of theirs.

    So nobody counts twice in a window shorter than the silence, and who never falls silent counts
    once, however loud. An author below 0 is not known and always counts. In any order.
    """
    order = np.lexsort((at_sec, authors, series))
    s, t, a = series[order], at_sec[order], authors[order]
    counts = np.ones(len(order), np.bool_)
    counts[1:] = (
        (s[1:] != s[:-1]) | (a[1:] != a[:-1]) | (a[1:] < 0) | (t[1:] - t[:-1] > silence_sec)
    )
    kept = np.zeros(len(order), np.bool_)
    kept[order] = counts
    return kept
