"""The whole history in any order, and twice, gives identical figures."""

from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from streams.upkeep.kept import OF_VALUE
from streams.upkeep.value import compute
from tests.bench.signals_world import fill
from tests.browser.data import refresh_kept
from tests.integration.value.conftest import Shop, at

MENTIONS = 4_000  # of 400 people, with 1,600 reactions and 160 orders
TABLES = {
    "mentions": "version",
    "interactions": "kafka_timestamp",
    "orders": "kafka_timestamp",
    "gestures": "kafka_timestamp",
    "near_duplicates": "found_at",
    "account_links": "linked_at",
}
VIEWS = (
    "social_customer_value", "influence", "referrals", "referral_shares", "recommendations",
    "gesture_ledger", "gesture_returns", "social_rating", "customer_bonds", "exchange_of_value",
    "exchange_by_community", "social_capital", "brand_presence", "attribute_coherence",
    "brand_coherence", "part_of_networks", "orders_valued", "gestures_valued", *OF_VALUE,
)  # fmt: skip
RULES = """
brands: [{name: Nimbara, own: true}, {name: Kolmio}]
attributes:
  - {name: battery, rule: battery}
  - {name: repairable, rule: repair}
  - {name: never said, rule: nevernever}
campaigns: [{name: campaign 1, brand: Nimbara, rule: campaign}]
"""


def figures(client: Client) -> dict[str, list[str]]:
    """All rows of all views after a run."""
    compute(client)
    refresh_kept(client, OF_VALUE)
    found: dict[str, list[str]] = {}
    for view in VIEWS:
        rows: list[Any] = list(client.query(f"SELECT * FROM {view}").result_rows)
        found[view] = sorted(map(str, rows))
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_any_order_and_twice_gives_identical_figures(shop: Shop, seed: int) -> None:
    client = shop.client
    client.insert(
        "rule_versions", [[1, "rules-1", RULES]], column_names=["sequence", "version", "listening"]
    )
    fill(client, MENTIONS)
    for number in range(3):  # gestures are few in a world of this size
        shop.gesture(f"g{number}", f"a{number}", 9, "15")
    client.command("TRUNCATE TABLE account_links")
    links = ((1, "p", 1), (2, "p", 2), (3, "q", 3), (1, "q", 4), (3, "", 5))
    client.insert(
        "account_links",
        [[f"a{number}", person, "eva", at(day)] for number, person, day in links],
        column_names=["author_id", "person", "linked_by", "linked_at"],
    )
    first = figures(client)
    assert [view for view in VIEWS if not first[view]] == []
    assert figures(client) == first

    for table in TABLES:
        client.command(f"CREATE TABLE kept AS {table}")
        client.command(f"INSERT INTO kept SELECT * FROM {table}")
        client.command(f"TRUNCATE TABLE {table}")
        for time in range(2):  # in blocks of another size and order each time
            client.command(
                f"INSERT INTO {table} SELECT * FROM kept"
                f" ORDER BY sipHash64({seed}, {time}, cityHash64(*))",
                settings={"max_block_size": 300 + 100 * time, "max_insert_block_size": 500}
                | {"min_insert_block_size_rows": 0, "optimize_on_insert": 0},
            )
        client.command("DROP TABLE kept")
    assert client.query("SELECT count() FROM mentions FINAL").first_row[0] == MENTIONS
    again = figures(client)
    assert {view for view in VIEWS if again[view] != first[view]} == set()


def test_what_is_taken_back_and_comes_late_is_right_after_the_next_run(shop: Shop) -> None:
    shop.mention("rec", "eva", 0, acts=["gives_recommendation"])
    shop.reaction("fan", "rec", 1)
    shop.order("late", "fan", 2, "30")
    shop.run()
    assert shop.rows("SELECT influenced_people FROM influence") == [(1,)]
    shop.mention("rec", "eva", 0, acts=["gives_recommendation"], version=9, is_deleted=1)
    shop.run()
    assert shop.rows("SELECT influenced_people FROM influence") == []
    shop.mention("rec", "eva", 0, acts=["gives_recommendation"], version=10)
    shop.order("later", "fan", 1.5, "30")
    shop.run()
    assert shop.rows(
        "SELECT order_id, ordered_at = '2026-05-06 00:00:00' FROM referrals"
        " WHERE how = 'reacted' ORDER BY order_id"
    ) == [("late", 0), ("later", 1)]
