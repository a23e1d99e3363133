"""What is masked, what stays, and that masking is done once and leaks nothing."""

import csv
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.mention import Author, Mention
from streams.clock import now
from streams.steps.masking import MASKS, mask, mask_mentions, mask_one
from streams.steps.personal import may_be_personal


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """Before the first test, so that none is slow because it came first."""
    may_be_personal(["hola"])


CARDS = ["4111 1111 1111 1111", "5500-0000-0000-0004", "340000000000009", "4111.1111.1111.1111"]
PHONES = [
    "612 345 678", "612345678", "91 123 45 67", "+34 612 34 56 78", "0034612345678",
    "(212) 555-0147", "212-555-0147", "+44 20 7946 0958", "+52 (55) 1234-5678", "01632 960983",
    "６１２ ３４５ ６７８", "612\u00a0345\u00a0678", "612–345–678", "＋34 612345678",
]  # fmt: skip
IBANS = ["ES91 2100 0418 4502 0005 1332", "DE89370400440532013000", "gb29nwbk60161331926819"]
EMAILS = ["ana@example.com", "a.b+c@sub.example.co.uk", "josé@ejemplo.es", "ana＠example.com"]
STAYS = [
    "2026-07-04", "04/07/2026 10:30", "192.168.100.200", "1.234.567,89 €", "900.000.000 €",
    "pedido 912345678", "order #612345678", "MacBook Pro 2016-2019", "XPS 15 2019 (7590)",
    "https://example.org/status/936979305720090626", "t.co/612345678", "@user612345678",
    "#612345678", "@ana@mastodon.example", "hola @iberia", "Chrome 80.0.3987.149", "ref: 612345678",
    "4111 1111 1111 1112", "flight UA936 and XPS 13 9310", "BA016 from Sydney", "i5@1.8 GHz",
    "594026-001", "Order# 3632693-6196346", "1234567", "13.3 15 15.4", "$ 612345678",
]  # fmt: skip
PERSONAL = [
    *(("card", one) for one in CARDS),
    *(("phone", one) for one in PHONES),
    *(("iban", one) for one in IBANS),
    *(("email", one) for one in EMAILS),
]


@pytest.mark.parametrize(("kind", "shown"), PERSONAL)
@pytest.mark.parametrize("around", ["{}", "llámame al {}.", "({})", "mine: {}, thanks", "a {}\nb"])
def test_it_is_masked_wherever_it_stands(kind: str, shown: str, around: str) -> None:
    text, kinds = mask_one(around.format(shown))
    assert text == around.format(MASKS[kind])
    assert kinds == (kind,)


@pytest.mark.parametrize("text", STAYS)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert mask_one(text) == (text, ())


def test_a_number_that_is_called_a_telephone_is_one() -> None:
    assert mask_one("whatsapp: 5551234567")[0] == "whatsapp: ‹phone›"
    assert mask_one("5551234567")[1] == ()
    assert mask_one("escribe a wa.me/34612345678")[1] == ("phone",)
    assert mask_one("https://wa.me/34612345678?x=1")[0] == "https://wa.me/‹phone›?x=1"


def test_several_kinds_are_named_in_order() -> None:
    text, kinds = mask_one("612345678 o ana@example.com / 4111111111111111")
    assert text == "‹phone› o ‹email› / ‹card›"
    assert kinds == ("card", "email", "phone")


LINKS = [
    "https://wa.me/34612345678", "http://612345678", "https://Wa.me/+34612345678", "www.612345678",
    "https://api.whatsapp.com/send?phone=34612345678", "https://a.b/?c=612345678", "@http",
    "https://example.org/ana@example.com", "#", "ES91 2100 0418 4502 0005 13",
]  # fmt: skip
WORDS = st.sampled_from(
    [*(shown for _, shown in PERSONAL), *STAYS, *LINKS, "hola", "‹phone›", "/", "@"]
)
JOINED = st.lists(WORDS, max_size=6).flatmap(
    lambda words: st.sampled_from([" ", ", ", "\n", "/", ""]).map(lambda sep: sep.join(words))
)
NOISE = st.text(alphabet="0123456789٠١６ @.-+()/aES‹›é\u00a0", max_size=60)


