"""Pieces of mentions for a teacher to judge: `python -m models.pieces posts.jsonl > pieces.jsonl`.

A teacher that reads meaning judges a whole mention; which of its words made the judgement it does
not say. Judging pieces of it too, and pieces of two mentions together, it shows that, and a linear
model, which adds up words, learns it: a few thousand mentions become tens of thousands of targets.
How much that gains stands in models/EXPERIMENTS.md.

    python -m models.pieces posts.jsonl > pieces.jsonl
    escucha classify --with-text pieces.jsonl > taught.jsonl     # with the better model in force
    escucha train --teacher taught.jsonl
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import click
import msgspec
import numpy as np

from models.errors import CorpusError

SHORTEST: Final = 5  # words; shorter mentions are not cut
_STRETCH: Final = (0.35, 0.8)  # of the words, in one run
_GAPS: Final = (0.1, 0.35)  # of the words left out, here and there
MAX_CHARS: Final = 600


class _Line(msgspec.Struct):
    text: str
    lang: str | None = None


def stretch(text: str, random: np.random.Generator) -> str:
    """Return some words in a row, at least three, or "" of a short text."""
    words = text.split()
    if len(words) < SHORTEST:
        return ""
    size = max(3, int(len(words) * random.uniform(*_STRETCH)))
    start = int(random.integers(0, len(words) - size + 1))
    return " ".join(words[start : start + size])


def with_gaps(text: str, random: np.random.Generator) -> str:
    """Return the text without some of its words, or "" of a short one."""
    words = text.split()
    if len(words) < SHORTEST:
        return ""
    kept = random.random(len(words)) > random.uniform(*_GAPS)
    return " ".join(word for word, stays in zip(words, kept, strict=True) if stays)


def pieces(texts: Sequence[str], seed: int, *, rounds: int = 1) -> Iterator[str]:
    """Yield pieces of texts of one language; the same texts and seed give the same pieces.

    In each round: a stretch of each text, each text with gaps, and as many joins of a stretch of
    one with a stretch of another.
    """
    random = np.random.default_rng(seed)
    for _ in range(rounds):
        made = [cut(text, random) for cut in (stretch, with_gaps) for text in texts]
        for first, second in random.integers(0, len(texts), (len(texts), 2)).tolist():
            one, two = stretch(texts[first], random), stretch(texts[second], random)
            made.append(f"{one} {two}" if one and two else "")
        yield from (text[:MAX_CHARS] for text in made if text)


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--seed", default=7, show_default=True)
@click.option("--rounds", type=click.IntRange(min=1), default=1, show_default=True)
def main(files: tuple[Path, ...], seed: int, rounds: int) -> None:
    """Cut the mentions of JSON lines FILES, each with text and lang, into pieces."""
    by_language: dict[str, list[str]] = {}
    for file in files:
        try:
            content = file.read_bytes()
        except OSError as error:
            raise CorpusError(f"{file}: {error.strerror}") from error
        for number, line in enumerate(content.split(b"\n"), start=1):
            if line.strip():
                try:
                    mention = msgspec.json.decode(line, type=_Line)
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                    raise CorpusError(f"{file}:{number}: {error}") from error
                by_language.setdefault(mention.lang or "", []).append(mention.text)
    out = sys.stdout.buffer
    for lang, texts in sorted(by_language.items()):
        for text in pieces(texts, seed, rounds=rounds):
            out.write(msgspec.json.encode({"text": text, "lang": lang}) + b"\n")


if __name__ == "__main__":
    main()
