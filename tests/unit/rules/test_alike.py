"""Hits alike are found by comparing what they are, whatever their hashes say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.rules.alike import alike
from streams.rules.words import code_points

NONE = np.zeros(0, np.int32)


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """Before the first test, so that it is not slow because it came first."""
    alike(NONE.reshape(-1, 4), NONE.astype(np.int64), np.ones(4, np.bool_), NONE, code_points(""))


WORDS = ["a", "ab", "abc", "abd", "ñ", "n", "niño", "nino", "a" * 70]
HITS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(WORDS), st.integers(0, 1)), max_size=30
)


@given(st.lists(HITS, max_size=5), st.lists(st.booleans(), min_size=4, max_size=4))
def test_the_first_alike_has_the_same_atom_word_and_language(
    rows: list[list[tuple[int, str, int]]], doubtful: list[bool]
) -> None:
    joined, hits, ends, langs = "", [], [], []
    expected: list[tuple[int, int, int]] = []
    seen: dict[tuple[int, str, int], int] = {}
    for number, row in enumerate(rows):
        lang = row[0][2] if row else 0
        langs.append(lang)
        for atom, word, _ in row:
            if doubtful[atom]:
                first = seen.setdefault((atom, word, lang), len(expected))
                expected.append((len(hits), number, first))
            hits.append((atom, 0, len(joined), len(joined) + len(word)))
            joined += word
        ends.append(len(hits))
    found = alike(
        np.array(hits, np.int32).reshape(-1, 4),
        np.array(ends, np.int64),
        np.array(doubtful),
        np.array(langs, np.int32),
        code_points(joined),
    )
    assert list(zip(*(part.tolist() for part in found), strict=True)) == expected
