import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.variables import (
    ALL,
    InterpolationError,
    UnknownValueError,
    chosen,
    interpolate,
    literal,
)

QUERY = "SELECT 1 WHERE lang IN (${lang:singlequote})"
ALL_VALUES = {"lang": "'*'"}
HOSTILE = [
    "') OR 1=1 --",
    "\\') OR 1=1 --",
    "\\",
    "'",
    "es'; DROP TABLE mentions; --",
    "${lang:singlequote}",
    "$__timeFilter(x)",
    "a\nb\0c",
]


def read_back(text: str) -> str:
    """Read a ClickHouse literal as its lexer does; fails when it ends early."""
    assert text[0] == text[-1] == "'"
    value, escaped = [], False
    for character in text[1:-1]:
        if escaped:
            value.append({"0": "\0"}.get(character, character))
            escaped = False
        elif character == "\\":
            escaped = True
        else:
            assert character != "'"
            value.append(character)
    assert not escaped
    return "".join(value)


@given(st.text())
def test_no_text_ends_its_literal(value: str) -> None:
    assert read_back(literal(value)) == value


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_stays_a_value(value: str) -> None:
    sql = interpolate(QUERY, {"lang": [value]}, ALL_VALUES)

    inside = sql.removeprefix("SELECT 1 WHERE lang IN (").removesuffix(")")
    assert read_back(inside) == value


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_its_query_does_not_return_is_refused(value: str) -> None:
    with pytest.raises(UnknownValueError, match="lang"):
        chosen("lang", ["es", value], {"es", "en"})


def test_several_values_are_a_list_without_repeats() -> None:
    values = chosen("lang", ["es", "en", "es"], {"es", "en"})

    assert interpolate(QUERY, {"lang": values}, ALL_VALUES).endswith("IN ('es', 'en')")


@pytest.mark.parametrize("values", [[], [ALL], ["es", ALL]])
def test_all_is_what_the_dashboard_says_it_is(values: list[str]) -> None:
    assert interpolate(QUERY, {"lang": chosen("lang", values, {"es"})}, ALL_VALUES).endswith(
        "('*')"
    )


@pytest.mark.parametrize(
    "sql",
    [
        "lang = ${lang}",
        "lang = ${lang:raw}",
        "lang = $lang",
        "lang = [[lang]]",
        "${other:singlequote}",
    ],
)
def test_a_reference_that_cannot_be_made_safe_is_refused(sql: str) -> None:
    with pytest.raises(InterpolationError):
        interpolate(sql, {"lang": ["es"]}, ALL_VALUES)


def test_a_macro_is_not_taken_for_a_variable() -> None:
    assert interpolate("$__interval_s", {}, {}) == "$__interval_s"
