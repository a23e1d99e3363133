"""The table of results, one row a command; a later run of the same takes its row's place."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.end_to_end.chaos import Result

RULE = f"|{'---|' * 8}\n"
COLUMNS = (
    "scenario",
    "records: valid, twice, malformed",
    "faults",
    "exact",
    "recovery, s",
    "peak MB",
    "command: `python -m tests.end_to_end.chaos …`",
    "date",
)
HEAD = f"""# Chaos

What `python -m tests.end_to_end.chaos` found; `make chaos` does all of it again. Exact means that,
with everything sent and nothing moving any more: rows = distinct valid events as the topic has
them, every materialized view agrees with its table, dead letters = malformed records, duplicates =
records sent twice, the ledger has no gap, lag 0. Recovery: from the end of a fault until the last
record from before it was stored, median and longest. Memory: the highest resident set of any one
process of a kind.

| {" | ".join(COLUMNS)} |
{RULE}"""


def write(path: Path, result: "Result", command: str) -> None:
    """Put the result's row into the table at `path`, which need not exist yet."""
    text = path.read_text(encoding="utf-8") if path.exists() else HEAD
    head, _, body = text.partition(RULE)
    rows = [row for row in body.splitlines() if f"| `{command}` |" not in row]
    rows.append(_row(result, command))
    path.write_text(head + RULE + "\n".join(sorted(rows)) + "\n", encoding="utf-8")


def _row(result: "Result", command: str) -> str:
    proof = result.proof
    truth = proof.truth
    faults = ", ".join(f"{count} × {name}" for name, count in result.faults.items())
    if len(result.faults) > 12:
        faults = f"{sum(result.faults.values())} faults of {len(result.faults)} kinds"
    cells = [
        result.scenario,
        f"{truth.records:,}: {truth.good:,}, {truth.again:,}, {truth.bad:,}",
        "; ".join([faults, *result.notes]),
        "yes" if proof.exact else "NO: " + "; ".join(proof.problems),
        ", ".join(f"{seconds:g}" for seconds in result.recovery_sec.values()),
        ", ".join(f"{role} {mb:.0f}" for role, mb in result.peak_mb.items()),
        f"`{command}`",
        f"{datetime.now(UTC):%Y-%m-%d}",
    ]
    return f"| {' | '.join(cells)} |"
