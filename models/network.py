"""One small network for all heads: what the accurate profile puts on sentence vectors."""

from collections.abc import Mapping
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
from scipy.special import expit, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from models.outputs import N_OUTPUTS, outputs_of
from models.predictions import HEADS

Floats = npt.NDArray[np.float32]

SLICES: Final = {name: outputs_of(name) for name in HEADS}
_LEAST: Final = 1e-9  # a chance of 0 has no logarithm


class HeadNetwork(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A hidden layer that all heads share: GELU, dropout, and a softmax or sigmoids on top.

    Targets are a matrix (n, N_OUTPUTS), the classes of all heads side by side, NaN where a label
    is missing: a mention teaches the heads that it has labels of. Learnt with AdamW; the same
    inputs and seed give the same network.
    """

    def __init__(
        self,
        hidden: int = 256,
        epochs: int = 12,
        batch: int = 128,
        rate: float = 1e-3,
        decay: float = 0.05,
        dropout: float = 0.5,
        input_dropout: float = 0.2,
        many_weight: float = 0.3,
        random_state: int = 0,
    ) -> None:
        self.hidden = hidden
        self.epochs = epochs
        self.batch = batch
        self.rate = rate
        self.decay = decay
        self.dropout = dropout
        self.input_dropout = input_dropout
        self.many_weight = many_weight
        self.random_state = random_state

    def fit(self, rows: Floats, targets: Floats, sample_weight: Floats | None = None) -> Self:
        """Learn from standardised rows (n, width); raises ValueError where shapes differ."""
        if targets.shape != (len(rows), N_OUTPUTS):
            raise ValueError(f"targets have the shape {targets.shape}")
        random = np.random.default_rng(self.random_state)
        weights = np.ones(len(rows), np.float32) if sample_weight is None else sample_weight
        known = ~np.isnan(targets)
        emphasis = np.ones(N_OUTPUTS, np.float32)
        for name, part in SLICES.items():
            emphasis[part] = self.many_weight if HEADS[name].many else 1
        emphases = (known * emphasis * weights[:, None]).astype(np.float32)
        targets = np.where(known, targets, 0).astype(np.float32)
        width = rows.shape[1]
        parts = {
            "w1": random.normal(0, width**-0.5, (width, self.hidden)).astype(np.float32),
            "b1": np.zeros(self.hidden, np.float32),
            "w2": random.normal(0, 0.02, (self.hidden, N_OUTPUTS)).astype(np.float32),
            "b2": np.zeros(N_OUTPUTS, np.float32),
        }
        steps = self.epochs * max(1, len(rows) // self.batch)
        teacher = _AdamW(parts, self.rate, self.decay, steps)
        for _ in range(self.epochs):
            order = random.permutation(len(rows))
            for start in range(0, max(1, len(rows) - self.batch + 1), self.batch):
                at = order[start : start + self.batch]
                teacher.step(self._gradients(parts, rows[at], targets[at], emphases[at], random))
        self._take(parts)
        self.n_features_in_ = width
        return self

    def _gradients(
        self,
        parts: Mapping[str, Floats],
        x: Floats,
        targets: Floats,
        emphases: Floats,
        random: np.random.Generator,
    ) -> dict[str, Floats]:
        x = x * _kept(x.shape, self.input_dropout, random)
        before: Floats = x @ parts["w1"] + parts["b1"]
        kept = _kept(before.shape, self.dropout, random)
        slope, hidden = _gelu(before)
        hidden *= kept
        scores = hidden @ parts["w2"] + parts["b2"]
        errors = (probabilities_of(scores) - targets) * emphases / np.float32(len(x))
        back = (errors @ parts["w2"].T) * kept * slope
        return {
            "w1": x.T @ back,
            "b1": back.sum(axis=0),
            "w2": hidden.T @ errors,
            "b2": errors.sum(axis=0),
        }

    def predict_proba(self, rows: Floats) -> Floats:
        """Return (n, N_OUTPUTS): of each head with one answer a row sums to one."""
        check_is_fitted(self)
        _, hidden = _gelu(rows @ self.w1_.astype(np.float32) + self.b1_)
        return probabilities_of(hidden @ self.w2_.astype(np.float32) + self.b2_)

    def _take(self, parts: Mapping[str, Floats]) -> None:
        # Half precision changes no judgement, and a file of the model is half as long.
        self.w1_, self.w2_ = (parts[name].astype(np.float16) for name in ("w1", "w2"))
        self.b1_, self.b2_ = parts["b1"], parts["b2"]


class _AdamW:
    """Loshchilov & Hutter 2019: steps that grow over a tenth of the way, then fall in a cosine."""

    def __init__(self, parts: dict[str, Floats], rate: float, decay: float, steps: int) -> None:
        self._parts, self._rate, self._decay, self._steps = parts, rate, decay, steps
        self._mean = {name: np.zeros_like(part) for name, part in parts.items()}
        self._square = {name: np.zeros_like(part) for name, part in parts.items()}
        self._done = 0

    def step(self, gradients: Mapping[str, Floats]) -> None:
        rate = np.float32(self._rate * self._share())
        self._done += 1
        for name, gradient in gradients.items():
            part, mean, square = self._parts[name], self._mean[name], self._square[name]
            mean += np.float32(0.1) * (gradient - mean)
            square += np.float32(0.001) * (gradient * gradient - square)
            size = np.sqrt(square / np.float32(1 - 0.999**self._done)) + np.float32(1e-8)
            move = mean / np.float32(1 - 0.9**self._done) / size
            part -= rate * (move + np.float32(self._decay) * part)

    def _share(self) -> float:
        rising = max(1, self._steps // 10)
        if self._done < rising:
            return self._done / rising
        left = (self._done - rising) / max(1, self._steps - rising)
        return float(0.5 * (1 + np.cos(np.pi * min(left, 1.0))))


def _kept(shape: tuple[int, ...], dropped: float, random: np.random.Generator) -> Floats:
    kept = random.random(shape, np.float32) >= dropped
    return kept.astype(np.float32) / np.float32(1 - dropped)


def _gelu(x: Floats) -> tuple[Floats, Floats]:
    """The slope of GELU in its tanh form, and its value."""
    inner = np.float32(0.7978845608) * (x + np.float32(0.044715) * x * x * x)
    tanh = np.tanh(inner)
    rise = np.float32(0.7978845608) * (1 + np.float32(3 * 0.044715) * x * x)
    slope = 0.5 * (1 + tanh) + 0.5 * x * (1 - tanh * tanh) * rise
    return slope.astype(np.float32), (0.5 * x * (1 + tanh)).astype(np.float32)


def probabilities_of(scores: Floats) -> Floats:
    """Return the chances that scores (n, N_OUTPUTS) stand for, in the form of `predict_proba`."""
    made = np.empty_like(scores)
    for name, part in SLICES.items():
        head = scores[:, part]
        made[:, part] = expit(head) if HEADS[name].many else softmax(head, axis=1)
    return made


def scores_of(probabilities: Floats) -> Floats:
    """Return scores whose `probabilities_of` these are: what may be scaled and shifted."""
    made = np.log(np.clip(probabilities, _LEAST, 1))
    for name, part in SLICES.items():
        if HEADS[name].many:
            made[:, part] -= np.log(np.clip(1 - probabilities[:, part], _LEAST, 1))
    return made


def targets_of(items: Any) -> Floats:
    """Return the labels of mentions as targets (n, N_OUTPUTS), NaN where a label is missing."""
    made = np.full((len(items), N_OUTPUTS), np.nan, np.float32)
    for at, item in enumerate(items):
        for name, part in SLICES.items():
            classes = HEADS[name].classes
            if HEADS[name].many:
                if item.acts is not None:
                    made[at, part] = [act in item.acts for act in classes]
            elif label := getattr(item, name):
                made[at, part] = [one == label for one in classes]
    return made
