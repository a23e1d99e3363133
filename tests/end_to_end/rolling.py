"""A rolling upgrade with two real versions: an older commit of this repository, and this one.

    python -m tests.end_to_end.rolling --old f7eae0a

The older version makes the tables and the model, and its workers and its upkeep run. While mentions
come, as deploy/RUNBOOK.md has it: today's migrations, today's workers beside the older ones in one
group (one of the older ones is killed and started again meanwhile), then each older one is stopped
and a new one takes its place, then upkeep. The proof is that of chaos: counts and views exact.
Prints one JSON object; exits 1 when anything does not balance. Needs the repository's history.
"""

import argparse
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import msgspec

from streams.migrate import connect, migrate, migrations
from tests.end_to_end import chaos
from tests.end_to_end.fleet import STOP_SEC
from tests.end_to_end.ground import Needs
from tests.end_to_end.scenarios import Options, Run, Scenario

REPOSITORY = Path(__file__).parents[2]
OLD = "f7eae0a"  # 2026-11-29: 17 migrations before today's
STORES_SEC = 120.0  # until a version has stored something, on a busy machine


class NoSuchVersionError(Exception):
    """The commit is not here, as in a shallow clone."""


def unpacked(commit: str, folder: Path) -> Path:
    """The text of the program as it was; raises NoSuchVersionError."""
    archive = folder / "old.tar"
    made = subprocess.run(
        ["git", "-C", REPOSITORY, "archive", "--output", archive, commit],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode:
        raise NoSuchVersionError(f"{commit} cannot be had: {made.stderr.strip()}")
    place = folder / "old"
    with tarfile.open(archive) as content:
        content.extractall(place, filter="data")
    archive.unlink()
    return place


def upgrade(old: Path, run: Run) -> None:
    """From the older version to this one, worker by worker."""
    environment = run.ground.environment | {"PYTHONPATH": str(old)}
    for words in (("train", "--if-missing"), ("migrate",)):
        subprocess.run(
            [sys.executable, "-m", "streams.cli", *words],
            cwd=old, env=environment, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
    before = _tables(run)
    earlier = [run.fleet.add("old-worker", "worker", version=old) for _ in range(2)]
    upkeep = run.fleet.add("old-upkeep", "upkeep", version=old)
    run.heal()
    with run.stream():  # today's reconcile cannot read tables that old: nothing waits for it yet
        _wait(lambda: _batches(run), "the older version to store")
        run.wait(10)
        migrate(run.ground.settings, dry_run=False, say=lambda _: None)
        run.fault(f"migrated from {before[-1]} to {_tables(run)[-1]}, older workers at work")
        batches = _batches(run)
        _wait(lambda: _batches(run) > batches, "the older version to go on with newer tables")
        run.wait(10)
        run.fleet.kill(earlier[0], run.random)  # its plans are taken over, and it starts anew
        run.fault("kill -9 of an older worker")
        run.heal()
        for number, name in enumerate(earlier):
            workers = _workers(run)
            run.add_worker()
            _wait(lambda: _workers(run) - workers, "a newer worker to store beside older ones")  # noqa: B023
            run.fault(f"{number + 1} newer beside {len(earlier) - number} older workers")
            run.wait(10)
            _stop(run, name)
        if run.fleet.stop(upkeep):  # it ends with the job it is at, and may be killed in it
            run.notes.append(f"older upkeep: killed after {STOP_SEC:.0f} s of SIGTERM")
        run.fleet.add("upkeep")
        run.fault("only the newer version")
        run.heal()
        run.wait(15)
    ended = {role: count for role, count in run.fleet.ends.items() if not role.endswith(" -9")}
    run.problems += [f"{role} ended {count} times" for role, count in ended.items()]
    run.notes.append(f"{len(migrations()) - len(before)} migrations apart")
    run.notes.append(f"batches by worker: {_shares(run)}")


def _stop(run: Run, name: str) -> None:
    code = run.fleet.stop(name)
    run.fault(f"{name} stopped")
    if code:
        run.problems.append(f"{name} ended with {code}: {run.fleet.log_of(name)[-2_000:]}")


def _wait(happens: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + STORES_SEC
    while not happens():
        if time.monotonic() > deadline:
            raise SystemExit(f"waited {STORES_SEC:.0f} s for {what}")
        time.sleep(0.2)


def _tables(run: Run) -> list[str]:
    with connect(run.ground.settings, in_database=True) as client:
        rows = client.query("SELECT DISTINCT name FROM schema_migrations ORDER BY name").result_rows
    return [str(name) for (name,) in rows]


def _shares(run: Run) -> dict[str, int]:
    with connect(run.ground.settings, in_database=True) as client:
        return dict(client.query("SELECT worker, count() FROM ledger GROUP BY worker").result_rows)


def _batches(run: Run) -> int:
    return sum(_shares(run).values())


def _workers(run: Run) -> set[str]:
    return set(_shares(run))


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--old", default=OLD, help="a commit")
    parser.add_argument("--broker", choices=["kafka", "tansu"], default="kafka")
    parser.add_argument("--rate", type=float, default=200.0, help="events/s")
    parser.add_argument("--scale", type=float, default=1.0, help="of times")
    parser.add_argument("--logs", type=Path, help="keep what the programs said in this folder")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="escucha-rolling-") as folder:
        try:
            old = unpacked(given.old, Path(folder))
        except NoSuchVersionError as error:
            parser.error(str(error))
        scenario = Scenario("rolling", partial(upgrade, old), Needs(bare=True), workers=0)
        options = Options(rate=given.rate, scale=given.scale)
        try:
            result = chaos.run(scenario, options, Path(folder), given.broker)
        finally:
            chaos.keep_logs(Path(folder), given.logs)
    print(msgspec.json.format(msgspec.json.encode(asdict(result))).decode(), flush=True)
    return 0 if result.proof.exact else 1


if __name__ == "__main__":
    sys.exit(main())
