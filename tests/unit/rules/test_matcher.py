"""The compiled loops: the same words as the definition, and no text that takes for ever."""

import time
from datetime import UTC, datetime

import numpy as np
import pytest
import Stemmer
from hypothesis import given, settings
from hypothesis import strategies as st

from models.labels import load_corpus
from schemas.mention import Author, Mention
from streams.rules.matcher import Matcher
from streams.rules.parser import parse
from streams.rules.stems import LANGUAGES, fold_word, stem_beginning, stems
from streams.rules.words import compose, read, reading_table


def matches(rule: str, *texts: str) -> list[int]:
    mentions = [
        Mention(
            mention_id="csv:1",
            source="csv",
            author=Author(id="a"),
            text=text[:100_000],
            published_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        for text in texts
    ]
    rows, _ = Matcher([parse(rule)]).match(mentions, texts, [""] * len(texts))
    return [int(row) for row in rows]


def test_a_text_ends_where_the_next_begins() -> None:
    assert matches('"a b" OR nimbara', "a", "b", "nim", "bara", "\u0301", "a b", "") == [5]


def test_rows_stay_right_when_composing_changes_the_length_of_texts() -> None:
    assert matches("x OR año", "an\u0303o" * 9, "x", "o\u0301" * 50, "an\u0303o x") == [1, 3]


LONG = 100_000


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ('"a a a a b"', "a " * (LONG // 2)),
        ("(a b c d e)~100", "a b c d " * (LONG // 8)),
        ("(a* OR a) NEAR/100 (aa* OR a) NEAR/100 b".replace("a*", "aa*"), "a aa " * (LONG // 5)),
        ("aa*a*a*a*a*b", "a" * LONG),
        ("a NEAR/5 b", "👩\u200d" * (LONG // 2)),
        ("a", "\u0301" * LONG),
        ("has:link x", "http://" * (LONG // 7)),
    ],
)
def test_no_text_takes_for_ever(rule: str, text: str) -> None:
    matches(rule, "a b")  # the loops are compiled
    started = time.process_time()
    assert matches(rule, text) == []
    assert time.process_time() - started < 5


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(), max_size=4))
def test_every_word_that_the_definition_reads_is_found(texts: list[str]) -> None:
    for row, text in enumerate(texts):
        for word in read(compose(text)):
            if word.is_word and not set(word.folded) & set('"“”„«»*?'):
                assert row in matches(f'"{word.folded}"', *texts)


def test_letters_are_read_without_case_and_accents_but_for_ene() -> None:
    table = reading_table() & np.uint32((1 << 21) - 1)
    assert [chr(table[ord(c)]) for c in "ÁéÑñÜçßΣ"] == list("aeññucßσ")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_all_forms_of_a_word_begin_as_it_is_scanned_for(lang: str) -> None:
    """On every word of the project's corpus, each as a rule against its whole family."""
    words = {w.folded for item in load_corpus() for w in read(compose(item.text)) if w.is_word}
    words |= {"skies", "dying", "lying", "happy", "happily", "relational", "existencia", "lógica"}
    family: dict[str, set[str]] = {}
    for word in words:
        for stem in stems(word, lang):
            family.setdefault(stem, set()).add(word)
    for word in words:
        beginning = stem_beginning(word)
        forms = set().union(*(family[stem] for stem in stems(word, lang)))
        assert all(fold_word(form).startswith(beginning) for form in forms), (word, forms)
    assert set(LANGUAGES.values()) <= set(Stemmer.algorithms())
