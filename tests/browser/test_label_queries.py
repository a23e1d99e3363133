"""What is offered to whom, and what the panels make of labels, by the real queries."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from clickhouse_connect.driver.client import Client

from dashboards.console.labelling import PER_REASON
from deploy.local.handles import ClickHouseHandle
from tests.browser.serving import writing

NOW = datetime.now(UTC)
ALL_HEADS = {"stage": "use", "needs_reply": "no", "sentiment": "neutral", "acts_judged": 1}


@pytest.fixture
def labels(clickhouse: ClickHouseHandle) -> Iterator[Client]:
    """A client; the labels it inserts are gone afterwards."""
    with writing(clickhouse) as client:
        yield client
        client.command("TRUNCATE TABLE labels")


def give(client: Client, *rows: dict[str, Any]) -> None:
    for row in rows:
        given = {"labeller": "ana", "labelled_at": NOW, "guide_version": "4", **row}
        client.insert("labels", [list(given.values())], column_names=list(given))


def offer(url: str, labeller: str = "ana", **ask: Any) -> list[dict[str, Any]]:
    response = httpx.post(
        f"{url}/api/labelling/offer",
        json={"labeller": labeller, **ask},
        headers={"origin": url},
        timeout=30,
    )
    assert response.status_code == 200, response.text
    mentions: list[dict[str, Any]] = response.json()["mentions"]
    return mentions


def ids(mentions: list[dict[str, Any]], how: str = "") -> list[str]:
    return [one["mention_id"] for one in mentions if not how or one["how"] == how]


def panel(url: str, panel_id: int) -> list[dict[str, Any]]:
    address = f"{url}/api/dashboards/escucha-models/panels/{panel_id}/data"
    answer = httpx.get(address, timeout=30).json()
    names = [column["name"] for column in answer["columns"]]
    return [dict(zip(names, row, strict=True)) for row in answer["rows"]]


def test_every_fifth_is_drawn_and_the_rest_is_what_the_model_is_least_sure_of(
    console_url: str, labels: Client
) -> None:
    offered = offer(console_url)

    assert len(set(ids(offered))) == len(offered)
    assert Counter(one["how"] for one in offered[:10]) == {
        "random": 2,
        "uncertain": 4,
        "disagreement": 4,
    }
    for one in offered:
        model = one["model"]
        if one["how"] == "disagreement":
            assert one["conflicts"]
        if one["how"] == "uncertain":
            assert not one["conflicts"]
            assert abs(model["intent_latent"] + model["intent_active"] - one["threshold"]) < 0.2
    # The threshold lies where the model changes its answer.
    (highest_none, lowest_intent) = labels.query(
        "SELECT maxIf(chance, intent = 'none'), minIf(chance, intent != 'none') FROM"
        " (SELECT intent, intent_latent + intent_active AS chance FROM mentions"
        " WHERE lang = 'es' AND published_at > now() - INTERVAL 30 DAY)"
    ).first_row
    [threshold] = {one["threshold"] for one in offered if one["lang"] == "es"}
    assert min(highest_none, lowest_intent) - 0.05 <= threshold
    assert threshold <= max(highest_none, lowest_intent) + 0.05


def test_the_draw_does_not_look_at_the_model(console_url: str, labels: Client) -> None:
    drawn = ids(offer(console_url), "random")
    # Newer versions, and newer ones again: a merge in between must not cost the older rows. 2 is
    # what the counts by hour leave out.
    labels.command(
        "CREATE TABLE mentions_then ENGINE = MergeTree ORDER BY mention_id AS"
        " SELECT * FROM mentions FINAL WHERE published_at > now() - INTERVAL 31 DAY"
    )
    labels.command(
        "INSERT INTO mentions SELECT * REPLACE ('active' AS intent, 0.9 AS intent_active,"
        " 'use' AS stage, version + 1 AS version, 2 AS counted) FROM mentions_then"
    )
    try:
        changed = offer(console_url)
    finally:
        labels.command(
            "INSERT INTO mentions SELECT * REPLACE (version + 2 AS version, 2 AS counted)"
            " FROM mentions_then"
        )
        labels.command("DROP TABLE mentions_then")

    assert ids(changed, "random") == drawn
    assert ids(changed, "uncertain") == []


def test_all_people_are_drawn_the_same_and_nobody_twice(console_url: str, labels: Client) -> None:
    first = ids(offer(console_url, "ana"))
    give(labels, *({"mention_id": one, "intent": "none", "how": "random"} for one in first[:5]))

    assert not set(first[:5]) & set(ids(offer(console_url, "ana")))
    assert ids(offer(console_url, "ben")) == first
    assert not set(first[:7]) & set(ids(offer(console_url, "ben", seen=first[:7])))


def test_a_label_taken_back_and_a_thumb_leave_the_mention_to_be_offered(
    console_url: str, labels: Client
) -> None:
    taken_back, thumbed, judged = ids(offer(console_url), "random")[:3]
    later = NOW + timedelta(seconds=1)
    give(
        labels,
        {"mention_id": taken_back, "intent": "none"},
        {"mention_id": taken_back, "intent": "", "labelled_at": later},
        {"mention_id": thumbed, "intent": "none", "how": "thumb", "thumb": 1},
        {"mention_id": judged, "intent": "latent"},
        {"mention_id": judged, "intent": "none", "how": "thumb", "thumb": 1, "labelled_at": later},
    )

    assert ids(offer(console_url), "random")[:2] == [taken_back, thumbed]
    [(intent,)] = labels.query(
        "SELECT intent FROM labels_current WHERE mention_id = {id:String} AND NOT thumb",
        {"id": judged},
    ).result_rows
    assert intent == "latent"


def test_neither_copies_nor_other_languages_nor_older_mentions_are_offered(
    console_url: str, labels: Client
) -> None:
    copies = {
        row[0]
        for row in labels.query(
            "SELECT mention_id FROM near_duplicates WHERE original != mention_id"
        ).result_rows
    }
    seen: list[str] = []
    for _ in range(12):
        offered = offer(console_url, days=7, langs=["en"], seen=seen)
        assert {one["lang"] for one in offered} <= {"en"}
        oldest = (datetime.now(UTC) - timedelta(days=7)).timestamp() * 1000
        assert all(one["published_at"] >= oldest - 5_000 for one in offered)
        seen += ids(offered)

    assert len(set(seen)) == len(seen) > 5 * PER_REASON
    assert not copies & set(seen)


def test_agreement_and_kappa_are_those_of_the_textbook(console_url: str, labels: Client) -> None:
    # Two raters, 50 things: 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no. Kappa is 0.4.
    table = [("active", "active")] * 20 + [("active", "none")] * 5
    table += [("none", "active")] * 10 + [("none", "none")] * 15
    for number, (ana, ben) in enumerate(table):
        one = {"mention_id": f"csv:k{number}", "how": "random", **ALL_HEADS, "acts": ["praise"]}
        give(labels, {**one, "intent": ana}, {**one, "intent": ben, "labeller": "ben"})
    swayed = {"labeller": "cy", "intent": "latent", "saw_model": 1}
    give(
        labels,
        {**swayed, "mention_id": "csv:k0", "how": "random"},
        {**swayed, "mention_id": "csv:k1", "how": "thumb", "thumb": 1},
    )

    rows = {row["head"]: row for row in panel(console_url, 2)}

    assert list(rows)[:5] == ["intent", "stage", "needs_reply", "sentiment", "question"]
    intent = rows["intent"]
    assert (intent["answers"], intent["labellers"], intent["pairs"]) == (102, 3, 50)
    assert intent["agreement"] == pytest.approx(0.7)
    assert intent["kappa"] == pytest.approx(0.4)
    assert (rows["stage"]["agreement"], rows["stage"]["kappa"]) == (1, None)  # one value: no kappa
    assert rows["praise"]["agreement"] == 1
    assert rows["usage_tip"]["answers"] == 100


def test_precision_and_recall_come_from_the_random_draw_alone(
    console_url: str, labels: Client
) -> None:
    def some(lang: str, intent: str, count: int) -> list[str]:
        rows = labels.query(
            "SELECT mention_id FROM mentions FINAL WHERE lang = {lang:String}"
            " AND intent = {intent:String} ORDER BY mention_id LIMIT {count:UInt16}",
            {"lang": lang, "intent": intent, "count": count},
        ).result_rows
        return [row[0] for row in rows]

    yes, no = some("es", "active", 12), some("es", "none", 20)
    drawn = {"how": "random"}
    give(labels, *({"mention_id": one, "intent": "latent", **drawn} for one in yes[:8]))
    give(labels, *({"mention_id": one, "intent": "none", **drawn} for one in yes[8:10]))
    give(labels, *({"mention_id": one, "intent": "active", **drawn} for one in no[:4]))
    give(labels, *({"mention_id": one, "intent": "none", **drawn} for one in no[4:18]))
    # These do not count: chosen by the model, seen before, a thumb, and two who do not agree.
    give(
        labels,
        {"mention_id": no[18], "intent": "active", "how": "uncertain"},
        {"mention_id": no[19], "intent": "active", "how": "random", "saw_model": 1},
        {"mention_id": no[19], "intent": "active", "how": "thumb", "thumb": 1, "labeller": "x"},
        {"mention_id": yes[10], "intent": "active", "how": "random"},
        {"mention_id": yes[10], "intent": "none", "how": "random", "labeller": "ben"},
    )

    [row] = panel(console_url, 1)

    assert row["lang"] == "es"
    assert [row[name] for name in ("mentions", "people_yes", "model_yes", "both_yes")] == [
        28, 12, 10, 8,
    ]  # fmt: skip
    assert row["precision"] == pytest.approx(0.8)
    assert row["recall"] == pytest.approx(8 / 12)
    # Wilson's interval of 8 in 10, as in the tables.
    assert row["precision_from"] == pytest.approx(0.490, abs=0.002)
    assert row["precision_to"] == pytest.approx(0.943, abs=0.002)
