"""Engagement and campaigns, counted by hand; whatever the order, and after corrections."""

import random
from datetime import timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from tests.integration.journeys.said import START, at, insert, kept, mention

# The noon of a Monday three weeks before the story of the other tests.
MONDAY = START - timedelta(days=START.weekday() + 21)
HOURS = (MONDAY - START).total_seconds() / 3_600
WEEK = 7 * 24
WEEKS = [(MONDAY + timedelta(days=7 * number)).date() for number in range(2)]


def said(id_: str, author: str, hours: float, *brands: str, **more: Any) -> dict[str, Any]:
    return mention(id_, author, HOURS + hours, brands=list(brands), **more)


def reply(id_: str, author: str, hours: float, to: str, root: str, **more: Any) -> dict[str, Any]:
    return said(id_, author, hours, kind="reply", parent_id=to, root_id=root, **more)


#   week 1   root (eve, Nimbara) ── a1 (ana) ── b1 (eve) ── a2 (ana)
#                                └─ d1 (dan)
#            other (fay, no brand) ── c1 (care of the brand)
#   week 2   late (ana, Nimbara) ── e1 (eve);  eve answers dan's d1 only now
STORY = [
    said("root", "eve", 0, "Nimbara"),
    reply("a1", "ana", 1, "root", "root"),
    reply("b1", "eve", 2, "a1", "root"),
    reply("a2", "ana", 3, "b1", "root"),
    reply("d1", "dan", 4, "root", "root"),
    said("other", "fay", 0),
    reply("c1", "desk", 5, "other", "other", author_role="care"),
    said("late", "ana", WEEK, "Nimbara"),
    reply("e1", "eve", WEEK + 1, "late", "late"),
    reply("e2", "eve", WEEK + 2, "d1", "root"),
]
NEEDED = ("engagement_weeks", "campaign_days")
QUALITY = (
    "SELECT week, brand, sum(conversations), sum(depth), sum(deep), sum(authors),"
    " sum(returning_authors), sum(pairs), sum(mutual_pairs)"
    " FROM engagement_weeks GROUP BY week, brand ORDER BY week, brand"
)
EXPECTED = [
    # Two conversations, 3 and 1 deep; eve, ana, dan and fay; eve–ana both ways, eve–dan one way.
    (WEEKS[0], "", 2, 4, 1, 4, 0, 2, 1),
    # The root names the brand, its answers do not: one conversation, one author, no pair of it.
    (WEEKS[0], "Nimbara", 1, 3, 1, 1, 0, 0, 0),
    # A conversation of one answer; ana and eve were there before; eve answers ana, and dan at last.
    (WEEKS[1], "", 1, 1, 0, 2, 2, 2, 2),
    (WEEKS[1], "Nimbara", 1, 1, 0, 1, 0, 0, 0),
]


def test_engagement_is_what_is_counted_by_hand(client: Client) -> None:
    insert(client, "mentions", *STORY)
    rival = {"author_role": "rival"}  # who speaks for a brand, ours or not, is nobody here
    insert(
        client,
        "mentions",
        said("x1", "kolmio", 6, "Nimbara", **rival),
        said("x2", "kolmio", WEEK + 6, "Nimbara", **rival),
        reply("x3", "kolmio", 6, "root", "root", **rival),
        reply("x4", "dan", 7, "x3", "root", parent_author_id="kolmio"),
    )

    assert kept(client, QUALITY, NEEDED) == EXPECTED
    shares = kept(
        client,
        "SELECT mean_depth, deep_share, returning_share, reciprocity FROM engagement_quality"
        " WHERE brand = '' ORDER BY week",
        NEEDED,
    )
    assert shares == [(2.0, 0.5, 0.0, 0.5), (1.0, 0.0, 1.0, 1.0)]


@pytest.mark.parametrize("seed", [1, 2])
def test_any_order_and_twice_gives_the_same(client: Client, seed: int) -> None:
    shuffled = [*STORY, *STORY]
    random.Random(seed).shuffle(shuffled)
    insert(client, "mentions", *shuffled)

    assert kept(client, QUALITY, NEEDED) == EXPECTED


def test_an_answer_that_is_taken_back_was_never_there(client: Client) -> None:
    insert(client, "mentions", *STORY)
    insert(client, "mentions", STORY[2] | {"version": 1, "is_deleted": 1})  # b1 of eve

    [first, *_] = kept(client, QUALITY, NEEDED)

    # a2 hangs on nothing that is stored; the deepest is e2, which came later. Nobody knows whom a2
    # answers, and eve never answered ana in that week.
    assert first == (WEEKS[0], "", 2, 3, 1, 4, 0, 2, 0)


def test_a_campaign_stands_beside_what_was_said_on_its_days(client: Client) -> None:
    columns = ["sequence", "version", "section", "name", "since", "until"]
    days = [at(HOURS).date(), at(HOURS + 48).date()]
    client.insert("listened", [[1, "v", "campaign", "spring", *days]], column_names=columns)
    wants, likes = {"intent": "active"}, {"sentiment": "positive"}
    of_it = {"campaigns": ["spring"]}
    insert(
        client,
        "mentions",
        said("1", "ana", 0, **of_it, **wants, **likes),
        said("2", "ben", 1, **of_it, sentiment="negative", acts=["gives_recommendation"]),
        said("3", "cai", 2, **of_it, kind="repost", **wants),  # said, but no words of their own
        said("4", "dan", 3, **of_it, spam=0.9, **wants),
        said("5", "nimbara", 4, **of_it, author_role="own", **likes),
        said("5 rival", "kolmio", 4, **of_it, author_role="rival", **likes),
        said("6", "eve", 5, **likes),
        said("7", "fay", 24, sentiment="negative", **wants),
        said("8", "gil", 25, acts=["gives_recommendation"]),
        said("9", "hal", 26),
        said("10", "ana", 400, **wants),  # after its days
    )
    insert(
        client,
        "near_duplicates",
        {"mention_id": "9", "original": "8", "parent": "8", "published_at": at(HOURS + 26)},
    )

    [row] = kept(client, "SELECT * FROM campaigns_measured", NEEDED)

    assert row[:6] == ("spring", *days, 4, 1, 2)
    assert row[6:] == pytest.approx((1 / 2, 1 / 3, 1 / 2, 1 / 2, 1 / 2, 1 / 3))
