"""What people judged in ClickHouse comes out as labelled mentions."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from models.importers import EXPORT, from_labels
from streams.migrate import connect
from tests.integration.streams.helpers import Services

AT = datetime(2026, 7, 6, 11, tzinfo=UTC)
ORIGIN = ("t", "t", 0, AT)


@pytest.mark.usefixtures("leaves_nothing")
def test_labels_are_exported_with_the_text_as_it_stands(services: Services, tmp_path: Path) -> None:
    mentions = [
        ("export:1", "first text", "en", "", 0, 0),
        ("export:1", "edited\ntext", "en", "asked?", 1, 0),
        ("export:2", "quiero uno", "es", "", 0, 0),
        ("export:3", "taken back", "en", "", 0, 0),
        ("export:3", "", "en", "", 1, 1),
        ("export:4", "em português", "pt", "", 0, 0),
    ]
    labels = [
        ("export:1", "ana", AT, "none", "use", "yes"),
        ("export:1", "ana", AT + timedelta(hours=1), "active", "decision", "yes"),
        ("export:1", "ben", AT, "active", "use", "yes"),
        ("export:2", "ana", AT, "latent", "consideration", ""),
        ("export:3", "ana", AT, "none", "none", "no"),
        ("export:4", "ana", AT, "none", "none", "no"),
        ("export:5", "ana", AT, "none", "none", "no"),
    ]
    with connect(services.settings(tmp_path / "run"), in_database=True) as client:
        client.insert(
            "mentions",
            [[*row, AT, *ORIGIN] for row in mentions],
            column_names=[
                "mention_id", "text", "lang", "parent_text", "version", "is_deleted",
                "published_at", "topic", "topic_id", "kafka_offset", "kafka_timestamp",
            ],
        )  # fmt: skip
        client.insert(
            "labels",
            [[*row, "4", *ORIGIN] for row in labels],
            column_names=[
                "mention_id", "labeller", "labelled_at", "intent", "stage", "needs_reply",
                "guide_version", "topic", "topic_id", "kafka_offset", "kafka_timestamp",
            ],
        )  # fmt: skip
        client.insert(
            "labels",
            [
                ["export:1", "ben", AT, "active", "positive", ["praise"], 1, 0, "4", *ORIGIN],
                ["export:2", "ben", AT, "latent", "neutral", [], 1, 0, "4", *ORIGIN],
                # A thumb in passing, after they had thought about it.
                ["export:1", "ana", AT + timedelta(days=1), "none", "", [], 0, 1, "4", *ORIGIN],
            ],
            column_names=[
                "mention_id", "labeller", "labelled_at", "intent", "sentiment", "acts",
                "acts_judged", "thumb", "guide_version", "topic", "topic_id", "kafka_offset",
                "kafka_timestamp",
            ],
        )  # fmt: skip
        exported = tmp_path / "labels.jsonl"
        exported.write_bytes(client.raw_query(EXPORT))
        client.command("TRUNCATE TABLE labels")

    one, two = from_labels(exported)

    assert (one.id, one.text, one.parent_text) == ("export:1", "edited\ntext", "asked?")
    assert (one.intent, one.stage, one.needs_reply) == ("active", "decision", "yes")
    assert (one.sentiment, one.acts) == ("positive", ("praise",))
    assert (two.id, two.lang, two.intent) == ("export:2", "es", "latent")
    assert (two.stage, two.needs_reply, two.acts) == ("consideration", "", ())
