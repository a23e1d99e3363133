"""The fast profile: every head from one pass over the text."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final, Self

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from models import sums
from models.analyser import HashedText
from models.explain import Explainer
from models.predictions import HEADS, Predictions, Probabilities, Texts

# Texts at a time: their features (4 KB each) stay in the processor's cache, and memory small.
CHUNK: Final = 500


def outputs_of(name: str) -> list[tuple[str, int]]:
    """The estimators of a head, with how many outputs each has: one, or one for each class."""
    head = HEADS[name]
    if head.many:
        return [(f"{name}.{label}", 1) for label in head.classes]
    return [(name, len(head.classes))]


ESTIMATORS: Final = [estimator for name in HEADS for estimator in outputs_of(name)]
_BOUNDS: Final = np.cumsum([0, *(width for _, width in ESTIMATORS)])
_ENDS: Final = np.cumsum([len(head.classes) for head in HEADS.values()])
N_OUTPUTS: Final = int(_BOUNDS[-1])


def _rows(
    head: LogisticRegression, width: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Coefficients and intercepts, a row for each output; of two classes scikit-learn keeps one."""
    missing = width - len(head.coef_)
    return (
        np.pad(head.coef_, ((missing, 0), (0, 0))),
        np.pad(head.intercept_, (missing, 0)),
    )


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
        version: str = "unsaved",
    ) -> None:
        """Take coefficients (n_features, N_OUTPUTS) and intercepts (N_OUTPUTS,).

        Raises ValueError where shapes differ or numbers are not finite.
        """
        if coefficients.shape != (text.n_features, N_OUTPUTS) or intercepts.shape != (N_OUTPUTS,):
            raise ValueError(
                f"expected coefficients ({text.n_features}, {N_OUTPUTS}) and intercepts"
                f" ({N_OUTPUTS},), got {coefficients.shape} and {intercepts.shape}"
            )
        if not (np.isfinite(coefficients).all() and np.isfinite(intercepts).all()):
            raise ValueError("coefficients and intercepts must be finite")
        self.text = text.fit()
        self.version = version
        self._coefficients = np.ascontiguousarray(coefficients, dtype=np.float32)
        self._intercepts = np.ascontiguousarray(intercepts, dtype=np.float32)

    @classmethod
    def from_heads(
        cls,
        text: HashedText,
        heads: Mapping[str, LogisticRegression],
        *,
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
            version=version,
        )

    @cached_property
    def explainer(self) -> Explainer:
        """Tells what each token of a text contributed; made when first asked for."""
        return Explainer(self.text, self._coefficients, self._intercepts)

    def heads(self) -> dict[str, LogisticRegression]:
        """Return the heads as scikit-learn estimators; most share this model's memory."""
        heads = {}
        for (name, width), start in zip(ESTIMATORS, _BOUNDS[:-1], strict=True):
            head = LogisticRegression()
            head.classes_ = np.arange(max(width, 2))
            head.coef_ = self._coefficients[:, start : start + width].T
            head.intercept_ = self._intercepts[start : start + width]
            if width == 2:  # of two classes scikit-learn keeps the difference
                head.coef_ = np.diff(head.coef_, axis=0)
                head.intercept_ = np.diff(head.intercept_)
            head.n_features_in_ = self.text.n_features
            heads[name] = head
        return heads

    def _stacked(self, texts: Sequence[str]) -> Probabilities:
        rows = self.text.transform(texts)
        probabilities: Probabilities = sums.probabilities(
            rows.data, rows.indices, rows.indptr, self._coefficients, self._intercepts, _BOUNDS
        )
        return probabilities

    def predict(self, texts: Texts) -> Predictions:
        """Return the predictions for mentions, in order; thread-safe, mostly without the GIL."""
        stacked = np.concatenate([self._stacked(part.texts) for part in texts.chunks(CHUNK)])
        parts = np.split(stacked, _ENDS[:-1], axis=1)
        predictions = Predictions.most_probable(dict(zip(HEADS, parts, strict=True)))
        words = self.explainer.intent_words(texts.texts, predictions.labels["intent"])
        return replace(predictions, intent_words=words)
