"""What becomes of an alert: opened, growing, fading, closed. Pure; the clock is handed in."""

from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec
import xxhash

from streams.signals.emerging.settings import DetectorSettings

State = Literal["open", "growing", "fading", "closed"]
Event = Literal[
    "opened", "growing", "fading", "closed", "back",
    "acknowledged", "released", "snoozed", "woken", "noted",
]  # fmt: skip
EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_MORE_AT_LEAST = 3  # authors, before an alert has grown


class Series(msgspec.Struct, frozen=True, order=True):
    """What an alert is about: a brand or a topic, in one language."""

    kind: str
    name: str
    lang: str


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What the detector sees in one series at one moment."""

    series: Series
    last_unusual_at: datetime | None  # None: nothing unusual within the quiet time
    since: datetime
    severity: int
    observed: int
    expected: float
    window_min: int
    false_per_week: float
    sure: float
    watched: int


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change of one alert, as it is stored."""

    series: Series
    change: int
    alert_id: str
    event: Event
    state: State
    at: datetime
    opened_at: datetime
    since: datetime
    severity: int
    observed: int
    expected: float
    window_min: int
    false_per_week: float
    sure: float
    watched: int
    before_contact: float | None = None
    words: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    link: str = ""
    notice: bool = False
    snoozed_until: datetime = EPOCH
    acknowledged_by: str = ""
    by: str = ""
    note: str = ""  # what somebody wrote, in the change that says so
    state_at: datetime = EPOCH  # since when it is in this state; `at` where that was not kept

    @property
    def is_over(self) -> bool:
        """Whether the alert has ended."""
        return self.state == "closed"


class Notices(msgspec.Struct, frozen=True):
    """How many were given in the last 24 hours."""

    of_series: int
    of_all: int


def next_change(
    last: Change | None,
    finding: Finding,
    now: datetime,
    settings: DetectorSettings,
    notices: Notices,
) -> Change | None:
    """What changes now in the series whose newest change is `last`; None when nothing does.

    The same answer whoever asks and however often, so a restart changes nothing.
    """
    unusual_at = finding.last_unusual_at
    if last is None or last.is_over:
        cool_down = timedelta(minutes=settings.cool_down_min)
        cool = last is not None and now - last.state_at < cool_down
        return (
            None if unusual_at is None or cool else _opened(last, finding, now, notices, settings)
        )
    quiet = timedelta(minutes=settings.quiet_min)
    if unusual_at is None:
        calm = now - last.state_at
        if last.state == "fading":
            return _changed(last, "closed", "closed", now) if calm >= 2 * quiet else None
        return _changed(last, "fading", "fading", now)
    base = last.observed
    has_grown = finding.observed >= max(settings.grow_factor * base, base + _MORE_AT_LEAST)
    if has_grown:
        grown = _changed(last, "growing", "growing", now)
        grown = msgspec.structs.replace(
            grown,
            since=finding.since,  # what is counted below is counted from here
            severity=max(finding.severity, last.severity),
            observed=finding.observed,
            expected=finding.expected,
            window_min=finding.window_min,
            false_per_week=finding.false_per_week,
            sure=finding.sure,
            watched=finding.watched,
        )
        return msgspec.structs.replace(grown, notice=_may_tell(grown, now, notices, settings))
    return _changed(last, "back", "open", now) if last.state == "fading" else None


def acknowledged(last: Change, now: datetime, by: str) -> Change:
    """Somebody has taken it in hand: nobody is told of it any more."""
    return msgspec.structs.replace(
        _changed(last, "acknowledged", last.state, now), acknowledged_by=by, by=by
    )


def released(last: Change, now: datetime, by: str) -> Change:
    """Nobody has it in hand any more: people are told of it again."""
    return msgspec.structs.replace(
        _changed(last, "released", last.state, now), acknowledged_by="", by=by
    )


def snoozed(last: Change, now: datetime, until: datetime, by: str) -> Change:
    """Nobody is told of the series until then; what happens is still kept."""
    return msgspec.structs.replace(
        _changed(last, "snoozed", last.state, now), snoozed_until=until, by=by
    )


def woken(last: Change, now: datetime, by: str) -> Change:
    """People are told of the series again, from now on."""
    return msgspec.structs.replace(
        _changed(last, "woken", last.state, now), snoozed_until=EPOCH, by=by
    )


def noted(last: Change, now: datetime, note: str, by: str) -> Change:
    """Somebody wrote something beside it; who is told stays as it was."""
    return msgspec.structs.replace(_changed(last, "noted", last.state, now), note=note, by=by)


def _opened(
    last: Change | None,
    finding: Finding,
    now: datetime,
    notices: Notices,
    settings: DetectorSettings,
) -> Change:
    number = 1 if last is None else last.change + 1
    series = finding.series
    name = "\x1f".join((series.kind, series.name, series.lang, str(number)))
    opened = Change(
        series=series,
        change=number,
        alert_id=xxhash.xxh3_128_hexdigest(name.encode()),
        event="opened",
        state="open",
        at=now,
        opened_at=now,
        since=finding.since,
        severity=finding.severity,
        observed=finding.observed,
        expected=finding.expected,
        window_min=finding.window_min,
        false_per_week=finding.false_per_week,
        sure=finding.sure,
        watched=finding.watched,
        snoozed_until=EPOCH if last is None else last.snoozed_until,
        state_at=now,
    )
    return msgspec.structs.replace(opened, notice=_may_tell(opened, now, notices, settings))


def _changed(last: Change, event: Event, state: State, now: datetime) -> Change:
    return msgspec.structs.replace(
        last,
        change=last.change + 1,
        event=event,
        state=state,
        at=now,
        notice=False,
        by="",
        note="",
        state_at=last.state_at if state == last.state else now,
    )


def _may_tell(change: Change, now: datetime, notices: Notices, settings: DetectorSettings) -> bool:
    return (
        not change.acknowledged_by
        and now >= change.snoozed_until
        and notices.of_series < settings.per_series_day
        and notices.of_all < settings.all_series_day
    )
