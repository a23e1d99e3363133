"""Events to Arrow tables: types, order, and the columns that ClickHouse expects."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import schemas
from models.predictions import Predictions
from streams.steps import columns
from streams.steps.columns import Origin, Provenance
from streams.steps.decode import Decoded, decode_batch
from streams.steps.shadow import shadow_table
from tests.builders import (
    ENRICHER,
    RULES,
    WRITTEN_AT_MS,
    FakeModel,
    FakeRecord,
    deletion,
    heartbeat,
    interaction,
    mention,
    raw,
)

ORIGIN = Origin("mentions.raw.v1", "topic-1", 7)
OF_CLICKHOUSE = {"stored_at", "seen_at", "planned_at", "is_deleted", "rescored"}  # have defaults


def decoded(*values: bytes | None) -> Decoded:
    return decode_batch([FakeRecord(n, v) for n, v in enumerate(values, start=40)])


def mentions(*events: dict[str, Any], predictions: Predictions | None = None) -> pa.Table:
    batch = decoded(*map(raw, events))
    assert not batch.rejected
    rules = RULES.current
    heard = ENRICHER.hear(batch, rules.rules, rules.pseudonymiser)
    enriched = ENRICHER.enrich(heard, {})
    return columns.mentions_table(
        heard,
        enriched,
        predictions or FakeModel().predict(enriched.texts),
        Provenance(ORIGIN, 7, "fake-1", 3, "rules-1"),
        counted=np.ones(len(events), dtype=bool),
    )


def table_columns(table: str) -> set[str]:
    """Column names of a table as the migrations create it."""
    folder = Path(schemas.__file__).parent / "clickhouse"
    sql = "\n".join(path.read_text() for path in sorted(folder.glob("*.sql")))
    body = re.search(rf"CREATE TABLE IF NOT EXISTS {table}\n\((.*?)\n\)", sql, re.DOTALL)
    assert body
    lines = (line.split() for line in body[1].splitlines())
    names = {words[0] for words in lines if words and words[0] not in {"INDEX", "--"}}
    for statement in re.findall(rf"ALTER TABLE {table}\n(.*?);", sql, re.DOTALL):
        names.update(re.findall(r"ADD COLUMN IF NOT EXISTS (\w+)", statement))
    return names


def test_every_column_of_every_table_is_filled_or_has_a_default() -> None:
    batch = decoded(raw(mention()), raw(interaction()), raw(deletion()), raw(heartbeat()), b"{")
    rules = RULES.current
    heard = ENRICHER.hear(batch, rules.rules, rules.pseudonymiser)
    judged = FakeModel().predict(ENRICHER.enrich(heard, {}).texts)
    blocks = {
        "mentions": mentions(mention()),
        "shadow_judgements": shadow_table(
            heard, judged, ORIGIN, "fake-2", judged_by=pa.array(["fake-1"])
        ),
        "interactions": columns.interactions_table(
            batch.interactions, batch.interaction_records, [("Nimbara",)], ORIGIN
        ),
        "deletions": columns.deletions_table(batch.deletions, batch.deletion_records, ORIGIN),
        "heartbeats": columns.heartbeats_table(batch.heartbeats, batch.heartbeat_records, ORIGIN),
        "dead_letters": columns.dead_letters_table(batch.rejected, ORIGIN),
    }
    for table, block in blocks.items():
        assert set(block.column_names) == table_columns(table) - OF_CLICKHOUSE, table
        assert block.num_rows == 1
        assert all(column.null_count == 0 for column in block.columns)


def test_a_mention_arrives_whole() -> None:
    event = mention(
        "bluesky:at://x",
        source="bluesky",
        site="madrid",
        kind="reply",
        author={"id": "did:plc:ñ", "handle": "ana", "name": "Ana 😀", "followers": 2**53},
        text="&iquest;Alguien tiene un Nimbara o un Kolmio? Escribidme a ana@example.org 😀",
        lang="es-MX",
        url="https://example.org/é",
        parent_id="bluesky:p",
        parent_author_id="did:plc:p",
        root_id="bluesky:r",
        quoted_id="bluesky:q",
        parent_text="¿?",
        hashtags=["Móviles"],
        links=["https://example.org/"],
        mentioned=[{"id": "did:plc:m", "handle": "@marta"}, {"handle": "luis"}],
        engagement={"likes": 1, "reposts": 2, "replies": 3, "quotes": 4, "views": 5},
        published_at="2026-07-04T12:00:00.123999+02:00",
        edited_at="2026-07-04T10:05:00Z",
    )
    (row,) = mentions(event).to_pylist()
    assert row.pop("published_at").isoformat() == "2026-07-04T10:00:00.123000+00:00"
    assert row.pop("edited_at").isoformat() == "2026-07-04T10:05:00+00:00"
    assert row.pop("kafka_timestamp").timestamp() * 1000 == WRITTEN_AT_MS
    assert row.pop("version") == (1_783_159_500_000 << 16) + 3
    assert row.pop("lang_probability") > 0.5
    assert row.pop("fingerprint") > 0
    assert len(row.pop("bands")) == 8
    assert 0 <= row.pop("spam") <= 1
    assert row.pop("spam_reasons") == []
    assert row == {
        "mention_id": "bluesky:at://x",
        "source": "bluesky",
        "site": "madrid",
        "kind": "reply",
        "author_id": "did:plc:ñ",
        "author_handle": "ana",
        "author_name": "Ana 😀",
        "author_is_bot": 0,
        "author_role": "",
        "followers": 2**53,
        "text": "¿Alguien tiene un Nimbara o un Kolmio? Escribidme a ‹email› 😀",
        "lang": "es",
        "lang_claimed": "es-MX",
        "url": "https://example.org/é",
        "parent_id": "bluesky:p",
        "parent_author_id": "did:plc:p",
        "root_id": "bluesky:r",
        "quoted_id": "bluesky:q",
        "parent_text": "¿?",
        "likes": 1,
        "reposts": 2,
        "replies": 3,
        "quotes": 4,
        "views": 5,
        "hashtags": ["Móviles"],
        "links": ["https://example.org/"],
        "mentioned_ids": ["did:plc:m"],
        "mentioned_handles": ["marta", "luis"],
        "emoji": ["😀"],
        "masked": ["email"],
        "brands": ["Kolmio", "Nimbara"],
        "topics": [],
        "campaigns": [],
        "attributes": [],
        "interests": [],
        "rules_version": "rules-1",
        "intent": "none",
        "intent_latent": 0.0,
        "intent_active": 0.0,
        "stage": "none",
        "stage_probability": 1.0,
        "model_version": "fake-1",
        "needs_reply": 0,
        "needs_reply_probability": 0.0,
        "sentiment": "negative",
        "sentiment_score": -1.0,
        "acts": [],
        "intent_words": [],
        "counted": 1,
        "batch": 7,
        "topic": "mentions.raw.v1",
        "topic_id": "topic-1",
        "kafka_partition": 7,
        "kafka_offset": 40,
    }


def test_labels_and_probabilities_follow_the_order_of_the_contract() -> None:
    texts = ["nimbara", "nada", "Kolmio o Nimbara"]
    chances = {
        "intent": np.array([[0.2, 0.7, 0.1], [0.1, 0.2, 0.7], [1, 0, 0]], dtype=np.float32),
        "stage": np.eye(6, dtype=np.float32)[[5, 3, 0]],
        "needs_reply": np.array([[0.9, 0.1], [0.2, 0.8], [1, 0]], dtype=np.float32),
        "sentiment": np.array([[0.1, 0.2, 0.7], [0.6, 0.3, 0.1], [0, 1, 0]], dtype=np.float32),
        "act": np.eye(8, dtype=np.float32)[[0, 4, 0]] + np.eye(8, dtype=np.float32)[[1, 4, 0]],
    }
    words = [["nimbara"], ["nada", "de"], []]
    found = mentions(
        *(mention(f"csv:{n}", text=text) for n, text in enumerate(texts)),
        predictions=replace(Predictions.most_probable(chances), intent_words=words),
    ).to_pydict()
    assert found["intent"] == ["latent", "active", "none"]
    assert found["intent_latent"] == pytest.approx([0.7, 0.2, 0.0])
    assert found["intent_active"] == pytest.approx([0.1, 0.7, 0.0])
    assert found["stage"] == ["advocacy", "decision", "none"]
    assert found["needs_reply"] == [0, 1, 0]
    assert found["needs_reply_probability"] == pytest.approx([0.1, 0.8, 0.0])
    assert found["sentiment"] == ["positive", "negative", "neutral"]
    assert found["sentiment_score"] == pytest.approx([0.6, -0.5, 0.0])
    assert found["acts"] == [["question", "order_status"], ["praise"], ["question"]]
    assert found["intent_words"] == words
    assert found["brands"] == [["Nimbara"], [], ["Kolmio", "Nimbara"]]


def test_types_are_what_clickhouse_reads_without_a_cast() -> None:
    schema = mentions(mention()).schema
    assert schema.field("followers").type == pa.uint64()
    assert schema.field("intent_latent").type == pa.float32()
    assert schema.field("stage_probability").type == pa.float32()
    assert schema.field("published_at").type == pa.timestamp("ms", tz="UTC")
    assert schema.field("kafka_partition").type == pa.uint32()
    assert schema.field("kafka_offset").type == pa.uint64()
    assert schema.field("brands").type == pa.list_(pa.string())
    assert schema.field("topics").type == pa.list_(pa.string())
    assert schema.field("intent_words").type == pa.list_(pa.string())
    assert schema.field("bands").type == pa.list_(pa.uint64())
    assert schema.field("version").type == pa.uint64()


def test_dead_letters_keep_the_bytes_as_they_are() -> None:
    value = b"\xff\x00{" * 5
    batch = decode_batch(
        [FakeRecord(1, value, key=b"\xfe"), FakeRecord(2, None, key=None), FakeRecord(3, b"")]
    )
    rows = columns.dead_letters_table(batch.rejected, ORIGIN).to_pylist()
    assert [(r["key"], r["value"]) for r in rows] == [
        (b"\xfe", value),
        (None, None),
        (b"author", b""),
    ]
    assert [(r["stage"], r["kafka_offset"]) for r in rows] == [
        ("decode", 1),
        ("decode", 2),
        ("decode", 3),
    ]


@pytest.mark.parametrize("timestamp", [-1, 0, 2**62, -(2**62), WRITTEN_AT_MS * 1000])
def test_a_timestamp_that_no_calendar_has_does_not_stop_the_batch(timestamp: int) -> None:
    batch = decode_batch([FakeRecord(1, b"{", timestamp=timestamp)])
    assert columns.dead_letters_table(batch.rejected, ORIGIN).num_rows == 1


def test_offsets_beyond_32_bits_fit() -> None:
    batch = decode_batch([FakeRecord(2**63 - 1, b"{")])
    assert columns.dead_letters_table(batch.rejected, ORIGIN)["kafka_offset"].to_pylist() == [
        2**63 - 1
    ]


@given(
    st.lists(
        st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31), timezones=st.timezones())  # noqa: DTZ001
    )
)
def test_moments_are_cut_to_milliseconds_as_arrow_cuts_them(moments: list[datetime]) -> None:
    in_utc = [moment.astimezone(UTC) for moment in moments]
    assert columns.instants(moments).equals(pa.array(in_utc, columns.INSTANT))
