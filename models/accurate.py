"""The accurate profile and the cascade: sentence encoders, and a few networks over their vectors.

`Accurate` judges every mention so, at about a hundred a second and core. `Cascade` lets the fast
profile rule out first what has no intent, and gives the rest to the accurate one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from models.encoder.sentences import TEXT_WIDTH, WIDTH, Encoder
from models.explain import Explainer
from models.heads import Model
from models.languages import Languages
from models.network import SLICES, HeadNetwork, probabilities_of, scores_of
from models.predictions import HEADS, Predictions, Texts

Floats = npt.NDArray[np.float32]

CHUNK: Final = 256  # mentions at a time, so that memory is bounded
ACCURATE, CASCADE, RULED_OUT = "+accurate", "+cascade", "+fast"  # after a version: which judged
ASKED: Final = "intent"  # the head with a threshold of its own, and what the cascade rules out by


@dataclass(frozen=True)
class AccurateHeads:
    """What was learnt for the accurate profile.

    Attributes:
        networks: their probabilities are averaged.
        mean, scale: (WIDTH,) of each column; a reply's columns of its parent by themselves.
        languages: how each language reads what the networks say, and decides.
        rule_out: (rows of `languages`,) of the fast profile's chance of any intent, below which
            the cascade does not ask further.
    """

    networks: Sequence[HeadNetwork]
    mean: Floats
    scale: Floats
    languages: Languages
    rule_out: Floats

    def __post_init__(self) -> None:
        rows = (1 + len(self.languages.names),)
        for name, shape in (("mean", (WIDTH,)), ("scale", (WIDTH,)), ("rule_out", rows)):
            values = getattr(self, name)
            if np.shape(values) != shape or not np.isfinite(values).all():
                raise ValueError(f"{name} must be {shape} finite numbers")
        if not self.networks or any(one.n_features_in_ != WIDTH for one in self.networks):
            raise ValueError(f"expected networks that read {WIDTH} numbers")

    def judge(self, vectors: Floats, langs: Sequence[str]) -> Predictions:
        """Return what the networks make of vectors; each row by itself."""
        rows = standardised(vectors, self.mean, self.scale)
        said = np.mean([one.predict_proba(rows) for one in self.networks], axis=0)
        at = self.languages.rows(langs)
        scores = scores_of(said) * self.languages.scales[at] + self.languages.shifts[at]
        chances = probabilities_of(scores.astype(np.float32))
        return self.languages.decide({n: chances[:, part] for n, part in SLICES.items()}, langs)


def standardised(vectors: Floats, mean: Floats, scale: Floats) -> Floats:
    """Return vectors whose columns vary alike; where nothing is answered, the parent's stay 0."""
    rows = ((vectors - mean) / scale).astype(np.float32)
    rows[~vectors[:, TEXT_WIDTH:].any(axis=1), TEXT_WIDTH:] = 0
    return rows


class Accurate:
    """Every mention read by the sentence encoders; see `models.predictions.Classifier`.

    The fast model of the same version says which words argued for an intent: vectors cannot. So
    `intent_words` and `explainer` are that one's view, of the intent that was decided here.
    """

    def __init__(self, fast: Model, heads: AccurateHeads, encoder: Encoder) -> None:
        self._fast = fast
        self._heads = heads
        self._encoder = encoder
        self.version = fast.version + ACCURATE
        self.versions = (self.version,)

    @property
    def explainer(self) -> Explainer:
        """Tells what each token contributed to the fast model's judgement."""
        return self._fast.explainer

    @property
    def languages(self) -> Languages:
        """How each language is read and decides here."""
        return self._heads.languages

    def predict(self, texts: Texts) -> Predictions:
        """Return the predictions for mentions, in order; thread-safe."""
        parts = [
            self._heads.judge(self._encoder.encode(part), part.langs)
            for part in texts.chunks(CHUNK)
        ]
        found = joined(parts)
        words = self.explainer.intent_words(texts.texts, found.labels[ASKED])
        return replace(found, intent_words=words, versions=[self.version] * len(texts))


class Cascade:
    """The accurate profile for what the fast one cannot rule out.

    A mention whose chance of any intent is below the threshold, by the fast profile, keeps all
    that one's answers; which one judged says `Predictions.versions`.
    """

    def __init__(self, fast: Model, accurate: Accurate, rule_out: Floats) -> None:
        self._fast = fast
        self._accurate = accurate
        self._rule_out = rule_out
        self.version = fast.version + CASCADE
        self._ruled_out_by = fast.version + RULED_OUT
        self.versions = (self._ruled_out_by, accurate.version)

    @property
    def explainer(self) -> Explainer:
        """Tells what each token contributed to the fast model's judgement."""
        return self._fast.explainer

    def predict(self, texts: Texts) -> Predictions:
        """Return the predictions for mentions, in order; thread-safe."""
        first = self._fast.predict(texts)
        chance = 1 - first.probabilities[ASKED][:, 0]
        unsure = np.flatnonzero(
            chance >= self._rule_out[self._accurate.languages.rows(texts.langs)]
        )
        versions = [self._ruled_out_by] * len(texts)
        if not len(unsure):
            return replace(first, versions=versions)
        second = self._accurate.predict(texts.take(unsure.tolist()))
        words = list(first.intent_words)
        for at, said, version in zip(
            unsure.tolist(), second.intent_words, second.versions, strict=True
        ):
            words[at], versions[at] = said, version
        return Predictions(
            {n: _put(p, unsure, second.probabilities[n]) for n, p in first.probabilities.items()},
            {n: _put(p, unsure, second.labels[n]) for n, p in first.labels.items()},
            _put(first.acts, unsure, second.acts),
            words,
            versions,
        )


def joined(parts: Sequence[Predictions]) -> Predictions:
    """Return predictions of several batches as of one."""
    return Predictions(
        {n: np.concatenate([part.probabilities[n] for part in parts]) for n in HEADS},
        {n: np.concatenate([part.labels[n] for part in parts]) for n in parts[0].labels},
        np.concatenate([part.acts for part in parts]),
    )


Kind = TypeVar("Kind", bound=np.generic)


def _put(
    rows: npt.NDArray[Kind], at: npt.NDArray[np.intp], values: npt.NDArray[Kind]
) -> npt.NDArray[Kind]:
    made = rows.copy()
    made[at] = values
    return made
