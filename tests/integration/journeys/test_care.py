"""What needed a reply and what became of it, by hand."""

from datetime import timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from tests.integration.journeys.said import at, brand, insert, kept, mention

ASK = {"needs_reply": 1}
TO_US = {"mentioned_handles": ["Helper"]}
PLEASED = {"sentiment": "positive", "acts": ["praise"]}


def items(client: Client, columns: str) -> dict[str, tuple[Any, ...]]:
    rows = kept(client, f"SELECT mention_id, {columns} FROM care_items")
    return {row[0]: row[1:] for row in rows}


def waiting(client: Client) -> set[str]:
    return {row[0] for row in client.query("SELECT mention_id FROM care_queue").result_rows}


def test_the_clock_runs_from_the_question_to_the_first_reply(client: Client) -> None:
    insert(
        client,
        "mentions",
        mention("q", "ana", 0, **ASK),
        brand("r1", 0.5, parent="q"),
        brand("r2", 3, parent="q"),
        mention("late", "ben", 0, **ASK),
        brand("r3", 2, parent="late"),
        mention("open", "cai", 0, **ASK),
    )

    found = items(client, "first_reply_id, waited_sec, within_target, account, state")

    assert found == {
        "q": ("r1", 1_800, 1, "helper", "resolved"),
        "late": ("r3", 7_200, 0, "helper", "resolved"),
        "open": ("", None, 0, "", "waiting"),
    }
    assert waiting(client) == {"open"}
    assert items(client, "next_reply_at") == {
        "q": (at(3).replace(tzinfo=None),),
        "late": (None,),
        "open": (None,),
    }


def test_who_speaks_to_the_brand_needs_a_reply_too_and_both_are_told(client: Client) -> None:
    insert(
        client,
        "mentions",
        brand("post", 0),
        mention("named", "ana", 1, **TO_US),
        mention("answered", "ben", 1, kind="reply", parent_id="post"),
        mention("judged", "cai", 1, **ASK),
        mention("both", "dan", 1, **ASK, **TO_US),
        mention("neither", "eva", 1, kind="reply", parent_id="judged"),
        mention("repost", "fay", 1, kind="repost", **TO_US),
        mention("bot", "gus", 1, author_is_bot=1, **TO_US),
        mention("rival", "hal", 1, author_role="rival", **TO_US),
    )
    kept(client, "SELECT 1")  # who speaks for the brand is known by then

    assert items(client, "needs_reply, addressed") == {
        "named": (0, 1),
        "answered": (0, 1),
        "judged": (1, 0),
        "both": (1, 1),
    }


def test_likely_spam_waits_for_nobody_and_each_of_those_who_say_the_same_does(
    client: Client,
) -> None:
    insert(
        client,
        "mentions",
        mention("ad", "spammer", 0, **ASK, **TO_US, spam=0.5),
        mention("sure", "ana", 0, **ASK, spam=0.49),
        mention("same", "ben", 0, **ASK),
    )
    insert(client, "near_duplicates", {"mention_id": "same", "original": "sure"})

    assert waiting(client) == {"sure", "same"}
    assert set(items(client, "1")) == {"sure", "same"}


def test_an_answer_to_another_message_of_the_same_person_counts_for_a_week(
    client: Client,
) -> None:
    insert(
        client,
        "mentions",
        mention("first", "ana", 0, **ASK),
        mention("second", "ana", 1, **ASK),
        brand("r", 2, parent="second"),
        mention("other", "ben", 0, **ASK),
        mention("old", "cai", 0, **ASK),
        mention("new", "cai", 7.5 * 24, **ASK),
        brand("r2", 7.5 * 24 + 1, parent="new"),
        mention("slow", "dan", 0, **ASK),
        brand("r3", 9 * 24, parent="slow"),
    )

    found = items(client, "first_reply_id")

    assert found == {
        "first": ("r",),
        "second": ("r",),
        "other": ("",),
        "old": ("",),
        "new": ("r2",),
        "slow": ("r3",),
    }


