"""Orders, gestures and labels to columns. Money stays a decimal."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from schemas.business import Gesture, Label, Order
from streams.steps.business import DecodedBusiness, Kind, KindName
from streams.steps.columns import INSTANT, Origin
from streams.steps.decode import Record

MONEY = pa.decimal128(18, 4)


def business_table(decoded: DecodedBusiness, kind: Kind, origin: Origin) -> pa.Table:
    """Rows for the kind's table."""
    return _TABLES[kind.name](decoded.events, decoded.records, origin)


def orders_table(orders: Sequence[Order], records: Sequence[Record], origin: Origin) -> pa.Table:
    """Rows for `orders`."""
    return pa.table(
        {
            "order_id": _texts(o.order_id for o in orders),
            "author_id": _texts(o.author_id for o in orders),
            "ordered_at": pa.array([o.ordered_at for o in orders], INSTANT),
            "amount": _money(o.amount for o in orders),
            "currency": _texts(o.currency for o in orders),
            "items": pa.array([o.items for o in orders], pa.uint32()),
            "product": _texts(o.product for o in orders),
            "referred_by": _texts(o.referred_by for o in orders),
            **_origin_columns(origin, records),
        }
    )


def gestures_table(
    gestures: Sequence[Gesture], records: Sequence[Record], origin: Origin
) -> pa.Table:
    """Rows for `gestures`."""
    return pa.table(
        {
            "gesture_id": _texts(g.gesture_id for g in gestures),
            "author_id": _texts(g.author_id for g in gestures),
            "given_at": pa.array([g.given_at for g in gestures], INSTANT),
            "cost": _money(g.cost for g in gestures),
            "currency": _texts(g.currency for g in gestures),
            "description": _texts(g.description for g in gestures),
            **_origin_columns(origin, records),
        }
    )


def labels_table(labels: Sequence[Label], records: Sequence[Record], origin: Origin) -> pa.Table:
    """Rows for `labels`; what a person left open is empty."""
    needs_reply = {None: "", False: "no", True: "yes"}
    return pa.table(
        {
            "mention_id": _texts(label.mention_id for label in labels),
            "labeller": _texts(label.labeller for label in labels),
            "labelled_at": pa.array([label.labelled_at for label in labels], INSTANT),
            "guide_version": _texts(label.guide_version for label in labels),
            "intent": _texts(label.intent or "" for label in labels),
            "stage": _texts(label.stage or "" for label in labels),
            "needs_reply": _texts(needs_reply[label.needs_reply] for label in labels),
            "sentiment": _texts(label.sentiment or "" for label in labels),
            "acts": pa.array([label.acts or () for label in labels], pa.list_(pa.string())),
            "acts_judged": pa.array([label.acts is not None for label in labels]).cast(pa.uint8()),
            "how": _texts(label.how for label in labels),
            "thumb": pa.array([label.how == "thumb" for label in labels]).cast(pa.uint8()),
            "saw_model": pa.array([label.saw_model for label in labels]).cast(pa.uint8()),
            **_origin_columns(origin, records),
        }
    )


_TABLES: dict[KindName, Callable[[Any, Sequence[Record], Origin], pa.Table]] = {
    "orders": orders_table,
    "gestures": gestures_table,
    "labels": labels_table,
}


def _texts(values: Any) -> "pa.Array[Any]":
    return pa.array(list(values), pa.string())


def _money(values: Any) -> "pa.Array[Any]":
    return pa.array([Decimal(value) for value in values], MONEY)


def _origin_columns(origin: Origin, records: Sequence[Record]) -> "dict[str, pa.Array[Any]]":
    rows = len(records)
    return {
        "topic": pa.array([origin.topic] * rows, pa.string()),
        "topic_id": pa.array([origin.topic_id] * rows, pa.string()),
        "kafka_partition": pa.array(np.full(rows, origin.partition, dtype=np.uint32)),
        "kafka_offset": pa.array([r.offset for r in records], pa.uint64()),
        "kafka_timestamp": pa.array([r.timestamp for r in records], pa.int64()).cast(INSTANT),
    }
