"""An address that asks in a loop is told to wait; the others are not."""

import math

from dashboards.console import ConsoleConfig, create_app
from dashboards.console.turns import MOST_NAMES, Turns
from tests.fuzz.asgi import ask

NOBODY = "http://127.0.0.1:1"
HEADERS = ((b"host", b"localhost"),)


class Clock:
    """Time that stands until it is moved."""

    sec = 100.0

    def __call__(self) -> float:
        return self.sec


async def test_the_console_answers_a_loop_with_429_and_its_pages_still_load() -> None:
    app = create_app(ConsoleConfig(clickhouse_url=NOBODY))
    answers = [await ask(app, "GET", "/api/dashboards", b"", HEADERS, b"") for _ in range(1_300)]
    statuses = [status for status, _, _ in answers]
    assert statuses[:1_000] == [200] * 1_000
    assert statuses[-1] == 429
    _, headers, body = answers[-1]
    assert int(headers["retry-after"]) >= 1
    assert b'"too_often"' in body
    assert "default-src 'none'" in headers["content-security-policy"]
    assert (await ask(app, "GET", "/", b"", HEADERS, b""))[0] == 200


def test_turns_come_back_with_time_and_each_name_has_its_own() -> None:
    clock = Clock()
    turns = Turns(per_sec=2, most=3, now=clock)
    assert [turns.take("a") for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    assert turns.take("b") == 0.0
    clock.sec += 0.6
    assert turns.take("a") == 0.0
    assert turns.take("a") > 0
    clock.sec += 100
    assert [turns.take("a") for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]  # no more than at first


def test_to_look_takes_no_turn() -> None:
    turns = Turns(per_sec=2, most=1, now=Clock())
    assert [turns.wait_sec("a") for _ in range(3)] == [0.0] * 3
    assert turns.take("a") == 0.0
    assert turns.wait_sec("a") == 0.5


def test_where_nothing_fills_up_there_is_no_turn_to_wait_for() -> None:
    assert Turns(per_sec=0, most=0, now=Clock()).take("a") == math.inf


def test_the_memory_for_names_is_bounded_and_forgets_who_is_silent() -> None:
    turns = Turns(per_sec=1, most=1, now=Clock())
    for number in range(MOST_NAMES):
        turns.take(f"name {number}")
    assert turns.take("name 0") > 0
    for number in range(10):
        turns.take(f"new {number}")
    assert len(turns) == MOST_NAMES
    assert turns.wait_sec("name 0") > 0
    assert turns.wait_sec("name 1") == 0.0
