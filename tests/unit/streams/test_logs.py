"""What log lines look like, and that no secret stands in them."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from streams import logs
from streams.errors import SettingsError
from streams.settings import logging_of_environment


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    logging.captureWarnings(False)
    root.handlers, root.level = handlers, level


def lines_of(form: str, *secrets: str) -> io.StringIO:
    stream = io.StringIO()
    logs.configure(form, verbose=True, secrets=secrets, stream=stream)
    return stream


def test_json_has_one_object_a_line() -> None:
    stream = lines_of("json")
    logging.getLogger("streams.worker").warning("two\nlines of %s", "año")
    try:
        raise ValueError("broken")
    except ValueError:
        logging.getLogger("x").exception("it failed")

    first, second = map(json.loads, stream.getvalue().splitlines())
    assert (first["level"], first["logger"]) == ("warning", "streams.worker")
    assert first["message"] == "two\nlines of año"
    assert first["time"].endswith("Z")
    assert "ValueError: broken" in second["error"]


def test_half_a_character_is_no_reason_to_lose_a_line() -> None:
    stream = lines_of("json")
    logging.getLogger("x").warning("half \ud83d")
    assert json.loads(stream.getvalue())["message"] == "half ?"


@pytest.mark.parametrize("form", ["text", "json"])
def test_secrets_are_blotted_out_of_messages_and_tracebacks(form: str) -> None:
    stream = lines_of(form, "hunter2-long", "hunter2")
    try:
        raise OSError("cannot log in with hunter2-long")
    except OSError:
        logging.getLogger("x").exception("password=%s", "hunter2")
    said = stream.getvalue()
    assert "hunter2" not in said
    assert "-long" not in said
    assert said.count(logs.BLOT) >= 2


def test_what_is_secret_is_told_by_the_names_of_variables() -> None:
    form, secrets = logging_of_environment(
        {
            "ESCUCHA_CLICKHOUSE_PASSWORD": "swordfish",
            "ESCUCHA_AUTHOR_KEYS": "1:aaaaaaaaaa,2@2027-01-01:bbbbbbbbbb",
            "ESCUCHA_X_BEARER_TOKEN": "tttttttt",
            "ESCUCHA_KAFKA_GROUP": "group",
            "OTHER_PASSWORD": "not ours",
        }
    )
    assert form == "text"
    assert {"swordfish", "tttttttt", "aaaaaaaaaa", "bbbbbbbbbb"} <= set(secrets)
    assert not {"group", "not ours"} & set(secrets)


def test_another_form_is_refused_with_the_remedy() -> None:
    with pytest.raises(SettingsError, match="ESCUCHA_LOG_FORMAT: say text or json"):
        logging_of_environment({"ESCUCHA_LOG_FORMAT": "xml"})


def test_what_a_library_repeats_is_written_now_and_then_and_counted() -> None:
    stream = io.StringIO()
    logs.configure("text", verbose=False, secrets=(), stream=stream)
    [handler] = logging.getLogger().handlers

    def say(name: str, node: int, at: float) -> None:
        record = logging.LogRecord(name, logging.ERROR, "", 0, "no node %s", (node,), None)
        record.created = at
        handler.handle(record)

    for number in range(5):
        say("aiokafka", number, 100.0 + number)
        say("streams.retry", number, 100.0 + number)
    say("aiokafka.fetcher", 7, 104.0)  # another logger's is another line
    say("aiokafka", 8, 111.0)
    say("aiokafka", 9, 50.0)  # the clock was set back

    said = [line.split(" ERROR ")[1] for line in stream.getvalue().splitlines()]
    assert [line for line in said if line.startswith("streams")] == [
        f"streams.retry: no node {number}" for number in range(5)
    ]
    assert [line for line in said if not line.startswith("streams")] == [
        "aiokafka: no node 0",
        "aiokafka.fetcher: no node 7",
        "aiokafka: no node 8 (4 more like it)",
        "aiokafka: no node 9",
    ]
