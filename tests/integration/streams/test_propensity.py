"""Who is about to buy, learnt in a world whose chances are known; there are no real orders here."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clickhouse_connect.driver.client import Client
from sklearn.metrics import average_precision_score

from models.errors import ModelRefusedError
from models.propensity import MIN_BUYERS, TOO_FEW
from models.propensity_store import MODEL_FILE, PropensityCard, PropensityStore
from models.store import ModelStore
from streams.migrate import connect
from streams.modelling.propensity import learn, score
from streams.privacy.places import table_places
from streams.privacy.subject import Subject
from streams.privacy.turns import Forgetting
from streams.sinks.clickhouse import ClickHouse
from streams.upkeep import deletions
from tests.integration.streams.helpers import Lane, Services, one_line_of
from tests.integration.streams.world import WEEK, World, insert

UNTIL = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
AT = f"{UNTIL:%Y-%m-%d}"
TABLES = ("mentions", "orders", "interactions", "propensity", "deletions")


@pytest.fixture(scope="module")
def world() -> World:
    return World(people=2_500, weeks=14, until=UNTIL)


@pytest.fixture
def client(services: Services, tmp_path: Path, leaves_nothing: None) -> Iterator[Client]:
    with connect(services.settings(tmp_path), in_database=True) as client:
        for table in TABLES:
            client.command("TRUNCATE TABLE {table:Identifier} SYNC", {"table": table})
        yield client
        client.command("TRUNCATE TABLE orders SYNC")


@pytest.fixture
def lane(services: Services, tmp_path: Path) -> Lane:
    settings = services.settings(tmp_path / "run")
    settings = type(settings)(**{**vars(settings), "model_store": tmp_path / "store"})
    return Lane(settings, "none", tmp_path)


def train(lane: Lane, days: int = 7) -> PropensityCard:
    async def work() -> PropensityCard:
        async with ClickHouse(lane.settings) as clickhouse:
            return await learn(
                clickhouse,
                PropensityStore(lane.settings.model_store),
                horizon_days=days,
                until=UNTIL,
                created_at=datetime.now(UTC),
            )

    return asyncio.run(work())


def score_at(lane: Lane, at: datetime = UNTIL) -> int:
    """Score with the newest model; how many were scored."""
    store = PropensityStore(lane.settings.model_store)

    async def work() -> int:
        async with ClickHouse(lane.settings) as clickhouse:
            return (await score(clickhouse, store.card(), store.load(), at=at)).authors

    return asyncio.run(work())


def by_command(lane: Lane, *arguments: str) -> Any:
    ran = lane.run("models", "propensity", *arguments, "--json")
    assert ran.returncode == 0, ran.stderr.decode()
    return json.loads(ran.stdout)


def scores(client: Client) -> dict[str, tuple[float, float, float]]:
    rows = client.query(
        "SELECT author_id, probability, probability_low, probability_high FROM propensity FINAL"
    ).result_rows
    return {author: (chance, low, high) for author, chance, low, high in rows}


def test_chances_are_those_of_the_world(client: Client, lane: Lane, world: World) -> None:
    world.store(client)

    card = train(lane)
    report = card.report
    assert report is not None
    assert card.buyers >= MIN_BUYERS
    assert len(card.moments) == world.weeks - 1
    assert report.ece < 0.01
    assert report.average_precision > 1.3 * report.baseline_average_precision
    assert report.log_loss < report.baseline_log_loss < report.share_log_loss

    # The moment that counts, after everything it has learnt from.
    done = score_at(lane)
    found = scores(client)
    people = {f"p{person}": chance for (person, at), chance in world.chances.items() if at == UNTIL}
    said = {author: (found[author], people[author]) for author in found}
    chance, low, high = (np.array([one[0][at] for one in said.values()]) for at in range(3))
    truth = np.array([one[1] for one in said.values()])
    heard = UNTIL - timedelta(days=90)
    spoke = [any(at >= heard for at, _ in one) for one in world.said.values()]
    assert done == len(found) == sum(spoke)
    assert np.abs(chance - truth).mean() < 0.012
    assert np.mean((low <= truth) & (truth <= high)) > 0.6  # it is not of the world's own form
    came = np.random.default_rng(1).random((200, len(truth))) < truth
    order = np.argsort(chance)
    tenths = np.array_split(order, 10)
    ece = np.mean([[abs(row[t].mean() - chance[t].mean()) for t in tenths] for row in came])
    by_chance = np.mean([[abs(row[t].mean() - truth[t].mean()) for t in tenths] for row in came])
    assert ece < by_chance + 0.006
    week = {
        f"p{person}": any(kind == "active" and UNTIL - at <= WEEK for at, kind in one)
        for person, one in world.said.items()
    }
    asked = np.array([week[author] for author in said])
    ours = np.mean([average_precision_score(row, chance) for row in came if row.any()])
    last_week = np.mean([average_precision_score(row, asked) for row in came if row.any()])
    best = np.mean([average_precision_score(row, truth) for row in came if row.any()])
    print(
        f"ECE {ece:.4f} (true chances {by_chance:.4f}), mean distance from the true chance"
        f" {np.abs(chance - truth).mean():.4f}, in the interval"
        f" {np.mean((low <= truth) & (truth <= high)):.2f}, average precision {ours:.3f}, by intent"
        f" last week {last_week:.3f}, by the true chance {best:.3f}; card: {report}"
    )
    assert last_week * 1.3 < ours
    assert ours > 0.9 * best


def test_what_came_later_changes_nothing(client: Client, lane: Lane) -> None:
    world = World(people=600, weeks=8, until=UNTIL, level=-3.0)
    world.store(client)
    train(lane)
    score_at(lane, UNTIL - WEEK)
    before = scores(client)

    client.command("TRUNCATE TABLE propensity SYNC")
    later = UNTIL - WEEK + timedelta(seconds=1)
    insert(
        client,
        "mentions",
        [
            world._mention(person, 900, later + timedelta(hours=person % 100), "active")
            for person in range(600)
        ],
    )
    insert(
        client,
        "orders",
        [
            {"order_id": f"late{person}", "author_id": f"p{person}", "ordered_at": later}
            for person in range(600)
        ],
    )
    insert(
        client,
        "interactions",
        [
            {"interaction_id": f"i{person}", "author_id": f"p{person}", "occurred_at": later}
            for person in range(600)
        ],
    )
    client.command(  # an edit: what they said before is not known as it was
        "INSERT INTO mentions (mention_id, author_id, published_at, edited_at, version, intent)"
        " SELECT mention_id, author_id, published_at, now64(3), 65536, 'active' FROM mentions"
        " WHERE author_id = 'p1'"
    )
    score_at(lane, UNTIL - WEEK)
    after = scores(client)

    assert len(before) > 400
    before.pop("p1", None)
    assert {a: round(one[0], 6) for a, one in after.items() if a != "p1"} == {
        a: round(one[0], 6) for a, one in before.items()
    }


def test_with_too_few_orders_it_says_so_and_falls_back_to_intent(
    client: Client, lane: Lane
) -> None:
    world = World(people=200, weeks=6, until=UNTIL, level=-5.0)
    world.store(client)
    [[orders]] = client.query("SELECT count() FROM orders").result_rows

    card = by_command(lane, "train", "--days", "7", "--until", AT)
    assert (card["status"], card["report"]) == (TOO_FEW, None)
    assert 0 < card["buyers"] < card["buyers_needed"] == 150
    assert f"{orders} orders" in card["notes"][0]
    said = lane.run("models", "propensity", "card").stdout.decode()
    assert "too few orders" in said
    assert "no chance" in said

    by_command(lane, "score", "--at", AT)
    rows = client.query(
        "SELECT status, is_fallback, probability IS NULL, probability_high IS NULL, evidence,"
        " count() FROM propensity FINAL GROUP BY ALL"
    ).result_rows
    assert {row[:4] for row in rows} == {(TOO_FEW, 1, 1, 1)}
    counted = {row[4]: row[5] for row in rows}
    active = sum(
        any(kind == "active" and UNTIL - at <= WEEK for at, kind in one)
        for one in world.said.values()
    )
    assert counted["active this week"] == active > 0


def test_without_any_order_nothing_is_claimed(client: Client, lane: Lane) -> None:
    said = one_line_of(lane.run("models", "propensity", "score"))
    assert "run escucha models propensity train" in said

    assert train(lane).status == TOO_FEW
    assert score_at(lane) == 0


def test_scoring_goes_on_where_it_stopped_and_counts_nobody_twice(
    client: Client, lane: Lane, world: World
) -> None:
    World(people=300, weeks=6, until=UNTIL).store(client)
    train(lane)
    first = score_at(lane)
    client.command(
        "DELETE FROM propensity WHERE author_id >= 'p2'", settings={"lightweight_deletes_sync": 1}
    )
    [[left]] = client.query("SELECT count() FROM propensity").result_rows

    again = score_at(lane)
    nothing = score_at(lane)

    assert 0 < left < first
    assert again == first - left
    assert nothing == 0
    [[rows, authors]] = client.query(
        "SELECT count(), uniqExact(author_id) FROM propensity"
    ).result_rows
    assert rows == authors == first


def test_models_of_propensity_are_checked_and_do_not_mix_with_the_others(
    client: Client, lane: Lane
) -> None:
    World(people=1_200, weeks=8, until=UNTIL, level=-3.0).store(client)
    version = train(lane).version
    place = Path(lane.settings.model_store)
    store = PropensityStore(place)
    assert store.load() is not None
    assert ModelStore(place).versions() == []

    file = place / version / MODEL_FILE
    content = file.read_bytes()
    file.write_bytes(content[:-1] + b"x")
    with pytest.raises(ModelRefusedError, match="is not what its card describes"):
        store.load(version)
    assert "is not what its card describes" in one_line_of(
        lane.run("models", "propensity", "score", "--at", AT)
    )


def test_who_is_forgotten_or_gone_has_no_chance_left(client: Client, lane: Lane) -> None:
    World(people=60, weeks=6, until=UNTIL).store(client)
    train(lane)
    score_at(lane)
    someone, other, third = sorted(scores(client))[:3]

    with Forgetting(client, lambda _: None).turn():
        for place in table_places(client):
            place.erase(Subject(frozenset({someone})))
    client.command(
        "INSERT INTO deletions (target, target_id, source, deleted_at) VALUES"
        " ('author', {id:String}, 'bluesky', now64(3))",
        {"id": other},
    )
    assert deletions.carry_out(client, datetime.now(UTC) - timedelta(minutes=1)).removed[
        "propensity"
    ]

    assert {someone, other, third} & scores(client).keys() == {third}
    score_at(lane)
    assert {someone, other, third} & scores(client).keys() == {third}
