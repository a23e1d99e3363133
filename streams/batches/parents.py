"""Texts of what mentions answer: a reply is judged with its parent."""

from collections.abc import Sequence

from schemas.mention import Mention
from streams.sinks.clickhouse import ClickHouse, in_chunks
from streams.steps.enrich import parents_wanted

MAX_PARENTS = 2_000  # looked up for one batch; upkeep attaches what is left (upkeep/parents.py)
MAX_QUESTION_BYTES = 50_000  # ClickHouse takes 128 KiB of a parameter, escapes included


async def parents_of(clickhouse: ClickHouse, mentions: Sequence[Mention]) -> dict[str, str]:
    """Texts of parents by mention_id, as far as they are among `mentions` or stored.

    Only of those whose source did not send the text along.
    """
    wanted = parents_wanted(mentions)
    if not wanted:
        return {}
    here = {m.mention_id: m.text for m in mentions}
    parents = {mention_id: here[mention_id] for mention_id in wanted if mention_id in here}
    elsewhere = [mention_id for mention_id in wanted if mention_id not in here][:MAX_PARENTS]
    return parents | await texts_of(clickhouse, elsewhere)


async def texts_of(clickhouse: ClickHouse, mention_ids: Sequence[str]) -> dict[str, str]:
    """The newest texts of these mentions, as far as they are stored."""
    texts: dict[str, str] = {}
    for ids in in_chunks(mention_ids, MAX_QUESTION_BYTES):
        found = await clickhouse.rows(STORED_TEXTS, {"ids": ids})
        texts.update((row[0], row[1]) for row in found)
    return texts


STORED_TEXTS = """
SELECT mention_id, argMax(text, version)
FROM mentions
WHERE mention_id IN ({ids:Array(String)}) AND NOT is_deleted
GROUP BY mention_id
"""
