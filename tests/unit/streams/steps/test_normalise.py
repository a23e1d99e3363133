import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.steps import normalise as step
from streams.steps.normalise import normalise
from tests.unit.streams.steps.posts import real_posts

FAMILY = "👩\u200d👩\u200d👧"
ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
PERSIAN = "می\u200cخواهم"
SINHALA = "ශ්\u200dරී"
SNIPPETS = st.sampled_from(
    ["&amp;", "&", "amp;", "lt;", "#38;", "\u200b", "\u200d", "\u200c", "\ufeff", " ", "\t", "\r",
     "\n", "\u00a0", "e\u0301", "Ã©", "â€™", "ðŸ˜€", "\x85", "\x92", "\u202e", FAMILY, ENGLAND]
)  # fmt: skip
WORDS = st.text(st.characters(categories=["L", "N"], max_codepoint=0x24F), min_size=1, max_size=8)
MARKS = st.sampled_from([" ", "…", "”", "“", "’", "–", "—", "»", "«", "º", "ª", "€", "™", "!", "©"])


def of(text: str) -> str:
    return normalise([text])[0]


@given(st.lists(st.one_of(st.text(max_size=6), SNIPPETS), max_size=12).map("".join))
def test_a_second_time_changes_nothing(text: str) -> None:
    once = of(text)
    again = of(once)
    assert again == once
    assert again is once


@given(st.lists(st.tuples(WORDS, MARKS), min_size=1, max_size=6))
def test_correct_western_texts_stay_as_they_are(parts: list[tuple[str, str]]) -> None:
    written = " ".join("".join(part) for part in parts)
    text = " ".join(unicodedata.normalize("NFC", written).split())
    letters = set("ÂÃÄÅâãäåæçèéïðÎÏÐÑØÙ")
    if letters.isdisjoint(text):
        assert of(text) is text


@pytest.mark.parametrize("end", list("…”“’‘–—»«ºª€™·•©°¡¿®"))
@pytest.mark.parametrize("word", ["PASÓ", "MUÑ", "ASÍ", "está", "São", "MAÇÃ", "Überfluß", "así"])
def test_accented_words_before_any_mark_are_no_mojibake(word: str, end: str) -> None:
    for text in (f"{word}{end}", f"{word}{end} que tal", f"y {word}{end}{word}", f"{word}{end}”"):
        assert of(text) == text


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("cafÃ© con leche", "café con leche"),
        ("EspaÃ±a", "España"),
        ("I donâ€™t know", "I don’t know"),
        ("Â¿QuÃ© tal?", "¿Qué tal?"),
        ("ðŸ˜€ hola", "😀 hola"),
        ("it\x92s", "it’s"),
    ],
)
def test_text_read_in_the_wrong_encoding_is_repaired(broken: str, whole: str) -> None:
    assert of(broken) == whole


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("R&amp;D", "R&D"),
        ("&amp;amp;lt;3", "<3"),
        ("se&ntilde;or &#8364;5 &#x1F600;", "señor €5 😀"),
        ("http://x.com/?a=1&copy=2", "http://x.com/?a=1&copy=2"),
        ("AT&T; Fish & Chips", "AT&T; Fish & Chips"),
        ("e\u0301l", "él"),
        (" two  blanks\tand\u00a0others ", "two blanks and others"),
        ("a line \r\n another\u2028third\n\nfifth", "a line\nanother\nthird\n\nfifth"),
        ("zero\u200bwidth\ufeff \x00control\u00ad", "zerowidth control"),
        ("left \u202eright\u202c", "left right"),
        ("join\u200ded", "joined"),
    ],
)
def test_what_looks_the_same_is_spelled_the_same(written: str, meant: str) -> None:
    assert of(written) == meant


@pytest.mark.parametrize("text", [FAMILY, ENGLAND, PERSIAN, SINHALA, "❤️‍🔥", "👍🏽", "א\u200fב (c)"])
def test_joiners_that_mean_something_stay(text: str) -> None:
    assert of(text) is text


def test_entities_nested_without_end_are_left_as_they_came() -> None:
    text = "&" + "amp;" * 20 + "lt;"
    assert of(text) is text


def test_of_real_posts_few_are_touched_and_none_loses_a_letter() -> None:
    texts = [post["text"] for post in real_posts("airlines_es_sentiment")]
    normal = normalise(texts)
    changed = [(a, b) for a, b in zip(texts, normal, strict=True) if a is not b]
    assert len(changed) < len(texts) / 5
    for before, after in changed:
        if "&" not in before:
            assert sorted(filter(str.isalpha, unicodedata.normalize("NFC", before))) == sorted(
                filter(str.isalpha, after)
            )


@given(
    st.lists(SNIPPETS | WORDS | MARKS | st.text("\t\n\x0b\x1c\x1f \u3000a"), max_size=8).map(
        "".join
    )
)
def test_no_blank_but_single_spaces_and_newlines_is_left(text: str) -> None:
    assert not re.search(r"[^\S\n ]|  |^\s|\s$", of(text))


@given(st.text(st.characters(min_codepoint=0x80, max_codepoint=0xFF) | st.sampled_from("â€™ŸŸ”“")))
def test_what_was_read_in_the_wrong_encoding_never_escapes_the_quick_look(text: str) -> None:
    if step._WRONG_ENCODING.search(text):
        assert step._MAYBE_WRONG.search(text)
