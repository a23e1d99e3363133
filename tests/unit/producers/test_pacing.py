"""Rhythm and rate, on a clock of the test's own."""

from datetime import timedelta

import pytest

from streams.errors import InputError
from streams.producers.pacing import Pacer, Speed
from tests.unit.producers.helpers import NOW


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.parametrize(
    ("text", "times"), [("max", None), ("original", 1.0), ("60x", 60.0), ("0.5X", 0.5)]
)
def test_speeds(text: str, times: float | None) -> None:
    assert Speed.parse(text).times == times


@pytest.mark.parametrize("text", ["", "fast", "0x", "-2x", "60", "x"])
def test_what_is_no_speed_says_what_is(text: str) -> None:
    with pytest.raises(InputError, match="max, original"):
        Speed.parse(text)


def test_gaps_shrink_by_the_speed() -> None:
    clock = Clock()
    pacer = Pacer(Speed(60.0), None, clock)

    assert pacer.wait_sec(NOW) == 0
    assert pacer.wait_sec(NOW + timedelta(minutes=5)) == pytest.approx(5)
    clock.seconds += 5
    assert pacer.wait_sec(NOW + timedelta(minutes=6)) == pytest.approx(1)


def test_an_older_row_is_due_at_once_and_counted() -> None:
    pacer = Pacer(Speed(1.0), None, Clock())
    pacer.wait_sec(NOW)

    assert pacer.wait_sec(NOW - timedelta(days=1)) == 0
    assert pacer.wait_sec(NOW + timedelta(seconds=2)) == pytest.approx(2)
    assert (pacer.out_of_order, pacer.rows) == (1, 3)


def test_the_rate_spreads_rows_and_forgives_a_pause_only_in_part() -> None:
    clock = Clock()
    pacer = Pacer(Speed(None), 10, clock)
    assert [pacer.wait_sec(NOW) for _ in range(3)] == pytest.approx([0, 0.1, 0.2])

    clock.seconds += 60
    waits = [pacer.wait_sec(NOW) for _ in range(5)]
    assert waits[2] <= 0 < waits[3]


def test_flat_out_is_idle() -> None:
    assert Pacer(Speed(None), None, Clock()).idle
    assert not Pacer(Speed(None), 5.0, Clock()).idle
    assert not Pacer(Speed(1.0), None, Clock()).idle