def test_thanks_stop_the_clock_and_need_no_reply_themselves(client: Client) -> None:
    insert(
        client,
        "mentions",
        brand("post", -1),
        mention("q", "ana", 0, **ASK, **TO_US),
        mention("solved", "ana", 5, **TO_US, **PLEASED),
        mention("praise", "ben", 0, **TO_US, **PLEASED),  # out of the blue: it deserves an answer
    )
    kept(client, "SELECT 1")

    found = items(client, "first_reply_at IS NULL, waited_sec, thanked_at, state")

    assert found == {
        "q": (1, 5 * 3_600, at(5).replace(tzinfo=None), "resolved"),
        "praise": (1, None, None, "waiting"),
    }


def test_whoever_asks_again_reopens(client: Client) -> None:
    insert(
        client,
        "mentions",
        mention("q", "ana", 0, **ASK),
        brand("r", 1, parent="q"),
        mention("again", "ana", 20, **ASK),
        brand("r2", 21, parent="again"),
        mention("thanks", "ana", 22, kind="reply", parent_id="r2", **PLEASED),
    )
    kept(client, "SELECT 1")

    found = items(client, "reopens, reopened_at IS NOT NULL, thanked_at IS NOT NULL, state")

    assert found == {"q": (0, 1, 1, "reopened"), "again": (1, 0, 1, "resolved")}


def test_what_is_taken_back_no_longer_waits(client: Client) -> None:
    insert(client, "mentions", mention("q", "ana", 0, **ASK), mention("p", "ben", 0, **ASK))
    assert waiting(client) == {"q", "p"}

    insert(client, "mentions", mention("q", "ana", 0, **ASK, version=1, is_deleted=1))

    assert waiting(client) == {"p"}
    assert set(items(client, "1")) == {"p"}


def test_a_reply_that_comes_late_corrects_what_was_told(client: Client) -> None:
    insert(client, "mentions", mention("q", "ana", 0, **ASK), brand("r", 4, parent="q"))
    assert items(client, "waited_sec") == {"q": (4 * 3_600,)}

    insert(client, "mentions", brand("sooner", 1, parent="q"))

    assert items(client, "waited_sec, first_reply_id") == {"q": (3_600, "sooner")}


@pytest.mark.parametrize(("minutes", "in_time"), [(None, 0), (30, 0), (180, 1)])
def test_the_target_is_what_the_operator_set(
    client: Client, minutes: int | None, in_time: int
) -> None:
    if minutes is not None:
        insert(client, "signal_settings", {"name": "care_target_minutes", "value": minutes})
    insert(client, "mentions", mention("q", "ana", 0, **ASK), brand("r", 2, parent="q"))

    assert items(client, "within_target, due_at") == {
        "q": (in_time, (at(0) + timedelta(minutes=minutes or 60)).replace(tzinfo=None))
    }


def test_hours_tell_campaigns_from_other_days(client: Client) -> None:
    day = at(0).date()
    insert(
        client,
        "listened",
        {
            "sequence": 1,
            "version": "v",
            "section": "campaign",
            "name": "spring",
            "since": day,
            "until": day,
        },
    )
    insert(
        client,
        "mentions",
        mention("in", "ana", 0, **ASK),
        brand("r", 0.2, parent="in"),
        mention("out", "ben", 24, **ASK),
    )

    assert sorted(
        kept(
            client,
            "SELECT in_campaign, definition, sum(asked), sum(answered), sum(in_time)"
            " FROM care_hourly WHERE definition != 'addressed' GROUP BY ALL",
        )
    ) == [
        (0, "either", 1, 0, 0),
        (0, "needs_reply", 1, 0, 0),
        (1, "either", 1, 1, 1),
        (1, "needs_reply", 1, 1, 1),
    ]
