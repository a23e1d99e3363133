"""Copies collapse onto the earliest mention, whatever order things come in."""

import random
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pytest

from deploy.local.handles import start_clickhouse
from streams.clock import now
from streams.migrate import connect, migrations
from streams.settings import Settings
from streams.sinks.clickhouse import ClickHouse
from streams.steps.columns import INSTANT
from streams.steps.copies import signatures
from streams.upkeep import copy_store, deletions, near_duplicates
from streams.upkeep.copy_store import CopyStore
from streams.upkeep.near_duplicates import CollapseReport, collapse

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)  # a Monday
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
ADVERT = "New offer this week: the Pavilion {} with 16 GB of memory for only {} euros, today only"
RUMOUR = "somebody told me that the airline will cancel every flight to the islands next summer"
Row = Mapping[str, Any]
_offsets = count()


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    with start_clickhouse(tmp_path_factory.mktemp("clickhouse")) as server:
        settings = Settings(
            clickhouse_url=server.url,
            clickhouse_user=server.user,
            clickhouse_password=server.password,
        )
        with connect(settings, in_database=True) as client:
            for migration in migrations():
                for statement in migration.statements:
                    client.command(statement)
        yield settings
        server.kill()


class Tables:
    """The tables of a pass, empty at first."""

    def __init__(self, clickhouse: ClickHouse) -> None:
        self.clickhouse = clickhouse

    async def empty(self) -> None:
        for table in (
            *("mentions", "near_duplicates", "near_duplicate_bands", "copies_to_review"),
            *("deletions", "erased"),
        ):
            await self.clickhouse.rows("TRUNCATE TABLE {name:Identifier}", {"name": table})

    async def store(self, *rows: Row) -> None:
        """Store mentions as a worker would, one block."""
        texts = [str(row["text"]) for row in rows]
        fingerprints, bands = signatures(texts)
        block = pa.table(
            {
                "mention_id": [row["id"] for row in rows],
                "source": ["test"] * len(rows),
                "kind": [row.get("kind", "post") for row in rows],
                "author_id": [row.get("author", "a") for row in rows],
                "text": texts,
                "parent_id": [row.get("parent", "") for row in rows],
                "brands": pa.array([row.get("brands", []) for row in rows], pa.list_(pa.string())),
                "spam_reasons": pa.array(
                    [row.get("reasons", []) for row in rows], pa.list_(pa.string())
                ),
                "published_at": pa.array([row["at"] for row in rows], INSTANT),
                "fingerprint": pa.array(fingerprints),
                "bands": pa.array(
                    [bands[row].tolist() for row in range(len(texts))], pa.list_(pa.uint64())
                ),
                "version": pa.array([row.get("version", 0) for row in rows], pa.uint64()),
                "is_deleted": pa.array([row.get("deleted", 0) for row in rows], pa.uint8()),
                "kafka_offset": pa.array([next(_offsets) for _ in rows], pa.uint64()),
            }
        )
        await self.clickhouse.insert("mentions", block, str(uuid4()))

    async def collapse(self, since: datetime = LONG_AGO, **options: Any) -> CollapseReport:
        return await collapse(self.clickhouse, since, **options)

    async def links(self) -> dict[str, tuple[str, str]]:
        """Original and reason of each copy."""
        rows = await self.clickhouse.rows(
            "SELECT mention_id, original, reason FROM near_duplicates FINAL"
            " WHERE original != mention_id"
        )
        return {id_: (original, reason) for id_, original, reason in rows}

    async def all(self, query: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self.clickhouse.rows(query)]


@pytest.fixture
async def tables(settings: Settings) -> AsyncIterator[Tables]:
    async with ClickHouse(settings) as clickhouse:
        tables = Tables(clickhouse)
        await tables.empty()
        yield tables


def said(id_: str, text: str, minutes: float = 0, **more: Any) -> Row:
    return {"id": f"test:{id_}", "text": text, "at": NOON + timedelta(minutes=minutes)} | more


async def test_a_copy_points_to_the_earliest_mention_of_the_text(tables: Tables) -> None:
    await tables.store(
        said("first", RUMOUR, 0),
        said("second", f"RT @somebody: {RUMOUR.upper()}!!", 1),
        said("third", f"{RUMOUR} 😱 https://example.com/1", 2),
        said("near", RUMOUR.replace("every", "each"), 3),
        said("other", "my suitcase came back from the islands a week after I did, broken", 4),
    )
    report = await tables.collapse()
    assert await tables.links() == {
        "test:second": ("test:first", "exact"),
        "test:third": ("test:first", "exact"),
        "test:near": ("test:first", "near"),
    }
    assert (report.considered, report.changed, report.is_complete) == (5, 3, True)


