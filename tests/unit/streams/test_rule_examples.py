"""Examples of a rule: what it found, cut out of a text."""

import pytest

from streams.listening.examples import BEFORE_CHARS, MAX_CHARS, pieces


@pytest.mark.parametrize(
    ("text", "spans", "expected"),
    [
        ("", [], []),
        ("abc", [], [("abc", False)]),
        ("a red car", [(2, 5)], [("a ", False), ("red", True), (" car", False)]),
        ("red", [(0, 3)], [("red", True)]),
        ("ab", [(0, 1), (1, 2)], [("a", True), ("b", True)]),
        ("🇪🇸 sí", [(3, 5)], [("🇪🇸 ", False), ("sí", True)]),
    ],
)
def test_a_text_is_cut_where_something_was_found(
    text: str, spans: list[tuple[int, int]], expected: list[tuple[str, bool]]
) -> None:
    assert pieces(text, spans) == expected


def test_a_long_text_is_shown_around_its_first_find() -> None:
    text = "x" * 1_000 + "red" + "y" * 1_000
    cut = pieces(text, [(1_000, 1_003), (1_900, 1_950)])

    assert cut[0] == cut[-1] == ("…", False)
    assert cut[1:3] == [("x" * BEFORE_CHARS, False), ("red", True)]
    assert sum(len(part) for part, _ in cut[1:-1]) == MAX_CHARS


def test_a_long_text_without_a_find_shows_its_beginning() -> None:
    assert pieces("z" * 400, []) == [("z" * MAX_CHARS, False), ("…", False)]
