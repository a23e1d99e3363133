"""What each series is expected to bring at any hour of the week, and how far that may be off.

    expected(t, t + w) = level * rhythm(hours of the week in t .. t + w)

level    events per hour, a day counting half after `level_half_life_days`, with a Gamma prior
         around the mean level of all series.
rhythm   a factor per hour of the week, a day counting half after `half_life_days`: of all
         series by hour of day, of the group by hour of day
         and by hour of week, of the series by hour of day and by hour of week, each shrunk towards
         the one before: (n + c) / (e + c), the mean of a Gamma-Poisson posterior (Clayton and
         Kaldor 1987), n events where e were expected.
size     1 / (scatter + 1 / knowledge): how much counts scatter beyond Poisson, by the method of
         moments over past windows, sum((n - m)^2 - m) / sum(m^2); and how little was heard so far.

Counts that stand out of the past are cut back before they teach anything (after Noufaily et al.
2013, who weigh them down), else each outbreak would hide the next. The last hours are cut back to
what may be by what was learnt before them, else a burst that goes on would make itself usual, at
once where it is the first that a series brings. A silence that chance does not explain is a gap in
listening, and teaches nothing either.

Only points and hours of the week are gone through, never series times hours of the history.
"""

from dataclasses import dataclass

import numpy as np

from streams.signals.emerging.points import HOUR_SEC, Floats, Ints, Points
from streams.signals.emerging.settings import DetectorSettings

HOURS = 168
EPOCH_HOUR = 3 * 24  # 1970 began on a Thursday; weeks begin on Monday, UTC
LARGEST_SIZE = 1e6  # Poisson, for all that can be told
_LEAST_SCATTER, _SCATTER_AT_FIRST = 0.02, 0.5
_LEAST_LEVEL = 1e-5  # per hour
_CUT_AT_SD = 3.0
_SILENCE = 10.0  # events expected and not heard in a row: chance does that once in 22,000 times


@dataclass(frozen=True)
class Baseline:
    """The usual of each series, as known at one moment."""

    settings: DetectorSettings
    at_sec: float
    first_sec: float  # when listening began, of all series
    level: Floats  # series: events per hour, averaged over the week
    rhythm_sums: Floats  # series x 169: sums of the rhythm from the week's begin
    knowledge: Floats  # series: events heard, with the prior
    scatter: Floats  # series x windows: 1 / size of the process

    def expected(self, series: Ints, from_sec: Floats, to_sec: Floats) -> Floats:
        """Events expected of each series between two moments."""
        whole = self._sum_to(series, to_sec) - self._sum_to(series, from_sec)
        return np.asarray(self.level[series] * whole)

    def _sum_to(self, series: Ints, at_sec: Floats) -> Floats:
        weeks, hour = np.divmod(at_sec / HOUR_SEC + EPOCH_HOUR, HOURS)
        slot = np.minimum(hour.astype(np.int64), HOURS - 1)
        low, high = self.rhythm_sums[series, slot], self.rhythm_sums[series, slot + 1]
        return np.asarray(weeks * HOURS + low + (hour - slot) * (high - low))


def fit(points: Points, at_sec: float, settings: DetectorSettings) -> Baseline:
    """The baseline that what was heard before `at_sec` gives; points after it are not looked at."""
    past = _Past(points, at_sec, settings)
    names = len(points.names)
    first_sec = float(points.first_sec.min(initial=np.inf))
    before_sec = at_sec - settings.unsettled_hours * HOUR_SEC
    if before_sec - first_sec >= settings.min_history_hours * HOUR_SEC:
        before = _Past(points, before_sec, settings)
        past.hold_down(_usual(before, points.groups, settings), before)
    fitted = _usual(past, points.groups, settings)
    spans = [max(1, round(minutes / 60)) for minutes in settings.windows_min]
    by_span = {span: fitted.scatter(past, span) for span in set(spans)}
    return Baseline(
        settings=settings,
        at_sec=at_sec,
        first_sec=first_sec,
        level=fitted.level,
        rhythm_sums=np.concatenate([np.zeros((names, 1)), np.cumsum(fitted.rhythm, axis=1)], 1),
        knowledge=fitted.knowledge,
        scatter=np.stack([by_span[span] for span in spans], axis=1),
    )


def _usual(past: "_Past", groups: Ints, settings: DetectorSettings) -> "_Fitted":
    """Level and rhythm out of what was heard, outbreaks cut back and silences left out."""
    evenly = np.ones(len(groups))
    fitted = _Fitted(settings, groups)
    # Without a rhythm first: an outbreak would make one of its own, and be usual by it.
    fitted.learn(past, past.heard, evenly, with_rhythm=False)
    fitted.learn(past, fitted.cut(past), evenly)
    past.leave_out_silences(fitted)
    fitted.learn(past, fitted.cut(past), evenly)
    dispersion = 1.0 + fitted.scatter(past, 1) * fitted.level
    fitted.learn(past, fitted.cut(past), dispersion)
    return fitted


