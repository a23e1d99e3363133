import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.upkeep.similarity import MIN_SIMILARITY, similarity, wording

ADVERT = "Great offer: the Acer Swift 3 with 8 GB of memory for 499 euros in our shop in Madrid"


def alike(one: str, other: str) -> float:
    return similarity(wording(one), wording(other))


@pytest.mark.parametrize(
    "other",
    [
        ADVERT.replace("Swift", "Aspire"),
        ADVERT.replace("499", "599"),
        ADVERT.replace("8 GB", "16 GB"),
        ADVERT.replace("Madrid", "Sevilla"),
    ],
)
def test_other_products_prices_and_places_are_no_copies(other: str) -> None:
    assert alike(ADVERT, other) == 0


@pytest.mark.parametrize(
    "other",
    [
        ADVERT.upper(),
        f"RT @shop: {ADVERT} https://t.co/1",
        ADVERT.replace("Great", "Super"),
        f"{ADVERT}, do not miss it #deals",
        ADVERT[:60] + "…",
    ],
)
def test_what_was_passed_on_is_a_copy(other: str) -> None:
    assert alike(ADVERT, other) >= MIN_SIMILARITY


def test_the_same_words_about_another_brand_are_no_copy() -> None:
    one, other = wording("never again with them", ["A"]), wording("never again with them", ["B"])
    assert similarity(one, other) == 0


@given(st.text(max_size=80), st.text(max_size=80))
def test_similarity_is_symmetric_and_within_bounds(one: str, other: str) -> None:
    assert alike(one, other) == alike(other, one)
    assert 0 <= alike(one, other) <= 1
