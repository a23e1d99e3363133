"""The bundled story holds together, so that the demo can tell it."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from schemas.mention import Event, Interaction, Mention
from streams.demo import STORY, rows_of
from streams.producers.story import StoryRows

START = datetime(2026, 7, 4, 10, tzinfo=UTC)
HISTORY = ("mentions", "reactions", "orders", "gestures", "labels")
BRANDS = {"nimbara", "nimbara_help", "kolmio", "kolmio_es", "tesseramobile"}


def rows(name: str) -> list[dict[str, Any]]:
    return rows_of(STORY / f"{name}.jsonl")


def said() -> list[dict[str, Any]]:
    return [row for name in ("mentions", "live") for row in rows(name) if "text" in row]


def test_ids_are_unique_in_the_whole_story() -> None:
    ids = [row["id"] for name in (*HISTORY, "live") for row in rows(name)]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", [*HISTORY, "live"])
def test_times_are_in_order(name: str) -> None:
    offsets = [row["offset_minutes"] for row in rows(name)]
    assert all(before <= after for before, after in pairwise(offsets))
    assert offsets[0] > -30 * 24 * 60


@pytest.mark.parametrize("name", ["mentions", "live"])
def test_answers_and_reactions_come_after_what_they_are_about(name: str) -> None:
    reactions = rows("reactions") if name == "mentions" else []
    told = [*rows(name), *reactions]
    at = {row["id"]: row for row in told if "text" in row}
    for row in told:
        aim = row.get("parent_id") if "text" in row else row["target"]
        if not aim or row.get("kind") == "follow":
            continue
        assert aim in at, row["id"]
        assert row["offset_minutes"] >= at[aim]["offset_minutes"], row["id"]
        if "text" not in row:
            assert row["target_author"] == at[aim]["author"], row["id"]


@pytest.mark.parametrize("name", ["mentions", "reactions", "live"])
def test_every_row_is_an_event_that_says_it_is_of_the_demo(name: str) -> None:
    mapper = StoryRows(START, "demo", always=True)
    for line in (STORY / f"{name}.jsonl").read_bytes().splitlines():
        event = msgspec.json.decode(mapper(line).value, type=Event)
        assert isinstance(event, Mention | Interaction)
        assert event.source in {"demo", "demo_foro", "demo_video"}


def test_nobody_has_two_names() -> None:
    names: dict[str, set[str]] = {}
    for row in said():
        names.setdefault(row["author"], set()).add(row["author_name"])
    allowed = BRANDS | {"tip_benny"}  # a company speaks each language under its own
    assert {author for author, known in names.items() if len(known) > 1} <= allowed


def test_nothing_is_said_or_bought_after_the_history_ends() -> None:
    end = max(row["offset_minutes"] for row in rows("mentions"))
    assert all(row["offset_minutes"] <= end for name in HISTORY for row in rows(name))


def test_buyers_and_who_was_given_something_also_speak() -> None:
    speakers = {row["author"] for row in said()}
    named = {row["author_id"] for name in ("orders", "gestures") for row in rows(name)}
    named |= {row["referred_by"] for row in rows("orders") if row["referred_by"]}
    assert named <= speakers


def test_linked_accounts_speak_in_different_networks() -> None:
    networks = {row["author"]: row["source"] for row in said()}
    linked = [row["accounts"] for row in rows("links")]
    assert linked
    for accounts in linked:
        assert len({networks[account] for account in accounts}) == len(accounts)


def test_what_is_labelled_was_said() -> None:
    known = {row["id"] for row in rows("mentions")}
    assert {row["mention"] for row in rows("labels")} <= known


def test_both_languages_are_there_in_plenty() -> None:
    spoken = [row["lang"] for row in said()]
    assert set(spoken) == {"es", "en"}
    assert min(spoken.count("es"), spoken.count("en")) > 200


def test_the_live_part_is_minutes_long_and_many_ask_for_one_product_at_once() -> None:
    live = [row for row in rows("live") if "text" in row]
    assert 4 <= live[-1]["offset_minutes"] <= 6
    asking = [row for row in live if "coral" in row["text"].lower() and row["author"] not in BRANDS]
    in_a_minute = [row for row in asking if 0.4 <= row["offset_minutes"] <= 1.6]
    assert len({row["author"] for row in in_a_minute}) >= 20
    heard_before = {row["author"] for row in rows("mentions")}
    assert not {row["author"] for row in in_a_minute} & heard_before
