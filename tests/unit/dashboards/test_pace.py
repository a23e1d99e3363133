"""An address that asks in a loop is told to wait; the others are not."""

from dashboards.console import ConsoleConfig, create_app
from dashboards.console.pace import MOST_ADDRESSES, Pace
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


def test_turns_come_back_with_time_and_each_address_has_its_own() -> None:
    clock = Clock()
    pace = Pace(lambda *_: None, per_sec=2, burst=3, now=clock)  # type: ignore[arg-type]
    assert [pace._wait_sec("a") for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    assert pace._wait_sec("b") == 0.0
    clock.sec += 0.6
    assert pace._wait_sec("a") == 0.0
    assert pace._wait_sec("a") > 0


def test_the_memory_for_addresses_is_bounded() -> None:
    pace = Pace(lambda *_: None, now=Clock())  # type: ignore[arg-type]
    for number in range(MOST_ADDRESSES + 10):
        pace._wait_sec(f"address {number}")
    assert len(pace._left) == MOST_ADDRESSES
