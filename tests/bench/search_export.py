"""Searches of a million mentions and files of them: time, size, and the memory of the console.

python -m tests.bench.search_export --mentions 1000000
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tests.bench.console_stack import ConsoleStack, console_stack

RULES = {
    "a rare word": "lavavajillas",
    "forms and a phrase": '~comprar OR "looking for"',
    "near, and a field": "(batería dura)~5 followers:>1000",
    "everything": "",
}


def search(stack: ConsoleStack, rule: str) -> str:
    """First page and whole count of a search."""
    query = {"q": rule, "from": "now-31d", "count": "yes"}
    began = time.monotonic()
    first, last = 0.0, dict[str, Any]()
    with (
        stack.session.client() as client,
        client.stream("GET", "/api/search", params=query) as answer,
    ):
        answer.raise_for_status()
        for line in answer.iter_lines():
            if line.startswith("data: "):
                last = json.loads(line[6:])
                if last["step"] == "page":
                    first = time.monotonic() - began
    took = time.monotonic() - began
    exactly = "exactly" if last["is_exact"] else "at least"
    return (
        f"first page {first:5.2f} s, count {took:5.2f} s:"
        f" {exactly} {last['found']:,} of {last['looked_at']:,} looked at"
    )


def export(stack: ConsoleStack, form: str, path: Path) -> str:
    """A file of everything."""
    query = {"q": "", "from": "now-31d", "format": form}
    began, busy = time.monotonic(), stack.busy_sec()
    with (
        path.open("wb") as file,
        stack.session.client() as client,
        client.stream("GET", "/api/search/export", params=query) as answer,
    ):
        answer.raise_for_status()
        first = 0.0
        for piece in answer.iter_bytes():
            first = first or time.monotonic() - began
            file.write(piece)
    took, busy = time.monotonic() - began, stack.busy_sec() - busy
    if form == "parquet":
        rows = pq.ParquetFile(path).metadata.num_rows
    else:
        with path.open("rb") as file:
            rows = sum(1 for _ in file) - 1  # no text of these has a line break
    return (
        f"{form:>8}: {rows:,} rows, {path.stat().st_size / 2**20:,.0f} MiB in {took:.1f} s"
        f" ({busy:.1f} s of a core in the console), first bytes after {first:.2f} s;"
        f" the console held {stack.peak_mib():.0f} MiB at most so far"
    )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--mentions", type=int, default=1_000_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, console_stack(Path(folder)) as stack:
        stack.make_up(0, asked.mentions, days=30)
        with stack.session.client() as client:
            client.get("/api/search/about").raise_for_status()
        search(stack, "nada")  # the language is loaded, its loops are compiled
        print(f"the console holds {stack.peak_mib():.0f} MiB with the rule language loaded")
        for name, rule in RULES.items():
            print(f"{name:>20}  {search(stack, rule)}", flush=True)
        for form in ("csv", "parquet"):
            print(export(stack, form, Path(folder) / f"file.{form}"), flush=True)


if __name__ == "__main__":
    main()
