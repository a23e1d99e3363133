"""Events to columns: one Arrow table for each ClickHouse table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import compress
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.predictions import HEADS, Predictions
from schemas.mention import Account, Deletion, Heartbeat, Interaction
from streams.steps.copies import Bands
from streams.steps.decode import Record, Rejected
from streams.steps.duplicates import EDIT_SHIFT, edit_milliseconds
from streams.steps.enrich import Enriched, Heard

Column: TypeAlias = "pa.Array[Any]"
INSTANT = pa.timestamp("ms", tz="UTC")


@dataclass(frozen=True, slots=True)
class Origin:
    """The partition of Kafka a batch came from; `topic_id` tells a topic from its namesake."""

    topic: str
    topic_id: str
    partition: int

    @property
    def chain(self) -> str:
        """Names the chain of its batches."""
        return f"{self.topic_id}/{self.partition}"


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a row says of how it was made; `batch` as in `streams.landing.batch_number`."""

    origin: Origin
    batch: int
    model_version: str
    rules_sequence: int
    rules_version: str


def mentions_table(
    heard: Heard,
    enriched: Enriched,
    predictions: Predictions,
    provenance: Provenance,
    counted: npt.NDArray[np.bool_],
) -> pa.Table:
    """Rows for `mentions`; all sequences have one entry per mention.

    `counted`: mask of first versions, which the raw counts per hour count.
    """
    text = pa.string()
    count = pa.uint64()
    mentions, hits, traits = enriched.mentions, heard.hits, enriched.traits
    authors = [m.author for m in mentions]
    engagements = [m.engagement for m in mentions]
    edits = [0 if m.edited_at is None else edit_milliseconds(m.edited_at) for m in mentions]
    versions = (np.array(edits, dtype=np.uint64) << EDIT_SHIFT) + np.uint64(
        provenance.rules_sequence
    )
    return pa.table(
        {
            "mention_id": pa.array([m.mention_id for m in mentions], text),
            "source": pa.array([m.source for m in mentions], text),
            "site": pa.array([m.site for m in mentions], text),
            "kind": pa.array([m.kind for m in mentions], text),
            "author_id": pa.array([a.id for a in authors], text),
            "author_handle": pa.array([a.handle for a in authors], text),
            "author_name": pa.array([a.name for a in authors], text),
            "author_is_bot": pa.array([a.is_bot for a in authors]).cast(pa.uint8()),
            "author_role": pa.array([h.author_role for h in hits], text),
            "followers": pa.array([a.followers for a in authors], count),
            "text": pa.array([m.text for m in mentions], text),
            "lang": pa.array(heard.langs, text),
            "lang_claimed": pa.array([m.lang for m in mentions], text),
            "lang_probability": pa.array(heard.lang_probabilities, pa.float32()),
            "url": pa.array([m.url for m in mentions], text),
            "parent_id": pa.array([m.parent_id for m in mentions], text),
            "parent_author_id": pa.array([m.parent_author_id for m in mentions], text),
            "root_id": pa.array([m.root_id for m in mentions], text),
            "quoted_id": pa.array([m.quoted_id for m in mentions], text),
            "parent_text": pa.array([m.parent_text for m in mentions], text),
            "likes": pa.array([e.likes for e in engagements], count),
            "reposts": pa.array([e.reposts for e in engagements], count),
            "replies": pa.array([e.replies for e in engagements], count),
            "quotes": pa.array([e.quotes for e in engagements], count),
            "views": pa.array([e.views for e in engagements], count),
            "published_at": instants([m.published_at for m in mentions]),
            "edited_at": pa.array(edits, pa.int64()).cast(INSTANT),
            "hashtags": lists(traits.hashtags),
            "links": lists(traits.links),
            "mentioned_ids": lists([_ids(m.mentioned) if m.mentioned else () for m in mentions]),
            "mentioned_handles": lists(traits.handles),
            "emoji": lists(traits.emoji),
            "masked": lists(enriched.masked),
            "brands": lists([h.brands for h in hits]),
            "topics": lists([h.topics for h in hits]),
            "campaigns": lists([h.campaigns for h in hits]),
            "attributes": lists([h.attributes for h in hits]),
            "interests": lists([h.interests for h in hits]),
            "rules_version": constant(provenance.rules_version, len(mentions)),
            "spam": pa.array(enriched.spam, pa.float32()),
            "spam_reasons": lists(enriched.spam_reasons),
            "fingerprint": pa.array(enriched.fingerprints, count),
            "bands": _band_lists(enriched.bands),
            **judgements(predictions),
            "model_version": judged_by(predictions, provenance.model_version),
            "version": pa.array(versions),
            "counted": pa.array(counted).cast(pa.uint8()),
            "batch": pa.array(np.full(len(mentions), provenance.batch, dtype=np.uint64)),
            **origin_columns(provenance.origin, heard.records),
        }
    )


