"""Writes Grafana's dashboards and alerting: `python -m dashboards.build [--check]`."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.alerting import provisioning
from dashboards.care import care
from dashboards.listening import listening
from dashboards.measurement import measurement
from dashboards.models import models
from dashboards.predictive import predictive
from dashboards.value import value

GENERATED = Path(__file__).parent / "generated"
ALERTING = Path(__file__).parents[1] / "deploy" / "grafana" / "provisioning" / "alerting"
DASHBOARDS: tuple[Callable[[], Dashboard], ...] = (
    listening,
    predictive,
    measurement,
    value,
    care,
    models,
)


def render() -> dict[str, str]:
    """Return the JSON of every dashboard by file name; equal sources give equal bytes."""
    documents = {}
    for make in DASHBOARDS:
        board = make()
        text = json.dumps(board, cls=JSONEncoder, sort_keys=True, indent=2, ensure_ascii=False)
        documents[f"{board.uid}.json"] = f"{text}\n"
    return documents


def differences(documents: Mapping[str, str], directory: Path) -> list[str]:
    """Say in one line each how the files of `directory` differ from `documents`."""
    found = []
    present = {path.name for path in directory.glob("*.json")}
    for name, text in sorted(documents.items()):
        if name not in present:
            found.append(f"{name} is missing")
        elif (directory / name).read_text(encoding="utf-8") != text:
            found.append(f"{name} is not what the sources give")
    found.extend(f"{name} has no source" for name in sorted(present - documents.keys()))
    return found


def write(documents: Mapping[str, str], directory: Path) -> None:
    """Make `directory` hold exactly the documents."""
    directory.mkdir(parents=True, exist_ok=True)
    for stale in {path.name for path in directory.glob("*.json")} - documents.keys():
        (directory / stale).unlink()
    for name, text in documents.items():
        (directory / name).write_text(text, encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Write the files, or with `--check` return 1 if they are not what the sources give."""
    parser = argparse.ArgumentParser(prog="python -m dashboards.build", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail on drift")
    options = parser.parse_args(arguments)
    wanted = ((GENERATED, render()), (ALERTING, provisioning()))
    if not options.check:
        for directory, documents in wanted:
            write(documents, directory)
        return 0
    found = []
    for directory, documents in wanted:
        found += [f"{directory.name}: {line}" for line in differences(documents, directory)]
    for line in found:
        print(line, file=sys.stderr)
    if found:
        print("Run `python -m dashboards.build` and commit what it writes.", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
