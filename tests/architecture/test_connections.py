"""No client of Kafka or ClickHouse goes its own way, past TLS and passwords."""

import re
from pathlib import Path

import pytest

STREAMS = Path(__file__).parents[2] / "streams"
MODULES = sorted(STREAMS.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(STREAMS)))
def test_how_to_get_into_kafka_is_said_in_one_place(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if path.name != "kafka_access.py":
        assert '"bootstrap.servers"' not in text, "begin with KafkaAccess.client_settings()"
    # Whoever makes a client also says how it gets in.
    makes = re.search(r"(?<![\w.])(?:Producer|Consumer|AdminClient)\(", text)
    if makes and "confluent_kafka" in text and path.name != "kafka_access.py":
        assert "client_settings()" in text or "producer_settings(" in text, makes[0]


def test_every_client_of_kafka_begins_with_the_access() -> None:
    wanted = {"dead_letters.py", "topic_admin.py", "history.py", "topics.py", "topic_retention.py"}
    using = {path.name for path in MODULES if "client_settings()" in path.read_text("utf-8")}
    assert wanted <= using
