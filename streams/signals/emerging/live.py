"""`escucha signals`: looks whenever mentions have landed, and writes what changes."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
import numpy as np
from clickhouse_connect.driver.client import Client

from streams import clock
from streams.signals.emerging import store
from streams.signals.emerging.lifecycle import EPOCH, Change, Finding, Series, next_change
from streams.signals.emerging.settings import DetectorSettings
from streams.signals.emerging.watching import Heard, Usual, counted, learn, look

RELEARN_EVERY = timedelta(hours=1)
# Where a series appears that nobody knew, at once, unless learning would take more than this share
# of the time.
RELEARN_SHARE = 0.2
# How often the counts of an alert that goes on are kept for its chart.
KEEP_COUNTS_EVERY = timedelta(minutes=5)

log = logging.getLogger(__name__)


@dataclass
class Watch:
    """Looks at what is stored; keeps nothing that could not be read again."""

    client: Client
    settings: DetectorSettings
    console_url: str = ""
    now: Callable[[], datetime] = clock.now
    _usual: Usual | None = None
    _learnt_at: datetime | None = None
    _learning: timedelta = timedelta()  # how long it took
    _known: set[Series] = field(default_factory=set)
    _kept_at: dict[str, datetime] = field(default_factory=dict)  # counts, by alert

    def look(self) -> list[Change]:
        """One look; returns the changes that it stored, each of them stored before it returns."""
        now = self.now()
        reach = max(self.settings.windows_min) / 60 + self.settings.quiet_min / 60
        since = now - timedelta(hours=reach + self.settings.author_silence_hours)
        heard = store.heard_lately(self.client, since, now, self.settings)
        usual = self._learn(now, heard)
        newest = store.newest(self.client)
        still = frozenset(series for series, change in newest.items() if not change.is_over)
        changes, standing = [], []
        for finding in look(heard, usual, now.timestamp(), still):
            change = self._change(newest.get(finding.series), finding, heard, now)
            if change is not None:
                changes.append(change)
                log.info("%s: %s, severity %d", change.series, change.event, change.severity)
            one = change or newest.get(finding.series)
            if one is not None and (change is not None or finding.series in still):
                standing.append(one)
        self._keep_counts(standing, {c.alert_id for c in changes}, heard, usual, now)
        return changes

    def _keep_counts(
        self, standing: list[Change], changed: set[str], heard: Heard, usual: Usual, now: datetime
    ) -> None:
        """What people see an alert by; of those that changed at once, of others now and then."""
        due = [
            one
            for one in standing
            if one.alert_id in changed
            or now - self._kept_at.get(one.alert_id, EPOCH) >= KEEP_COUNTS_EVERY
        ]
        if not due:
            return
        hours = max(self.settings.windows_min) / 60 + self.settings.quiet_min / 60
        since = (now - timedelta(hours=hours)).timestamp()
        series = [one.series for one in due]
        found = counted(heard, usual, series, since, now.timestamp())
        for one in due:
            if one.series in found:
                store.keep_counts(self.client, one.alert_id, found[one.series])
        going_on = {one.alert_id for one in standing if not one.is_over}
        fresh = dict.fromkeys((one.alert_id for one in due), now)
        self._kept_at = {
            alert_id: at for alert_id, at in (self._kept_at | fresh).items() if alert_id in going_on
        }

    def _learn(self, now: datetime, heard: Heard) -> Usual:
        unknown = set(heard.series) - self._known
        age = None if self._learnt_at is None else now - self._learnt_at
        if (
            self._usual is None
            or age is None
            or age >= RELEARN_EVERY
            or (unknown and age >= self._learning / RELEARN_SHARE)
        ):
            since = now - timedelta(days=self.settings.history_days)
            history = store.heard(self.client, since, now, self.settings)
            self._usual = learn(history, now.timestamp(), self.settings)
            self._learnt_at, self._known = now, set(heard.series) | set(history.series)
            self._learning = self.now() - now
        return self._usual

    def _change(
        self, last: Change | None, finding: Finding, heard: Heard, now: datetime
    ) -> Change | None:
        told = store.notices(self.client, finding.series, now)
        change = next_change(last, finding, now, self.settings, told)
        if change is None:
            return None
        if change.event in {"opened", "growing"}:
            change = self._with_evidence(change, heard, now)
        return store.append(self.client, change, self.settings)

    def _with_evidence(self, change: Change, heard: Heard, now: datetime) -> Change:
        """The words, mentions and contacts behind it, and where to look at them."""
        number = heard.series.index(change.series)
        own = (heard.number == number) & heard.counted(self.settings)
        own &= heard.at_sec >= change.since.timestamp() - 0.001
        brand = change.series.name if change.series.kind == "brand" else ""
        words, evidence, share = store.about(
            self.client,
            heard.mention[np.flatnonzero(own)].tolist(),
            change.since - timedelta(seconds=1),
            now,
            brand,
        )
        return msgspec.structs.replace(
            change,
            words=words,
            evidence=evidence,
            before_contact=share,
            link=f"{self.console_url}/alerts?id={change.alert_id}",
        )
