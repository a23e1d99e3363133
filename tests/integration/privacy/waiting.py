"""Waiting for what happens elsewhere."""

import time
from collections.abc import Callable

PATIENCE_SEC = 60.0


def wait_for(condition: Callable[[], bool], what: str) -> float:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < PATIENCE_SEC, f"waited {PATIENCE_SEC:.0f} s for {what}"
        time.sleep(0.05)
    return time.monotonic() - began
