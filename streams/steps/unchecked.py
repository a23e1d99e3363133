"""Mentions whose patterns were not tried yet: a batch is looked at as a whole.

Four patterns on each mention take longer than all the rest of its decoding, and nearly always
hold. So mentions are decoded into twins of the contract's structs without patterns, and become
what the contract says once a look at all of them has shown that its patterns hold. Until then
they are not frozen, which mypy does not allow of what is derived from a frozen class.
"""

import re
from collections.abc import Sequence
from typing import Annotated, Final

from msgspec import Meta
from msgspec.json import Decoder

from schemas.mention import MAX_ID_CHARS, Author, Deletion, Heartbeat, Interaction, Mention

# What a line of ids joined by newlines must look like; `\S` keeps each of them on its own line.
_IDS = re.compile(r"(?>[a-z][a-z0-9_]*+:\S++\n)*+")
_SOURCE = re.compile(r"[a-z][a-z0-9_]{0,31}")
_LANGUAGE = re.compile(r"([a-z]{2,3}(-[A-Za-z0-9]{1,8})*)?")


class UncheckedAuthor(Author, frozen=False, kw_only=True, gc=False):  # type: ignore[misc]
    """An author whose id may be blank at its ends."""

    id: Annotated[str, Meta(min_length=1, max_length=MAX_ID_CHARS)]


class UncheckedMention(  # type: ignore[misc]
    Mention, frozen=False, kw_only=True, gc=False, tag_field="type", tag="mention"
):
    """A mention whose ids, source and language may look like anything."""

    mention_id: Annotated[str, Meta(max_length=MAX_ID_CHARS)]
    source: str
    author: UncheckedAuthor
    lang: str = ""


decode_unchecked: Final = Decoder(UncheckedMention | Interaction | Deletion | Heartbeat).decode


def check(mentions: Sequence[Mention]) -> bool:
    """Whether the contract's patterns hold for all of these UncheckedMention.

    If so, each has become a Mention; if not, they are of no use.
    """
    if not (
        _are_mention_ids([mention.mention_id for mention in mentions])
        and _are_ids([mention.author.id for mention in mentions])
        and all(map(_SOURCE.fullmatch, {mention.source for mention in mentions}))
        and all(map(_LANGUAGE.fullmatch, {mention.lang for mention in mentions}))
    ):
        return False
    for mention in mentions:
        mention.author.__class__ = Author
        mention.__class__ = Mention
    return True


def _are_mention_ids(ids: list[str]) -> bool:
    lines = "\n".join([*ids, ""])
    return lines.count("\n") == len(ids) and _IDS.fullmatch(lines) is not None


def _are_ids(ids: list[str]) -> bool:
    return "\n" not in "".join(ids) and not [name for name in ids if name.strip() != name]
