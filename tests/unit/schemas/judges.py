"""Both judges of a message: the decoder, and the JSON Schema other languages see."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import msgspec

from schemas import generate

EXAMPLES = Path(generate.__file__).parent / "examples"
INDEX: dict[str, dict[str, str]] = json.loads((EXAMPLES / "index.json").read_text("utf-8"))


@dataclass(frozen=True)
class Example:
    """One golden message."""

    name: str
    contract: str
    reason: str

    @property
    def raw(self) -> bytes:
        return (EXAMPLES / self.name).read_bytes()


def examples(folder: str) -> list[Example]:
    return [
        Example(name, facts["contract"], facts.get("reason", ""))
        for name, facts in INDEX.items()
        if name.startswith(f"{folder}/")
    ]


@cache
def validator(contract: str) -> jsonschema.Draft202012Validator:
    path = generate.FOLDER / f"{generate._snake(contract)}.schema.json"
    return jsonschema.Draft202012Validator(json.loads(path.read_text("utf-8")))


@cache
def decoder(contract: str) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(generate.structs()[contract])


def refusal(contract: str, raw: bytes) -> str | None:
    """Why the decoder refuses; None when it takes it."""
    try:
        decoder(contract).decode(raw)
    except msgspec.ValidationError as error:
        return str(error)
    return None


def valid(contract: str, raw: bytes) -> bool:
    """Whether the message is valid by its contract's JSON Schema."""
    return validator(contract).is_valid(json.loads(raw))
