"""Does it stay as it is? Half load for half an hour, memory and latency by the minute, and a plot.

    python -m tests.end_to_end.soak --minutes 30 --rate 4000 --out tests/end_to_end/soak

Worker, upkeep, signals, ClickHouse and Apache Kafka, with the usual share of records that are
malformed or come twice. Each minute: the highest resident set of each process, and the 50th and
95th percentile of the time from Kafka to table. The first minutes are warm-up and not judged. Then
a line is drawn through each series (least squares). It is flat when even the upper end of the
slope's 95 % interval makes less than a tenth of the mean over the run, it grows when even the lower
end makes more; between the two the run says neither. Writes OUT.json and OUT.svg; exits 1 when a
series grows or the books do not balance.
"""

import argparse
import json
import math
import signal
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from clickhouse_connect.driver.client import Client

from streams.migrate import connect
from tests.bench.report import machine
from tests.end_to_end.fleet import Fleet, Memory
from tests.end_to_end.ground import Needs, ground
from tests.end_to_end.proof import prove
from tests.end_to_end.soak_plot import plot
from tests.end_to_end.traffic import Sender, Stream

# Two-sided 95 % of Student's t by degrees of freedom; between two of these the smaller counts.
STUDENT = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 7: 2.36, 10: 2.23, 15: 2.13, 20: 2.09}
FLAT_SHARE = 0.1


@dataclass(frozen=True)
class Trend:
    """The line through a series: rise by minute, and the ends of its 95 % interval."""

    mean: float
    slope: float
    low: float
    high: float
    minutes: int

    @property
    def verdict(self) -> str:
        """Flat, grows, or that the run does not tell."""
        if self.high * self.minutes < FLAT_SHARE * self.mean:
            return "flat"
        return "grows" if self.low * self.minutes > FLAT_SHARE * self.mean else "does not tell"


def trend(values: list[float]) -> Trend:
    """The line through values of one minute each; at least four."""
    minutes = np.arange(len(values), dtype=float)
    found = np.array(values)
    slope, start = np.polyfit(minutes, found, 1)
    left = found - (start + slope * minutes)
    freedom = len(values) - 2
    error = math.sqrt(float(left @ left) / freedom / float(((minutes - minutes.mean()) ** 2).sum()))
    student = STUDENT[max(known for known in STUDENT if known <= freedom)]
    around = student * error
    return Trend(float(found.mean()), slope, slope - around, slope + around, len(values))


def by_minute(memory: Memory, began: float, minutes: int) -> dict[str, list[float]]:
    """The highest resident megabytes of each process, minute by minute."""
    found: dict[str, list[float]] = {}
    for minute in range(minutes):
        here = [now for at, now in memory.series if 0 <= at - began - 60 * minute < 60]
        for role in {role for now in here for role in now}:
            found.setdefault(f"{role} MB", []).append(max(now.get(role, 0.0) for now in here))
    return found


def latencies(client: Client, began: float, minutes: int) -> dict[str, list[float]]:
    """Milliseconds from Kafka to table, by the minute in which Kafka had them."""
    rows = client.query(_LATENCY, {"began": int(began * 1_000)}).result_rows
    kept = [row for row in rows if 0 <= row[0] < minutes]
    return {"p50 ms": [row[1] for row in kept], "p95 ms": [row[2] for row in kept]}


_LATENCY = """
WITH toUnixTimestamp64Milli(stored_at) - toUnixTimestamp64Milli(kafka_timestamp) AS age
SELECT
    intDiv(toUnixTimestamp64Milli(kafka_timestamp) - {began:Int64}, 60000) AS minute,
    quantileExact(0.5)(age), quantileExact(0.95)(age)
FROM mentions
WHERE toUnixTimestamp64Milli(kafka_timestamp) >= {began:Int64}
GROUP BY minute ORDER BY minute
"""


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=int, default=30)
    parser.add_argument("--warm-up", type=int, default=3, help="Minutes that are not judged.")
    parser.add_argument("--rate", type=float, default=4_000, help="Events/s.")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("tests/end_to_end/soak"))
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with (
        tempfile.TemporaryDirectory(prefix="escucha-soak-") as folder,
        ground("kafka", Path(folder), Needs(upkeep=True, signals=True)) as place,
        Fleet(place) as fleet,
    ):
        for role in ["worker"] * given.workers + ["upkeep", "signals"]:
            fleet.add(role)
        sender = Sender(place.settings, seed=7)
        sender.burst(100)
        sender.finish()
        began = time.time()
        with Stream(sender, given.rate):
            for minute in range(given.minutes):
                time.sleep(max(0.0, began + 60 * (minute + 1) - time.time()))
                print(f"minute {minute + 1}: {fleet.memory.series[-1][1]}", file=sys.stderr)
        sender.finish()
        proof = prove(place.settings, sender.sent)
        with connect(place.settings, in_database=True) as client:
            series = by_minute(fleet.memory, began, given.minutes)
            series |= latencies(client, began, given.minutes)
    trends = {name: trend(values[given.warm_up :]) for name, values in series.items()}
    document = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": machine(),
        "command": f"python -m tests.end_to_end.soak --minutes {given.minutes}"
        f" --rate {given.rate:g} --workers {given.workers}",
        "events": proof.truth.records,
        "exact": proof.exact,
        "problems": proof.problems,
        "warm_up_minutes": given.warm_up,
        "series": {name: [round(v, 1) for v in values] for name, values in series.items()},
        "trends": {
            name: {k: round(v, 2) for k, v in asdict(found).items()} | {"verdict": found.verdict}
            for name, found in trends.items()
        },
    }
    given.out.with_suffix(".json").write_text(json.dumps(document, indent=1) + "\n")
    given.out.with_suffix(".svg").write_text(plot(document))
    print(json.dumps({k: v for k, v in document.items() if k != "series"}, indent=1))
    return 0 if proof.exact and all(found.verdict != "grows" for found in trends.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