async def test_a_second_pass_writes_nothing(tables: Tables) -> None:
    await tables.store(said("1", RUMOUR), said("2", RUMOUR, 1))
    await tables.collapse()
    assert (await tables.collapse()).changed == 0


async def test_adverts_for_other_models_or_at_other_prices_stay_apart(tables: Tables) -> None:
    offers = [("x360", "799"), ("x360", "899"), ("G7", "799"), ("x360", "799")]
    await tables.store(*(said(str(n), ADVERT.format(*o), n) for n, o in enumerate(offers)))
    await tables.collapse()
    assert await tables.links() == {"test:3": ("test:0", "exact")}


async def test_an_earlier_mention_that_comes_late_becomes_the_original(tables: Tables) -> None:
    await tables.store(said("b", RUMOUR, 10), said("c", RUMOUR.replace("every", "each"), 20))
    await tables.collapse()
    assert await tables.links() == {"test:c": ("test:b", "near")}
    await tables.store(said("a", RUMOUR, 0))
    await tables.collapse()
    assert await tables.links() == {
        "test:b": ("test:a", "exact"),
        "test:c": ("test:a", "near"),
    }


async def test_of_two_mentions_of_one_moment_the_lower_id_is_the_original(tables: Tables) -> None:
    await tables.store(said("2", RUMOUR), said("1", RUMOUR))
    await tables.collapse()
    assert await tables.links() == {"test:2": ("test:1", "exact")}


async def test_after_a_deletion_its_copies_point_to_the_next_one(tables: Tables) -> None:
    await tables.store(said("1", RUMOUR), said("2", RUMOUR, 1), said("3", RUMOUR, 2))
    await tables.collapse()
    await tables.store(said("1", "", deleted=1, version=70_000))
    await tables.collapse()
    assert await tables.links() == {"test:3": ("test:2", "exact")}


async def test_when_the_network_takes_an_original_back_one_of_its_copies_stands_for_the_others(
    tables: Tables, settings: Settings
) -> None:
    await tables.store(*(said(name, RUMOUR, minute) for minute, name in enumerate("abcd")))
    await tables.collapse()
    assert set(await tables.links()) == {"test:b", "test:c", "test:d"}
    since = now()  # so the copies themselves are no news
    with connect(settings, in_database=True) as client:
        client.command(
            "INSERT INTO deletions (target, target_id, source, deleted_at)"
            " VALUES ('mention', 'test:a', 'test', now64(3))"
        )
        deletions.carry_out(client, LONG_AGO)
    assert await tables.links() == {}
    await tables.collapse(since)
    assert await tables.links() == {
        "test:c": ("test:b", "exact"),
        "test:d": ("test:b", "exact"),
    }


async def test_an_edited_original_loses_its_copies(tables: Tables) -> None:
    await tables.store(said("1", RUMOUR), said("2", RUMOUR, 1))
    await tables.collapse()
    await tables.store(
        said("1", "it was all a mistake, they fly as they always did", version=70_000)
    )
    await tables.collapse()
    assert await tables.links() == {}


async def test_a_week_later_it_is_said_anew(tables: Tables) -> None:
    day = 24 * 60
    await tables.store(said("1", RUMOUR), said("2", RUMOUR, 7 * day), said("3", RUMOUR, 15 * day))
    await tables.collapse()
    assert await tables.links() == {"test:2": ("test:1", "exact")}


async def test_chains_lead_to_where_they_begin(tables: Tables) -> None:
    day = 24 * 60
    await tables.store(*(said(str(n), RUMOUR, n * 5 * day) for n in range(4)))
    await tables.collapse()
    assert {original for original, _ in (await tables.links()).values()} == {"test:0"}


async def test_what_came_before_is_a_copy_of_the_newest_of_those_that_come_together(
    tables: Tables,
) -> None:
    day = 24 * 60
    await tables.store(said("3", RUMOUR, 12 * day))
    await tables.collapse()
    await tables.store(said("1", RUMOUR, 0), said("2", RUMOUR, 6 * day))
    await tables.collapse()
    rows = await tables.all("SELECT mention_id, parent, original FROM near_duplicates FINAL")
    assert sorted(rows) == [
        ("test:2", "test:1", "test:1"),
        ("test:3", "test:2", "test:1"),
    ]


