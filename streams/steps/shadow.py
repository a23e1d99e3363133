"""What a model in shadow says of a batch, as rows of its own table."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.predictions import Predictions
from streams.steps.columns import (
    INSTANT,
    Origin,
    constant,
    instants,
    judgements,
    origin_columns,
)
from streams.steps.duplicates import edit_milliseconds
from streams.steps.enrich import Heard


def shadow_table(
    heard: Heard,
    predictions: Predictions,
    origin: Origin,
    version: str,
    *,
    judged_by: "pa.Array[Any]",
) -> pa.Table:
    """Rows for `shadow_judgements`; `judged_by` are the models whose word `mentions` gets."""
    mentions = heard.mentions
    chances = predictions.probabilities
    edits = [0 if m.edited_at is None else edit_milliseconds(m.edited_at) for m in mentions]
    return pa.table(
        {
            "mention_id": pa.array([m.mention_id for m in mentions], pa.string()),
            "published_at": instants([m.published_at for m in mentions]),
            "edited_at": pa.array(edits, pa.int64()).cast(INSTANT),
            "model_version": constant(version, len(mentions)),
            "judged_by": judged_by,
            **{n: c for n, c in judgements(predictions).items() if n != "intent_words"},
            "stage_probabilities": _rows(chances["stage"]),
            "sentiment_negative": pa.array(chances["sentiment"][:, 0]),
            "sentiment_positive": pa.array(chances["sentiment"][:, 2]),
            "act_probabilities": _rows(chances["act"]),
            **origin_columns(origin, heard.records),
        }
    )


def _rows(numbers: npt.NDArray[np.float32]) -> "pa.Array[Any]":
    """A column of lists, one for each row of a matrix."""
    rows, width = numbers.shape
    starts = pa.array(np.arange(rows + 1, dtype=np.int32) * width)
    return pa.ListArray.from_arrays(starts, pa.array(numbers.ravel(), pa.float32()))
