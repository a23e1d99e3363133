"""Real posts where there are any; tests that need them skip elsewhere."""

import json
import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("ESCUCHA_DATA", Path(__file__).parents[5] / "shared" / "data"))


def real_posts(name: str) -> list[dict[str, str]]:
    path = DATA / f"{name}.jsonl"
    if not path.is_file():
        pytest.skip(f"no real posts: {path} is absent, set ESCUCHA_DATA")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