class _Past:
    """What was heard, by series and hour, and how often each hour of the week was listened to."""

    def __init__(self, points: Points, at_sec: float, settings: DetectorSettings) -> None:
        end = int(at_sec // HOUR_SEC)
        self.hours = settings.history_days * 24
        self.begin = end - self.hours
        self.inside = points.between(self.begin * HOUR_SEC - 1e-3, end * HOUR_SEC - 1e-3)
        cells, heard = np.unique(
            self.inside.series * self.hours + self._hour(self.inside.at_sec), return_counts=True
        )
        self.series, self.hour = np.divmod(cells, self.hours)
        self.heard = heard.astype(np.float64)
        self.slot = (self.hour + self.begin + EPOCH_HOUR) % HOURS
        age_days = (self.hours - 1 - np.arange(self.hours)) / 24
        self._decays = (
            0.5 ** (age_days / settings.half_life_days),
            0.5 ** (age_days / settings.level_half_life_days),
            np.ones(self.hours),
        )
        self.weight, self.level_weight = (decay[self.hour] for decay in self._decays[:2])
        first = np.nan_to_num(points.first_sec, posinf=end * HOUR_SEC)
        begins = np.clip(first // HOUR_SEC - self.begin, 0, self.hours).astype(np.int64)
        # Series x hours of the week: how often listened to, decayed twice; and each hour once.
        self.exposure, self.level_exposure, self.times = (
            self._after(decay)[begins] for decay in self._decays
        )

    def hold_down(self, usual: "_Fitted", before: "_Past") -> None:
        """Cut back what came since `before` to what may be by what was `usual` then."""
        new = self.hour + self.begin >= before.begin + before.hours
        # Of a series that was hardly heard by then much may be, and little is known.
        scatter = usual.scatter(before, 1) + 1.0 / usual.knowledge
        most = usual.most(self.series[new], self.slot[new], scatter)
        self.heard[new] = np.minimum(self.heard[new], most)

    def leave_out_silences(self, fitted: "_Fitted") -> None:
        """Take out what was not listened to: from one point to the next, when far too long."""
        inside = self.inside
        if not len(inside.series):
            return
        hour = self._hour(inside.at_sec)
        same = inside.series[1:] == inside.series[:-1]
        sums = fitted.sums(inside.series, inside.at_sec)
        missed = np.where(same, sums[1:] - sums[:-1], 0.0)
        last = np.append(~same, True)
        left = np.where(last, hour + 1, 0)
        tail = fitted.sums(inside.series, np.full(len(hour), (self.begin + self.hours) * HOUR_SEC))
        gaps = [
            (inside.series[:-1], hour[:-1] + 1, hour[1:], missed > _SILENCE),
            (inside.series, left, np.full(len(hour), self.hours), last & (tail - sums > _SILENCE)),
        ]
        of_each = (self.exposure, self.level_exposure, self.times)
        for decay, exposure in zip(self._decays, of_each, strict=True):
            after = self._after(decay)
            for series, begin, end, is_gap in gaps:
                at = np.flatnonzero(is_gap & (end > begin))
                np.subtract.at(exposure, series[at], after[begin[at]] - after[end[at]])
            exposure.clip(min=0, out=exposure)

    def _hour(self, at_sec: Floats) -> Ints:
        return np.clip((at_sec // HOUR_SEC).astype(np.int64) - self.begin, 0, self.hours - 1)

    def _after(self, hourly: Floats) -> Floats:
        """Row h: sums by hour of the week of the hours from h on."""
        table = np.zeros((self.hours + 1, HOURS))
        slots = (np.arange(self.hours) + self.begin + EPOCH_HOUR) % HOURS
        table[np.arange(self.hours), slots] = hourly
        return np.asarray(np.cumsum(table[::-1], axis=0)[::-1])


class _Fitted:
    """Level and rhythm."""

    def __init__(self, settings: DetectorSettings, groups: Ints) -> None:
        self._settings, self._groups = settings, groups
        self.level = self.knowledge = np.zeros(len(groups))
        self.rhythm = np.ones((len(groups), HOURS))

    def learn(
        self, past: _Past, heard: Floats, dispersion: Floats, *, with_rhythm: bool = True
    ) -> None:
        """Learn anew from `heard`; of what scatters widely the level is known less well."""
        names = len(self._groups)
        prior = self._settings.level_prior * dispersion
        slots = past.series * HOURS + past.slot
        weighted = np.bincount(slots, heard * past.weight, minlength=names * HOURS)
        by_slot = np.asarray(weighted, np.float64).reshape(names, HOURS)
        total = np.bincount(past.series, heard * past.level_weight, minlength=names)
        common = max(total.sum() / (past.level_exposure.sum() + 1.0), _LEAST_LEVEL)
        self.rhythm = np.ones_like(self.rhythm)
        for _ in range(2):  # each needs the other where only some hours of the week were heard
            listened = (past.level_exposure * self.rhythm).sum(1)
            self.level = np.maximum((total + prior) / (listened + prior / common), _LEAST_LEVEL)
            if with_rhythm:
                self.rhythm = self._rhythm(by_slot, past.exposure)
        self.knowledge = total / dispersion + self._settings.level_prior

    def cut(self, past: _Past) -> Floats:
        """What was heard, where it stands out cut back to what may be."""
        most = self.most(past.series, past.slot, self.scatter(past, 1))
        return np.asarray(np.minimum(past.heard, most))

    def most(self, series: Ints, slot: Ints, scatter: Floats) -> Floats:
        """The most that an hour of the week brings each series without standing out."""
        expected = self.level[series] * self.rhythm[series, slot]
        sd = np.sqrt(expected + scatter[series] * expected**2)
        return np.asarray(np.ceil(expected + _CUT_AT_SD * sd))

    def sums(self, series: Ints, at_sec: Floats) -> Floats:
        """Events expected from some fixed moment to each moment."""
        before = np.cumsum(self.rhythm, axis=1)
        weeks, hour = np.divmod(at_sec / HOUR_SEC + EPOCH_HOUR, HOURS)
        slot = np.minimum(hour.astype(np.int64), HOURS - 1)
        within = before[series, slot] - (slot + 1 - hour) * self.rhythm[series, slot]
        return np.asarray(self.level[series] * (weeks * HOURS + within))

    def scatter(self, past: _Past, span: int) -> Floats:
        """1 / size of each series for windows of `span` hours, shrunk to that of all series."""
        names, pieces = len(self._groups), HOURS // span
        shape = (names, pieces, span)
        mean = self.level[:, None] * self.rhythm.reshape(shape).sum(2)
        times = past.times.reshape(shape).mean(2)
        squares = (times * mean**2).sum(1)
        weekly = past.hour + past.begin + EPOCH_HOUR
        most = int(weekly.max(initial=0)) // span + 1
        windows, index = np.unique(past.series * most + weekly // span, return_inverse=True)
        n = np.bincount(index, past.heard, minlength=len(windows))
        series, piece = np.divmod(windows, most)
        m = mean[series, piece % pieces]
        scatter = np.full(names, _SCATTER_AT_FIRST)
        for _ in range(2):
            highest = m + 4.0 * np.sqrt(m + scatter[series] * m**2) + 1.0
            heard = (np.minimum(n, highest) - m) ** 2 - m**2
            beyond = squares - (times * mean).sum(1) + np.bincount(series, heard, minlength=names)
            pooled = max(beyond.sum() / max(squares.sum(), 1e-9), _LEAST_SCATTER)
            # The estimate's variance is about 2 / sum(m^2), its spread over series about pooled.
            trust = 2.0 / pooled**2
            scatter = np.maximum((beyond + trust * pooled) / (squares + trust), _LEAST_SCATTER)
        return scatter

    def _rhythm(self, n: Floats, exposure: Floats) -> Floats:
        prior = self._settings.rhythm_prior
        e = self.level[:, None] * exposure
        kinds = int(self._groups.max(initial=0)) + 1
        group_n, group_e = np.zeros((kinds, HOURS)), np.zeros((kinds, HOURS))
        np.add.at(group_n, self._groups, n)
        np.add.at(group_e, self._groups, e)
        common = np.tile(_shrunk(_daily(group_n.sum(0)), _daily(group_e.sum(0)), prior), 7)[None]
        common = common * np.tile(_shrunk(_daily(group_n), _daily(group_e * common), prior), 7)
        common = common * _shrunk(group_n, group_e * common, prior)
        rhythm = common[self._groups]
        rhythm = rhythm * np.tile(_shrunk(_daily(n), _daily(e * rhythm), prior), 7)
        rhythm = rhythm * _shrunk(n, e * rhythm, prior)
        return np.asarray(rhythm / rhythm.mean(axis=1, keepdims=True))


def _daily(by_week: Floats) -> Floats:
    return np.asarray(by_week.reshape(*by_week.shape[:-1], 7, 24).sum(-2))


def _shrunk(n: Floats, e: Floats, prior: float) -> Floats:
    return np.asarray((n + prior) / (e + prior))
