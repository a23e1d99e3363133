"""The whole history in any order, cut anywhere and stored twice, gives identical figures."""

import random
from collections.abc import Sequence
from typing import Any

from clickhouse_connect.driver.client import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.integration.journeys.said import TABLES, at, contact, kept, mention, order

BRANDS = ("Nimbara", "Kolmio", "Tessera")
STAGES = ("none", "none", "awareness", "consideration", "decision", "use", "advocacy")
ACTS = ([], [], ["question"], ["complaint"], ["praise"], ["asks_recommendation"])
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
}
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
    return rows


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
        author_role="care" if is_ours else "",
        brands=sorted(draw.sample(BRANDS, draw.choice((0, 0, 1, 2)))),
        topics=draw.choice(([], ["price"], ["battery", "price"])),
        mentioned_handles=["helper"] if draw.random() < 0.1 else [],
        intent=draw.choice(("none", "none", "latent", "active")),
        intent_active=round(draw.random(), 3),
        stage=draw.choice(STAGES),
        acts=draw.choice(ACTS),
        sentiment=draw.choice(("negative", "neutral", "positive")),
        needs_reply=int(draw.random() < 0.3),
        version=0,
        is_deleted=0,
    )


def figures(client: Client) -> dict[str, list[tuple[Any, ...]]]:
    kept(client, "SELECT 1")
    return {
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


@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],  # to shrink would take minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(shuffle=st.randoms(use_true_random=False), block=st.integers(60, 400))
def test_any_order_and_twice_gives_identical_figures(
    client: Client, shuffle: random.Random, block: int
) -> None:
    rows = history()
    empty(client)
    store(client, rows, len(rows))
    expected = figures(client)
    assert all(expected.values()), [view for view, found in expected.items() if not found]

    empty(client)
    twice = rows + shuffle.sample(rows, len(rows) // 2)
    shuffle.shuffle(twice)
    store(client, twice, block)

    found = figures(client)
    for view in VIEWS:
        assert found[view] == expected[view], view


def empty(client: Client) -> None:
    for table in TABLES:
        client.command("TRUNCATE TABLE {name:Identifier}", {"name": table})


def test_the_history_has_people_asked_and_answered_at_one_moment() -> None:
    """What makes the order matter, if anything does."""
    moments = [row["published_at"] for table, row in history() if table == "mentions"]
    assert moments.count(at(50)) > 50
