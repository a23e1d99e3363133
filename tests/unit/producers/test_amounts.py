"""Amounts keep every digit, whoever wrote them; what can be read in two ways is refused."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.business import Money
from streams.producers.amounts import Amount, DecimalMark, parse_amount

decimals = st.decimals(
    min_value=Decimal(-(10**13)), max_value=Decimal(10**13), places=2, allow_nan=False
)


@pytest.mark.parametrize(
    ("written", "text", "currency"),
    [
        ("19.90", "19.90", ""),
        ("1.234,56", "1234.56", ""),
        ("1,234.56", "1234.56", ""),
        ("1 234,56", "1234.56", ""),
        ("1\u00a0234,56", "1234.56", ""),
        ("1'234.50", "1234.50", ""),
        ("1.234.567", "1234567", ""),
        ("0,125", "0.125", ""),
        ("1234,567", "1234.567", ""),
        (".5", "0.5", ""),
        ("007", "7", ""),
        ("1.23450000", "1.2345", ""),
        ("€ 19,90", "19.90", "EUR"),
        ("19,90 €", "19.90", "EUR"),
        ("EUR 12", "12", "EUR"),
        ("12 usd", "12", "USD"),
        ("$19.90", "19.90", ""),
        ("-€ 3,20", "-3.20", "EUR"),
        ("3,20-", "-3.20", ""),
        ("(3.20)", "-3.20", ""),
        (5, "5", ""),
        (19.9, "19.9", ""),
        (1.234, "1.234", ""),
        (Decimal("2.50"), "2.50", ""),
    ],
)
def test_amounts_are_read_as_people_write_them(written: object, text: str, currency: str) -> None:
    assert parse_amount(written) == Amount(text, currency)
    msgspec.convert(text, Money)


@pytest.mark.parametrize("written", ["1,234", "1.234", "€ 12,345", "999.999"])
def test_what_may_be_thousands_or_decimals_is_refused_and_the_option_settles_it(
    written: str,
) -> None:
    with pytest.raises(ValueError, match=r"may be .* say which, with --decimal"):
        parse_amount(written)
    read = {parse_amount(written, "comma").text, parse_amount(written, "point").text}
    assert len(read) == 2


@pytest.mark.parametrize(
    "written",
    [
        "", "abc", "5.", "1,2,3", "12.34.56", "1,234.5.6", "1.23,456", "1e5", "--5", "12a",
        "€ 5 USD", "1.23456", "123456789012345", None, True, [], 1e30, float("nan"),
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match=r"amount|digits"):
        parse_amount(written)


@pytest.mark.parametrize(
    ("written", "mark"), [("1.234,56", "point"), ("1,234.56", "comma"), ("19,90", "point")]
)
def test_an_amount_that_contradicts_the_option_is_refused(written: str, mark: DecimalMark) -> None:
    with pytest.raises(ValueError, match=f"with a decimal {mark}"):
        parse_amount(written, mark)


@given(decimals)
def test_no_digit_is_lost_in_spanish_or_english(amount: Decimal) -> None:
    english = f"{amount:,.2f}"
    spanish = english.translate(str.maketrans(",.", ".,"))
    assert Decimal(parse_amount(english).text) == amount
    assert Decimal(parse_amount(spanish).text) == amount
    assert Decimal(parse_amount(spanish, "comma").text) == amount


@given(st.text(max_size=30))
def test_whatever_is_written_becomes_money_of_the_contract_or_a_reason(written: str) -> None:
    try:
        amount = parse_amount(written)
    except ValueError:
        return
    msgspec.convert(amount.text, Money)
