"""What a classifier is given and what it answers, the same for every profile."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, Self

import numpy as np
import numpy.typing as npt

from schemas.labels import ACTS, INTENTS, NEEDS_REPLY, SENTIMENTS, STAGES

Probabilities = npt.NDArray[np.float32]
LabelIndices = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Head:
    """A question about a mention: one of `classes` holds or, with `many`, any number of them."""

    classes: tuple[str, ...]
    many: bool = False


HEADS: Final[Mapping[str, Head]] = {
    "intent": Head(INTENTS),
    "stage": Head(STAGES),
    "needs_reply": Head(NEEDS_REPLY),
    "sentiment": Head(SENTIMENTS),
    "act": Head(ACTS, many=True),
}


@dataclass(frozen=True, slots=True)
class Texts:
    """What is read of n mentions: their texts, languages and the texts they answer, or ""."""

    texts: Sequence[str]
    langs: Sequence[str]
    parents: Sequence[str]

    @classmethod
    def plain(cls, texts: Sequence[str], lang: str = "") -> Self:
        """Texts that answer nothing."""
        return cls(texts, [lang] * len(texts), [""] * len(texts))

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, at: Sequence[int]) -> "Texts":
        """Those at some places, in that order."""
        return Texts(
            [self.texts[n] for n in at], [self.langs[n] for n in at], [self.parents[n] for n in at]
        )

    def chunks(self, size: int) -> Iterator["Texts"]:
        """The same in parts of at most `size`; one empty part of nothing."""
        for at in range(0, max(1, len(self.texts)), size):
            part = slice(at, at + size)
            yield Texts(self.texts[part], self.langs[part], self.parents[part])


@dataclass(frozen=True, slots=True)
class Predictions:
    """What a classifier makes of n mentions, for each of `HEADS`.

    Attributes:
        probabilities: (n, classes) each. Rows of a head with one answer sum to one; those of
            "act" are the chance of each act by itself.
        labels: (n,) index of the class that was decided for, of each head with one answer. The
            thresholds of the model decide, so it need not be the most probable.
        acts: (n, acts) which acts were decided for.
        intent_words: for each mention the words that argued most for its intent, strongest
            first, none where that is none; empty as a whole where a classifier cannot tell.
        versions: which model judged each mention; empty where it is the classifier's `version`
            for all.
    """

    probabilities: Mapping[str, Probabilities]
    labels: Mapping[str, LabelIndices]
    acts: Flags
    intent_words: Sequence[Sequence[str]] = ()
    versions: Sequence[str] = ()

    @classmethod
    def most_probable(cls, probabilities: Mapping[str, Probabilities]) -> Self:
        """Decide for the most probable class, and for acts that are more likely than not."""
        return cls(
            probabilities,
            {n: p.argmax(axis=1) for n, p in probabilities.items() if not HEADS[n].many},
            probabilities["act"] > 0.5,
        )


def versions_of(model: "Classifier") -> Sequence[str]:
    """Return the versions that a row may carry which a model has judged as it would today."""
    found: Sequence[str] = getattr(model, "versions", (model.version, f"{model.version}+fast"))
    return found


class Classifier(Protocol):
    """Judges mentions. It never changes once made, so any number of threads may share it."""

    @property
    def version(self) -> str:
        """Which model it is; every row carries it, or what `Predictions.versions` says."""
        ...

    def predict(self, texts: Texts) -> Predictions:
        """Return the predictions for mentions, in order."""
        ...
