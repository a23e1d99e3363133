"""The fast profile: every head from one pass over the text, and one over what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from models import sums
from models.analyser import HashedText
from models.explain import Explainer
from models.languages import Languages
from models.outputs import BOUNDS, ENDS
from models.outputs import ESTIMATORS as ESTIMATORS
from models.outputs import N_OUTPUTS as N_OUTPUTS
from models.predictions import HEADS, Predictions, Probabilities, Texts

# Texts at a time: their features (4 KB each) stay in the processor's cache, and memory small.
CHUNK: Final = 500


def _rows(
    head: LogisticRegression, width: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Coefficients and intercepts, a row for each output; of two classes scikit-learn keeps one."""
    missing = width - len(head.coef_)
    return (
        np.pad(head.coef_, ((missing, 0), (0, 0))),
        np.pad(head.intercept_, (missing, 0)),
    )


def features(texts: Texts, text: HashedText, parent: HashedText | None) -> sparse.csr_matrix:
    """Return the features of mentions: those of their texts, then those of what they answer.

    The latter have columns of their own, so a parent's words are never taken for the reply's. A
    mention that answers nothing has none of them.
    """
    rows = text.transform(texts.texts)
    if parent is None:
        return rows
    return sparse.hstack([rows, parent.transform(texts.parents)], format="csr", dtype=np.float32)


class Model:
    """Logistic regressions over the same hashed text; see `models.predictions.Classifier`.

    Their coefficients are stacked, so one sparse product serves all. A model never changes once
    made, so any number of threads may share it.
    """

    def __init__(
        self,
        text: HashedText,
        coefficients: npt.NDArray[np.float32],
        intercepts: npt.NDArray[np.float32],
        *,
        parent: HashedText | None = None,
        languages: Languages | None = None,
        version: str = "unsaved",
    ) -> None:
        """Take coefficients (features, N_OUTPUTS) and intercepts (N_OUTPUTS,).

        The features are the columns of `text` and then those of `parent`, which reads what a
        mention answers; without it that is not read. Raises ValueError where shapes differ or
        numbers are not finite.
        """
        width = text.n_features + (parent.n_features if parent else 0)
        if coefficients.shape != (width, N_OUTPUTS) or intercepts.shape != (N_OUTPUTS,):
            raise ValueError(
                f"expected coefficients ({width}, {N_OUTPUTS}) and intercepts"
                f" ({N_OUTPUTS},), got {coefficients.shape} and {intercepts.shape}"
            )
        if not (np.isfinite(coefficients).all() and np.isfinite(intercepts).all()):
            raise ValueError("coefficients and intercepts must be finite")
        self.text = text.fit()
        self.parent = parent.fit() if parent else None
        self.languages = languages or Languages.alike()
        self.version = version
        self._coefficients = np.ascontiguousarray(coefficients, dtype=np.float32)
        self._intercepts = np.ascontiguousarray(intercepts, dtype=np.float32)

    @classmethod
    def from_heads(
        cls,
        text: HashedText,
        heads: Mapping[str, LogisticRegression],
        *,
        parent: HashedText | None = None,
        languages: Languages | None = None,
        version: str = "unsaved",
    ) -> Self:
        """Stack fitted estimators, one for each of `ESTIMATORS`, with classes 0, 1, 2 … in order.

        Raises ValueError when names, classes or shapes differ.
        """
        if list(heads) != [name for name, _ in ESTIMATORS]:
            raise ValueError(f"expected {[name for name, _ in ESTIMATORS]}, got {list(heads)}")
        for name, width in ESTIMATORS:
            if list(heads[name].classes_) != list(range(max(width, 2))):
                raise ValueError(f"the {name} head has other classes: {heads[name].classes_}")
        rows = [_rows(heads[name], width) for name, width in ESTIMATORS]
        return cls(
            text,
            np.concatenate([coefficients for coefficients, _ in rows]).T,
            np.concatenate([intercepts for _, intercepts in rows]),
            parent=parent,
            languages=languages,
            version=version,
        )

    @cached_property
    def explainer(self) -> Explainer:
        """Tells what each token of a text contributed; made when first asked for."""
        return Explainer(
            self.text,
            self._coefficients,
            self._intercepts,
            parent=self.parent,
            languages=self.languages,
        )

    def heads(self) -> dict[str, LogisticRegression]:
        """Return the heads as scikit-learn estimators; most share this model's memory.

        They read `features`, and know nothing of languages.
        """
        heads = {}
        for (name, width), start in zip(ESTIMATORS, BOUNDS[:-1], strict=True):
            head = LogisticRegression()
            head.classes_ = np.arange(max(width, 2))
            head.coef_ = self._coefficients[:, start : start + width].T
            head.intercept_ = self._intercepts[start : start + width]
            if width == 2:  # of two classes scikit-learn keeps the difference
                head.coef_ = np.diff(head.coef_, axis=0)
                head.intercept_ = np.diff(head.intercept_)
            head.n_features_in_ = len(self._coefficients)
            heads[name] = head
        return heads

    def _stacked(self, part: Texts) -> Probabilities:
        scores = np.tile(self._intercepts, (len(part), 1))
        self._add(scores, self.text, part.texts, np.arange(len(part)), 0)
        if self.parent:
            replies = np.flatnonzero([bool(parent) for parent in part.parents])
            if len(replies):
                answered = [part.parents[at] for at in replies.tolist()]
                self._add(scores, self.parent, answered, replies, self.text.n_features)
        sums.to_probabilities(
            scores,
            BOUNDS,
            self.languages.scales,
            self.languages.shifts,
            self.languages.rows(part.langs),
        )
        return scores

    def _add(
        self,
        scores: Probabilities,
        reader: HashedText,
        texts: Sequence[str],
        to: npt.NDArray[np.intp],
        first: int,
    ) -> None:
        rows = reader.transform(texts)
        sums.add(scores, rows.data, rows.indices, rows.indptr, self._coefficients, to, first)

    def predict(self, texts: Texts) -> Predictions:
        """Return the predictions for mentions, in order; thread-safe, mostly without the GIL."""
        stacked = np.concatenate([self._stacked(part) for part in texts.chunks(CHUNK)])
        parts = np.split(stacked, ENDS[:-1], axis=1)
        chances = dict(zip(HEADS, parts, strict=True))
        predictions = self.languages.decide(chances, texts.langs)
        words = self.explainer.intent_words(texts.texts, predictions.labels["intent"])
        return replace(predictions, intent_words=words)
