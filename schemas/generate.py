"""Writes the contracts for other languages: JSON Schema of each struct, one AsyncAPI document.

    python -m schemas.generate          write schemas/generated/
    python -m schemas.generate --check  fail when what is written there is out of date

A message that follows its schema decodes, and one that does not is refused, but for what JSON
Schema cannot say (tests/unit/schemas holds both to it):

- a whole number written with a point or an exponent (`1.0`, `1e2`) is valid there, refused here;
- the 30th of February matches the pattern of times, and is refused here;
- the `type` of a mention, interaction or heartbeat is needed, as it is in their topic.
"""

import argparse
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from schemas import business, mention, pipeline
from schemas.topics import TOPICS, TopicSpec

Json = dict[str, Any]

FOLDER = Path(__file__).parent / "generated"
ASYNCAPI_FILE = "asyncapi.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

# What the decoder takes for a time: RFC 3339 with an offset, a blank for the T allowed.
INSTANT_PATTERN = (
    r"^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt ]"
    r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?"
    r"([Zz]|[+-]([01][0-9]|2[0-3]):?[0-5][0-9])$(?!\n)"
)
BASE64_PATTERN = r"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$(?!\n)"

KEYED_BY_AUTHOR = (
    "UTF-8 bytes of author.id, so that an author's events stay in order; of a heartbeat, its "
    "producer. Spread keys over partitions by murmur2, as Java clients do (librdkafka: "
    "partitioner=murmur2_random), so that every producer finds an author in the same partition."
)
_INFO = """\
Escucha hears what people say in social networks. Whoever wants it to hear a source writes events \
to mentions.raw.v1, in any language: one record, one JSON object in UTF-8.

Old and new programs understand each other: a new field has a default, an unknown field is \
ignored, and a field never changes its meaning. A record that breaks its schema is \
kept in dead_letters.v1 with the reason; it stops nothing.

Times are RFC 3339 with an offset. A whole number is written without point or exponent. Text is at \
most 100,000 characters. The same mention, sent twice, is counted once, by its mention_id."""


def structs() -> dict[str, Any]:
    """Every contract by name: the structs of each module, and Event, the union of the first."""
    found: dict[str, Any] = {"Event": mention.Event}
    for module in (mention, business, pipeline):
        found |= {
            name: value
            for name, value in vars(module).items()
            if isinstance(value, type)
            and issubclass(value, msgspec.Struct)
            and value.__module__ == module.__name__
        }
    return found


def schema_of(name: str, contract: Any) -> Json:
    """The contract as JSON Schema 2020-12."""
    schema = _spelt_out(msgspec.json.schema(contract))
    schema.setdefault("title", name)
    if name == "Event":
        schema["description"] = "One record of mentions.raw.v1; `type` says which it is."
    return {"$schema": DIALECT, "$id": f"urn:escucha:schemas:{_snake(name)}", **schema}


def asyncapi() -> Json:
    """The topics, what they carry and how they are set, as AsyncAPI 3.0."""
    carried: dict[str, None] = {}
    channels: Json = {}
    operations: Json = {}
    for topic in TOPICS:
        messages = _messages_of(topic)
        carried.update(dict.fromkeys(messages))
        channel = topic.name.replace(".", "_")
        channels[channel] = _channel(topic, messages)
        action, verb = ("receive", "hear") if topic in _WRITTEN_OUTSIDE else ("send", "tell")
        operations[f"{verb}_{channel}"] = {
            "action": action,
            "channel": {"$ref": f"#/channels/{channel}"},
            "summary": f"Escucha {'reads' if action == 'receive' else 'writes'} {topic.name}.",
        }
    keys = {name: topic.key for topic in TOPICS for name in _messages_of(topic)}
    return {
        "asyncapi": "3.0.0",
        "id": "urn:escucha",
        "info": {"title": "Escucha", "version": "1.0.0", "description": _INFO},
        "defaultContentType": "application/json",
        "servers": {"kafka": _server()},
        "channels": channels,
        "operations": operations,
        "components": {"messages": {name: _message(name, keys[name]) for name in carried}},
    }


def files() -> dict[str, str]:
    """Every generated file's name and text."""
    texts = {
        f"{_snake(name)}.schema.json": _text(schema_of(name, contract))
        for name, contract in structs().items()
    }
    return {**texts, ASYNCAPI_FILE: _text(asyncapi())}


