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
    made = re.findall(r"(?<!\w)(?:Producer|Consumer|AdminClient)\(\s*([^\n]*)", text)
    if "confluent_kafka" in text:
        for first in made:
            known = ("{", "self.kafka.client_settings()", "kafka.client_settings()", "producer_set")
            assert first.startswith(known), first


def test_every_client_of_kafka_begins_with_the_access() -> None:
    wanted = {"dead_letters.py", "topic_admin.py", "history.py", "topics.py", "topic_retention.py"}
    using = {path.name for path in MODULES if "client_settings()" in path.read_text("utf-8")}
    assert wanted <= using
