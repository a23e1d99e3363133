"""Intent and stage of mentions, with probabilities, from one pass over the text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from models import kernels
from models.analyser import HashedText
from schemas.labels import INTENTS, STAGES

HEADS: Final[dict[str, tuple[str, ...]]] = {"intent": INTENTS, "stage": STAGES}
_BOUNDS: Final = np.cumsum([0, *(len(classes) for classes in HEADS.values())])

# Texts at a time: their features (4 KB each) stay in the processor's cache, and memory small.
CHUNK: Final = 500

Probabilities = npt.NDArray[np.float32]
LabelIndices = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Predictions:
    """What a model makes of n texts; columns follow `INTENTS` and `STAGES`, rows sum to one."""

    intent_probabilities: Probabilities  # (n, 3)
    stage_probabilities: Probabilities  # (n, 6)
    intent: LabelIndices  # (n,), the most probable of INTENTS
    stage: LabelIndices  # (n,), the most probable of STAGES


class Model:
    """Two multinomial logistic regressions over the same hashed text.

    Their coefficients are stacked, so one sparse product serves both. A model never changes
    once made, so any number of threads may share it.
    """

    def __init__(
        self,
        text: HashedText,
        coefficients: npt.NDArray[np.float32],
        intercepts: npt.NDArray[np.float32],
        *,
        version: str = "unsaved",
    ) -> None:
        """Take coefficients (n_features, 9) and intercepts (9,); raises ValueError if not so."""
        outputs = int(_BOUNDS[-1])
        if coefficients.shape != (text.n_features, outputs) or intercepts.shape != (outputs,):
            raise ValueError(
                f"expected coefficients ({text.n_features}, {outputs}) and intercepts ({outputs},),"
                f" got {coefficients.shape} and {intercepts.shape}"
            )
        if not (np.isfinite(coefficients).all() and np.isfinite(intercepts).all()):
            raise ValueError("coefficients and intercepts must be finite")
        self.text = text.fit()
        self.version = version
        self._coefficients = np.ascontiguousarray(coefficients, dtype=np.float32)
        self._intercepts = np.ascontiguousarray(intercepts, dtype=np.float32)

    @classmethod
    def from_heads(
        cls, text: HashedText, heads: dict[str, LogisticRegression], *, version: str = "unsaved"
    ) -> Self:
        """Stack fitted heads, one for each name in `HEADS`, with classes 0, 1, 2 … in its order.

        Raises ValueError when names, classes or shapes differ.
        """
        if list(heads) != list(HEADS):
            raise ValueError(f"expected the heads {list(HEADS)}, got {list(heads)}")
        for name, classes in HEADS.items():
            if list(heads[name].classes_) != list(range(len(classes))):
                raise ValueError(f"the {name} head has other classes: {heads[name].classes_}")
        return cls(
            text,
            np.concatenate([head.coef_ for head in heads.values()]).T,
            np.concatenate([head.intercept_ for head in heads.values()]),
            version=version,
        )

    def heads(self) -> dict[str, LogisticRegression]:
        """Return the heads as scikit-learn estimators that share this model's memory."""
        heads = {}
        for (name, classes), start, stop in zip(
            HEADS.items(), _BOUNDS[:-1], _BOUNDS[1:], strict=True
        ):
            head = LogisticRegression()
            head.classes_ = np.arange(len(classes))
            head.coef_ = self._coefficients[:, start:stop].T
            head.intercept_ = self._intercepts[start:stop]
            head.n_features_in_ = self.text.n_features
            heads[name] = head
        return heads

    def _stacked(self, texts: Sequence[str]) -> Probabilities:
        rows = self.text.transform(texts)
        probabilities: Probabilities = kernels.probabilities(
            rows.data, rows.indices, rows.indptr, self._coefficients, self._intercepts, _BOUNDS
        )
        return probabilities

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Return the predictions for texts, in order; thread-safe, mostly without the GIL."""
        parts = [self._stacked(texts[at : at + CHUNK]) for at in range(0, len(texts), CHUNK)]
        stacked = np.concatenate(parts) if parts else self._stacked(texts)
        intent, stage = np.split(stacked, _BOUNDS[1:-1], axis=1)
        return Predictions(intent, stage, intent.argmax(axis=1), stage.argmax(axis=1))
