"""Chaos: the whole pipeline under one misfortune after the other, each with the same proof.

    python -m tests.end_to_end.chaos kills --rounds 200 --seed 7
    python -m tests.end_to_end.chaos all --table tests/end_to_end/CHAOS.md

A scenario sends mentions, some of them twice, some malformed, while it does harm. Then nothing
may be missing, double or in flight: rows = distinct valid events as the topic has them, every
materialized view agrees with its table, dead letters = malformed, the ledger has no gap, lag is 0.
Recovery is how long after the end of a fault the last record from before it was stored. Prints one
JSON object for each scenario and exits 1 when anything does not balance.
"""

import argparse
import shlex
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec

from streams.migrate import connect
from streams.settings import Settings
from tests.end_to_end import chaos_table
from tests.end_to_end.fleet import Fleet
from tests.end_to_end.ground import ground
from tests.end_to_end.proof import Proof, Truth, prove
from tests.end_to_end.scenarios import SCENARIOS, Options, Run, Scenario
from tests.end_to_end.traffic import Sender


@dataclass
class Result:
    """What came of a scenario."""

    scenario: str
    proof: Proof
    faults: dict[str, int]
    ended_by_themselves: dict[str, int]
    recovery_sec: dict[str, float]  # median and longest
    peak_mb: dict[str, float]
    notes: list[str]
    seconds: float


def run(scenario: Scenario, options: Options, folder: Path, broker: str = "kafka") -> Result:
    """Do one scenario on a stack of its own, and compare the books."""
    began = time.monotonic()
    with ground(broker, folder, scenario.needs) as place, Fleet(place) as fleet:
        run_ = Run(place, fleet, Sender(place.settings, options.seed), options)
        for _ in range(options.workers if scenario.workers is None else scenario.workers):
            run_.add_worker()
        if scenario.needs.upkeep:
            fleet.add("upkeep")
        if scenario.needs.signals:
            fleet.add("signals")
        scenario.act(run_)
        run_.sender.finish()
        truth = Truth.of(run_.sender.sent) if scenario.trusts_sender else None
        proof = prove(place.settings, run_.sender.sent, truth)
        recovery = _recovery(place.settings, run_.healed)
        proof.problems.extend(run_.problems)
    return Result(
        scenario.name,
        proof,
        dict(run_.faults),
        dict(fleet.ends),
        recovery,
        {role: round(mb) for role, mb in sorted(fleet.memory.peak.items())},
        run_.notes,
        round(time.monotonic() - began, 1),
    )


def _recovery(settings: Settings, healed: Sequence[float]) -> dict[str, float]:
    """Seconds from the end of each fault until all that was sent before it was stored."""
    with connect(settings, in_database=True) as client:
        found = [client.query(_STORED_BY, {"at": int(at * 1_000)}).result_rows for at in healed]
    took = [max(0.0, rows[0][0] / 1_000) for rows in found]
    if not took:
        return {}
    return {"median": round(statistics.median(took), 1), "longest": round(max(took), 1)}


_STORED_BY = """
SELECT toUnixTimestamp64Milli(max(stored_at)) - {at:Int64}
FROM
(
    SELECT stored_at, kafka_timestamp FROM mentions
    UNION ALL
    SELECT seen_at, kafka_timestamp FROM dead_letters
)
WHERE kafka_timestamp <= fromUnixTimestamp64Milli({at:Int64}, 'UTC')
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("scenario", choices=[*SCENARIOS, "all"])
    parser.add_argument("--broker", choices=["kafka", "tansu"], default="kafka")
    parser.add_argument("--table", type=Path, help="Write the results into this markdown file.")
    parser.add_argument("--logs", type=Path, help="Keep what the programs said in this folder.")
    for name, default in asdict(Options()).items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default)
    given: dict[str, Any] = vars(parser.parse_args(arguments))
    chosen, broker = given.pop("scenario"), given.pop("broker")
    table, logs = given.pop("table"), given.pop("logs")
    options = Options(**given)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    failed = False
    for scenario in SCENARIOS.values() if chosen == "all" else [SCENARIOS[chosen]]:
        with tempfile.TemporaryDirectory(prefix="escucha-chaos-") as folder:
            try:
                result = run(scenario, options, Path(folder), broker)
            finally:
                keep_logs(Path(folder), logs)
        print(msgspec.json.format(msgspec.json.encode(asdict(result))).decode(), flush=True)
        failed = failed or not result.proof.exact
        if table is not None:
            words = [scenario.name, *(sys.argv[2:] if arguments is None else arguments[1:])]
            chaos_table.write(table, result, shlex.join(_without_table(words)))
    return 1 if failed else 0


def _without_table(words: Sequence[str]) -> list[str]:
    kept, skip = [], False
    for word in words:
        if skip or word in {"--table", "--logs"}:
            skip = not skip
            continue
        kept.append(word)
    return kept


def keep_logs(folder: Path, kept: Path | None) -> None:
    if kept is None:
        return
    kept.mkdir(parents=True, exist_ok=True)
    for log in folder.glob("*.log"):
        (kept / log.name).write_bytes(log.read_bytes()[-5_000_000:])


if __name__ == "__main__":
    sys.exit(main())
