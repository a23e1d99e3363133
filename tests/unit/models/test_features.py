"""What a mention is broken into, told by example."""

import sys
import unicodedata

import numpy as np
import pytest

from models.features import ASSIGNED, fold, folding_table, kind_of
from models.kernels import CODE_POINT_MASK, KIND_SHIFT
from models.reference import features, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("¿Cuánto cuesta?", ["¿", "cuanto", "cuesta", "?"]),
        ("España y Espan\u0303a", ["espana", "y", "espana"]),
        ("don't don’t don´t 'quoted' rock'n'", 3 * ["don't"] + ["quoted", "rock'n"]),
        ("@Iberia #Oferta ## @ a@b", ["@iberia", "#oferta", "a", "@b"]),
        ("see https://t.co/aB?c=1, WWW.x.es", ["see", "<link>", "<link>"]),
        ("httpx http:/ www xwww.a.b", ["httpx", "http", "www", "xwww", "a", "b"]),
        ("👍🏽👍 ❤️ 👩‍🚀", ["👍", "👍", "❤", "👩", "🚀"]),
        ("$800 20€", ["$", "800", "20", "€"]),
        ("𝗢𝗙𝗘𝗥𝗧𝗔 ＡＢＣ", ["oferta", "abc"]),
        ("iPhone\x00X\ud800Y", ["iphone", "x", "y"]),
        ("新しい携帯 갤럭시", ["新しい携帯", "갤럭시"]),
        ("so…good ½ ﬁn", ["so", "good", "½", "ﬁn"]),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


def test_case_and_accents_are_kept_on_request() -> None:
    assert tokens("Mañana", lowercase=False, strip_accents=False) == ["Mañana"]
    assert tokens("Man\u0303ana", strip_accents=False) == ["man\u0303ana"]


def test_features_are_word_and_padded_character_ngrams() -> None:
    found = ["|".join(feature.parts) for feature in features("a bus!", char_ngrams=(3, 4))]

    assert found == [
        *(" a ", " bu", " bus", "bus", "bus ", "us "),
        *("a", "a|bus", "bus", "bus|!", "!"),
    ]


def test_a_word_and_the_character_ngram_spelt_alike_are_different_features() -> None:
    word, gram = (
        next(features("bus", char_ngrams=None)),
        next(feature for feature in features("bus") if feature.parts == ("bus",)),
    )

    assert word.parts == gram.parts
    assert word.hash() != gram.hash()


@pytest.mark.parametrize("lowercase", [True, False])
@pytest.mark.parametrize("strip_accents", [True, False])
def test_the_table_agrees_with_the_definition(lowercase: bool, strip_accents: bool) -> None:
    table = folding_table(lowercase=lowercase, strip_accents=strip_accents)

    for code_point in (*range(0x3000), 0xD800, 0xFE0F, 0x1F44D, 0x50000, 0xE0001, 0x10FFFF):
        folded = fold(chr(code_point), lowercase=lowercase, strip_accents=strip_accents)
        assert table[code_point] & CODE_POINT_MASK == (ord(folded) if folded else 0)
        assert table[code_point] >> KIND_SHIFT == kind_of(folded)
    assert not table.flags.writeable


def test_nothing_assigned_is_left_out_of_the_table() -> None:
    skipped = set(range(sys.maxunicode + 1)).difference(*ASSIGNED)

    assert {unicodedata.category(chr(code_point)) for code_point in skipped} == {"Cn", "Co"}


def test_hashes_spread_as_evenly_as_chance() -> None:
    names = [f"w{number}" for number in range(20_000)]
    columns = {next(features(name, char_ngrams=None)).column(2**16) for name in names}

    # n balls into m boxes leave m(1 - (1 - 1/m)^n) boxes occupied on average.
    expected = 2**16 * -np.expm1(20_000 * np.log1p(-1 / 2**16))
    assert len(columns) == pytest.approx(expected, rel=0.01)
