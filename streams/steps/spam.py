"""How much a mention looks like spam, and why: rules that anybody can read and add up.

Each rule that holds adds its weight; the score is their sum, at most 1. From SPAM on, a mention is
worth hiding by default. The weights say how sure a rule is on its own: `bot_account` and a wall
of hashtags are hints, a promise of easy money nearly settles it. Words are in
`streams.steps.spam_rules`. The reason `giveaway` also tells copies of a giveaway from other ones.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from schemas.mention import Mention
from streams.steps import kernels
from streams.steps.fold import fold
from streams.steps.reading import Reading
from streams.steps.spam_rules import PROMISES
from streams.steps.word_table import word_table

SPAM: Final = 0.5
_ANSWERED = re.compile(r"(?:[\s.]*@[\w.@-]+)*")

MANY_HASHTAGS: Final = 6  # people seldom write more than three
HASHTAG_WALL: Final = 12
MANY_LINKS: Final = 3
MANY_HANDLES: Final = 6
FEW_WORDS: Final = 2
SHOUTED_SHARE: Final = 0.7
MIN_LETTERS_TO_SHOUT: Final = 25
LONG_RUN: Final = 8  # of one character

WEIGHTS: Final[dict[str, float]] = {
    "many_hashtags": 0.25,
    "hashtag_wall": 0.3,  # on top of many_hashtags
    "many_links": 0.3,
    "many_handles": 0.3,  # the same text at a row of accounts
    "link_only": 0.3,
    "tags_only": 0.2,
    "shouting": 0.1,
    "repeated_characters": 0.05,
    "bot_account": 0.2,
    **{promise.reason: promise.weight for promise in PROMISES},
}


def score(
    mentions: Sequence[Mention], texts: Sequence[str], reading: Reading | None = None
) -> tuple[npt.NDArray[np.float32], list[Sequence[str]]]:
    """Score from 0 to 1 and names of the rules that hold, `texts` being the normalised texts."""
    reading = Reading.of(texts) if reading is None else reading
    triggered = kernels.groups_of(reading.hashes, reading.ends, *_triggers())
    held = {reason: _none(texts) for reason in WEIGHTS}
    _count(held, reading)
    for row in np.flatnonzero(reading.survey[:, kernels.ATS] >= MANY_HANDLES).tolist():
        # Those at the start are whom a reply answers.
        rest = texts[row][_ANSWERED.match(texts[row]).end() :]  # type: ignore[union-attr]  # or ""
        held["many_handles"][row] = rest.count("@") >= MANY_HANDLES
    held["bot_account"] = np.fromiter((m.author.is_bot for m in mentions), bool, len(texts))
    suspects = np.flatnonzero(triggered)
    for row, groups in zip(suspects.tolist(), triggered[suspects].tolist(), strict=True):
        folded = fold(texts[row])
        for number, promise in enumerate(PROMISES):
            if groups >> number & 1 and promise.pattern.search(folded):
                held[promise.reason][row] = True
    scores = np.zeros(len(texts), np.float32)
    reasons: list[Sequence[str]] = [()] * len(texts)
    for reason, holds in held.items():
        rows = np.flatnonzero(holds)
        scores[rows] += np.float32(WEIGHTS[reason])
        for row in rows.tolist():
            reasons[row] = (*reasons[row], reason)
    return np.minimum(scores, np.float32(1.0)), reasons


def _count(
    held: dict[str, npt.NDArray[np.bool_]],
    reading: Reading,
) -> None:
    """The rules that count; a hashtag is a word, links and handles are not."""
    survey, words = reading.survey, reading.words
    hashtags, links = survey[:, kernels.HASHES], survey[:, kernels.LINKS]
    letters, capitals = survey[:, kernels.LETTERS], survey[:, kernels.CAPITALS]
    prose = words - hashtags
    held["many_hashtags"] = hashtags >= MANY_HASHTAGS
    held["hashtag_wall"] = (hashtags >= HASHTAG_WALL) & (hashtags >= prose)
    held["many_links"] = links >= MANY_LINKS
    held["link_only"] = (links > 0) & (words <= FEW_WORDS) & (survey[:, kernels.ATS] == 0)
    held["tags_only"] = (hashtags >= 3) & (prose <= FEW_WORDS)
    held["shouting"] = (letters >= MIN_LETTERS_TO_SHOUT) & (capitals >= SHOUTED_SHARE * letters)
    held["repeated_characters"] = survey[:, kernels.LONGEST_RUN] >= LONG_RUN


def _none(texts: Sequence[str]) -> npt.NDArray[np.bool_]:
    return np.zeros(len(texts), bool)


@cache
def _triggers() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint16]]:
    return word_table({number: rule.triggers.split() for number, rule in enumerate(PROMISES)})
