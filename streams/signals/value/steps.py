"""The statements that compute a run, in order, each a file that says what it promises."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).with_name("sql")

# What several steps say. Own words: no repost, no copy of another mention, no likely spam.
FRAGMENTS: Final = {
    "original": """(kind != 'repost' AND spam < 0.5 AND mention_id NOT IN
        (
            SELECT mention_id FROM near_duplicates FINAL WHERE original != mention_id
        ))""",
    "activity": """
        SELECT
            sipHash64(author_id) AS person,
            toMonday(published_at, 'UTC') AS week,
            toUnixTimestamp64Milli(published_at) AS ms
        FROM mentions FINAL
        WHERE author_id NOT IN
        (
            SELECT author_id FROM value_voices WHERE run = {run:UInt64} AND kind != 'person'
        )
        UNION ALL
        SELECT
            sipHash64(author_id),
            toMonday(occurred_at, 'UTC'),
            toUnixTimestamp64Milli(occurred_at)
        FROM interactions FINAL
        WHERE author_id NOT IN
        (
            SELECT author_id FROM value_voices WHERE run = {run:UInt64} AND kind != 'person'
        )
    """,
}
# What a run leaves for the views; the others are gone when it is done.
KEPT: Final = (
    "value_voices",
    "value_exposures",
    "value_controls",
    "value_influence",
    "value_referrals",
    "value_people",
    "value_communities",
    "value_presence",
    "value_declared",
    "value_attributes",
    "value_examples",
    "value_recommendations",
)
WORKING: Final = ("value_answers", "value_ties", "value_members", "value_collaboration")


@dataclass(frozen=True, slots=True)
class Step:
    """One statement; it takes `run`."""

    name: str
    statement: str


def steps() -> tuple[Step, ...]:
    """All statements in the order in which they have to run."""
    return tuple(Step(path.stem, _read(path)) for path in sorted(FOLDER.glob("*.sql")))


def _read(path: Path) -> str:
    text = re.sub(r"^ *--.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return re.sub(r"/\* (\w+) \*/", lambda found: FRAGMENTS[found[1]], text).strip()
