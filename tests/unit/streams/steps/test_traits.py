from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.mention import Account, Author, Mention
from streams.steps.traits import MAX_EMOJI, emoji_in, traits

AT = datetime(2026, 7, 4, tzinfo=UTC)


def mention(text: str, **more: Any) -> Mention:
    return Mention(
        mention_id="test:1",
        source="test",
        author=Author(id="a"),
        text=text,
        published_at=AT,
        **more,
    )


def found(text: str, **more: Any) -> tuple[list[str], list[str], list[str], list[str]]:
    traits_ = traits([mention(text, **more)], [text])
    lists = (traits_.emoji, traits_.hashtags, traits_.handles, traits_.links)
    return tuple(list(entries[0]) for entries in lists)  # type: ignore[return-value]


@pytest.mark.parametrize(
    "sequence",
    ["😀", "❤️", "👍🏽", "👩\u200d👩\u200d👧", "🇪🇸", "1️⃣", "🏳️\u200d🌈", "👩🏽\u200d💻",
     "❤️\u200d🔥", "🤦🏻\u200d♂️",
     "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"],
)  # fmt: skip
def test_an_emoji_is_one_whole_sequence(sequence: str) -> None:
    assert emoji_in(f"a{sequence}b {sequence}") == [sequence]


def test_flags_that_follow_each_other_are_told_apart() -> None:
    assert emoji_in("🇪🇸🇫🇷🇪🇸") == ["🇪🇸", "🇫🇷"]


def test_a_heart_without_its_selector_is_the_same_heart() -> None:
    assert emoji_in("❤ ❤️") == ["❤️"]


def test_signs_and_digits_are_no_emoji() -> None:
    assert emoji_in("© Iberia™ 2 → 3 #1 *") == []


def test_only_the_first_distinct_emoji_are_kept() -> None:
    many = "".join(chr(0x1F600 + n) for n in range(MAX_EMOJI + 5))
    assert len(emoji_in(many * 2)) == MAX_EMOJI


def test_what_the_text_names_is_found() -> None:
    text = "Hola @Iberia, mira https://example.com/a?b=1. #Viajes #100 (www.example.org) 😀"
    assert found(text) == (
        ["😀"],
        ["Viajes"],
        ["Iberia"],
        ["https://example.com/a?b=1", "www.example.org"],
    )


def test_what_the_payload_names_comes_first_and_once() -> None:
    emoji, hashtags, handles, links = found(
        "#viajes #Sol @iberia @vueling https://t.co/1",
        hashtags=("Viajes",),
        mentioned=(Account(handle="@Iberia"), Account(id="7")),
        links=("https://example.com", "https://t.co/1"),
    )
    assert hashtags == ["Viajes", "Sol"]
    assert handles == ["Iberia", "vueling"]
    assert links == ["https://example.com", "https://t.co/1"]
    assert emoji == []


def test_handles_of_other_networks_are_whole_and_addresses_are_none() -> None:
    text = "@ana.example.com @ben@masto.example mail: cleo@example.com http://x.y/@dan"
    assert found(text)[2] == ["ana.example.com", "ben@masto.example"]


def test_brackets_of_the_sentence_are_not_of_the_link() -> None:
    text = "(see https://en.example.org/wiki/A_(b)) and https://x.example/c)."
    assert found(text)[3] == ["https://en.example.org/wiki/A_(b)", "https://x.example/c"]


@given(st.lists(st.text(max_size=40), max_size=5))
def test_any_text_has_traits_and_rows_are_independent(texts: list[str]) -> None:
    mentions = [mention(text) for text in texts]
    together = traits(mentions, texts)
    for row, text in enumerate(texts):
        assert list(together.hashtags[row]) == found(text)[1]
        assert list(together.handles[row]) == found(text)[2]
