"""What stops the demo: Ctrl-C, `kill`, a closed terminal; but not for who asked to outlive that."""

import signal
from collections.abc import Iterator

import pytest

from streams.demo import _Stop


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    kept = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def test_a_closed_terminal_stops_it() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    stop = _Stop()
    signal.raise_signal(signal.SIGHUP)
    assert stop.is_set()


def test_under_nohup_it_outlives_its_terminal() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    stop = _Stop()
    signal.raise_signal(signal.SIGHUP)
    assert not stop.is_set()
    signal.raise_signal(signal.SIGTERM)
    assert stop.is_set()
