"""Which alerts would have been opened over days that are past: the live watch, in its own order.

Pure: the same functions as live, over what was said and an intent for each mention.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from streams.signals.emerging.lifecycle import Change, Finding, Notices, Series, next_change
from streams.signals.emerging.points import DAY_SEC, HOUR_SEC, Bools, Floats, Ints
from streams.signals.emerging.settings import DetectorSettings
from streams.signals.emerging.watching import Heard, Usual, learn, look

LOOK_EVERY_SEC: Final = 300.0  # live: whenever mentions have landed
LEARN_EVERY_SEC: Final = HOUR_SEC
_UNTOLD: Final = Notices(0, 0)  # whom it is told to does not change what opens


@dataclass(frozen=True)
class Said:
    """Mentions that count if they have intent, a row for each of their series, in order of time."""

    series: Sequence[Series]  # the names behind the numbers
    number: Ints
    at_sec: Floats
    author: Ints
    mention: NDArray[np.object_]
    words: NDArray[np.uint64]  # alike where the words are the same; 0 where there are too few
    has_intent: Bools

    def judged(self, has_intent: Bools) -> "Said":
        """The same mentions, with intent in these rows."""
        return replace(self, has_intent=has_intent)

    def without(self, rows: Bools) -> "Said":
        """The others."""
        return self._only(~rows)

    def with_intent(self) -> "Said":
        """Those with intent alone."""
        return self._only(self.has_intent)

    def heard(self, from_sec: float, to_sec: float) -> Heard:
        """What the watch reads of the time after `from_sec` and not after `to_sec`.

        Of mentions with intent and the same words only the first of that time.
        """
        begin, end = np.searchsorted(self.at_sec, [from_sec, to_sec], side="right")
        part = slice(int(begin), int(end))
        mention, words = self.mention[part], self.words[part]
        _, first, group = np.unique(words, return_index=True, return_inverse=True)
        kept = self.has_intent[part] & ((words == 0) | (mention == mention[first][group]))
        numbers, number = np.unique(self.number[part][kept], return_inverse=True)
        return Heard(
            series=[self.series[one] for one in numbers],
            number=number.astype(np.int64),
            at_sec=self.at_sec[part][kept],
            author=self.author[part][kept],
            mention=mention[kept],
        )

    def _only(self, rows: Bools) -> "Said":
        return replace(
            self,
            number=self.number[rows],
            at_sec=self.at_sec[rows],
            author=self.author[rows],
            mention=self.mention[rows],
            words=self.words[rows],
            has_intent=self.has_intent[rows],
        )


class Rehearsed(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that would have been; counts are those it opened with."""

    kind: str  # of its series: brand or topic
    name: str
    lang: str
    since: datetime  # from when on more was heard than usual
    opened_at: datetime
    closed_at: datetime | None  # None: it would still stand
    severity: int  # the highest that it had
    observed: int
    expected: float


def warm_up_sec(settings: DetectorSettings) -> float:
    """How long before the days in question to begin, so that what goes on then has been opened."""
    return max(settings.windows_min) * 60 + settings.quiet_min * 60


def reach_sec(settings: DetectorSettings) -> float:
    """How far back what is said before the days in question matters."""
    return warm_up_sec(settings) + settings.history_days * DAY_SEC


def rehearse(
    said: Said, from_sec: float, to_sec: float, settings: DetectorSettings
) -> list[Rehearsed]:
    """The alerts that would have been opened after `from_sec`, in order.

    Looks every five minutes in which a mention with intent came or an alert stands, and learns
    every hour and whenever a series is new, from the weeks before, as the watch does.
    """
    said = said.with_intent()
    watch = _Watch(said, settings)
    begin = from_sec - warm_up_sec(settings)
    inside = said.at_sec[(said.at_sec > begin) & (said.at_sec <= to_sec)]
    moments = np.minimum(np.unique(np.ceil(inside / LOOK_EVERY_SEC)) * LOOK_EVERY_SEC, to_sec)
    for now_sec, next_sec in pairwise([*moments.tolist(), to_sec]):
        watch.look(now_sec)
        while watch.stands() and (now_sec := now_sec + LOOK_EVERY_SEC) < next_sec:
            watch.look(now_sec)
    return [one for one in watch.rehearsed() if one.opened_at.timestamp() > from_sec]


class _Watch:
    """The state between looks: what is usual, and the newest change of each series."""

    def __init__(self, said: Said, settings: DetectorSettings) -> None:
        self._said, self._settings = said, settings
        silence = settings.author_silence_hours * HOUR_SEC
        self._reach_sec = warm_up_sec(settings) + silence
        self._usual: Usual | None = None
        self._learnt_sec = -np.inf
        self._known: set[Series] = set()
        self._newest: dict[Series, Change] = {}
        self._alerts: dict[str, Rehearsed] = {}

    def look(self, now_sec: float) -> None:
        """One look, as of a moment."""
        standing = frozenset(s for s, change in self._newest.items() if not change.is_over)
        heard = self._said.heard(now_sec - self._reach_sec, now_sec)
        for finding in look(heard, self._learn(heard, now_sec), now_sec, standing):
            self._change(finding, datetime.fromtimestamp(now_sec, UTC))

    def stands(self) -> bool:
        """Whether an alert does."""
        return any(not change.is_over for change in self._newest.values())

    def rehearsed(self) -> list[Rehearsed]:
        """What was opened so far."""
        return list(self._alerts.values())

    def _learn(self, heard: Heard, now_sec: float) -> Usual:
        is_old = now_sec - self._learnt_sec >= LEARN_EVERY_SEC
        if self._usual is None or is_old or set(heard.series) - self._known:
            since = now_sec - self._settings.history_days * DAY_SEC
            history = self._said.heard(since, now_sec)
            self._usual = learn(history, now_sec, self._settings)
            self._learnt_sec, self._known = now_sec, set(heard.series) | set(history.series)
        return self._usual

    def _change(self, finding: Finding, now: datetime) -> None:
        last = self._newest.get(finding.series)
        change = next_change(last, finding, now, self._settings, _UNTOLD)
        if change is None:
            return
        self._newest[change.series] = change
        if change.event == "opened":
            self._alerts[change.alert_id] = Rehearsed(
                kind=change.series.kind,
                name=change.series.name,
                lang=change.series.lang,
                since=change.since,
                opened_at=change.opened_at,
                closed_at=None,
                severity=change.severity,
                observed=change.observed,
                expected=round(change.expected, 2),
            )
            return
        alert = self._alerts[change.alert_id]
        self._alerts[change.alert_id] = msgspec.structs.replace(
            alert,
            closed_at=now if change.is_over else None,
            severity=max(alert.severity, change.severity),
        )
