"""Real arrivals to test on: from files with times, as counts only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from streams.signals.emerging.points import (
    DAY_SEC,
    WEEK_SEC,
    Bools,
    Floats,
    Ints,
    Points,
    first_words,
)
from streams.signals.emerging.settings import DetectorSettings

WARM_UP_SEC = 2 * DAY_SEC  # of each series, before it is judged
MIN_DAYS, MIN_PER_DAY = 5.0, 10.0
_LAST_WEEK = 2_700


@dataclass(frozen=True)
class Arrival:
    """One mention as far as the backtest knows it: no text."""

    stratum: str
    series: str
    lang: str
    author: str  # empty: not known
    at_sec: float


@dataclass(frozen=True)
class Background:
    """Series side by side on one calendar: each is moved by whole weeks, so that all end together.

    The first half of each series, after two days, is to tune on; the second to report on.
    """

    points: Points
    stratum: tuple[str, ...]  # of each series
    whole: Ints  # of each series the number of what it is a part of
    begin_sec: Floats
    middle_sec: Floats
    end_sec: Floats
    left_out: tuple[str, ...]  # too short or too thin

    @property
    def strata(self) -> tuple[str, ...]:
        """Names of the strata in order."""
        return tuple(dict.fromkeys(self.stratum))

    def of(self, stratum: str) -> Ints:
        """The series of a stratum."""
        return np.flatnonzero(np.array(self.stratum) == stratum)

    def span(self, *, reported: bool) -> tuple[Floats, Floats]:
        """From when to when each series is looked at."""
        if reported:
            return self.middle_sec, self.end_sec
        return np.minimum(self.begin_sec + WARM_UP_SEC, self.middle_sec), self.middle_sec

    def weeks(self, stratum: str, *, reported: bool) -> float:
        """Series-weeks looked at."""
        begin, end = self.span(reported=reported)
        return float((end - begin)[self.of(stratum)].sum() / WEEK_SEC)

    def inside(self, series: Ints, at_sec: Floats, *, reported: bool) -> Bools:
        """Which moments lie in the half."""
        begin, end = self.span(reported=reported)
        return np.asarray((at_sec >= begin[series]) & (at_sec <= end[series]))


def background(
    arrivals: Iterable[Arrival], settings: DetectorSettings, *, parts: int, seed: int
) -> Background:
    """Series out of arrivals, each dealt at random into `parts`, every arrival into one of them.

    Ten parts make of all talk what intent is of it, about a tenth, with the times of real people.
    A series is taken from its first percentile to its last: files begin with strays.
    """
    series: dict[tuple[str, str, str], list[Arrival]] = {}
    for arrival in arrivals:
        series.setdefault((arrival.stratum, arrival.series, arrival.lang), []).append(arrival)
    rng = np.random.default_rng(seed)
    times: list[Floats] = []
    names: list[tuple[str, str, str]] = []
    wholes: list[int] = []
    left_out = []
    for whole, (key, members) in enumerate(series.items()):
        at = np.sort(_counted(members, settings.author_silence_hours * 3_600))
        begin, end = np.quantile(at, [0.01, 0.99])
        at = at[(at >= begin) & (at <= end)]
        days = (end - begin) / DAY_SEC
        if days < MIN_DAYS or len(at) / days < MIN_PER_DAY:
            left_out.append(f"{key[1]} ({key[2]})")
            continue
        dealt = rng.integers(0, parts, len(at))
        moved = at + np.floor(_LAST_WEEK - end / WEEK_SEC) * WEEK_SEC
        for part in range(parts):
            names.append((key[0], f"{key[1]} {part + 1}/{parts}" if parts > 1 else key[1], key[2]))
            times.append(moved[dealt == part])
            wholes.append(whole)
    return _side_by_side(times, names, wholes, tuple(left_out))


def _side_by_side(
    times: Sequence[Floats],
    names: Sequence[tuple[str, str, str]],
    wholes: Sequence[int],
    left_out: tuple[str, ...],
) -> Background:
    kept = [k for k, at in enumerate(times) if len(at) > 1]
    langs: Mapping[str, int] = {
        lang: k for k, lang in enumerate(sorted({names[k][2] for k in kept}))
    }
    points = Points.make(
        np.repeat(np.arange(len(kept)), [len(times[k]) for k in kept]),
        np.concatenate([times[k] for k in kept]) if kept else np.zeros(0),
        [names[k][1] for k in kept],
        np.array([langs[names[k][2]] for k in kept], np.int64),
    )
    begin = np.array([times[k][0] for k in kept])
    end = np.array([times[k][-1] for k in kept])
    return Background(
        points=points,
        stratum=tuple(names[k][0] for k in kept),
        whole=np.array([wholes[k] for k in kept], np.int64),
        begin_sec=begin,
        middle_sec=(begin + end) / 2,
        end_sec=end,
        left_out=left_out,
    )


def _counted(members: Sequence[Arrival], silence_sec: float) -> Floats:
    ids: dict[str, int] = {"": -1}
    authors = np.array([ids.setdefault(a.author, len(ids)) for a in members], np.int64)
    at = np.array([a.at_sec for a in members])
    return np.asarray(at[first_words(np.zeros(len(at), np.int64), at, authors, silence_sec)])
