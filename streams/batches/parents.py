"""Texts of what mentions answer: a reply is judged with its parent."""

from collections.abc import Sequence

from streams.sinks.clickhouse import ClickHouse, in_chunks
from streams.steps.enrich import Heard, Parent, parents_wanted

MAX_PARENTS = 2_000  # looked up for one batch; upkeep attaches what is left (upkeep/parents.py)
MAX_QUESTION_BYTES = 50_000  # ClickHouse takes 128 KiB of a parameter, escapes included


async def parents_of(clickhouse: ClickHouse, heard: Heard) -> dict[str, Parent]:
    """Parents by the parent_id of who answers them, as far as they are heard now or stored.

    Only where the source did not send the text along.
    """
    wanted = parents_wanted(heard.mentions)
    if not wanted:
        return {}
    texts = {m.mention_id: m.text for m in heard.mentions}
    elsewhere = [mention_id for mention_id in wanted if mention_id not in texts][:MAX_PARENTS]
    older = heard.older_parent_ids
    asked = [one for mention_id in elsewhere for one in (mention_id, *older.get(mention_id, ()))]
    texts |= await texts_of(clickhouse, asked)
    parents = {}
    for mention_id in wanted:
        forms = (mention_id, *older.get(mention_id, ()))
        if (one := next((form for form in forms if form in texts), "")) in texts:
            parents[mention_id] = Parent(one, texts[one])
    return parents


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