@given(JOINED | NOISE | st.text(max_size=80))
def test_masking_again_changes_nothing(text: str) -> None:
    once, kinds = mask_one(text)
    assert mask_one(once) == (once, ())
    assert (once != text) == bool(kinds)


@given(st.lists(JOINED | NOISE | st.text(max_size=80), max_size=5))
def test_the_quick_look_never_passes_over_what_is_masked(texts: list[str]) -> None:
    for text, suspect in zip(texts, may_be_personal(texts).tolist(), strict=True):
        assert suspect or mask_one(text) == (text, ())


@pytest.mark.parametrize(
    "text",
    ["", "@iberia hola", "RT @ana.bsky.social: 12,5 € a las 10:30", ".@united 1234 5", "i5@1", "@"],
)
def test_the_quick_look_passes_over_handles_prices_and_hours(text: str) -> None:
    assert not may_be_personal([text])[0]


@given(
    st.lists(
        st.tuples(JOINED | NOISE, JOINED | NOISE, JOINED | NOISE, st.lists(WORDS, max_size=2)),
        max_size=4,
    )
)
def test_a_batch_is_masked_as_its_parts_are(
    parts: list[tuple[str, str, str, list[str]]],
) -> None:
    mentions = [
        Mention(
            mention_id="csv:1",
            source="csv",
            author=Author(id="a", name=name),
            text=text,
            parent_text=parent,
            links=tuple(links),
            published_at=now(),
        )
        for text, parent, name, links in parts
    ]
    masked, kinds = mask_mentions(mentions)
    for mention, after, found in zip(mentions, masked, kinds, strict=True):
        links = list(mention.links)
        if any("@" in link or "wa.me" in link or "whatsapp" in link for link in links):
            links = mask(links).texts
        assert (after.text, after.parent_text, after.author.name, list(after.links)) == (
            *(mask_one(t)[0] for t in (mention.text, mention.parent_text, mention.author.name)),
            links,
        )
        assert bool(found) == (after != mention)


@given(st.sampled_from(PERSONAL), st.text(alphabet="abc ñ,!¿", max_size=20))
def test_nothing_of_it_is_left(personal: tuple[str, str], other: str) -> None:
    text, _ = mask_one(f"{other} {personal[1]} {other}")
    assert text == f"{other} {MASKS[personal[0]]} {other}"


def test_a_batch_keeps_its_order_and_mentions_are_masked_everywhere() -> None:
    assert mask(["612345678", "hola"]).texts == ["‹phone›", "hola"]
    clean = Mention(
        mention_id="csv:1", source="csv", author=Author(id="a"), text="hola", published_at=now()
    )
    spoken = Mention(
        mention_id="csv:2",
        source="csv",
        author=Author(id="a", handle="@ana", name="Ana 612345678"),
        text="ok",
        parent_text="ana@example.com",
        links=("mailto:ana@example.com",),
        published_at=now(),
    )
    masked, kinds = mask_mentions([clean, spoken])
    assert masked[0] is clean
    assert masked[1].author == Author(id="a", handle="@ana", name="Ana ‹phone›")
    assert (masked[1].parent_text, masked[1].links) == ("‹email›", ("mailto:‹email›",))
    assert kinds == [(), ("email", "phone")]


def test_of_real_posts_few_are_masked() -> None:
    """Beside: 155 telephones and 29 addresses in 31,337 posts, of which 23 of 25 drawn were so."""
    folder = Path(os.environ.get("ESCUCHA_DATA", Path(__file__).parents[4] / "shared/data"))
    if not (folder / "support_threads_en.csv").exists():
        pytest.skip(f"the real posts are not in {folder}")
    texts = [
        json.loads(line)["text"]
        for name in ("airlines_en_sentiment", "airlines_es_sentiment", "laptop_tweets_unlabelled")
        for line in (folder / f"{name}.jsonl").read_text().splitlines()
    ]
    with (folder / "support_threads_en.csv").open() as file:
        texts += [row["text"] for row in csv.DictReader(file)]
    kinds = [kind for found in mask([text for text in texts if text]).kinds for kind in found]
    assert 100 <= kinds.count("phone") <= 220
    assert 25 <= kinds.count("email") <= 40
    assert (kinds.count("card"), kinds.count("iban")) == (0, 0)
