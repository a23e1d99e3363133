"""Every panel of the dashboard answers, asked through the console as the read-only user."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from dashboards.build import render
from dashboards.console import ConsoleConfig
from deploy.local.handles import ClickHouseHandle
from deploy.local.ports import free_ports
from streams.upkeep.account_links import link
from streams.upkeep.kept import OF_VALUE
from tests.browser.data import refresh_kept
from tests.browser.serving import running
from tests.integration.value.conftest import Shop
from tests.integration.value.test_any_order import RULES

GIVES = {"acts": ["gives_recommendation"]}
# Care has the ties of people and the presence of the brand, its other panels are tested elsewhere.
TIES = ("value_capital", "value_presence", "value_listen_react", "value_mutual_share")
PANELS = {
    name: (uid, panel["id"])
    for uid in ("escucha-value", "escucha-measurement", "escucha-care")
    for panel in json.loads(render()[f"{uid}.json"])["panels"]
    if panel["type"] != "row"
    for name in [panel["targets"][0]["rawSql"].splitlines()[0].removeprefix("-- query: ")]
    if uid != "escucha-care" or name in TIES
}
# The days of the other tests lie in May 2026.
PERIOD = {
    "from": str(int(datetime(2026, 4, 1, tzinfo=UTC).timestamp()) * 1000),
    "to": str(int(datetime(2026, 7, 1, tzinfo=UTC).timestamp()) * 1000),
}


@pytest.fixture(scope="module")
def url(clickhouse: ClickHouseHandle) -> Iterator[str]:
    config = ConsoleConfig(
        clickhouse_url=clickhouse.url,
        user=clickhouse.reader_user,
        password=clickhouse.reader_password,
        database=clickhouse.database,
        port=free_ports(1)[0],
    )
    with running(config) as address:
        yield address


def ask(url: str, query: str, **chosen: str) -> Any:
    uid, number = PANELS[query]
    response = httpx.get(
        f"{url}/api/dashboards/{uid}/panels/{number}/data",
        params=PERIOD | chosen,
        timeout=60,
    )
    assert response.status_code == 200, f"{query}: {response.text}"
    answer = response.json()
    return answer["series"] if "series" in answer else answer["rows"]


def fill(shop: Shop) -> None:
    shop.client.insert(
        "rule_versions", [[1, "rules-1", RULES]], column_names=["sequence", "version", "listening"]
    )
    for who, trips, items, amount in (("luisa", 2, 3, "654"), ("juan", 5, 1, "218")):
        shop.mention(f"rec {who}", who, 0, author_handle=f"@{who}", brands=["Nimbara"], **GIVES)
        for number in range(trips):
            shop.order(f"{who} {number}", who, 2 + number, amount, items=items)
    for number in range(7):
        shop.reaction(f"j{number}", "rec juan", 1)
        shop.order(f"j{number}", f"j{number}", 2, "1")
    for number in range(3):
        shop.answer(f"r{number}", f"l{number}", "rec luisa", 1)
        shop.answer(f"r{number} back", "luisa", f"r{number}", 1)
        shop.order(f"l{number}", f"l{number}", 2, "1")
    shop.mention("says", "ana", 0, brands=["Nimbara"], attributes=["battery"], text="dos días")
    spring = {"campaigns": ["spring"], "brands": ["Nimbara"]}
    shop.mention("of spring", "ana", 3, sentiment="positive", **spring)
    shop.mention("beside", "ben", 3, source="mastodon", sentiment="negative", intent="active")
    shop.mention("hobby before", "luisa", 3, interests=["music"], text="ensayo esta noche")
    shop.mention("hobby", "luisa", 4, interests=["music"], text="¡qué concierto ayer!")
    uses = {"brands": ["Nimbara"], "stage": "use", "lang": "en", "text": "my Uno"}
    shop.mention("uses", "ben", 4, source="mastodon", **uses)
    shop.mention("own", "nimbara", 0, author_role="own", attributes=["battery"])
    shop.answer("care", "nimbara", "says", 1, author_role="care")
    shop.gesture("g", "luisa", 1, "100")
    shop.order("by word", "new", 9, "300", referred_by="luisa")
    shop.mention("elsewhere", "ben2", 3, source="reddit", author_handle="@ben2")
    link(shop.client, ["ben", "ben2"], "eva")
    shop.run()
    refresh_kept(shop.client, (*OF_VALUE, "engagement_weeks", "campaign_days", "experience_days"))


def test_every_panel_answers_and_the_operator_chooses_what_ranks(shop: Shop, url: str) -> None:
    fill(shop)
    empty = [query for query in PANELS if not ask(url, query)]
    assert empty == []

    def first(**chosen: str) -> list[str]:
        return [row[1] for row in ask(url, "value_customers", **chosen)[:2]]

    assert first() == ["@juan", "@luisa"]
    assert first(**{"var-rank": "compras · purchases"}) == ["@luisa", "@juan"]
    # 1,308 bought, 300 referred and 3 influenced, against 1,090 and 7.
    assert first(**{"var-rank": "valor aditivo · additive value"}) == ["@luisa", "@juan"]
    assert ask(url, "value_customers", **{"var-currency": "EUR"}) != []
    assert ask(url, "value_gestures")[0][4:8] == [100, 1308, 300, 1508]
    assert "dos días" in [row[-1] for row in ask(url, "value_attributes")]
    loves = ask(url, "value_interests")[0]
    assert (loves[:3], loves[5]) == (["@luisa", "music", 2], "¡qué concierto ayer!")
    # Juan 5 orders and a recommendation; Luisa 2, a recommendation, a gesture and three answers.
    given = ask(url, "value_exchange_people")
    assert [row[0] for row in given[:2]] == ["@juan", "@luisa"]
    assert given[1][3:8] == [1, 2, 0, 1, 3]
    assert [row[1:3] for row in ask(url, "value_networks")] == [[2, "mastodon, reddit"]]
    [spring] = ask(url, "campaign_results")
    assert (spring[0], spring[7], spring[8]) == ("spring", 1, 0)  # liked, beside what was not
    # These answers name no root, so each begins a conversation of its own.
    assert ask(url, "engagement_depth") == [[1]]
