"""Soft targets: what a better model, the teacher, makes of mentions that nobody labelled.

A linear model learns from them much of what the teacher knows (Hinton et al. 2015, "Distilling
the Knowledge in a Neural Network"), and unlabelled posts are there by the thousand. A file of them
is what `escucha classify --with-text` writes, or any JSON lines with `text`, if known `lang` and
`parent_text`, and for each head that is taught

    "intent": {"probabilities": {"none": 0.9, "latent": 0.07, "active": 0.03}}
"""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from models.errors import CorpusError
from models.predictions import HEADS, Texts

_TOLERANCE: Final = 0.01  # probabilities are rounded


class _Judged(msgspec.Struct):
    probabilities: dict[str, float]


class _Line(msgspec.Struct):
    text: str
    lang: str | None = None
    parent_text: str | None = None
    intent: _Judged | None = None
    stage: _Judged | None = None
    needs_reply: _Judged | None = None
    sentiment: _Judged | None = None
    act: _Judged | None = None


class Targets(NamedTuple):
    """Which of the taught mentions an estimator learns from, and what the teacher makes of them."""

    at: npt.NDArray[np.intp]
    chances: npt.NDArray[np.float64]  # (these, classes)


class Taught:
    """Mentions and what the teacher makes of them, in order."""

    def __init__(
        self, texts: Texts, chances: dict[str, npt.NDArray[np.float64]], digest: str = ""
    ) -> None:
        """Take for each head an array (n, classes), NaN in rows that it was not taught on."""
        self.texts = texts
        self.digest = digest
        self._chances = chances

    @classmethod
    def none(cls) -> "Taught":
        """No teacher."""
        return cls(Texts([], [], []), {n: np.empty((0, len(h.classes))) for n, h in HEADS.items()})

    @classmethod
    def read(cls, files: Iterable[Path]) -> "Taught":
        """Read files of them; raises CorpusError, naming file and line, for what is none."""
        lines: list[_Line] = []
        places: list[str] = []
        whole = hashlib.sha256()
        for file in files:
            try:
                content = file.read_bytes()
            except OSError as error:
                raise CorpusError(f"{file}: {error.strerror}") from error
            whole.update(hashlib.sha256(content).digest())
            for number, line in enumerate(content.split(b"\n"), start=1):
                if line.strip():
                    places.append(f"{file}:{number}")
                    try:
                        lines.append(msgspec.json.decode(line, type=_Line))
                    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                        raise CorpusError(f"{places[-1]}: {error}") from error
        if not lines:
            raise CorpusError("the teacher's files are empty")
        texts = Texts(
            [line.text for line in lines],
            [line.lang or "" for line in lines],
            [line.parent_text or "" for line in lines],
        )
        chances = {name: _chances(name, lines, places) for name in HEADS}
        return cls(texts, chances, whole.hexdigest())

    def __len__(self) -> int:
        return len(self.texts)

    def targets(self, name: str) -> Targets:
        """Return the targets of an estimator, "intent" or "act.question" for example."""
        head, _, act = name.partition(".")
        given = self._chances[head]
        if act:
            yes = given[:, HEADS[head].classes.index(act)]
            given = np.column_stack([1 - yes, yes])
        at = np.flatnonzero(~np.isnan(given[:, 0]))
        chances = given[at]
        return Targets(at, chances / chances.sum(axis=1, keepdims=True))


def _chances(name: str, lines: Sequence[_Line], places: Sequence[str]) -> npt.NDArray[np.float64]:
    head = HEADS[name]
    made = np.full((len(lines), len(head.classes)), np.nan)
    for number, (line, place) in enumerate(zip(lines, places, strict=True)):
        judged: _Judged | None = getattr(line, name)
        if judged is None:
            continue
        if set(judged.probabilities) != set(head.classes):
            raise CorpusError(f"{place}: {name} needs a probability for each of {head.classes}")
        row = np.array([judged.probabilities[label] for label in head.classes])
        sums = head.many or abs(row.sum() - 1) <= _TOLERANCE
        if not (np.isfinite(row).all() and (row >= 0).all() and (row <= 1).all() and sums):
            raise CorpusError(f"{place}: {name}: {judged.probabilities} are no probabilities")
        made[number] = row
    return made
