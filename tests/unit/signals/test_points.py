"""Who counts: one voice counts once, however loud and in whatever order it arrives."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streams.signals.emerging.points import Points, first_words

ROWS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 60), st.integers(-1, 3)), min_size=1, max_size=40
)


def plainly(rows: list[tuple[int, int, int]], silence: float) -> list[tuple[int, int, int]]:
    """The same by hand: a mention counts when its author said nothing in the silence before."""
    kept = []
    for n, (series, at, author) in enumerate(rows):
        earlier = [
            t for m, (s, t, a) in enumerate(rows)
            if (s, a) == (series, author) and (t, m) < (at, n)
        ]  # fmt: skip
        if author < 0 or not earlier or at - max(earlier) > silence:
            kept.append((series, at, author))
    return sorted(kept)


@given(ROWS, st.permutations(range(40)))
def test_the_order_of_arrival_does_not_matter(
    rows: list[tuple[int, int, int]], order: list[int]
) -> None:
    shuffled = [rows[k] for k in order if k < len(rows)]
    series, at, author = (np.array(column) for column in zip(*shuffled, strict=True))
    kept = first_words(series, at.astype(float), author, 10.0)
    found = sorted(row for row, keep in zip(shuffled, kept, strict=True) if keep)
    assert found == plainly(rows, 10.0)


def test_who_never_falls_silent_counts_once() -> None:
    at = np.arange(0.0, 7 * 86_400, 600.0)
    same = np.zeros(len(at), np.int64)
    assert first_words(same, at, same, 86_400.0).sum() == 1


def test_windows_are_open_at_their_begin_and_closed_at_their_end() -> None:
    points = Points.make(np.array([1, 0, 1, 1]), np.array([30.0, 5.0, 10.0, 20.0]), ["a", "b"])
    one = np.array([1, 1, 0])
    counts = points.count(one, np.array([10.0, 9.9, 0.0]), np.array([30.0, 20.0, 50.0]))
    assert counts.tolist() == [2, 2, 1]
