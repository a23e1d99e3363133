"""From stored mentions to findings: the detector's pure part of what runs live."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.signals.emerging.baseline import Baseline, fit
from streams.signals.emerging.detector import score
from streams.signals.emerging.lifecycle import Finding, Series
from streams.signals.emerging.points import HOUR_SEC, Bools, Floats, Ints, Points, first_words
from streams.signals.emerging.settings import DetectorSettings

STRETCH_SEC: Final = 1_200.0  # what a chart of an alert counts by; the shortest window


@dataclass(frozen=True)
class Heard:
    """Mentions with intent, one row for each series they belong to, in any order."""

    series: Sequence[Series]  # the names behind the numbers
    number: Ints  # of the series of each row
    at_sec: Floats
    author: Ints
    mention: NDArray[np.object_]

    def counted(self, settings: DetectorSettings) -> Bools:
        """The rows that count: of each author, what follows a silence."""
        silence = settings.author_silence_hours * HOUR_SEC
        return first_words(self.number, self.at_sec, self.author, silence)

    def points(self, settings: DetectorSettings) -> Points:
        """The counted rows as points."""
        keep = self.counted(settings)
        return Points.make(
            self.number[keep],
            self.at_sec[keep],
            [f"{s.kind} {s.name} ({s.lang})" for s in self.series],
            _groups(self.series),
        )


@dataclass(frozen=True)
class Usual:
    """The baseline, and whose it is."""

    series: Mapping[Series, int]
    baseline: Baseline


def learn(history: Heard, at_sec: float, settings: DetectorSettings) -> Usual:
    """What is usual, out of weeks of history."""
    baseline = fit(history.points(settings), at_sec, settings)
    return Usual({series: k for k, series in enumerate(history.series)}, baseline)


def look(
    heard: Heard, usual: Usual, now_sec: float, open_series: frozenset[Series]
) -> list[Finding]:
    """Findings of the series that are unusual within the quiet time, or are open.

    Series without a baseline are left out, but for open ones that nobody speaks of any more or no
    rule names: those are calm. `heard` reaches back over the longest window and an author's
    silence before it. Each series is judged at every mention of the quiet time.
    """
    settings = usual.baseline.settings
    points = _known(heard, usual)
    recent = (points.at_sec > now_sec - settings.quiet_min * 60) & (points.at_sec <= now_sec)
    series, at = points.series[recent], points.at_sec[recent]
    scores = score(points, usual.baseline, series, at)
    unusual = scores.is_unusual(settings, len(usual.series))
    names = list(usual.series)
    findings = []
    opened = {usual.series[s] for s in open_series if s in usual.series}
    for number in sorted({*series[unusual].tolist(), *opened}):
        of_series = np.flatnonzero((series == number) & unusual)
        if not len(of_series):
            findings.append(_nothing(names[number], now_sec, len(names)))
            continue
        rarest = of_series[np.argmin(scores.log_rate[of_series])]
        rate = float(np.exp(scores.log_rate[rarest]))
        own = points.at_sec[points.series == number]
        end = float(at[rarest])
        since = _since(usual.baseline, number, own[own <= end], settings, end)
        allowed = settings.rate_allowed(len(names))
        findings.append(
            Finding(
                series=names[number],
                last_unusual_at=_moment(float(at[of_series].max())),
                since=_moment(since),
                severity=int(np.clip(1 + np.floor(np.log10(allowed / rate)), 1, 10)),
                observed=int(((own >= since) & (own <= now_sec)).sum()),
                expected=float(
                    usual.baseline.expected(
                        np.array([number]), np.array([since]), np.array([now_sec])
                    )[0]
                ),
                window_min=settings.windows_min[int(scores.window[rarest])],
                false_per_week=rate,
                sure=float(np.exp(-rate * len(names))),
                watched=len(names),
            )
        )
    gone = sorted(open_series - usual.series.keys() - set(heard.series))
    return findings + [_nothing(series, now_sec, len(names)) for series in gone]


class Counted(NamedTuple):
    """What was heard of a series in a stretch of time, and what is usual then."""

    at: datetime  # where it begins
    observed: int
    expected: float


def counted(
    heard: Heard, usual: Usual, series: Collection[Series], from_sec: float, to_sec: float
) -> dict[Series, list[Counted]]:
    """By stretches of 20 minutes, for people to look at; series without a baseline are left out.

    Exact as far back as `heard` reaches, less an author's silence.
    """
    points = _known(heard, usual)
    begin = np.arange(from_sec // STRETCH_SEC, to_sec // STRETCH_SEC + 1) * STRETCH_SEC
    end = np.minimum(begin + STRETCH_SEC, to_sec)
    found = {}
    for one in series:
        if one not in usual.series:
            continue
        number = np.full(len(begin), usual.series[one])
        # The moment at which a stretch begins belongs to it, that at which it ends does not.
        observed = points.count(number, begin - 1e-3, begin + STRETCH_SEC - 1e-3)
        expected = usual.baseline.expected(number, begin, end)
        found[one] = [
            Counted(_moment(float(at)), int(k), float(m))
            for at, k, m in zip(begin, observed, expected, strict=True)
        ]
    return found


def _known(heard: Heard, usual: Usual) -> Points:
    """The points of series that have a baseline, by its numbers."""
    points = heard.points(usual.baseline.settings)
    known = np.array([usual.series.get(series, -1) for series in heard.series], np.int64)
    number = known[points.series] if len(known) else points.series
    return Points.make(
        number[number >= 0], points.at_sec[number >= 0], [""] * len(usual.series), None
    )


def _since(
    baseline: Baseline, number: int, own: Floats, settings: DetectorSettings, end: float
) -> float:
    """Where the excess began: the mention from which on it is likeliest that more came than usual.

    The start that makes k log(k / m) - (k - m) largest, k heard and m expected from there to the
    end: the log-likelihood ratio of a Poisson rate that went up (Kulldorff 1997).
    """
    inside = own[own > end - max(settings.windows_min) * 60]
    k = np.arange(len(inside), 0, -1).astype(np.float64)
    m = np.maximum(
        baseline.expected(np.full(len(inside), number), inside, np.full(len(inside), end)), 1e-6
    )
    ratio = np.where(k > m, k * np.log(k / m) - (k - m), -np.inf)
    # One mention alone is infinitely unlikely at its own moment: a start needs company.
    ratio = np.where(k >= min(settings.min_authors, len(inside)), ratio, -np.inf)
    return float(inside[int(np.argmax(ratio))])


def _nothing(series: Series, now_sec: float, watched: int) -> Finding:
    return Finding(
        series=series,
        last_unusual_at=None,
        since=_moment(now_sec),
        severity=1,
        observed=0,
        expected=0.0,
        window_min=0,
        false_per_week=0.0,
        sure=0.0,
        watched=watched,
    )


def _groups(series: Sequence[Series]) -> Ints:
    langs = {lang: k for k, lang in enumerate(sorted({s.lang for s in series}))}
    return np.array([langs[s.lang] for s in series], np.int64)


def _moment(at_sec: float) -> datetime:
    return datetime.fromtimestamp(at_sec, UTC)
