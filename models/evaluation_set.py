"""Labelled mentions to judge a model by, and which of them it has learnt from."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.errors import CorpusError
from models.labels import LabelledMention, load_corpus
from models.predictions import Texts

NATURAL: Final = "natural"  # in place of a file: the part of the corpus drawn as posts come


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """Labelled mentions in order, where each is from ("" if unknown), and what was read."""

    items: Sequence[LabelledMention]
    sources: Sequence[str]
    origins: Sequence[str]

    @classmethod
    def read(cls, names: Iterable[str | Path]) -> "EvaluationSet":
        """Read labelled files, or with the name "natural" the natural part of the corpus.

        Raises CorpusError, naming file and line, as `load_corpus` does, and when nothing is there.
        """
        items: list[LabelledMention] = []
        given = [str(name) for name in names]
        files = [Path(name) for name in given if name != NATURAL or Path(name).exists()]
        if len(files) < len(given):
            items += natural_part()
        items += load_corpus(files)
        if len({item.id for item in items}) < len(items):
            raise CorpusError(f"an id of the corpus comes again in {', '.join(given)}")
        if not items:
            raise CorpusError(f"no labelled mentions in {', '.join(given) or 'no file'}")
        return cls(items, [item.source for item in items], [Path(name).name for name in given])

    @classmethod
    def of(cls, items: Sequence[LabelledMention]) -> "EvaluationSet":
        """Mentions that are at hand, their sources unknown."""
        return cls(items, [""] * len(items), [])

    def __len__(self) -> int:
        return len(self.items)

    def without(self, learnt: Collection[str]) -> "EvaluationSet":
        """Return the mentions whose fingerprint is not among those `learnt`."""
        kept = [at for at, item in enumerate(self.items) if fingerprint(item.text) not in learnt]
        return EvaluationSet(
            [self.items[at] for at in kept], [self.sources[at] for at in kept], self.origins
        )

    def of_language(self, lang: str) -> "EvaluationSet":
        """Return the mentions of one language."""
        kept = [at for at, item in enumerate(self.items) if item.lang == lang]
        return EvaluationSet(
            [self.items[at] for at in kept], [self.sources[at] for at in kept], self.origins
        )

    def texts(self) -> Texts:
        """Return what a classifier reads of them."""
        return Texts(
            [item.text for item in self.items],
            [item.lang for item in self.items],
            [item.parent_text or "" for item in self.items],
        )


def natural_part() -> list[LabelledMention]:
    """Return the mentions of the corpus that were drawn as posts come, in order."""
    return [item for item in load_corpus() if item.draw == NATURAL]


def fingerprint(text: str) -> str:
    """Return 16 hex digits by which a text is known again, however it is spaced and cased.

    The text cannot be read from it. It is kept beside a model to tell what the model has seen.
    """
    plain = " ".join(text.casefold().split())
    return hashlib.blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
