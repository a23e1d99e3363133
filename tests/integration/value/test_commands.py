"""`escucha value` as an operator types it."""

from decimal import Decimal

from tests.integration.streams.helpers import Lane, one_line_of
from tests.integration.value.conftest import at


def said(lane: Lane, *arguments: object) -> str:
    result = lane.run("value", *arguments)
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout.decode()


def test_settings_and_rates_are_shown_as_set(lane: Lane) -> None:
    assert "influence_days             14  days in which" in said(lane, "settings")
    assert said(lane, "set", "influence_days", "7") == "influence_days is 7 from now on\n"
    said(lane, "set", "currency", "EUR")
    said(lane, "rate", "USD", "0.92", "--into", "EUR", "--from", "2026-01-01")
    shown = said(lane, "settings")
    assert "influence_days              7  days in which" in shown
    assert "currency                  EUR  where a rate stands" in shown
    assert shown.endswith("1 USD = 0.92 EUR from 2026-01-01 on\n")
    with lane.client() as client:
        client.insert(
            "orders",
            [["o1", "eva", Decimal(100), "USD", at(0)]],
            column_names=["order_id", "author_id", "amount", "currency", "ordered_at"],
        )
        assert said(lane, "run").startswith("run ")
        [row] = client.query(
            "SELECT currency, value_trips FROM social_customer_value WHERE author_id = 'eva'"
        ).result_rows
        client.command("DELETE FROM orders WHERE order_id = 'o1'")
        client.command("TRUNCATE TABLE exchange_rates")
        client.command(
            "DELETE FROM value_settings WHERE set_at > toDateTime64(0, 3, 'UTC')"
            " SETTINGS lightweight_deletes_sync = 1"
        )
    assert row == ("EUR", Decimal(92))


def test_what_cannot_be_is_refused_in_one_line(lane: Lane) -> None:
    rate = ("rate", "USD", "0.9", "--into", "eur", "--from", "2026-01-01")
    for arguments, complaint in (
        (("set", "influence", "7"), "there is no setting 'influence'; there are acquisition_cost"),
        (("set", "influence_days", "seven"), "'seven' is no number from 0 to"),
        (("set", "margin", "NaN"), "'NaN' is no number"),
        (rate, "'eur' is no currency"),
        (("rate", "USD", "0", "--into", "EUR", "--from", "2026-01-01"), "a rate is above 0"),
    ):
        result = lane.run("value", *arguments)
        assert result.returncode != 0
        assert complaint in one_line_of(result)
