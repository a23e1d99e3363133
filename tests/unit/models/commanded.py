"""Commands about models as they are typed, and files for them."""

import json
from collections.abc import Sequence
from pathlib import Path

import msgspec
from click.testing import CliRunner, Result

from models.errors import ModelError
from models.labels import LabelledMention
from models.store import ModelStore
from streams.cli import cli
from streams.errors import EscuchaError


def write(path: Path, items: Sequence[LabelledMention], draw: str = "") -> Path:
    lines = [
        json.dumps({**msgspec.to_builtins(item), "draw": draw, "source": "forum"}) for item in items
    ]
    path.write_text("\n".join(lines))
    return path


def run(store: ModelStore, *arguments: object) -> Result:
    """What a command answers; our errors are for `main`, which makes a line of them."""
    result = CliRunner().invoke(
        cli,
        [str(argument) for argument in arguments],
        env={"ESCUCHA_MODEL_STORE": store.place, "ESCUCHA_RUN_DIR": store.place},
    )
    if result.exception and not isinstance(
        result.exception, (SystemExit, EscuchaError, ModelError)
    ):
        raise result.exception
    return result
