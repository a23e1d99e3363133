"""Times in the forms files have them."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import InputError
from streams.producers.times import time_parser, zone_named

TEN = datetime(2026, 7, 4, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-07-04T10:00:00Z", TEN),
        (" 2026-07-04 12:00:00+02:00 ", TEN),
        ("2026-07-04 03:00:00 -0700", TEN),
        ("2026-07-04 10:00:00 UTC", TEN),
        ("2026-07-04 10:00", TEN),
        ("20260704T100000Z", TEN),
        ("Sat Jul 04 12:00:00 +0200 2026", TEN),
        ("Sat, 04 Jul 2026 10:00:00 GMT", TEN),
        ("Sat, 04 Jul 2026 10:00:00 -0000", TEN),
        ("4 Jul 2026 05:00:00 -0500", TEN),
        ("1783159200", TEN),
        ("1783159200.0", TEN),
        ("1783159200000", TEN),
        (1783159200, TEN),
        (1783159200000, TEN),
        (1783159200000000, TEN),
        (1783159200000000000, TEN),
        (1783159200.25, TEN + timedelta(seconds=0.25)),
        (datetime(2026, 7, 4, 10, 0), TEN),  # noqa: DTZ001 - as Parquet gives it
        (datetime(2026, 7, 4, 12, 0, tzinfo=timezone(timedelta(hours=2))), TEN),
        ("2026-07-04", TEN.replace(hour=0)),
        (date(2026, 7, 4), TEN.replace(hour=0)),
        (Decimal(1783159200), TEN),
    ],
)
def test_known_forms(value: object, expected: datetime) -> None:
    assert time_parser()(value) == expected
    assert time_parser()(value).tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    [None, "", "  ", "soon", "2026", "15", 15, 0, True, float("nan"), "nan", "10/31/2017 22:10",
     "Sat Foo 04 12:00:00 +0200 2026", "2026-02-30T10:00:00Z", "99999999999999999999", "1e300",
     1e300, "0001-01-01T00:00:00Z", "3000-01-01", [1], "Fri, 31 Feb 2026 10:00:00 GMT"],
)  # fmt: skip
def test_what_is_no_time_is_refused_with_a_reason(value: object) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        time_parser()(value)


def test_the_zone_counts_only_where_no_offset_is_said() -> None:
    parse = time_parser(zone_named("Europe/Madrid"))

    assert parse("2026-07-04 12:00:00") == TEN
    assert parse("2026-07-04 10:00:00Z") == TEN
    assert parse("4 Jul 2026 10:00:00 -0000") == TEN
    assert parse(date(2026, 7, 4)) == TEN.replace(day=3, hour=22)


def test_a_form_that_is_given_replaces_guessing() -> None:
    parse = time_parser(UTC, "%d/%m/%Y %H:%M")

    assert parse("04/07/2026 10:00") == TEN
    with pytest.raises(ValueError, match="not a time of the form"):
        parse("2026-07-04 10:00")


def test_an_unknown_zone_is_an_input_error() -> None:
    with pytest.raises(InputError, match="Europe/Madrid"):
        zone_named("Mars/Olympus")


@given(st.one_of(st.text(), st.floats(), st.integers(), st.from_regex(r"[0-9:T+\- .Z]{1,40}")))
def test_any_value_is_a_time_or_a_value_error(value: object) -> None:
    try:
        moment = time_parser()(value)
    except ValueError:
        return
    assert moment.tzinfo is UTC


@given(st.datetimes(datetime(1975, 1, 1), datetime(2199, 1, 1)))  # noqa: DTZ001
def test_forms_agree(moment: datetime) -> None:
    parse = time_parser()
    moment = moment.replace(microsecond=0, tzinfo=UTC)

    assert parse(moment.isoformat()) == moment
    assert parse(moment.strftime("%a %b %d %H:%M:%S +0000 %Y")) == moment
    assert parse(int(moment.timestamp())) == moment
    assert parse(int(moment.timestamp() * 1000)) == moment
