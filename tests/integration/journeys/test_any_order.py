"""The whole history in any order, cut anywhere and stored twice, gives identical figures."""

import random
from collections.abc import Sequence
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from streams.modelling.propensity_queries import STATES_TO_SCORE
from tests.browser.data import KEPT
from tests.integration.journeys.said import TABLES, at, contact, kept, mention, order

BRANDS = ("Nimbara", "Kolmio", "Tessera")
STAGES = ("none", "none", "awareness", "consideration", "decision", "use", "advocacy")
ACTS = ([], [], ["question"], ["complaint"], ["praise"], ["asks_recommendation"])
# Kept for panels out of what is looked at here; of each, what its view says is looked at too.
FOR_PANELS = (
    "engagement_weeks", "campaign_days", "experience_days", "heard_by_hour", "first_contacts_timed",
    "journey_places", "journey_changes", "journey_cohorts", "leads_top", "care_queue_top",
)  # fmt: skip
# What depends on the moment of asking (how old something is by now) is left out.
VIEWS = {
    "care_replies": "*",
    "care_items": "*",
    "care_hourly": "*",
    "care_queue": "* EXCEPT is_overdue",
    "first_contacts_kept": "*",
    "contacts_by_day": "*",
    "intent_signals": "*",
    "proactive_share": "*",
    "signals_split": "*",
    "author_journeys": "*",
    "decision_progress": "*",
    "journey_funnel": "*",
    "journey_steps": "*",
    "journey_transitions": "*",
    "journey_stalls": "*",
    "touchpoint_questions": "*",
    "leads": "* EXCEPT (strength, is_overdue)",
    "lead_desk": "*",
    "care_desk": "*",
    "contacts": "*",
    "brand_accounts": "*",
    "mentions_raw_and_net": "*",
    "author_interests": "*",
    "engagement_quality": "*",
    "campaigns_measured": "*",
    "experiences_told": "*",
    **dict.fromkeys(FOR_PANELS, "*"),
    "heard_by_hour": "* EXCEPT as_of",
    "journey_changes": "* EXCEPT stayed, finalizeAggregation(stayed)",
    "leads_top": "* EXCEPT strength",
}
# What is known of authors at a moment, which is what propensity is reckoned from.
KNOWN_AT = int(at(150).timestamp() * 1000)
Row = tuple[str, dict[str, Any]]


def history() -> list[Row]:
    """A made-up year of few people in little time, with edits and deletions; always the same."""
    draw = random.Random(4)
    rows: list[Row] = [
        ("listened", {"sequence": 1, "version": "v", "section": "brand", "name": name, "own": own})
        for name, own in zip(BRANDS, (1, 0, 0), strict=True)
    ]
    for number in range(500):
        said = _said(draw, number)
        rows.append(("mentions", said))
        if draw.random() < 0.1:
            again = {"version": 65_536, "intent": "none", "stage": "use", "needs_reply": 0}
            rows.append(("mentions", said | again))
        if draw.random() < 0.05:
            rows.append(("mentions", said | {"version": 2 * 65_536, "is_deleted": 1}))
    for number in range(150):
        kind = draw.choice(("like", "follow", "repost"))
        who, when = f"a{draw.randrange(40)}", draw.uniform(0, 200)
        reaction = contact(f"bluesky:i{number}", who, when, [draw.choice(BRANDS)], kind)
        rows.append(("interactions", reaction))
    rows += [
        ("orders", order(f"o{number}", f"a{draw.randrange(40)}", draw.uniform(0, 200)))
        for number in range(40)
    ]
    rows += [
        ("near_duplicates", _copy(draw.randrange(1, 500), draw.uniform(0, 9))) for _ in range(30)
    ]
    for number in range(60):
        # Two may have written the same version of a lead or an item: then the earlier one holds.
        event = {
            "version": draw.randrange(1, 4),
            "event_id": f"e{number}",
            "made_by": "eva",
            "made_at": at(round(draw.uniform(0, 20))),
        }
        kind, value = draw.choice(
            (("assigned", "eva"), ("assigned", ""), ("status", "won"), ("note", "rang"))
        )
        said = {"source": "bluesky", "kind": kind, "value": value} | event
        rows.append(("lead_events", said | {"author_id": f"a{draw.randrange(40)}"}))
        item = {"mention_id": f"bluesky:{draw.randrange(500)}", "author_id": "a1"}
        rows.append(("care_events", said | item))
    return rows


