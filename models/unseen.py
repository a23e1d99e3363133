"""How much of a text a model has never met: features that carry no weight in any head."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.analyser import HashedText
from models.heads import Model
from models.store import ModelStore


def unseen_shares(model: Model, texts: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return for each text the share of its hashed features that no head has a weight for.

    Training leaves out the columns of fewer than two mentions, so those are words and spellings it
    knows nothing of. A column that two features share counts as known when one of them is, which
    makes the share a lower bound. A text without features has 0.
    """
    return _shares(*_known(model), texts)


def unseen_shares_of(
    store: Path | str, version: str, texts: Sequence[str]
) -> npt.NDArray[np.float64]:
    """The same of a stored model, which is kept in mind; raises as `ModelStore.load` does.

    Of a model that does not go by hashed features there is nothing to say: the answer is empty.
    """
    known = _known_of(store, version)
    return _shares(*known, texts) if known else np.zeros(0)


@lru_cache(maxsize=4)
def _known_of(store: Path | str, version: str) -> tuple[HashedText, npt.NDArray[np.bool_]] | None:
    model: object = ModelStore(store).load(version)
    return _known(model) if isinstance(model, Model) else None


def _known(model: Model) -> tuple[HashedText, npt.NDArray[np.bool_]]:
    """The text transform as counts, and which of its columns have a weight; not the parents'."""
    known = np.zeros(model.text.n_features, dtype=bool)
    for head in model.heads().values():
        known |= np.asarray(head.coef_[:, : len(known)] != 0).any(axis=0)
    return HashedText(**{**model.text.get_params(), "norm": None, "sublinear_tf": False}), known


def _shares(
    text: HashedText, known: npt.NDArray[np.bool_], texts: Sequence[str]
) -> npt.NDArray[np.float64]:
    rows = text.transform(texts)
    counts = np.abs(rows.data.astype(np.float64))
    of_row = np.repeat(np.arange(len(texts)), np.diff(rows.indptr))
    unknown = np.bincount(of_row, counts * ~known[rows.indices], minlength=len(texts))
    total = np.bincount(of_row, counts, minlength=len(texts))
    shares: npt.NDArray[np.float64] = np.zeros(len(texts))
    return np.divide(unknown, total, out=shares, where=total > 0)
