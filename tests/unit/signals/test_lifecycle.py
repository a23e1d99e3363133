"""What becomes of an alert, step by step, and that it does not depend on who asks."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from streams.signals.emerging.lifecycle import (
    Change,
    Finding,
    Notices,
    Series,
    acknowledged,
    next_change,
    noted,
    released,
    snoozed,
    woken,
)
from streams.signals.emerging.settings import DetectorSettings

NOW = datetime(2026, 7, 6, 12, tzinfo=UTC)
SETTINGS = DetectorSettings()
NONE_YET = Notices(0, 0)
SERIES = Series("brand", "Nimbara", "es")


def finding(observed: int = 6, *, unusual_at: datetime | None = NOW, **changes: Any) -> Finding:
    usual: dict[str, Any] = {
        "series": SERIES,
        "last_unusual_at": unusual_at,
        "since": NOW - timedelta(minutes=20),
        "severity": 4,
        "observed": observed,
        "expected": 0.5,
        "window_min": 20,
        "false_per_week": 1e-5,
        "sure": 0.999,
        "watched": 12,
    }
    return Finding(**{**usual, **changes})


def step(
    last: Change | None, seen: Finding, minutes: float = 0, notices: Notices = NONE_YET
) -> Change | None:
    return next_change(last, seen, NOW + timedelta(minutes=minutes), SETTINGS, notices)


def opened() -> Change:
    change = step(None, finding())
    assert change is not None
    return change


def test_it_opens_once_and_says_so() -> None:
    change = opened()
    assert (change.event, change.state, change.change, change.notice) == ("opened", "open", 1, True)
    assert change == opened()
    assert step(change, finding()) is None
    assert step(None, finding(unusual_at=None)) is None


def test_it_grows_when_half_as_many_again_have_come() -> None:
    change = opened()
    assert step(change, finding(8)) is None
    grown = step(change, finding(9, severity=3), 5)
    assert grown is not None
    assert (grown.event, grown.observed, grown.change, grown.notice) == ("growing", 9, 2, True)
    assert grown.severity == 4  # it does not shrink
    later = NOW - timedelta(minutes=10)
    counted = step(change, finding(9, since=later), 5)
    assert counted is not None
    assert (counted.since, counted.opened_at) == (later, change.opened_at)  # what 9 is counted from
    assert grown.alert_id == change.alert_id
    assert step(grown, finding(13), 6) is None


def test_it_fades_comes_back_and_closes() -> None:
    change = opened()
    faded = step(change, finding(unusual_at=None), 130)
    assert faded is not None
    assert (faded.event, faded.notice) == ("fading", False)
    assert step(faded, finding(unusual_at=None), 131) is None
    back = step(faded, finding(), 140)
    assert back is not None
    assert (back.event, back.state, back.notice) == ("back", "open", False)
    closed = step(faded, finding(unusual_at=None), 130 + 2 * SETTINGS.quiet_min)
    assert closed is not None
    assert closed.is_over
    assert closed.alert_id == change.alert_id


def test_a_closed_one_is_followed_by_another_after_the_cool_down() -> None:
    closed = msgspec.structs.replace(
        opened(), state="closed", event="closed", change=3, state_at=NOW
    )
    assert step(closed, finding(), SETTINGS.cool_down_min - 1) is None
    again = step(closed, finding(), SETTINGS.cool_down_min)
    assert again is not None
    assert (again.event, again.change) == ("opened", 4)
    assert again.alert_id != closed.alert_id


def test_nobody_is_told_of_what_is_in_hand_silent_or_too_much() -> None:
    later = NOW + timedelta(minutes=1)
    in_hand = acknowledged(opened(), later, "Ana")
    assert (in_hand.event, in_hand.state, in_hand.by) == ("acknowledged", "open", "Ana")
    silent = snoozed(opened(), later, later + timedelta(hours=1), "Ana")
    for last in (in_hand, silent):
        grown = step(last, finding(20), 5)
        assert grown is not None
        assert (grown.event, grown.notice, grown.by) == ("growing", False, "")
    awake = step(silent, finding(20), 70)
    assert awake is not None
    assert awake.notice
    for too_many in (Notices(SETTINGS.per_series_day, 3), Notices(0, SETTINGS.all_series_day)):
        change = step(None, finding(), notices=too_many)
        assert change is not None
        assert not change.notice


def test_silence_outlasts_the_alert() -> None:
    silent = snoozed(opened(), NOW, NOW + timedelta(days=7), "Ana")
    closed = msgspec.structs.replace(silent, state="closed", event="closed")
    again = step(closed, finding(), SETTINGS.cool_down_min)
    assert again is not None
    assert not again.notice


def test_what_people_do_puts_neither_the_end_nor_the_next_one_off() -> None:
    faded = step(opened(), finding(unusual_at=None), 130)
    assert faded is not None
    touched = faded
    for act in (
        lambda last, now: acknowledged(last, now, "Ana"),
        lambda last, now: released(last, now, "Ana"),
        lambda last, now: snoozed(last, now, now + timedelta(minutes=1), "Ana"),
        lambda last, now: woken(last, now, "Ana"),
        lambda last, now: noted(last, now, "nothing to do", "Ana"),
    ):
        touched = act(touched, NOW + timedelta(minutes=130 + 2 * SETTINGS.quiet_min - 1))
    assert (touched.change, touched.state_at, touched.note) == (7, faded.at, "nothing to do")
    closed = step(touched, finding(unusual_at=None), 130 + 2 * SETTINGS.quiet_min)
    assert closed is not None
    assert (closed.event, closed.note, closed.acknowledged_by) == ("closed", "", "")
    over = noted(closed, closed.at + timedelta(minutes=SETTINGS.cool_down_min - 1), "x", "Ana")
    again = step(over, finding(), 130 + 2 * SETTINGS.quiet_min + SETTINGS.cool_down_min)
    assert again is not None
    assert (again.event, again.notice, again.state_at) == ("opened", True, again.at)


def test_who_gives_it_back_or_wakes_it_is_told_again() -> None:
    held = acknowledged(opened(), NOW, "Ana")
    silent = snoozed(opened(), NOW, NOW + timedelta(days=7), "Ana")
    for last in (released(held, NOW, "Ben"), woken(silent, NOW, "Ben")):
        grown = step(last, finding(20), 5)
        assert grown is not None
        assert grown.notice
    still = step(noted(held, NOW, "mine", "Ana"), finding(20), 5)
    assert still is not None
    assert not still.notice
