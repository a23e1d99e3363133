"""Pauses between attempts to reach a source: exponential, with full jitter."""

from dataclasses import dataclass, field
from random import Random


@dataclass
class Backoff:
    """Pauses that grow from failure to failure and are never shorter than what is asked for."""

    first_sec: float = 1.0
    longest_sec: float = 60.0
    healthy_sec: float = 30.0  # a connection that lived this long begins anew
    dice: Random = field(default_factory=Random, repr=False)
    failures: int = 0

    def pause_sec(self, lived_sec: float, asked_sec: float | None) -> float:
        """How long to wait after a connection that lived `lived_sec` and ended in failure."""
        if lived_sec >= self.healthy_sec:
            self.failures = 0
        most = min(self.longest_sec, self.first_sec * 2 ** min(self.failures, 30))
        self.failures += 1
        # Jitter comes on top of what is asked, so that many clients do not come back as one.
        return (asked_sec or 0.0) + self.dice.uniform(0.0, most)