def interactions_table(
    interactions: Sequence[Interaction],
    records: Sequence[Record],
    brands: Sequence[Sequence[str]],
    origin: Origin,
) -> pa.Table:
    """Rows for `interactions`; `brands` are those whose accounts they were directed at."""
    return pa.table(
        {
            "interaction_id": [i.interaction_id for i in interactions],
            "source": [i.source for i in interactions],
            "kind": [i.kind for i in interactions],
            "author_id": [i.author.id for i in interactions],
            "author_handle": [i.author.handle for i in interactions],
            "target_id": [i.target_id for i in interactions],
            "target_author_id": [i.target_author_id for i in interactions],
            "brands": lists(brands),
            "occurred_at": pa.array([i.occurred_at for i in interactions], INSTANT),
            **origin_columns(origin, records),
        }
    )


def deletions_table(
    deletions: Sequence[Deletion], records: Sequence[Record], origin: Origin
) -> pa.Table:
    """Rows for `deletions`."""
    return pa.table(
        {
            "target": [d.target for d in deletions],
            "target_id": [d.target_id for d in deletions],
            "source": [d.source for d in deletions],
            "author_id": [d.author_id for d in deletions],
            "deleted_at": pa.array([d.deleted_at for d in deletions], INSTANT),
            **origin_columns(origin, records),
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
            "every_sec": pa.array([h.every_sec for h in heartbeats], pa.float32()),
            "sign": pa.array([h.sign for h in heartbeats], pa.string()),
            **origin_columns(origin, records),
        }
    )


def dead_letters_table(rejected: Sequence[Rejected], origin: Origin) -> pa.Table:
    """Rows for `dead_letters`: reason and the record's own bytes, null where it had none."""
    return pa.table(
        {
            "stage": [r.stage for r in rejected],
            "reason": [r.reason for r in rejected],
            "key": pa.array([r.record.key for r in rejected], pa.binary()),
            "value": pa.array([r.record.value for r in rejected], pa.binary()),
            **origin_columns(origin, [r.record for r in rejected]),
        }
    )


def origin_columns(origin: Origin, records: Sequence[Record]) -> dict[str, Column]:
    """Where in Kafka the rows come from."""
    rows = len(records)
    return {
        "topic": constant(origin.topic, rows),
        "topic_id": constant(origin.topic_id, rows),
        "kafka_partition": pa.array(np.full(rows, origin.partition, dtype=np.uint32)),
        "kafka_offset": pa.array([r.offset for r in records], pa.uint64()),
        "kafka_timestamp": pa.array([r.timestamp for r in records], pa.int64()).cast(INSTANT),
    }


def lists(values: Sequence[Sequence[str]]) -> Column:
    """A column of lists of text; often all are empty, which costs nothing."""
    if not any(values):
        offsets = pa.array([0] * (len(values) + 1), pa.int32())
        return pa.ListArray.from_arrays(offsets, pa.array([], pa.string()))
    return pa.array(values, pa.list_(pa.string()))


def _ids(accounts: Sequence[Account]) -> list[str]:
    return [account.id for account in accounts if account.id]


def instants(moments: Sequence[datetime]) -> Column:
    """A column of moments after 1970, cut to milliseconds; faster than Arrow's own way."""
    seconds = np.fromiter((m.timestamp() for m in moments), np.float64, count=len(moments))
    microseconds = np.rint(seconds * 1e6).astype(np.int64)
    return pa.array(microseconds // 1000, pa.int64()).cast(INSTANT)


def _band_lists(bands: Bands) -> Column:
    starts = pa.array(bands.starts, pa.int32())
    return pa.ListArray.from_arrays(starts, pa.array(bands.numbers.ravel(), pa.uint64()))


def constant(value: str, rows: int) -> Column:
    """The same text in every row."""
    return pa.DictionaryArray.from_arrays(np.zeros(rows, dtype=np.int32), [value])


def judged_by(predictions: Predictions, version: str) -> "pa.Array[Any]":
    """Which model judged each mention: one of a cascade's two, else `version`."""
    if predictions.versions:
        return pa.array(predictions.versions, pa.string()).dictionary_encode()
    return constant(version, len(predictions.acts))


def judgements(predictions: Predictions) -> dict[str, Column]:
    """What the model says: decided labels, and the probabilities they were decided by."""
    chances = predictions.probabilities
    rows = np.arange(len(predictions.acts))
    acts = [list(compress(HEADS["act"].classes, flags)) for flags in predictions.acts]
    return {
        **{
            name: _labels(predictions.labels[name], HEADS[name].classes)
            for name in ("intent", "stage", "sentiment")
        },
        "intent_latent": pa.array(chances["intent"][:, 1]),
        "intent_active": pa.array(chances["intent"][:, 2]),
        "stage_probability": pa.array(chances["stage"][rows, predictions.labels["stage"]]),
        "needs_reply": pa.array(predictions.labels["needs_reply"].astype(np.uint8)),
        "needs_reply_probability": pa.array(chances["needs_reply"][:, 1]),
        "sentiment_score": pa.array(chances["sentiment"][:, 2] - chances["sentiment"][:, 0]),
        "acts": lists(acts),
        "intent_words": lists(predictions.intent_words or [()] * len(acts)),
    }


def _labels(indices: npt.NDArray[np.intp], classes: Sequence[str]) -> Column:
    return pa.DictionaryArray.from_arrays(indices.astype(np.int32), list(classes))
