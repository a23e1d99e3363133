"""First evidence, first contact, purchase and the stages between, by hand."""

from decimal import Decimal
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from tests.integration.journeys.said import at, contact, insert, kept, mention, order, own

WANTS = {"intent": "active", "intent_active": 0.9}


def journeys(client: Client, columns: str) -> dict[str, tuple[Any, ...]]:
    rows = kept(client, f"SELECT author_id, {columns} FROM author_journeys")
    return {row[0]: row[1:] for row in rows}


def test_decision_progress_is_how_much_of_the_way_lay_behind_at_first_contact(
    client: Client,
) -> None:
    own(client, "Nimbara", rivals=("Kolmio",))
    wants = [mention(f"w{author}", author, 0, **WANTS) for author in ("ana", "ben", "cai", "dan")]
    insert(client, "mentions", *wants)
    insert(
        client,
        "interactions",
        contact("i1", "ana", 30, ["Nimbara"]),
        contact("i2", "ben", -5, ["Nimbara"]),
        contact("i3", "cai", 120, ["Nimbara"]),
        contact("i4", "dan", 30, ["Kolmio"]),  # not with us
    )
    insert(client, "orders", *(order(f"o{a}", a, 100) for a in ("ana", "ben", "cai", "dan")))

    assert journeys(client, "progress, lead_time_sec") == {
        "ana": (0.3, 30 * 3_600),
        "ben": (0, None),
        "cai": (1, 120 * 3_600),
        "dan": (None, None),
    }
    tenths = kept(client, "SELECT tenth, authors FROM decision_progress ORDER BY tenth")
    assert tenths == [(-1, 1), (0, 1), (0.3, 1), (0.9, 1)]


def test_a_contact_that_is_heard_of_late_corrects_the_figure(client: Client) -> None:
    own(client, "Nimbara")
    insert(client, "mentions", mention("w", "ana", 0, **WANTS))
    insert(client, "orders", order("o", "ana", 100))
    insert(client, "interactions", contact("i", "ana", 80, ["Nimbara"]))
    assert journeys(client, "progress") == {"ana": (0.8,)}

    insert(client, "interactions", contact("sooner", "ana", 20, ["Nimbara"], kind="follow"))

    assert journeys(client, "progress, first_contact_kind") == {"ana": (0.2, "follow")}


def test_intent_is_proactive_until_the_author_has_to_do_with_us(client: Client) -> None:
    own(client, "Nimbara", rivals=("Kolmio",))
    insert(
        client,
        "mentions",
        mention("need", "ana", 0, **WANTS),
        mention("rival", "ana", 1, **WANTS, brands=["Kolmio"]),
        mention("ours", "ana", 2, **WANTS, brands=["Nimbara"]),
        mention("after", "ana", 3, **WANTS),
        mention("bot", "ben", 0, **WANTS, author_is_bot=1),
        mention("staff", "helper", 0, **WANTS, author_role="care"),
        mention("theirs", "kolmio", 0, **WANTS, author_role="rival", brands=["Nimbara"]),
        mention("copy", "cai", 0, **WANTS),
    )
    insert(client, "near_duplicates", {"mention_id": "copy", "original": "need"})

    found = kept(client, "SELECT mention_id, contacted, is_proactive FROM intent_signals")

    assert sorted(found) == [
        ("after", ["Kolmio", "Nimbara"], 0),
        ("need", [], 1),
        ("ours", ["Kolmio", "Nimbara"], 0),
        ("rival", ["Kolmio"], 1),
    ]
    insert(client, "interactions", contact("i", "kolmio", 1, ["Nimbara"]))
    assert kept(client, "SELECT DISTINCT author_id FROM first_contacts_kept") == [("ana",)]
    shares = kept(client, "SELECT sum(proactive), sum(signals) FROM proactive_share")
    assert shares == [(2, 4)]
    assert kept(
        client, "SELECT side, sum(signals) FROM signals_split GROUP BY side ORDER BY side"
    ) == [("proactive", 2), ("reactive", 1)]


def test_stages_are_steps_and_a_purchase_is_one_of_them(client: Client) -> None:
    own(client, "Nimbara")
    named = {"brands": ["Nimbara"]}
    insert(
        client,
        "mentions",
        mention("a", "ana", 0, stage="awareness", **named),
        mention("a2", "ana", 5, stage="awareness", **named),
        mention("c", "ana", 24, stage="consideration", **named),
        mention("u", "ana", 72, stage="use", **named),
        mention("stuck", "ben", -24 * 10, stage="consideration", **named),
        mention("fresh", "cai", 24 * 9, stage="consideration", **named),
        mention("ad", "spammer", 0, stage="consideration", spam=0.5, **named),
        mention("copy", "dan", 1, stage="awareness", **named),
    )
    insert(client, "near_duplicates", {"mention_id": "copy", "original": "a"})
    insert(client, "interactions", contact("i", "ana", 0, ["Nimbara"]))
    insert(client, "orders", order("o", "ana", 48))

    steps = kept(
        client,
        "SELECT step_before, step, step_after, stayed_sec FROM journey_steps"
        " WHERE author_id = 'ana' ORDER BY at",
    )

    hours = 3_600
    assert steps == [
        ("", "awareness", "consideration", 24 * hours),
        ("awareness", "consideration", "purchase", 24 * hours),
        ("consideration", "purchase", "use", 24 * hours),
        ("purchase", "use", "", None),
    ]
    assert kept(client, "SELECT step, authors, stalled FROM journey_stalls ORDER BY step") == [
        ("consideration", 2, 1),
        ("use", 1, 0),
    ]
    assert ("Nimbara", "awareness", "consideration", 1, 1, 1.0) in kept(
        client, "SELECT * FROM journey_transitions"
    )


