"""Events to columns: one Arrow table for each ClickHouse table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.heads import Predictions
from schemas.labels import INTENTS, STAGES
from schemas.mention import Heartbeat, Interaction, Mention
from streams.steps.decode import Record, Rejected

Column: TypeAlias = "pa.Array[Any]"
INSTANT = pa.timestamp("ms", tz="UTC")


@dataclass(frozen=True, slots=True)
class Origin:
    """The partition of Kafka a batch came from; `topic_id` tells a topic from its namesake."""

    topic: str
    topic_id: str
    partition: int


def mentions_table(
    mentions: Sequence[Mention],
    records: Sequence[Record],
    brands: Sequence[Sequence[str]],
    predictions: Predictions,
    model_version: str,
    origin: Origin,
) -> pa.Table:
    """Rows for `mentions`; all sequences have one entry per mention."""
    text = pa.string()
    count = pa.uint64()
    authors = [m.author for m in mentions]
    engagements = [m.engagement for m in mentions]
    return pa.table(
        {
            "mention_id": pa.array([m.mention_id for m in mentions], text),
            "source": pa.array([m.source for m in mentions], text),
            "kind": pa.array([m.kind for m in mentions], text),
            "author_id": pa.array([a.id for a in authors], text),
            "author_handle": pa.array([a.handle for a in authors], text),
            "author_name": pa.array([a.name for a in authors], text),
            "followers": pa.array([a.followers for a in authors], count),
            "text": pa.array([m.text for m in mentions], text),
            "lang": pa.array([m.lang for m in mentions], text),
            "url": pa.array([m.url for m in mentions], text),
            "parent_id": pa.array([m.parent_id for m in mentions], text),
            "root_id": pa.array([m.root_id for m in mentions], text),
            "parent_text": pa.array([m.parent_text for m in mentions], text),
            "likes": pa.array([e.likes for e in engagements], count),
            "reposts": pa.array([e.reposts for e in engagements], count),
            "replies": pa.array([e.replies for e in engagements], count),
            "quotes": pa.array([e.quotes for e in engagements], count),
            "views": pa.array([e.views for e in engagements], count),
            "published_at": pa.array([m.published_at for m in mentions], INSTANT),
            "brands": pa.array(brands, pa.list_(text)),
            "intent": _labels(predictions.intent, INTENTS),
            "intent_latent": pa.array(predictions.intent_probabilities[:, 1]),
            "intent_active": pa.array(predictions.intent_probabilities[:, 2]),
            "stage": _labels(predictions.stage, STAGES),
            "stage_probability": pa.array(predictions.stage_probabilities.max(axis=1)),
            "model_version": _constant(model_version, len(mentions)),
            **_origin_columns(origin, records),
        }
    )


def interactions_table(
    interactions: Sequence[Interaction], records: Sequence[Record], origin: Origin
) -> pa.Table:
    """Rows for `interactions`."""
    return pa.table(
        {
            "interaction_id": [i.interaction_id for i in interactions],
            "source": [i.source for i in interactions],
            "kind": [i.kind for i in interactions],
            "author_id": [i.author.id for i in interactions],
            "author_handle": [i.author.handle for i in interactions],
            "target_id": [i.target_id for i in interactions],
            "occurred_at": pa.array([i.occurred_at for i in interactions], INSTANT),
            **_origin_columns(origin, records),
        }
    )


def heartbeats_table(
    heartbeats: Sequence[Heartbeat], records: Sequence[Record], origin: Origin
) -> pa.Table:
    """Rows for `heartbeats`."""
    return pa.table(
        {
            "producer": [h.producer for h in heartbeats],
            "sequence": pa.array([h.sequence for h in heartbeats], pa.uint64()),
            "sent_at": pa.array([h.sent_at for h in heartbeats], INSTANT),
            **_origin_columns(origin, records),
        }
    )


def dead_letters_table(rejected: Sequence[Rejected], origin: Origin) -> pa.Table:
    """Rows for `dead_letters`: reason and the record's own bytes."""
    return pa.table(
        {
            "stage": [r.stage for r in rejected],
            "reason": [r.reason for r in rejected],
            "key": pa.array([r.record.key or b"" for r in rejected], pa.binary()),
            "value": pa.array([r.record.value or b"" for r in rejected], pa.binary()),
            **_origin_columns(origin, [r.record for r in rejected]),
        }
    )


def _origin_columns(origin: Origin, records: Sequence[Record]) -> dict[str, Column]:
    rows = len(records)
    return {
        "topic": _constant(origin.topic, rows),
        "topic_id": _constant(origin.topic_id, rows),
        "kafka_partition": pa.array(np.full(rows, origin.partition, dtype=np.uint32)),
        "kafka_offset": pa.array([r.offset for r in records], pa.uint64()),
        "kafka_timestamp": pa.array([r.timestamp for r in records], pa.int64()).cast(INSTANT),
    }


def _constant(value: str, rows: int) -> Column:
    return pa.DictionaryArray.from_arrays(np.zeros(rows, dtype=np.int32), [value])


def _labels(indices: npt.NDArray[np.intp], classes: Sequence[str]) -> Column:
    return pa.DictionaryArray.from_arrays(indices.astype(np.int32), list(classes))
