import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.steps.copies import BANDS, signatures

TEXT = "Estoy pensando en cambiar de móvil, ¿alguien me recomienda uno con buena cámara?"


def fingerprint(text: str) -> int:
    return int(signatures([text])[0][0])


def bands(text: str) -> set[int]:
    return {int(band) for band in signatures([text])[1][0]}


@pytest.mark.parametrize(
    "copy",
    [
        f"RT @somebody: {TEXT}",
        TEXT.upper(),
        "Estoy pensando en cambiar de movil alguien me recomienda uno con buena camara",
        f"{TEXT} https://t.co/abc 😂🔥",
        f"@ana @ben.example {TEXT}",
        TEXT.replace(" ", "  \n"),
    ],
)
def test_what_says_the_same_has_the_same_fingerprint_and_bands(copy: str) -> None:
    assert fingerprint(copy) == fingerprint(TEXT) != 0
    assert bands(copy) == bands(TEXT)


def test_another_number_is_another_text() -> None:
    one, other = (f"Portátil con {n} GB de memoria por 599 euros, solo hoy" for n in (8, 16))
    assert fingerprint(one) != fingerprint(other)


def test_another_order_is_another_text() -> None:
    assert fingerprint("the dog bit the man in the park") != fingerprint(
        "the man bit the dog in the park"
    )


def test_near_copies_share_a_band() -> None:
    near = TEXT.replace("buena", "gran")
    assert fingerprint(near) != fingerprint(TEXT)
    assert bands(near) & bands(TEXT)


def test_different_texts_share_no_band() -> None:
    assert not bands(TEXT) & bands("The flight to Boston was late again and nobody told us why")


@pytest.mark.parametrize(
    "text", ["", "gracias", "@iberia gracias por todo", "jajajaja 😂 https://x.y"]
)
def test_short_texts_are_not_judged(text: str) -> None:
    found, bands_ = signatures([text])
    assert found.tolist() == [0]
    assert bands_[0].size == 0


def test_signatures_never_change() -> None:
    # What is stored must be found again by later versions.
    assert fingerprint(TEXT) == 6408041627231480601
    first, *_, last = signatures([TEXT])[1][0].tolist()
    assert (first, last) == (5713524587733770148, 5201753339669913211)
    assert len(bands(TEXT)) == BANDS


@given(st.lists(st.text(max_size=80), max_size=6))
def test_rows_do_not_depend_on_their_neighbours(texts: list[str]) -> None:
    together, bands_ = signatures(texts)
    for row, text in enumerate(texts):
        alone, alone_bands = signatures([text])
        assert together[row] == alone[0]
        assert bands_[row].tolist() == alone_bands[0].tolist()
