"""Brands in texts: the matcher of a whole batch against one text at a time, the plain way."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.errors import InputError
from streams.steps.match import Brand, BrandMatcher, fold, load_brands

NIMBARA = Brand(name="Nimbara", handles=("@nimbara",), own=True)
TESSERA = Brand(name="Tessera", names=("Tessera Mobile", "Móvil Té"), handles=("tesseramobile",))
BRANDS = (NIMBARA, TESSERA, Brand(name="3M"), Brand(name="Ñandú"))


def brands_in(*texts: str) -> list[list[str]]:
    return BrandMatcher(BRANDS).match(texts)


# -- by example


@pytest.mark.parametrize(
    "text",
    [
        "Nimbara",
        "quiero un NIMBARA ya",
        "¿nimbara?",
        "#Nimbara",
        "nimbara's",
        "el-nimbara-nuevo",
        "Nímbära",
        "Ni\u0301mbara",
        "Ｎｉｍｂａｒａ",
        "𝐍𝐢𝐦𝐛𝐚𝐫𝐚",
        "Nimbara™ es caro",
        "Nimbara® y más",
        "Nimbara…",
        "😀Nimbara😀",
        "Nimbara\ufe0f",
        "una línea\nNimbara\notra",
        "x Nimbara\r\n",
        "Ni\u00admbara",
        "hola @nimbara",
        "(@NIMBARA)",
        "@nimbara@mastodon.example",
        "İİİİ Nimbara",
        "½ ﬁ ǆ ℡ ㎏ Nimbara",
    ],
)
def test_found(text: str) -> None:
    assert brands_in(text) == [["Nimbara"]]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nimbaras",
        "animbara",
        "nimbara2",
        "2nimbara",
        "nimbara_oficial",
        "_nimbara",
        "@nimbarafan",
        "me@nimbara.example",  # nobody's handle
        "foo_@nimbara",
        "nim bara",
        "nim\nbara",
        "ni-mbara",
        "13M",
        "3Mm",
    ],
)
def test_not_found(text: str) -> None:
    assert brands_in(text) == [[]]


def test_a_text_that_names_several_names_each_once_in_order() -> None:
    text = "Tessera Mobile, tessera, @tesseramobile y nimbara contra 3m y ÑANDÚ"
    assert brands_in(text) == [["3M", "Nimbara", "Tessera", "Ñandú"]]


def test_a_name_ends_at_the_end_of_its_text() -> None:
    """Texts are searched joined, and the join must not show."""
    assert brands_in("Tessera", "Mobile", "nim", "bara", "@", "nimbara", "a", "3M", "s") == [
        ["Tessera"], [], [], [], [], ["Nimbara"], [], ["3M"], []
    ]  # fmt: skip


def test_rows_stay_right_when_folding_changes_the_length_of_texts() -> None:
    texts = ["", "ﬁ½㎏℡" * 9, "n\u0303\u0301" * 9, "Nimbara", "", "", "İ" * 20, "Tessera", ""]
    found = brands_in(*texts)
    assert [row for row, brands in enumerate(found) if brands] == [3, 7]


def test_no_texts_and_no_brands_are_no_special_case() -> None:
    assert brands_in() == []
    assert BrandMatcher([]).match(["Nimbara", ""]) == [[], []]


def test_two_brands_may_share_a_name() -> None:
    shared = (Brand(name="A1", names=("Uno",)), Brand(name="B1", names=("uno",)))
    assert BrandMatcher(shared).match(["UNO"]) == [["A1", "B1"]]


def test_a_brand_without_handles_is_not_found_in_a_handle() -> None:
    assert BrandMatcher([Brand(name="Kolmio")]).match(["@kolmio", "kolmio"]) == [[], ["Kolmio"]]


@given(st.text())
def test_folding_makes_one_character_of_each_or_none(text: str) -> None:
    folded = fold(text)
    assert len(folded) <= len(unicodedata.normalize("NFC", text))
    assert "\n" not in folded


# -- against one text at a time

LETTERS = "aAáÁa\u0301bBñÑ1_@ \n.-ﬁ½İ™😀𝐚"


def plainly(brands: tuple[Brand, ...], text: str) -> list[str]:
    """Try every term at every place of one folded text."""
    folded = fold(text)
    found = set()
    for brand in brands:
        names = [(fold(name), False) for name in (brand.name, *brand.names)]
        handles = [("@" + fold(handle.lstrip("@")), True) for handle in brand.handles]
        for term, is_handle in names + handles:
            for at in range(len(folded) - len(term) + 1):
                before = folded[at - 1 : at]
                after = folded[at + len(term) : at + len(term) + 1]
                glued = any(side.isalnum() or side == "_" for side in (before, after))
                if folded[at:].startswith(term) and not glued and (is_handle or before != "@"):
                    found.add(brand.name)
    return sorted(found)


TERMS = st.text(LETTERS, min_size=1, max_size=4).filter(lambda t: any(map(str.isalnum, fold(t))))


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.builds(
            lambda name, names, handles: Brand(name=name, names=names, handles=handles),
            TERMS,
            st.lists(TERMS, max_size=2).map(tuple),
            st.lists(TERMS, max_size=2).map(tuple),
        ),
        max_size=4,
        unique_by=lambda brand: brand.name,
    ).map(tuple),
    st.lists(st.text(LETTERS, max_size=12), max_size=8),
)
def test_a_batch_is_like_one_text_at_a_time(brands: tuple[Brand, ...], texts: list[str]) -> None:
    assert BrandMatcher(brands).match(texts) == [plainly(brands, text) for text in texts]


# -- brands.yaml


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "brands.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_the_example_is_a_good_one() -> None:
    from streams.app import DEFAULT_BRANDS

    brands = load_brands(DEFAULT_BRANDS)
    assert [brand.own for brand in brands].count(True) == 1


def test_brands_are_read(tmp_path: Path) -> None:
    path = write(tmp_path, 'brands: [{name: Ñ1, handles: ["@n1"], own: true}, {name: O2}]')
    assert load_brands(path) == (Brand(name="Ñ1", handles=("@n1",), own=True), Brand(name="O2"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "brands.example.yaml"),
        ("brands:", "brands.example.yaml"),
        ("[]", "brands.example.yaml"),
        ("brands: [Nimbara]", "brands[0]"),
        ("brands: [{handles: [a]}]", "name"),
        ("brands: [{name: 3}]", "brands[0].name"),
        ("brands: [{name: A, color: red}]", "color"),
        ("brands: [{name: A, own: 'yes'}]", "own"),
        ("brands: [{name: A, names: B}]", "names"),
        ("brands: [{name: '+-'}]", "without a letter: '+-'"),
        ("brands: [{name: ''}]", "without a letter"),
        ("brands: [{name: A, handles: ['@']}]", "without a letter: '@'"),
        ("brands: [{name: A}, {name: A}]", "two brands have the same name"),
        ("brands: [{name: A", "not YAML"),
        ("brands: &a [*a]", "brands"),
        ("brands: [{name: 2026-13-45}]", "not YAML"),
        ("brands: !!python/object:os.system [ls]", "not YAML"),
        (b"brands: [{name: \xff}]", "not YAML"),
        (b"\x00", "not YAML"),
    ],
)
def test_a_mistake_is_named_with_its_file(tmp_path: Path, content: str | bytes, says: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(InputError) as caught:
        load_brands(path)
    assert str(path) in str(caught.value)
    assert says in str(caught.value)


def test_a_file_that_is_not_there_or_is_a_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        load_brands(tmp_path / "no.yaml")
    with pytest.raises(InputError, match="cannot be read"):
        load_brands(tmp_path)