def write(folder: Path = FOLDER) -> None:
    """Write every file, and remove those of contracts that are no more."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = files()
    for path in _present(folder):
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")


def drift(folder: Path = FOLDER) -> list[str]:
    """Names of files that are missing, left over, or not what would be written now."""
    texts = files()
    present = {path.name: path.read_text("utf-8") for path in _present(folder)}
    return sorted(name for name in {*texts, *present} if texts.get(name) != present.get(name))


def main(arguments: list[str] | None = None) -> int:
    """The command; 1 when --check finds drift."""
    parser = argparse.ArgumentParser(prog="python -m schemas.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare")
    if not parser.parse_args(arguments).check:
        write()
        return 0
    drifted = drift()
    for name in drifted:
        sys.stderr.write(f"schemas/generated/{name}: out of date; python -m schemas.generate\n")
    return 1 if drifted else 0


_WRITTEN_OUTSIDE = tuple(
    topic for topic in TOPICS if topic.carries in {"Event", "Order", "Gesture", "Label"}
)


def _present(folder: Path) -> list[Path]:
    return [*folder.glob("*.schema.json"), *folder.glob(ASYNCAPI_FILE)]


def _text(document: Json) -> str:
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _spelt_out(node: Any) -> Any:
    """The schema with what msgspec knows and leaves unsaid: offsets, base64, constant tags."""
    if isinstance(node, list):
        return [_spelt_out(item) for item in node]
    if not isinstance(node, dict):
        return node
    # OpenAPI's word, which strict validators refuse; the constant `type` says the same.
    said = {key: _spelt_out(value) for key, value in node.items() if key != "discriminator"}
    if said.get("format") == "date-time":
        said["pattern"] = INSTANT_PATTERN
    if said.get("contentEncoding") == "base64":
        said["pattern"] = BASE64_PATTERN
    values = said.get("enum")
    if isinstance(values, list) and len(values) == 1:
        said["const"] = said.pop("enum")[0]
    return said


def _messages_of(topic: TopicSpec) -> list[str]:
    if topic.carries == "Event":
        return [event.__name__ for event in mention.EVENT_TYPES]
    return [topic.carries]


def _channel(topic: TopicSpec, messages: list[str]) -> Json:
    settings = topic.config()
    binding: Json = {
        "bindingVersion": "0.5.0",
        "topic": topic.name,
        "topicConfiguration": {
            "cleanup.policy": [settings["cleanup.policy"]],
            "retention.ms": int(settings["retention.ms"]),
        },
    }
    partitions = "as many partitions as ESCUCHA_KAFKA_PARTITIONS says"
    if topic.partitions is not None:
        binding["partitions"] = topic.partitions
        partitions = f"{topic.partitions} partition{'s' if topic.partitions > 1 else ''}"
    kept = "for good" if topic.retention_ms is None else _days(topic.retention_ms)
    if topic.compacted:
        kept += ", the newest of each key"
    return {
        "address": topic.name,
        "description": f"Key: {topic.key}. Kept {kept}, in {partitions}.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "servers": [{"$ref": "#/servers/kafka"}],
        "bindings": {"kafka": binding},
    }


def _days(retention_ms: int) -> str:
    days = retention_ms // (24 * 60 * 60 * 1000)
    return f"for {days} day{'s' if days > 1 else ''}"


def _message(name: str, key: str) -> Json:
    contract: Mapping[str, Any] = structs()
    text = KEYED_BY_AUTHOR if issubclass(contract[name], mention.EVENT_TYPES) else key
    return {
        "name": _snake(name),
        "title": name,
        "summary": (contract[name].__doc__ or "").strip().splitlines()[0],
        "contentType": "application/json",
        "payload": {"$ref": f"./{_snake(name)}.schema.json"},
        "bindings": {
            "kafka": {"bindingVersion": "0.5.0", "key": {"type": "string", "description": text}}
        },
    }


def _server() -> Json:
    return {
        "host": "{bootstrap}",
        "protocol": "kafka",
        "description": "Where Kafka listens is the deployment's business.",
        "variables": {
            "bootstrap": {
                "description": "host:port of one broker, as in ESCUCHA_KAFKA_BOOTSTRAP.",
                "examples": ["kafka.example:9092"],
            }
        },
    }


if __name__ == "__main__":
    sys.exit(main())
