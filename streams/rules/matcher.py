"""Many rules over a batch of mentions, compiled."""

import unicodedata
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from schemas.mention import Mention
from streams.rules.alike import alike
from streams.rules.closer import CloserLook
from streams.rules.evaluate import evaluate
from streams.rules.facts import FactFinder
from streams.rules.nodes import Node
from streams.rules.program import assemble, is_literal
from streams.rules.scan import Ints, Points, scan
from streams.rules.words import code_points, compose, reading_table

Rows = npt.NDArray[np.int64]
SEPARATOR = "\n"  # composes with nothing


class Matcher:
    """Finds which of many rules match each mention of a batch. Safe to share between threads."""

    def __init__(self, rules: Sequence[Node]) -> None:
        self._program, self._literals, self._atoms = assemble(rules)
        self._facts = FactFinder(self._atoms.fields)
        token_of_atom = {atom: token for token, atom in self._atoms.tokens.items()}
        self._closer = CloserLook(token_of_atom)
        needs = np.zeros(max(1, len(self._atoms)), np.bool_)
        needs[[a for a, token in token_of_atom.items() if not is_literal(token)]] = True
        self._needs_closer_look = needs if needs.any() else None

    def match(
        self, mentions: Sequence[Mention], texts: Sequence[str], langs: Sequence[str]
    ) -> tuple[Ints, Ints]:
        """Return rows and rules that match, row by row."""
        joined, starts, ends = join(texts)
        points = code_points(joined)
        row_ends, hits, has = scan(points, starts, ends, reading_table(), self._literals)
        if self._needs_closer_look is not None and hits.size:
            self._look_closer(self._needs_closer_look, joined, points, row_ends, hits, langs)
        fact_ends, facts = self._facts.find(mentions, langs, has)
        return evaluate(row_ends, hits, fact_ends, facts, len(self._atoms), self._program)

    def _look_closer(
        self,
        doubtful: npt.NDArray[np.bool_],
        joined: str,
        points: Points,
        row_ends: Rows,
        hits: Ints,
        langs: Sequence[str],
    ) -> None:
        numbers = {lang: number for number, lang in enumerate(dict.fromkeys(langs))}
        of_rows = np.fromiter(map(numbers.__getitem__, langs), np.int32, len(langs))
        found, rows, first = alike(hits, row_ends, doubtful, of_rows, points)
        different = np.flatnonzero(first == np.arange(len(first)))
        holds = np.ones(len(first), np.bool_)
        for place, row, (atom, _, start, end) in zip(
            different.tolist(),
            rows[different].tolist(),
            hits[found[different]].tolist(),
            strict=True,
        ):
            holds[place] = self._closer.holds(atom, joined[start:end], langs[row])
        hits[found[~holds[first]], 0] = -1


def join(texts: Sequence[str]) -> tuple[str, Rows, Rows]:
    """Return the composed texts as one, and where each starts and ends."""
    joined = SEPARATOR.join(texts)
    if not unicodedata.is_normalized("NFC", joined):
        texts = [compose(text) for text in texts]
        joined = SEPARATOR.join(texts)
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    ends = np.cumsum(lengths + len(SEPARATOR)) - len(SEPARATOR)
    return joined, ends - lengths, ends
