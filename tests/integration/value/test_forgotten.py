"""Who is forgotten is in no figure, also while a run is under way."""

from datetime import UTC, datetime

import pytest

from streams.privacy.places import TABLES, TablePlace
from streams.privacy.subject import Subject
from streams.privacy.turns import Forgetting
from streams.upkeep import value, value_watch
from tests.integration.value.conftest import Shop

GIVES = {"acts": ["gives_recommendation"]}
EVA = Subject(author_ids=frozenset({"eva-4711"}), handles=frozenset({"eva"}))
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
DERIVED = [table.name for table in TABLES if table.name.startswith("value_")]


def fill(shop: Shop) -> None:
    shop.mention("q", "eva-4711", 0, acts=["question"], author_handle="eva")
    shop.mention("rec", "eva-4711", 0, author_handle="eva", **GIVES)
    shop.answer("help", "tom", "q", 1, **GIVES)
    shop.answer("thanks", "eva-4711", "help", 1.5)
    shop.answer("third", "ana", "q", 1.5)
    shop.reaction("tom", "rec", 1)
    shop.order("o1", "tom", 2)
    shop.order("o2", "eva-4711", 3)
    shop.order("o3", "ana", 3, referred_by="eva-4711")
    shop.gesture("g", "eva-4711", 1, "5")


def traces(shop: Shop) -> dict[str, int]:
    """Rows of derived tables that hold her id or a mention of hers anywhere."""
    found = {}
    for table in DERIVED:
        [(count,)] = shop.rows(
            f"SELECT count() FROM {table} WHERE position(toString(tuple(*)), 'eva-4711') > 0"
            " OR position(toString(tuple(*)), '\\'rec\\'') > 0"
        )
        found[table] = count
    return {table: count for table, count in found.items() if count}


def test_a_forgotten_person_is_in_no_derived_table_at_once_and_after_the_next_run(
    shop: Shop,
) -> None:
    fill(shop)
    shop.run()
    assert {"value_voices", "value_people", "value_influence", "value_referrals"} <= set(
        traces(shop)
    )
    places = [TablePlace(shop.client, table) for table in TABLES]
    shown = {
        place.name.split()[1]: list(place.rows(EVA))
        for place in places
        if place.table.name in DERIVED
    }
    assert [row["author_id"] for row in shown["value_people"]] == ["eva-4711"]
    assert shown["value_influence"] == shown["value_referrals"] == []  # they name Tom and Ana
    for place in places:
        place.erase(EVA)
    assert traces(shop) == {}
    assert [place.find(EVA) for place in places if place.table.name in DERIVED] == [0] * len(
        DERIVED
    )
    shop.run()
    assert traces(shop) == {}
    assert shop.rows("SELECT author_id FROM social_rating ORDER BY author_id") == [
        ("ana",),
        ("tom",),
    ]


def test_a_run_gives_way_to_forgetting_and_comes_back(shop: Shop) -> None:
    fill(shop)
    job = value_watch.ValueRuns(shop.settings, waits=True)
    with Forgetting(shop.client, lambda _line: None).turn():
        with pytest.raises(value.Interrupted):
            value.compute(shop.client)
        assert job(shop.client, LONG_AGO) == "waits until escucha forget is done"
    assert job(shop.client, LONG_AGO).startswith("run ")


def test_the_job_runs_when_something_changed_and_rests_after_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(value_watch, "REST", 0)
    fill(shop)
    job = value_watch.ValueRuns(shop.settings, waits=True)
    assert job(shop.client, LONG_AGO).startswith("run ")
    assert job(shop.client, LONG_AGO) == "nothing new"
    shop.order("one more", "ana", 5)
    assert job(shop.client, LONG_AGO).startswith("run ")
    monkeypatch.setattr(value_watch, "REST", 1_000)
    shop.order("and another", "ana", 6)
    assert job(shop.client, LONG_AGO).startswith("run ")
    shop.order("too soon", "ana", 7)
    assert job(shop.client, LONG_AGO) == "rests"
