"""Fuzz every parser for a while: `python -m tests.fuzz --seconds 60 [TARGET …]`.

Each target runs in a process of its own, so that its memory is its own; prints a table in
Markdown and ends with 1 when a target broke its promise. Inputs that did are kept in
`.escucha/fuzz`; `--again FILE TARGET` runs one of them alone. Of an HTTP API what is kept is a
command for curl.
"""

import argparse
import hashlib
import sys
from pathlib import Path

from tests.fuzz.apart import apart
from tests.fuzz.engine import Result, run_one
from tests.fuzz.targets import ALL, TARGETS

KEPT = Path(".escucha/fuzz")


def main() -> int:
    """Run the targets that the command line names, or all."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--again", type=Path, help="run this one input")
    given = parser.parse_args()
    if unknown := sorted(set(given.targets) - ALL.keys()):
        parser.error(f"no target {', '.join(unknown)}; there are {', '.join(ALL)}")
    if given.again:
        if not given.targets or given.targets[0] not in TARGETS:
            parser.error("name the target of the input; a command of an API is for a shell")
        return again(given.targets[0], given.again)
    print("| target | what | inputs | outcomes | worst ms | MiB more | crashes |")
    print("|---|---|---|---|---|---|---|", flush=True)
    broken = 0
    for name in given.targets or ALL:
        result = apart(name, given.seconds, given.seed)
        broken += len(result.crashes)
        print(row(result), flush=True)
        for crash in result.crashes:
            path = KEPT / f"{name}-{hashlib.sha256(crash.content).hexdigest()[:12]}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(crash.content)
            print(
                f"{name}: {crash.why}\n  input: {path}\n{crash.trace}", file=sys.stderr, flush=True
            )
    return 1 if broken else 0


def again(name: str, path: Path) -> int:
    """One input alone, for whoever mends what it broke."""
    result, target = Result(name), TARGETS[name]
    with target.open() as run:
        run_one(target, run, path.read_bytes(), result)
    print(dict(result.outcomes))
    for crash in result.crashes:
        print(crash.why, crash.trace, sep="\n")
    return 1 if result.crashes else 0


def row(result: Result) -> str:
    """A line of the table."""
    cells = (
        result.target, ALL[result.target].what, f"{result.inputs:,}", len(result.outcomes),
        f"{result.worst_sec * 1000:,.0f}", f"{result.growth_mib:.0f}", len(result.crashes),
    )  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    sys.exit(main())
