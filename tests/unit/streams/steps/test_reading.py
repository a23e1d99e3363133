"""The steps share one reading of a batch; each says the same as when it looks by itself."""

from collections.abc import Sequence
from itertools import compress

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streams.steps.copies import signatures
from streams.steps.decode import decode_batch
from streams.steps.language import LanguageDetector
from streams.steps.masking import mask_one
from streams.steps.normalise import normalise, normalise_and_read
from streams.steps.pseudonyms import AuthorKeys, Pseudonymiser
from streams.steps.reading import Reading
from streams.steps.spam import score
from streams.steps.traits import traits
from tests.builders import ENRICHER, RULES, FakeRecord, mention, raw

DETECTOR = LanguageDetector()
WORDS = [
    "hola", "the", "de", "and", "sorteo", "participa", "WIN", "@ana", "#oferta", "RT", "😀", "niño",
    "https://example.org/x", "612345678", "ana@example.org", "&amp;", "  ", "\t", "cafe\u0301",
    "Ã©", "don't", "日本", "gracias", "airdrop", "free", "crypto", "www.example.org", "!!!!!!!!!!",
]  # fmt: skip
TEXTS = st.lists(
    st.lists(
        st.sampled_from(WORDS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
        max_size=12,
    ).map(" ".join),
    max_size=8,
)


def same(one: Reading, other: Reading) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("survey", "hashes", "ends", "letters")
    )


@given(TEXTS, st.randoms(use_true_random=False))
def test_a_part_of_a_reading_is_the_reading_of_that_part(texts: list[str], rng: object) -> None:
    kept = np.array([rng.random() < 0.5 for _ in texts], bool)  # type: ignore[attr-defined]
    assert same(Reading.of(texts).only(kept), Reading.of(list(compress(texts, kept))))


@given(TEXTS, TEXTS)
def test_rows_read_anew_are_those_of_their_new_texts(texts: list[str], others: list[str]) -> None:
    rows = list(range(len(texts)))[::2][: len(others)]
    changed = list(texts)
    for row, other in zip(rows, others, strict=False):
        changed[row] = other
    assert same(Reading.of(texts).anew(rows, [changed[row] for row in rows]), Reading.of(changed))


@given(TEXTS)
def test_normalising_reads_what_it_returns(texts: list[str]) -> None:
    normal, reading = normalise_and_read(texts)
    assert normal == [normalise([text])[0] for text in texts]
    assert same(reading, Reading.of(normal))


def enriched_alone(text: str, pseudonymiser: Pseudonymiser) -> tuple[object, ...]:
    """What one text becomes, step by step and each step with its own look."""
    normal = normalise([text])[0]
    lang, probability = DETECTOR.detect([normal], ["es"])
    stored, masked = mask_one(pseudonymiser.texts([normal])[0])
    event = decode_batch([FakeRecord(0, raw(mention(text="x")))]).mentions[0]
    spam, reasons = score([event], [stored])
    found = traits([event], [stored])
    fingerprints, bands = signatures([stored])
    return (
        stored, masked, lang[0], probability[0], spam[0], list(reasons[0]), list(found.emoji[0]),
        list(found.hashtags[0]), list(found.handles[0]), list(found.links[0]),
        fingerprints[0], bands[0].tolist(),
    )  # fmt: skip


def together(texts: Sequence[str], pseudonymiser: Pseudonymiser) -> list[tuple[object, ...]]:
    """The same of a batch, as the worker makes it; every third mention was seen before."""
    events = [mention(f"csv:{n}", text=text, lang="es") for n, text in enumerate(texts)]
    decoded = decode_batch([FakeRecord(n, raw(event)) for n, event in enumerate(events)])
    assert not decoded.rejected
    heard = ENRICHER.hear(decoded, RULES.current.rules, pseudonymiser)
    heard.only(np.arange(len(texts)) % 3 != 2, np.zeros(0, bool))
    e = ENRICHER.enrich(heard, {})
    return [
        (
            e.texts.texts[row], e.masked[row], heard.langs[row], heard.lang_probabilities[row],
            e.spam[row], list(e.spam_reasons[row]), list(e.traits.emoji[row]),
            list(e.traits.hashtags[row]), list(e.traits.handles[row]), list(e.traits.links[row]),
            e.fingerprints[row], e.bands[row].tolist(),
        )
        for row in range(len(e.mentions))
    ]  # fmt: skip


@given(TEXTS, st.booleans())
def test_a_batch_becomes_what_each_of_its_texts_becomes_alone(
    texts: list[str], hashed: bool
) -> None:
    keys = AuthorKeys.parse("1:" + "5a" * 32) if hashed else AuthorKeys()
    pseudonymiser = Pseudonymiser(keys, [], [])
    texts = [text for text in texts if text.strip()]
    expected = [enriched_alone(t, pseudonymiser) for n, t in enumerate(texts) if n % 3 != 2]
    assert together(texts, pseudonymiser) == expected
