"""Views of engagement and first contact give what is counted by hand, also after corrections."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from deploy.local.handles import start_clickhouse
from streams.migrate import connect, migrations
from streams.settings import Settings
from tests.browser.data import refresh_kept

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)  # a Monday


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
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
            yield client
        server.kill()


@pytest.fixture
def client(server: Client) -> Client:
    for table in ("mentions", "interactions", "engagement_weeks", "first_contacts_kept"):
        server.command("TRUNCATE TABLE {name:Identifier}", {"name": table})
    return server


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def mention(client: Client, id_: str, author: str, minutes: float, **more: Any) -> None:
    values = {"mention_id": id_, "author_id": author, "published_at": at(minutes), "kind": "post"}
    values |= more
    client.insert("mentions", [list(values.values())], column_names=list(values))


def answer(
    client: Client, id_: str, author: str, minutes: float, parent: str, root: str, **more: Any
) -> None:
    mention(
        client, id_, author, minutes, kind="reply", parent_id=parent, root_id=root, **more
    )  # fmt: skip


def reaction(
    client: Client, id_: str, author: str, minutes: float, kind: str, brands: list[str]
) -> None:
    values = {"interaction_id": id_, "author_id": author, "occurred_at": at(minutes)}
    values |= {"kind": kind, "brands": brands}
    client.insert("interactions", [list(values.values())], column_names=list(values))


def answers(client: Client, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in client.query(query).result_rows]


def conversations(client: Client) -> list[tuple[Any, ...]]:
    """How many there are, how deep they go in all, and how many go beyond one answer."""
    refresh_kept(client, ("engagement_weeks",))
    return answers(
        client,
        "SELECT conversations, mean_depth * conversations, deep_share * conversations"
        " FROM engagement_quality WHERE brand = '' AND conversations > 0",
    )


def test_a_conversation_has_depth_replies_and_authors(client: Client) -> None:
    # root ── a1 (ana) ── b1 (ben) ── a2 (ana)
    #      └─ c1 (cleo)
    mention(client, "root", "eve", 0)
    answer(client, "a1", "ana", 1, "root", "root")
    answer(client, "b1", "ben", 2, "a1", "root")
    answer(client, "a2", "ana", 3, "b1", "root")
    answer(client, "c1", "cleo", 4, "root", "root")
    mention(client, "lonely", "eve", 5)
    assert conversations(client) == [(1, 3, 1)]


def test_an_answer_to_something_unknown_is_at_depth_one(client: Client) -> None:
    answer(client, "a1", "ana", 1, "missing", "root")
    answer(client, "b1", "ben", 2, "a1", "root")
    assert conversations(client) == [(1, 2, 1)]


def test_a_reply_that_comes_late_joins_what_hangs_on_it(client: Client) -> None:
    answer(client, "b1", "ben", 2, "a1", "root")
    assert conversations(client) == [(1, 1, 0)]
    answer(client, "a1", "ana", 1, "root", "root")
    assert conversations(client) == [(1, 2, 1)]


def test_answers_in_a_ring_end(client: Client) -> None:
    answer(client, "a1", "ana", 1, "b1", "root")
    answer(client, "b1", "ben", 2, "a1", "root")
    answer(client, "c1", "cleo", 3, "root", "root")
    assert conversations(client) == [(1, 1, 0)]
    client.command("DELETE FROM mentions WHERE mention_id = 'c1'")
    assert conversations(client) == []


def test_a_chain_is_followed_for_20_steps(client: Client) -> None:
    for step in range(24):
        parent = f"a{step - 1}" if step else "root"
        answer(client, f"a{step}", f"p{step}", step, parent, "root")
    answer(client, "x", "ana", 1, "other", "")  # without a root, its parent is the root
    answer(client, "y", "ben", 2, "x", "")
    assert conversations(client) == [(3, 22, 1)]


def test_an_author_returns_in_a_later_week(client: Client) -> None:
    week = 7 * 24 * 60
    mention(client, "1", "ana", 0, brands=["Iberia"])
    mention(client, "2", "ana", 60, brands=["Iberia"])
    mention(client, "3", "ben", 0, brands=["Iberia", "Vueling"])
    mention(client, "4", "ana", week, brands=["Iberia"])
    mention(client, "5", "cleo", week, brands=["Iberia"])
    mention(client, "6", "ana", week, brands=["Vueling"])
    mention(client, "7", "desk", week, brands=["Iberia"], author_role="care")
    mention(client, "8", "vueling", week, brands=["Iberia"], author_role="rival")
    refresh_kept(client, ("engagement_weeks",))
    assert answers(
        client,
        "SELECT brand, toString(week), authors, returning_share * authors"
        " FROM engagement_quality WHERE brand != '' ORDER BY brand, week",
    ) == [
        ("Iberia", "2026-05-04", 2, 0),
        ("Iberia", "2026-05-11", 2, 1),
        ("Vueling", "2026-05-04", 1, 0),
        ("Vueling", "2026-05-11", 1, 0),
    ]


def test_reciprocity_counts_pairs_that_answered_each_other(client: Client) -> None:
    mention(client, "m", "ana", 0, brands=["Iberia"])
    answer(client, "r1", "ben", 1, "m", "m", brands=["Iberia"])
    answer(client, "r2", "ana", 2, "r1", "m", brands=["Iberia"])  # ana and ben: mutual
    answer(client, "r3", "cleo", 3, "m", "m", brands=["Iberia"])  # never answered
    answer(client, "r4", "ana", 4, "m", "m", brands=["Iberia"])  # to herself
    answer(client, "r5", "dan", 5, "x", "x", brands=["Iberia"], parent_author_id="eve")
    for number, role in enumerate(("care", "rival")):  # who speaks for a brand is no person
        answer(client, f"s{number}", role, 6, "m", "m", brands=["Iberia"], author_role=role)
        answer(client, f"t{number}", "ana", 7, f"s{number}", "m", brands=["Iberia"])
    refresh_kept(client, ("engagement_weeks",))
    of_brand = "SELECT pairs, reciprocity FROM engagement_quality WHERE brand = 'Iberia'"
    assert answers(client, of_brand) == [(3, pytest.approx(1 / 3))]


CONTACTS = (
    "SELECT author_id, brand, first_at, first_kind, contacts"
    " FROM first_contacts_kept ORDER BY author_id, brand"
)


def contacts(client: Client) -> list[tuple[Any, ...]]:
    refresh_kept(client, ("first_contacts_kept",))
    return answers(client, CONTACTS)


def naive(minutes: float) -> datetime:
    return at(minutes).replace(tzinfo=None)


def test_the_first_contact_is_the_earliest_of_any_kind(client: Client) -> None:
    mention(client, "own", "iberia", 0, brands=["Iberia"], author_role="own")
    reaction(client, "l1", "ana", 10, "like", ["Iberia"])
    mention(client, "m1", "ana", 20, brands=["Iberia", "Vueling"])
    reaction(client, "f1", "ben", 5, "follow", ["Iberia"])
    answer(client, "r1", "cleo", 7, "own", "own", brands=["Iberia"], parent_author_id="iberia")
    mention(client, "p1", "dan", 8, kind="repost", brands=["Iberia"])
    reaction(client, "l2", "iberia", 1, "like", ["Iberia"])  # the brand itself is no contact
    assert contacts(client) == [
        ("ana", "Iberia", naive(10), "like", 2),
        ("ana", "Vueling", naive(20), "mention", 1),
        ("ben", "Iberia", naive(5), "follow", 1),
        ("cleo", "Iberia", naive(7), "reply", 1),
        ("dan", "Iberia", naive(8), "repost", 1),
    ]


def test_late_replayed_and_deleted_events_correct_the_first_contact(client: Client) -> None:
    mention(client, "m1", "ana", 20, brands=["Iberia"])
    mention(client, "m1", "ana", 20, brands=["Iberia"])  # replayed
    assert contacts(client) == [("ana", "Iberia", naive(20), "mention", 1)]
    reaction(client, "l1", "ana", 10, "like", ["Iberia"])
    reaction(client, "l1", "ana", 10, "like", ["Iberia"])
    assert contacts(client) == [("ana", "Iberia", naive(10), "like", 2)]
    mention(client, "m0", "ana", 5, brands=["Iberia"])
    assert contacts(client) == [("ana", "Iberia", naive(5), "mention", 3)]
    mention(client, "m0", "ana", 5, brands=["Iberia"], version=70_000, is_deleted=1)
    assert contacts(client) == [("ana", "Iberia", naive(10), "like", 2)]


def test_interests_are_what_an_author_talks_about_besides_the_brands(client: Client) -> None:
    mention(client, "t:1", "ana", 1, interests=["football", "travel"])
    mention(client, "t:2", "ana", 3, interests=["football"])
    mention(client, "t:3", "ana", 4, interests=["football"], brands=["Nimbara"])
    mention(client, "t:4", "ana", 5, interests=["football"], kind="repost")
    mention(client, "t:5", "shop", 6, interests=["travel"], author_role="own")
    mention(client, "t:5b", "rival", 6, interests=["travel"], author_role="rival")
    mention(client, "t:6", "ana", 7, interests=["wine"], source="other")
    query = (
        "SELECT source, author_id, interest, mentions, evidence FROM author_interests"
        " ORDER BY source, interest"
    )
    assert answers(client, query) == [
        ("", "ana", "football", 2, ["t:2", "t:1"]),
        ("", "ana", "travel", 1, ["t:1"]),
        ("other", "ana", "wine", 1, ["t:6"]),
    ]
    client.command(
        "INSERT INTO mentions (mention_id, author_id, published_at, kind, version)"
        " SELECT 't:2', 'ana', published_at, 'post', 65536 FROM mentions"
        " WHERE mention_id = 't:2'"
    )  # its new text is about nothing
    assert answers(client, query)[0] == ("", "ana", "football", 1, ["t:1"])