def test_the_funnel_counts_what_came_after_the_first_evidence(client: Client) -> None:
    own(client, "Nimbara")
    insert(
        client,
        "mentions",
        mention("old", "ana", -48, stage="advocacy"),
        mention("w", "ana", 0, **WANTS),
        mention("c", "ana", 1, stage="consideration", **WANTS),
        mention("w2", "ben", 0, **WANTS),
    )
    insert(client, "orders", order("o", "ben", -1), order("o2", "ana", 30))

    [row] = kept(client, "SELECT * EXCEPT cohort FROM journey_funnel")

    assert row == (2, 0, 1, 0, 1, 0, 0)


def test_questions_stand_at_the_stage_they_were_asked_at(client: Client) -> None:
    asks = {"acts": ["question"], "stage": "consideration", "needs_reply": 1}
    insert(
        client,
        "mentions",
        mention("q1", "ana", 0, **asks, topics=["price"]),
        mention("q2", "ben", 1, **asks, topics=["price", "battery"]),
        mention("r", "helper", 2, author_role="care", kind="reply", parent_id="q1"),
        mention("ad", "spammer", 3, **asks, topics=["price"], spam=0.5),
        mention("copy", "cai", 4, **asks, topics=["price"]),
    )
    insert(client, "near_duplicates", {"mention_id": "copy", "original": "q1"})

    assert kept(
        client,
        "SELECT stage, asked_about, questions, answered, newest_id FROM touchpoint_questions"
        " ORDER BY asked_about",
    ) == [
        ("consideration", "battery", 1, 0, "q2"),
        ("consideration", "price", 2, 1, "q2"),
    ]


@pytest.mark.parametrize("closing", ["lost", "dismissed", "won"])
def test_a_closed_lead_is_opened_by_newer_evidence_only(client: Client, closing: str) -> None:
    insert(client, "mentions", mention("w", "ana", 0, **WANTS))
    insert(
        client,
        "lead_events",
        {
            "source": "bluesky",
            "author_id": "ana",
            "version": 1,
            "event_id": "e",
            "kind": "status",
            "value": closing,
            "made_by": "kim",
            "made_at": at(24),
        },
    )
    query = "SELECT status, is_open, open_evidence, version, best_id FROM leads"
    assert kept(client, query) == [(closing, 0, 0, 1, "w")]

    insert(client, "mentions", mention("again", "ana", 30, **WANTS))

    assert kept(client, query) == [("new", 1, 1, 1, "again")]


def test_money_given_back_is_no_purchase_and_an_order_of_nothing_is_one(client: Client) -> None:
    own(client, "Nimbara")
    said = WANTS | {"stage": "consideration", "brands": ["Nimbara"]}
    insert(client, "mentions", mention("w", "ana", 0, **said), mention("w2", "ben", 0, **said))
    insert(client, "interactions", contact("i", "ana", 0, ["Nimbara"]))
    for id_, who, amount in (("back", "ana", "-30"), ("voucher", "ben", "0")):
        insert(client, "orders", order(id_, who, 10) | {"amount": Decimal(amount)})

    assert journeys(client, "purchase_at IS NULL") == {"ana": (1,), "ben": (0,)}
    bought = "SELECT author_id FROM journey_steps WHERE step = 'purchase'"
    assert kept(client, bought) == [("ben",)]
    leads = "SELECT author_id, status, is_open FROM leads ORDER BY author_id"
    assert kept(client, leads) == [("ana", "new", 1), ("ben", "ordered", 0)]


def test_an_order_closes_the_leads_of_all_accounts_of_a_person(client: Client) -> None:
    insert(client, "mentions", mention("w", "ana", 0, **WANTS), mention("w2", "ben", 0, **WANTS))
    other = {"source": "mastodon", "mention_id": "w3"}
    insert(client, "mentions", mention("w3", "ana elsewhere", 0, **WANTS) | other)
    insert(client, "orders", order("o", "ana elsewhere", 10))
    leads = "SELECT author_id, status FROM leads ORDER BY author_id"
    assert kept(client, leads) == [("ana", "new"), ("ana elsewhere", "ordered"), ("ben", "new")]
    try:
        for who in ("ana", "ana elsewhere", "ben"):
            link = {"author_id": who, "person": "p", "linked_by": "eva", "linked_at": at(20)}
            insert(client, "account_links", link)
        back = {"author_id": "ben", "person": "", "linked_by": "eva", "linked_at": at(21)}
        insert(client, "account_links", back)
        assert kept(client, leads) == [
            ("ana", "ordered"), ("ana elsewhere", "ordered"), ("ben", "new")
        ]  # fmt: skip
    finally:
        client.command("TRUNCATE TABLE account_links")
