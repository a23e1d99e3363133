"""Communities, ratings, bonds, presence and coherence give what is counted by hand."""

import numpy as np
import pytest
from clickhouse_connect.driver.client import Client

from streams.signals.value.communities import communities
from streams.upkeep import value
from tests.integration.value.conftest import Shop

RULES = """
brands: [{name: Nimbara, own: true}, {name: Kolmio}]
attributes: [{name: battery, rule: battery}, {name: light, rule: light}, {name: kind, rule: kind}]
campaigns: [{name: Summer, brand: Nimbara, rule: summer}]
"""


def declare(shop: Shop) -> None:
    shop.client.insert(
        "rule_versions", [[1, "rules-1", RULES]], column_names=["sequence", "version", "listening"]
    )


def test_accounts_of_rivals_are_no_people(shop: Shop) -> None:
    shop.mention("q", "ana", 0, acts=["question"])
    rival = {"author_role": "rival", "acts": ["usage_tip", "gives_recommendation"]}
    shop.answer("theirs", "kolmio", "q", 1, **rival)
    shop.order("1", "ana", 2)
    shop.run()
    assert shop.rows("SELECT author_id, reciprocity FROM social_rating") == [("ana", 0.0)]
    assert shop.rows("SELECT answers_received_from_people FROM exchange_of_value") == [(0,)]
    assert shop.rows("SELECT author_id FROM influence") == []
    assert shop.rows("SELECT sum(given), sum(asked) FROM recommendations") == [(0, 0)]


def test_collaborative_acts_are_distinct_mentions_that_help(shop: Shop) -> None:
    shop.mention("q", "ana", 0, acts=["question"])
    shop.mention("no question", "ben", 0)
    shop.answer("helps", "eva", "q", 1, acts=["usage_tip"])  # two reasons, one act
    shop.answer("helps again", "eva", "q", 1)
    shop.answer("chats", "eva", "no question", 1)
    shop.answer("to herself", "ana", "q", 1)
    shop.answer("unknown parent", "eva", "gone", 1, parent_author_id="ben")
    shop.mention("review", "eva", 2, kind="review")
    shop.mention("idea", "eva", 2, topics=["ideas"])
    shop.mention("repost", "eva", 2, kind="repost", acts=["usage_tip"])
    shop.mention("brand", "care", 0, author_role="care", acts=["usage_tip"])
    shop.run()
    assert shop.rows(
        "SELECT author_id, collaborative_acts, helped, people_helped FROM value_people"
        " WHERE run = (SELECT max(run) FROM value_runs) AND collaborative_acts > 0"
    ) == [("eva", 4, 2, 1)]


def test_a_community_is_who_answers_whom(shop: Shop) -> None:
    # Two circles of three; in the first all answer one another, in the second one answers two.
    for one in "abc":
        shop.mention(one, one, 0, acts=["question"], brands=["Nimbara"])
    for one, other in ("ab", "ba", "bc", "cb", "ca", "ac"):
        shop.answer(f"{one} to {other}", one, other, 1)
    for one in "xyz":
        shop.mention(one, one, 0, brands=["Kolmio"])
    shop.answer("x to y", "x", "y", 9)
    shop.answer("x to z", "x", "z", 9)
    shop.answer("a pair", "m", "n", 1, parent_author_id="n")
    shop.answer("to the brand", "a", "own", 1, parent_author_id="nimbara")
    shop.mention("own", "nimbara", 0, author_role="own")
    shop.answer("from the brand", "nimbara", "b", 2, author_role="care")
    shop.answer("again", "nimbara", "b", 3, author_role="care")
    shop.run()
    assert shop.rows(
        "SELECT community, brand, members, ties, mutual_ties, reciprocity, density,"
        " returning_members, helping_members, helps, brand_reciprocity, answered_by_brand_share"
        " FROM social_capital ORDER BY community"
    ) == [
        (1, "Nimbara", 3, 3, 3, 1.0, 1.0, 0, 3, 6, 2.0, 1 / 3),
        (2, "Kolmio", 3, 2, 0, 0.0, 2 / 3, 1, 0, 0, None, 0.0),
    ]
    assert shop.rows(
        "SELECT author_id, answers_given_to_people, answers_received_from_brand, answered_share"
        " FROM exchange_of_value WHERE author_id IN ('a', 'b') ORDER BY author_id"
    ) == [("a", 2, 0, 0.0), ("b", 2, 2, None)]


