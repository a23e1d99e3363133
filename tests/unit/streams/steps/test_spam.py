from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.mention import Author, Mention
from streams.steps.spam import SPAM, WEIGHTS, score

AT = datetime(2026, 7, 4, tzinfo=UTC)


def judged(text: str, *, is_bot: bool = False) -> tuple[float, set[str]]:
    author = Author(id="a", is_bot=is_bot)
    mention = Mention(mention_id="test:1", source="test", author=author, text=text, published_at=AT)
    scores, reasons = score([mention], [text])
    return float(scores[0]), set(reasons[0])


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("giveaway", "¡Gran sorteo! Sigue a la cuenta y participa"),
        ("giveaway", "Retweet and follow us to win a laptop"),
        ("giveaway", "Our Christmas #giveaway starts now"),
        ("follow_bait", "Sígueme y te sigo, gente"),
        ("follow_bait", "follow me and I'll follow you #f4f"),
        ("easy_money", "Earn up to $500 per day from your phone"),
        ("easy_money", "Gana dinero fácil desde casa"),
        ("easy_money", "Claim your free airdrop of 100 tokens"),
        ("adult", "Chicas, vendo packs por privado"),
        ("advert", "Envío gratis hasta el domingo"),
        ("advert", "Use code SUMMER for 20% off"),
        ("many_hashtags", "nice #a1 #b2 #c3 #d4 #e5 #f6 day for a walk in the park with friends"),
        ("tags_only", "#one #two #three https://example.com"),
        ("link_only", "look https://example.com/1"),
        ("many_links", "http://a.example http://b.example http://c.example three of them for you"),
        ("many_handles", "read this now @a1 @b2 @c3 @d4 @e5 @f6"),
        ("shouting", "WORST AIRLINE EVER AND NOBODY ANSWERS ME"),
        ("repeated_characters", "hooooooooola"),
    ],
)
def test_each_rule_is_named(reason: str, text: str) -> None:
    assert reason in judged(text)[1]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "You have to follow me back so that I can send you a direct message",
        "@a1 @b2 @c3 @d4 @e5 @f6 @g7 totally agree with all of you",
        "Quiero ganar tiempo, ¿a qué hora sale el vuelo?",
        "Estoy pensando en comprar un portátil nuevo, ¿alguna recomendación?",
        "Can any1 suggest a #laptop or #notebook for work, with #intel and a good #battery?",
    ],
)
def test_what_people_say_is_no_spam(text: str) -> None:
    points, reasons = judged(text)
    assert points < SPAM
    assert not reasons


def test_a_bot_says_so_itself() -> None:
    assert judged("good morning to all", is_bot=True)[1] == {"bot_account"}


@given(st.text(max_size=200))
def test_the_score_is_the_sum_of_its_reasons(text: str) -> None:
    points, reasons = judged(text)
    assert points == pytest.approx(min(1.0, sum(WEIGHTS[reason] for reason in reasons)), abs=1e-6)


def test_a_wall_of_hashtags_with_promises_is_spam() -> None:
    tags = " ".join(f"#tag{n}" for n in range(14))
    assert judged(f"Enter to win! {tags}")[0] >= SPAM


def test_nothing_in_nothing_out() -> None:
    scores, reasons = score([], [])
    assert (scores.size, reasons) == (0, [])
