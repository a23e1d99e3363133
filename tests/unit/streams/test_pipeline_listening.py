"""What listening adds to the pipeline: rules, edits, deletions, reactions, parents."""

from collections.abc import Mapping
from typing import Any

from streams.delivery import PartitionDelivery
from streams.steps.pseudonyms import AuthorKeys
from tests.builders import (
    LISTENING,
    FakeRecord,
    FixedRules,
    Trouble,
    deletion,
    deliver,
    ids,
    interaction,
    make_worker,
    mention,
    process_all,
    raw,
)
from tests.memory_clickhouse import MemoryClickHouse

EVERYTHING = LISTENING.replace("firehose: matched", "firehose: everything")


async def run(
    clickhouse: MemoryClickHouse, *events: dict[str, Any], rules: FixedRules | None = None
) -> Mapping[str, Any]:
    """Process events as one batch; returns its plan."""
    worker = make_worker(clickhouse, **({"rules": rules} if rules else {}))
    before = len(clickhouse.tables.get("ledger", []))
    log = [FakeRecord(before * 100 + n, raw(event)) for n, event in enumerate(events)]
    _, batches = await deliver(worker.pipeline, log, position=before * 100)
    assert await process_all(worker.pipeline, batches) == [None]
    return clickhouse.tables["ledger"][-1]


def counts(plan: Mapping[str, Any]) -> dict[str, int]:
    names = ("mentions", "edits", "interactions", "deletions", "duplicates", "filtered")
    return {name: plan[name] for name in names if plan[name]}


async def test_a_source_that_keeps_what_matches_loses_the_rest_to_the_ledger() -> None:
    clickhouse = MemoryClickHouse()
    plan = await run(
        clickhouse,
        mention("firehose:1", source="firehose", text="hoy llueve"),
        mention("firehose:2", source="firehose", text="¿un Nimbara?"),
        mention("csv:3", text="hoy llueve"),
    )
    assert counts(plan) == {"mentions": 2, "filtered": 1}
    assert ids(clickhouse) == ["firehose:2", "csv:3"]


async def test_reactions_to_a_brand_are_kept_with_the_brand() -> None:
    clickhouse = MemoryClickHouse()
    plan = await run(
        clickhouse,
        interaction("firehose:1", source="firehose", target_author_id="somebody"),
        interaction("csv:2", target_author_id="nimbara-id"),
        interaction("csv:2", target_author_id="nimbara-id"),
    )
    assert counts(plan) == {"interactions": 1, "duplicates": 1, "filtered": 1}
    assert [row["brands"] for row in clickhouse.tables["interactions"]] == [["Nimbara"]]


async def test_a_reaction_stored_before_is_a_duplicate() -> None:
    clickhouse = MemoryClickHouse()
    await run(clickhouse, interaction("csv:1"))
    assert counts(await run(clickhouse, interaction("csv:1"))) == {"duplicates": 1}


async def test_an_edit_is_stored_beside_its_first_version_and_counted_once() -> None:
    clickhouse = MemoryClickHouse()
    edit = mention("csv:1", text="quiero dos", edited_at="2026-07-04T10:01:00Z")
    plan = await run(clickhouse, mention("csv:1"), edit, edit, mention("csv:1"))
    assert counts(plan) == {"mentions": 1, "edits": 1, "duplicates": 2}
    first, second = clickhouse.tables["mentions"]
    assert (first["counted"], second["counted"]) == (1, 0)
    assert first["version"] < second["version"]
    assert clickhouse.view == {"csv:1": 1}


async def test_versions_are_known_again_by_the_next_worker() -> None:
    clickhouse = MemoryClickHouse()
    edits = [
        mention("csv:1", text=str(minute), edited_at=f"2026-07-04T10:0{minute}:00Z")
        for minute in (1, 2)
    ]
    await run(clickhouse, mention("csv:1"), edits[0])
    plan = await run(clickhouse, mention("csv:1"), *edits)
    assert counts(plan) == {"edits": 1, "duplicates": 2}


async def test_an_edit_of_a_mention_never_seen_counts_as_that_mention() -> None:
    clickhouse = MemoryClickHouse()
    edit = mention("csv:1", edited_at="2026-07-04T10:01:00Z")
    assert counts(await run(clickhouse, edit, mention("csv:1"))) == {
        "mentions": 1,
        "duplicates": 1,
    }
    assert clickhouse.view == {"csv:1": 1}