def test_communities_do_not_depend_on_the_dice() -> None:
    rng = np.random.default_rng(3)
    edges = rng.integers(0, 60, (400, 2)) + 60 * rng.integers(0, 3, 400)[:, None]
    weights = rng.integers(1, 5, 400).astype(np.float64)
    first = communities(edges, weights, 180)
    assert set(first[first > 0]) >= {1, 2, 3}
    for _ in range(3):
        assert (communities(edges, weights, 180) == first).all()
    assert (communities(np.empty((0, 2), np.int64), np.empty(0), 4) == 0).all()


def test_a_rating_is_the_mean_of_its_components_and_50_is_the_median(shop: Shop) -> None:
    for who, followers, orders in (("eva", 100, 2), ("tom", 300, 2), ("ana", 900, 0)):
        shop.mention(who, who, 0, followers=followers)
        for number in range(orders):
            shop.order(f"{who}-{number}", who, number)
    shop.run()
    assert shop.rows(
        "SELECT author_id, reach, recommendation, loyalty, constancy, rating, segment"
        " FROM social_rating ORDER BY author_id"
    ) == [
        ("ana", 75.0, 0.0, 0.0, 50.0, 17.9, "constant"),
        ("eva", 25.0, 0.0, 50.0, 50.0, 17.9, "loyal"),
        ("tom", 50.0, 0.0, 50.0, 50.0, 21.4, "loyal"),
    ]


def test_bonds_stand_side_by_side(shop: Shop) -> None:
    shop.mention("good", "eva", 0, sentiment="positive", source="a")
    shop.mention("better", "eva", 8, sentiment="positive", source="b")
    shop.mention("bad", "tom", 0, sentiment="negative", source="a")
    shop.answer("tie", "eva", "bad", 1, source="a")
    shop.order("1", "eva", 0, "300", product="Uno")
    shop.order("2", "eva", 0, "300", product="Due")
    shop.order("3", "tom", 0, "100", product="Uno")
    shop.order("4", "silent", 0, "5", currency="USD")
    shop.run()
    assert shop.rows(
        "SELECT author_id, structural, emotional, financial, social FROM customer_bonds"
        " ORDER BY author_id"
    ) == [
        # Medians: products 1, networks 1, weeks 1, ties 1; spent 100 of euros, 5 of dollars.
        ("eva", 66.7, 75.0, pytest.approx(100 * 600 / 700, abs=0.1), 25.0),
        ("silent", 0.0, 0.0, 50.0, 0.0),
        ("tom", 50.0, 33.3, 50.0, 25.0),
    ]


def test_presence_is_where_they_talk_against_where_the_brand_answers(shop: Shop) -> None:
    for number in range(3):
        shop.mention(f"f{number}", f"p{number}", 0, source="forum", brands=["Nimbara"])
    shop.mention("needs", "p0", 0, source="chat", needs_reply=1)
    shop.mention("neither", "p0", 0, source="chat")
    shop.mention("bot", "bot", 0, source="chat", brands=["Nimbara"], author_is_bot=1)
    staff = {"author_role": "care", "source": "chat"}
    shop.answer("answer", "care", "needs", 1 / 24, **staff)
    shop.answer("late", "care", "f0", 2 / 24, **staff)
    shop.mention("advert", "care", 1, **staff)
    shop.mention("to who was forgotten", "care", 1, kind="reply", **staff)
    # A thread of their own, and words between two of them, are no answers to anybody.
    shop.answer("advert 2", "care", "advert", 1.1, **staff)
    shop.answer("advert 3", "care", "advert 2", 1.2, parent_author_id="care", **staff)
    shop.answer("thanks to care", "own", "answer", 1.3, **staff | {"author_role": "own"})
    shop.mention("rival", "kolmio", 0, source="forum", brands=["Kolmio"], author_role="rival")
    shop.run()
    assert shop.rows(
        "SELECT source, said, people, needed_reply, answers, broadcasts, said_share,"
        " answered_share, gap, listen_react, answer_p50_sec FROM brand_presence ORDER BY source"
    ) == [
        ("chat", 1, 1, 1, 3, 1, 0.25, 1.0, -0.75, 3.0, 7_200.0),
        ("forum", 3, 3, 0, 0, 0, 0.75, 0.0, 0.75, None, None),
    ]


