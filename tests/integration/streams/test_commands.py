"""Commands that need no server, as people and scripts call them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from models.predictions import Texts
from models.store import ModelStore
from schemas.labels import INTENTS
from streams.cli import cli
from tests.integration.streams.helpers import clean_environment, escucha, one_line_of

LINES = """{"text": "where can I buy a Nimbara?", "id": 1, "lang": "en"}
not json

{"text": 3, "id": "three"}
{"id": 4}
{"text": "vaya día", "id": "cinco", "parent_text": "?"}
"""


def names() -> list[list[str]]:
    """Every command and command of a group."""
    found = []
    for name, command in cli.commands.items():
        found.append([name])
        found.extend([name, inner] for inner in getattr(command, "commands", {}))
    return found


def environment(model_store: Path, **changes: object) -> dict[str, str]:
    return clean_environment(model_store=model_store, **changes)


@pytest.mark.parametrize("how", ["file", "standard input"])
def test_classify_answers_each_line_in_its_place(
    model_store: Path, tmp_path: Path, how: str
) -> None:
    file = tmp_path / "posts.jsonl"
    file.write_text(LINES, encoding="utf-8")
    arguments = [file] if how == "file" else []

    result = escucha(
        "classify",
        *arguments,
        environment=environment(model_store),
        cwd=tmp_path,
        stdin=None if how == "file" else LINES.encode(),
    )

    assert result.returncode == 0, result.stderr.decode()
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [answer.get("id") for answer in answers] == [1, None, "three", 4, "cinco"]
    assert [answer.get("line") for answer in answers] == [None, 2, 4, 5, None]
    model = ModelStore(model_store).load()
    lines = LINES.splitlines()
    for answer, line in ((answers[0], lines[0]), (answers[4], lines[5])):
        asked = json.loads(line)
        texts = Texts([asked["text"]], [asked.get("lang", "")], [asked.get("parent_text", "")])
        [decided] = model.predict(texts).labels["intent"]
        probabilities = answer["intent"]["probabilities"]
        assert sum(probabilities.values()) == pytest.approx(1, abs=1e-5)
        assert answer["intent"]["label"] == INTENTS[decided]
        assert answer["model_version"] in result.stderr.decode() + str(answers)


def test_classify_of_nothing_is_nothing(model_store: Path, tmp_path: Path) -> None:
    result = escucha("classify", environment=environment(model_store), cwd=tmp_path)

    assert (result.returncode, result.stdout) == (0, b"")


def test_classify_explains_on_request(model_store: Path, tmp_path: Path) -> None:
    result = escucha(
        "classify",
        "--explain",
        environment=environment(model_store),
        cwd=tmp_path,
        stdin=LINES.encode(),
    )

    assert result.returncode == 0, result.stderr.decode()
    first = json.loads(result.stdout.splitlines()[0])
    why = first["intent"]["why"]
    assert (why["label"], bool(why["tokens"])) == (first["intent"]["label"], True)


@pytest.mark.parametrize(
    ("arguments", "stdin", "shown"),
    [
        (["where can I buy it?", "--language", "es"], None, "intención: "),
        (["-"], "¿dónde lo compro?\n".encode(), "intent: "),
    ],
)
def test_explain_shows_the_words_without_colours_for_a_pipe(
    model_store: Path, tmp_path: Path, arguments: list[str], stdin: bytes | None, shown: str
) -> None:
    result = escucha(
        "explain", *arguments, environment=environment(model_store), cwd=tmp_path, stdin=stdin
    )

    assert result.returncode == 0, result.stderr.decode()
    printed = result.stdout.decode()
    assert shown in printed
    assert "\x1b" not in printed
    assert "█" in printed


def test_help_names_every_command(tmp_path: Path) -> None:
    result = escucha("--help", environment=clean_environment(), cwd=tmp_path)

    assert result.returncode == 0
    shown = result.stdout.decode()
    assert "First steps:" in shown
    for name in cli.commands:
        assert f"  {name} " in shown


@pytest.mark.parametrize("name", names(), ids=" ".join)
def test_each_command_has_help(name: list[str]) -> None:
    result = CliRunner().invoke(cli, [*name, "-h"])

    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0].startswith("Usage: ")
    assert len(lines[2].strip()) > 10  # what it does


@pytest.mark.parametrize(
    ("command", "changes", "says"),
    [
        ("migrate", {"kafka_bootstrap": "localhost"}, "give host:port"),
        ("migrate", {"clickhouse_url": "127.0.0.1:8123"}, "give an address such as"),
        ("reconcile", {"clickhouse_url": "http://a:secret@b:1"}, "put user and password in"),
        ("reconcile", {"batch_max_records": "0"}, "give a whole number of at least 1 (it is '0')"),
        ("console", {"console_port": "99999"}, "give a port between 1 and 65535"),
        ("dead-letters list", {"sink_deadline_sec": "soon"}, "give a number of seconds above 0"),
        ("prepare", {"kafka_group": " "}, "give a name, it is empty"),
    ],
)
def test_a_bad_setting_is_named_in_one_line(
    tmp_path: Path, command: str, changes: dict[str, str], says: str
) -> None:
    result = escucha(*command.split(), environment=clean_environment(**changes), cwd=tmp_path)

    assert (result.returncode, result.stdout) == (1, b"")
    line = one_line_of(result)
    assert line.startswith(f"escucha: ESCUCHA_{next(iter(changes)).upper()}: ")
    assert says in line
    assert "secret" not in line


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["classify", "nosuch.jsonl"], "No such file"),
        (["demo", "nosuch.csv"], "does not exist"),
        (["up", "--broker-port", "0"], "not in the range"),
        (["nosuch"], "No such command"),
        (["dead-letters", "replay", "--max-letters", "0"], "not in the range"),
    ],
)
def test_a_wrong_word_is_told_before_anything_starts(
    tmp_path: Path, arguments: list[str], says: str
) -> None:
    result = escucha(*arguments, environment=clean_environment(), cwd=tmp_path)

    assert (result.returncode, result.stdout) == (2, b"")
    assert says in result.stderr.decode()
    assert "Traceback" not in result.stderr.decode()
    assert list(tmp_path.iterdir()) == []