async def test_an_edit_whose_pass_was_killed_still_frees_its_copies(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tables.store(said("1", RUMOUR), said("2", RUMOUR, 1))
    await tables.collapse()
    since = now()  # so the copy itself is no news
    await tables.store(
        said("1", "it was all a mistake, they fly as they always did", version=70_000)
    )

    async def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(CopyStore, "write", killed)
        with pytest.raises(KeyboardInterrupt):
            await tables.collapse(since)
    await tables.collapse(since)
    assert await tables.links() == {}


async def test_reposts_and_giveaways_have_their_own_reasons(tables: Tables) -> None:
    text = "Follow us and retweet for a chance to win a week for two in a house at the sea"
    await tables.store(
        said("1", text, 0, reasons=["giveaway"]),
        said("2", text, 1, reasons=["giveaway"]),
        said("3", "", 2, kind="repost", parent="test:1"),
    )
    await tables.collapse()
    assert await tables.links() == {
        "test:2": ("test:1", "giveaway"),
        "test:3": ("test:1", "repost"),
    }


async def test_a_repost_that_comes_before_its_original_is_found_later(tables: Tables) -> None:
    await tables.store(said("r", "", 5, kind="repost", parent="test:1"))
    await tables.collapse()
    assert await tables.links() == {}
    await tables.store(said("1", RUMOUR, 0))
    await tables.collapse()
    assert await tables.links() == {"test:r": ("test:1", "repost")}


@pytest.mark.parametrize("seed", range(4))
async def test_neither_the_order_of_arrival_nor_the_size_of_a_stretch_matters(
    tables: Tables, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(seed)
    words = RUMOUR.split()
    rows = []
    for number in range(40):
        text = list(words)
        for _ in range(rng.choice([0, 0, 1, 1, 2, 3])):
            text[rng.randrange(len(text))] = rng.choice(["maybe", "winter", "boats", "soon"])
        rows.append(said(f"{number:02}", " ".join(text), rng.randrange(0, 20 * 24 * 60)))
    await tables.store(*rows)
    await tables.collapse()
    at_once = await tables.links()
    assert at_once
    await tables.empty()
    await tables.store(*rows)
    monkeypatch.setattr(near_duplicates, "CHUNK", 16)
    monkeypatch.setattr(copy_store, "MAX_PARAMETERS", 10)
    await tables.collapse()
    assert await tables.links() == at_once
    await tables.empty()
    rng.shuffle(rows)
    for start in range(0, len(rows), 7):
        await tables.store(*rows[start : start + 7])
        await tables.collapse()
    assert await tables.links() == at_once


async def test_a_pass_stops_at_its_limit_and_the_next_one_goes_on(tables: Tables) -> None:
    for number in range(6):
        await tables.store(said(str(number), RUMOUR, number))
    first = await tables.collapse(limit=4)
    assert (first.considered, first.is_complete) == (4, False)
    rest = await collapse(tables.clickhouse, first.next_since)
    assert rest.is_complete
    assert len(await tables.links()) == 5
    assert rest.next_since <= now()


async def test_net_counts_leave_copies_out_and_raw_counts_keep_them(tables: Tables) -> None:
    await tables.store(
        said("1", RUMOUR, 0, brands=["Iberia"]),
        said("2", RUMOUR, 1, brands=["Iberia"]),
        said("3", "the food was better than at home, thanks to the whole crew", 2),
    )
    await tables.collapse()
    assert await tables.all("SELECT mention_id FROM mentions_net ORDER BY mention_id") == [
        ("test:1",),
        ("test:3",),
    ]
    assert await tables.all(
        "SELECT brand, raw_mentions, net_mentions, exact_copies, near_copies"
        " FROM mentions_raw_and_net ORDER BY brand"
    ) == [("", 1, 1, 0, 0), ("Iberia", 2, 1, 1, 0)]


async def test_ids_with_quotes_and_backslashes_are_only_ids(tables: Tables) -> None:
    ids: Sequence[str] = ["it's", "back\\slash", "tab\\t", '"quoted"', "ünïcode"]
    await tables.store(*(said(id_, RUMOUR, n) for n, id_ in enumerate(ids)))
    await tables.collapse()
    assert set(await tables.links()) == {f"test:{id_}" for id_ in ids[1:]}


async def test_many_long_ids_fit(tables: Tables) -> None:
    ids = [f"{number:04}{'ñ' * 480}" for number in range(900)]
    await tables.store(*(said(id_, RUMOUR, n / 60) for n, id_ in enumerate(ids)))
    await tables.collapse()
    assert len(await tables.links()) == 899