def test_coherence_compares_what_is_said_with_what_is_published(shop: Shop) -> None:
    declare(shop)
    said = (
        [("battery", "positive")] * 6 + [("battery", "negative")] * 2 + [("light", "positive")] * 2
    )
    for number, (attribute, sentiment) in enumerate(said):
        shop.mention(
            f"said {number}", f"p{number}", number / 100, attributes=[attribute],
            brands=["Nimbara"], sentiment=sentiment, campaigns=["Summer"],
        )  # fmt: skip
    shop.mention("of a rival", "p", 0, attributes=["kind"], brands=["Kolmio"])
    shop.mention("a rival", "kolmio", 0, attributes=["kind"], author_role="rival")
    for number, attribute in enumerate(["battery", "light", "kind"]):
        for time in range(2):
            shop.mention(
                f"post {number} {time}", "own", 0, author_role="own", attributes=[attribute]
            )
    shop.answer("an answer", "own", "said 0", 1, author_role="own", attributes=["kind"])
    few = (
        "SELECT verdict, likeness, favourable, people_said, brand_published, never_said"
        " FROM brand_coherence WHERE campaign = '{}'"
    )
    shop.run()
    assert shop.rows(few.format("")) == [("thin", None, None, 10, 6, 1)]
    shop.set("few", 10)
    # Said without complaint: battery 6, light 2 of 8; published: a third each.
    likeness = round(1 - (6 / 8 - 1 / 3 + 1 / 3 - 2 / 8 + 1 / 3) / 2, 4)
    assert shop.rows(few.format("")) == [("partly", likeness, 0.8, 10, 6, 1)]
    assert shop.rows(few.format("Summer")) == [("thin", None, 0.8, 10, 0, 1)]
    assert shop.rows(
        "SELECT attribute, people_mentions, people_positive, people_negative, brand_mentions,"
        " people_examples FROM attribute_coherence WHERE campaign = '' ORDER BY attribute"
    ) == [
        ("battery", 8, 6, 2, 2, ["said 7", "said 6", "said 5"]),
        ("kind", 0, 0, 0, 2, []),
        ("light", 2, 2, 0, 2, ["said 9", "said 8"]),
    ]


def test_a_killed_run_is_never_seen_and_cleared_away_when_it_can_be_no_others(shop: Shop) -> None:
    shop.order("a", "eva", 0, "5")
    shop.run()
    [(shown,)] = shop.rows("SELECT max(run) FROM value_runs")
    for name, run in (("long ago", shown - value.ABANDONED), ("just now", shown + 1)):
        row = [[run, name, 9]]
        shop.client.insert("value_people", row, column_names=["run", "author_id", "orders"])
    assert shop.rows("SELECT author_id FROM social_rating") == [("eva",)]
    shop.order("b", "tom", 0, "5")
    shop.run()
    assert shop.rows("SELECT author_id FROM social_rating ORDER BY author_id") == [
        ("eva",),
        ("tom",),
    ]
    # What another host may still be at stays; the run before too, for who is reading it.
    assert shop.rows("SELECT DISTINCT author_id FROM value_people ORDER BY author_id") == [
        ("eva",),
        ("just now",),
        ("tom",),
    ]
    assert shop.rows("SELECT count() FROM value_answers") == [(0,)]


def test_two_runs_at_once_leave_each_others_rows_alone(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        shop.mention(f"m{number}", f"p{number}", 0, acts=["question"])
        shop.answer(f"a{number}", f"p{(number + 1) % 30}", f"m{number}", 1)
    find, inner = value._find_communities, list[int]()

    def and_another_begins_and_ends(client: Client, run: int) -> None:
        find(client, run)
        if not inner:
            inner.append(0)
            inner[0] = value.compute(client)

    monkeypatch.setattr(value, "_find_communities", and_another_begins_and_ends)
    outer = value.compute(shop.client)
    assert outer < inner[0]
    of_run = (
        "SELECT count(), sum(answers_to_people), sum(helped), sum(ties), max(community)"
        " FROM value_people WHERE run = {}"
    )
    [counted] = shop.rows(of_run.format(outer))
    assert counted[:4] == (30, 30, 30, 60)
    assert shop.rows(of_run.format(inner[0])) == [counted]
