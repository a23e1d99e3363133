"""Writes the description of the console's API where it can be read without a console.

python -m dashboards.describe          write dashboards/console/openapi.json
python -m dashboards.describe --check  fail when what is written there is out of date
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from dashboards.console.access import RULES
from dashboards.console.openapi import written

FILE: Final = Path(__file__).parent / "console" / "openapi.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file, or say whether it is out of date; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m dashboards.describe")
    parser.add_argument("--check", action="store_true", help="only say whether it is up to date")
    text = written(RULES.values())
    if not parser.parse_args(arguments).check:
        FILE.write_text(text, encoding="utf-8")
        return 0
    if FILE.exists() and FILE.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write("dashboards/console/openapi.json is out of date: run make generate\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