async def test_an_edit_torn_between_table_and_view_is_completed_alike() -> None:
    clickhouse = MemoryClickHouse(Trouble("insert", "mentions", "torn"))
    edit = mention("csv:1", edited_at="2026-07-04T10:01:00Z")
    log = [FakeRecord(0, raw(mention("csv:1"))), FakeRecord(1, raw(edit))]
    for _ in range(2):
        worker = make_worker(clickhouse)
        _, batches = await deliver(worker.pipeline, log)
        await process_all(worker.pipeline, batches)
    assert clickhouse.stored("mentions") == [(0, 0), (0, 1)]
    assert clickhouse.view == {"csv:1": 1}


async def test_deletions_are_stored_for_the_upkeep() -> None:
    clickhouse = MemoryClickHouse()
    plan = await run(clickhouse, mention("csv:1"), deletion("csv:1", author_id="author"))
    assert counts(plan) == {"mentions": 1, "deletions": 1}
    (row,) = clickhouse.tables["deletions"]
    assert (row["target"], row["target_id"], row["author_id"]) == ("mention", "csv:1", "author")


async def test_a_planned_batch_is_filtered_by_the_rules_it_was_planned_with() -> None:
    clickhouse = MemoryClickHouse(Trouble("insert", "mentions", "unheard"))
    log = [
        FakeRecord(n, raw(mention(f"firehose:{n}", source="firehose", text=text)))
        for n, text in enumerate(["hoy llueve", "un Nimbara"])
    ]
    first = make_worker(clickhouse, rules=FixedRules(LISTENING))
    _, batches = await deliver(first.pipeline, log)
    await process_all(first.pipeline, batches)

    clickhouse.forget_tokens()
    clickhouse.tables["mentions"].clear()
    second = make_worker(clickhouse, rules=FixedRules(LISTENING, EVERYTHING))
    delivery: PartitionDelivery
    delivery, batches = await deliver(second.pipeline, log)
    assert await process_all(second.pipeline, batches) == [None]
    assert ids(clickhouse) == ["firehose:1"]
    assert delivery.committable == 2


async def test_new_rules_hold_for_new_batches() -> None:
    clickhouse = MemoryClickHouse()
    plan = await run(
        clickhouse,
        mention("firehose:1", source="firehose", text="hoy llueve"),
        rules=FixedRules(LISTENING, EVERYTHING),
    )
    assert counts(plan) == {"mentions": 1}
    (row,) = clickhouse.tables["mentions"]
    assert row["rules_version"] == plan["rules_version"]
    assert row["version"] == 1  # the sequence number of the second rules


async def test_a_reply_gets_the_text_of_its_parent_from_the_batch_or_from_the_table() -> None:
    clickhouse = MemoryClickHouse()
    await run(clickhouse, mention("csv:1", text="¿Qué portátil me recomendáis?"))
    await run(
        clickhouse,
        mention("csv:2", text="otro"),
        mention("csv:3", kind="reply", parent_id="csv:1", text="un Nimbara"),
        mention("csv:4", kind="reply", parent_id="csv:2", text="ese no"),
        mention("csv:5", kind="reply", parent_id="csv:9", text="¿cuál?"),
        mention("csv:6", kind="reply", parent_id="csv:1", parent_text="lo sé ya", text="sí"),
    )
    assert {row["mention_id"]: row["parent_text"] for row in clickhouse.tables["mentions"]} == {
        "csv:1": "",
        "csv:2": "",
        "csv:3": "¿Qué portátil me recomendáis?",
        "csv:4": "otro",
        "csv:5": "",
        "csv:6": "lo sé ya",
    }


async def test_a_reply_after_a_rotation_of_keys_finds_its_parent_from_before() -> None:
    keys = AuthorKeys.parse(f"1:{'a1' * 16},2@2026-07-05:{'b2' * 16}")
    clickhouse, rules = MemoryClickHouse(), FixedRules(LISTENING, keys=keys)
    parent = mention("csv:1", text="¿Te reservo uno?", published_at="2026-07-04T23:59:00Z")
    await run(clickhouse, parent, rules=rules)
    late = {"kind": "reply", "text": "sí", "published_at": "2026-07-05T00:01:00Z"}
    await run(
        clickhouse,
        mention("csv:2", parent_id="csv:1", **late),
        mention("csv:3", parent_id="csv:9", **late),
        rules=rules,
    )
    before, reply, alone = clickhouse.tables["mentions"]
    assert (reply["parent_id"], reply["parent_text"]) == (before["mention_id"], parent["text"])
    assert alone["parent_text"] == ""
    assert alone["parent_id"].startswith("csv:p2:")