def _copy(number: int, hours: float) -> dict[str, Any]:
    """Found to be a copy of the mention before, and later perhaps of none."""
    original = f"bluesky:{number - (hours > 1)}"
    return {
        "mention_id": f"bluesky:{number}",
        "original": original,
        "parent": original,
        "reason": "near",
        "published_at": at(round(number * 0.4, 1)),
        "found_at": at(hours),
    }


def _said(draw: random.Random, number: int) -> dict[str, Any]:
    is_ours = draw.random() < 0.2
    parent = f"bluesky:{draw.randrange(number)}" if number and draw.random() < 0.5 else ""
    who = draw.choice(("helper", "shop")) if is_ours else f"a{draw.randrange(40)}"
    return mention(
        f"bluesky:{number}",
        who,
        # Some at the very same moment.
        round(number * 0.4 if draw.random() < 0.8 else 50, 1),
        kind="reply" if parent else "post",
        parent_id=parent,
        root_id=parent if draw.random() < 0.5 else "",
        campaigns=["spring"] if draw.random() < 0.2 else [],
        interests=["music"] if draw.random() < 0.2 else [],
        author_role="care" if is_ours else "",
        brands=sorted(draw.sample(BRANDS, draw.choice((0, 0, 1, 2)))),
        topics=draw.choice(([], ["price"], ["battery", "price"])),
        mentioned_handles=["helper"] if draw.random() < 0.1 else [],
        intent=draw.choice(("none", "none", "latent", "active")),
        intent_active=round(draw.random(), 3),
        stage=draw.choice(STAGES),
        acts=draw.choice(ACTS),
        lang=draw.choice(("es", "en")),
        text=draw.choice(("mi hermana lo usa", "I like mine", "my sister has one")),
        sentiment=draw.choice(("negative", "neutral", "positive")),
        needs_reply=int(draw.random() < 0.3),
        stored_at=at(number * 0.4),
        version=0,
        is_deleted=0,
    )


def figures(client: Client) -> dict[str, list[tuple[Any, ...]]]:
    kept(client, "SELECT 1", (*KEPT, *FOR_PANELS))
    given = {
        "at": KNOWN_AT, "horizon": 14, "version": "", "authors": [f"a{n}" for n in range(40)]
    }  # fmt: skip
    known = client.query(STATES_TO_SCORE, given).result_rows
    return {"what propensity knows": sorted(tuple(row) for row in known)} | {
        view: [
            tuple(row)
            for row in client.query(f"SELECT {columns} FROM {view} ORDER BY ALL").result_rows
        ]
        for view, columns in VIEWS.items()
    }


def store(client: Client, rows: Sequence[Row], block: int) -> None:
    """Insert in this order, in blocks of so many."""
    for start in range(0, len(rows), block):
        part = rows[start : start + block]
        for table in dict.fromkeys(table for table, _ in part):
            of_table = [row for name, row in part if name == table]
            client.insert(
                table,
                [list(row.values()) for row in of_table],
                column_names=list(of_table[0]),
            )


@pytest.fixture(scope="module")
def expected(server: Client) -> dict[str, list[tuple[Any, ...]]]:
    """The figures of the history told once, in order."""
    rows = history()
    empty(server)
    store(server, rows, len(rows))
    return figures(server)


@pytest.mark.parametrize(("seed", "block"), [(1, 60), (2, 150), (3, 271), (4, 400)])
def test_any_order_and_twice_gives_identical_figures(
    client: Client, expected: dict[str, list[tuple[Any, ...]]], seed: int, block: int
) -> None:
    assert [view for view, figure in expected.items() if not figure] == []
    rows, shuffle = history(), random.Random(seed)
    twice = rows + shuffle.sample(rows, len(rows) // 2)
    shuffle.shuffle(twice)
    store(client, twice, block)

    found = figures(client)
    assert [view for view, figure in expected.items() if found[view] != figure] == []


def empty(client: Client) -> None:
    for table in TABLES:
        client.command("TRUNCATE TABLE {name:Identifier}", {"name": table})


def test_the_history_has_people_asked_and_answered_at_one_moment() -> None:
    """What makes the order matter, if anything does."""
    moments = [row["published_at"] for table, row in history() if table == "mentions"]
    assert moments.count(at(50)) > 50
