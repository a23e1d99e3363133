"""The generated contracts are current, valid, stable and whole."""

import json
from pathlib import Path

import jsonschema
import pytest

from schemas import generate
from schemas.topics import TOPICS


def test_what_is_written_is_what_would_be_written() -> None:
    assert generate.drift() == [], "run: python -m schemas.generate"


def test_check_fails_on_drift_and_writing_mends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "drift", lambda: ["event.schema.json"])
    assert generate.main(["--check"]) == 1
    assert "event.schema.json: out of date" in capsys.readouterr().err
    monkeypatch.undo()

    generate.write(tmp_path)
    (tmp_path / "event.schema.json").write_text("{}")
    (tmp_path / "asyncapi.json").unlink()
    (tmp_path / "gone.schema.json").write_text("{}")
    assert generate.drift(tmp_path) == [
        "asyncapi.json",
        "event.schema.json",
        "gone.schema.json",
    ]
    generate.write(tmp_path)
    assert generate.drift(tmp_path) == []


@pytest.mark.parametrize("name", sorted(generate.structs()))
def test_every_schema_is_valid_json_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(generate.schema_of(name, generate.structs()[name]))


def test_patterns_offsets_and_defaults_come_out() -> None:
    schema = generate.schema_of("Event", generate.structs()["Event"])["$defs"]["Mention"]
    properties = schema["properties"]

    assert properties["mention_id"]["pattern"] == r"^[a-z][a-z0-9_]*:\S+$(?!\n)"
    assert properties["published_at"]["pattern"] == generate.INSTANT_PATTERN
    assert properties["kind"]["default"] == "post"
    assert properties["engagement"]["default"]["likes"] == 0
    assert properties["type"] == {"const": "mention"}


def test_asyncapi_tells_every_topic_its_settings_and_no_address() -> None:
    document = generate.asyncapi()
    channels = {channel["address"]: channel for channel in document["channels"].values()}

    assert set(channels) == {topic.name for topic in TOPICS}
    for topic in TOPICS:
        binding = channels[topic.name]["bindings"]["kafka"]
        assert binding.get("partitions") == topic.partitions
        settings = topic.config()
        assert binding["topicConfiguration"]["retention.ms"] == int(settings["retention.ms"])
        assert binding["topicConfiguration"]["cleanup.policy"] == [settings["cleanup.policy"]]
    assert document["servers"]["kafka"]["host"] == "{bootstrap}"


def test_every_reference_in_asyncapi_leads_somewhere() -> None:
    document = generate.asyncapi()
    written = set(generate.files())

    def follow(node: object) -> None:
        if isinstance(node, list):
            for item in node:
                follow(item)
        elif isinstance(node, dict):
            reference = node.get("$ref")
            if isinstance(reference, str) and reference.startswith("#/"):
                target: object = document
                for step in reference[2:].split("/"):
                    assert isinstance(target, dict)
                    target = target[step]
            elif isinstance(reference, str):
                assert reference.removeprefix("./") in written
            for value in node.values():
                follow(value)

    follow(document)


def test_generated_text_has_sorted_keys() -> None:
    for text in generate.files().values():
        assert (
            text
            == json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        )
