"""Whom a request is about: every id and handle under which the person is stored."""

import re
from dataclasses import dataclass, replace
from functools import cached_property

from clickhouse_connect.driver.client import Client

from streams.steps.pseudonyms import AuthorKeys

LONG_ID_CHARS = 8  # an id of this length is searched for inside of other text as well


@dataclass(frozen=True)
class Subject:
    """A person as the tables and topics know them; `source` is empty for all sources."""

    author_ids: frozenset[str]  # as the source tells them, and their pseudonyms
    handles: frozenset[str] = frozenset()  # without @, folded
    source: str = ""
    post_ids: frozenset[str] = frozenset()  # of what they said and did

    @cached_property
    def needles(self) -> tuple[str, ...]:
        """What must not be found in bytes any more: ids as JSON has them, long ones anywhere."""
        quoted = {f'"{author_id}"' for author_id in self.author_ids}
        long = {author_id for author_id in self.author_ids if len(author_id) >= LONG_ID_CHARS}
        return tuple(sorted(quoted | long))

    @cached_property
    def handle_pattern(self) -> str:
        """The handles as they stand in texts, in the syntax that Python and RE2 share.

        Matches nothing where no handle is known.
        """
        names = "|".join(re.escape(handle) for handle in sorted(self.handles))
        return rf"(?i)[@＠](?:{names})\b" if names else r"[^\s\S]"

    @cached_property
    def record_pattern(self) -> str:
        """The handles as they stand in JSON: in a text, or as the whole of a value."""
        names = "|".join(re.escape(handle) for handle in sorted(self.handles))
        return rf"{self.handle_pattern}|\"@?(?:{names})\"" if names else self.handle_pattern

    def with_posts(self, post_ids: frozenset[str]) -> "Subject":
        """The same person with more of what they said."""
        return replace(self, post_ids=self.post_ids | post_ids)

    @property
    def parameters(self) -> dict[str, object]:
        """For the conditions of streams/privacy/places.py."""
        return {
            "ids": sorted(self.author_ids),
            "handles": sorted(self.handles),
            "source": self.source,
            "needles": list(self.needles),
            "pattern": self.handle_pattern,
            "record_pattern": self.record_pattern,
        }


def find_subject(client: Client, author: str, source: str, keys: AuthorKeys) -> Subject:
    """The person of an author id or a handle, under every key that is known.

    A handle is looked up in what is stored; where authors are pseudonymous no handle is stored,
    and the request needs the author's id.
    """
    handle = author.strip().lstrip("@＠").casefold()
    pseudonyms = set(keys.all_of_author(author))
    given = {"ids": sorted({author, *pseudonyms}), "handle": handle, "source": source}
    rows = client.query(_SAME_PERSON, given).result_rows
    found = {author_id for author_id, _ in rows}
    raw = found - pseudonyms or {author}  # Kafka, orders and dead letters have the id as it was
    handles = {known.casefold() for _, known in rows if known}
    if not handles:
        # The person may be in Kafka only: filtered out, or not read yet. Or the name is both, as
        # in a file whose authors are names.
        handles.add(handle)
    return Subject(
        author_ids=frozenset(found | raw | {p for one in raw for p in keys.all_of_author(one)}),
        handles=frozenset(filter(None, handles)),
        source=source,
    )


def with_known_handles(client: Client, subject: Subject) -> Subject:
    """The same person with every handle that is stored beside their ids by now."""
    given = {"ids": sorted(subject.author_ids), "handle": "@", "source": subject.source}
    rows = client.query(_SAME_PERSON, given).result_rows
    found = {known.casefold() for author_id, known in rows if author_id in subject.author_ids}
    return replace(subject, handles=subject.handles | (found - {""}))


_SAME_PERSON = """
WITH rows AS
(
    SELECT source, author_id, author_handle AS handle FROM mentions
    UNION ALL
    SELECT source, author_id, author_handle AS handle FROM interactions
    UNION ALL
    -- Which handle is which id's is only known where there are as many of both.
    SELECT source, mentioned.1 AS author_id, mentioned.2 AS handle FROM mentions
    ARRAY JOIN arrayZip(mentioned_ids, arrayResize(
        if(length(mentioned_handles) = length(mentioned_ids), mentioned_handles, []),
        length(mentioned_ids))) AS mentioned
    WHERE mentioned.1 != ''
)
SELECT DISTINCT author_id, handle FROM rows
WHERE ({source:String} = '' OR source = {source:String}) AND author_id IN
(
    SELECT author_id FROM rows
    WHERE ({source:String} = '' OR source = {source:String})
        AND (author_id IN {ids:Array(String)} OR lowerUTF8(handle) = {handle:String})
)
LIMIT 10000
"""
