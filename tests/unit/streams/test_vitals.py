"""A worker that is alive and does nothing is told from one that waits, and from one that works."""

from dataclasses import replace
from typing import Any

import pytest

from streams.vitals import Pulse, Signs, Vitals

WELL = Signs(
    at=0.0, has_joined=True, is_member=True, flows=True, has_room=True, waiting=0, done=(0,)
)


def shown(until_sec: int, *, every: float = 1.0, **changes: Any) -> Vitals:
    """Vitals of a worker that showed the same for so long; `fetching` keeps asking Kafka."""
    vitals = Vitals(stall_sec=60.0)
    fetching = changes.pop("fetching", True)
    for second in range(until_sec + 1):
        now = 100.0 + second * every
        more = {
            name: value(second) if callable(value) else value for name, value in changes.items()
        }
        vitals.show(replace(WELL, at=now, asked_at=now if fetching else 100.0, **more))
    return vitals


def test_before_the_first_sign_it_starts() -> None:
    verdict = Vitals(stall_sec=60.0).judge(5.0)
    assert verdict.alive
    assert verdict.waits == ("it starts",)


def test_one_that_works_is_alive_and_ready_however_much_waits() -> None:
    vitals = shown(300, waiting=5_000, done=lambda second: (second,))
    assert vitals.judge(400.0).ready


def test_one_that_has_nothing_to_do_is_alive_and_ready() -> None:
    assert shown(300).judge(400.0).ready


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"waiting": 17}, "17 records wait and none was acknowledged for 70 s"),
        ({"waiting": lambda second: 10 + second}, "80 records wait and none"),
        ({"flows": False}, "its fetching was stopped 70 s ago"),
        ({"fetching": False}, "it has asked Kafka for nothing for 70 s"),
        ({"is_member": False}, "it is out of its group for 70 s"),
    ],
)
def test_one_that_does_nothing_hangs(changes: dict[str, Any], word: str) -> None:
    verdict = shown(70, **changes).judge(170.0)
    assert not verdict.alive
    assert not verdict.ready
    assert word in "; ".join(verdict.hangs)
    assert shown(50, **changes).judge(150.0).alive, "patience first"


def test_a_loop_that_does_not_turn_hangs() -> None:
    vitals = shown(5)
    assert vitals.judge(130.0).alive
    assert vitals.judge(140.0).hangs == ("its event loop has not turned for 35 s",)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"sink_trouble": "refused", "waiting": 9}, "waits for ClickHouse: refused"),
        ({"sink_trouble": "refused", "waiting": 9, "has_room": False, "fetching": False}, "waits"),
        ({"broker_is_away": True, "is_member": False, "fetching": False}, "waits for Kafka"),
        ({"has_joined": False, "is_member": False}, "not joined"),
    ],
)
def test_what_waits_for_others_is_not_ready_and_not_started_again(
    changes: dict[str, Any], word: str
) -> None:
    verdict = shown(600, **changes).judge(700.0)
    assert verdict.alive
    assert not verdict.ready
    assert word in verdict.waits[0]


def test_patience_begins_anew_when_clickhouse_is_back() -> None:
    vitals = shown(600, waiting=9, sink_trouble=lambda second: "refused" if second < 590 else "")
    assert vitals.judge(700.0).ready


def test_a_full_worker_need_not_fetch() -> None:
    vitals = shown(70, has_room=False, fetching=False, waiting=9, done=lambda second: (second,))
    assert vitals.judge(170.0).ready


def test_one_that_goes_round_hangs_when_a_turn_does_not_end() -> None:
    pulse = Pulse(600.0, turned_at=100.0)
    assert pulse.judge(690.0).ready
    assert pulse.judge(710.0).hangs == ("it has been at the same for 610 s",)
    pulse.turned_at = 705.0
    assert pulse.judge(710.0).alive
