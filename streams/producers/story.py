"""Story files: invented events that know only how many minutes into the story they fall."""

from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, cast

from schemas.mention import Author, Engagement, Interaction, Mention
from streams.errors import InputError
from streams.producers.columns import source_name
from streams.producers.events import EventEncoder, Prepared
from streams.producers.readers import ReadOptions, Row, Unreadable, open_reader
from streams.producers.rows import Kind, decode_object, identifier
from streams.producers.times import time_parser

ReactionKind = Literal["like", "follow", "repost", "bookmark"]

_MAX_OFFSET_MINUTES = 366 * 24 * 60 * 100


def is_story(records: Sequence[Mapping[str, object]]) -> bool:
    """Whether the rows have story times instead of dates."""
    return bool(records) and all(
        "offset_minutes" in record and "published_at" not in record for record in records
    )


def start_ending_at(path: Path, options: ReadOptions, end: datetime) -> datetime:
    """The start, to the second, that lets the story's last mention fall at `end`."""
    last = 0.0
    with closing(open_reader(path, options)) as reader:
        for _, row in reader.rows():
            # What cannot be read here is rejected with its reason when its turn comes.
            if not isinstance(row, Unreadable):
                with suppress(ValueError):
                    last = max(last, _offset_minutes(decode_object(row)))
    return end.replace(microsecond=0) - timedelta(minutes=last)


def start_from(text: str) -> datetime:
    """A start given by a user; raises InputError when it is no time."""
    try:
        return time_parser(UTC)(text)
    except ValueError as error:
        raise InputError(f"--story-start: {error}") from error


class StoryRows:
    """Rows of a story: mentions, and reactions, which are rows with a `target`.

    The start is part of each id, because a mention never changes its time: told again at
    another time, the story is made of other mentions.
    """

    def __init__(self, start: datetime, default_source: str, *, always: bool = False) -> None:
        """`always`: the rows' own source gives way to `default_source`, unless it is a part of it.

        A part is named after it: `demo_forum` is a network of `demo`.
        """
        self._always = always
        self._start = start
        self._edition = edition_of(start)
        self._default_source = default_source
        self._finish = EventEncoder()

    def __call__(self, row: Row) -> Prepared:
        record = decode_object(row)
        own_source = source_name(str(record.get("source") or self._default_source))
        is_part = own_source.startswith(f"{self._default_source}_")
        source = self._default_source if self._always and not is_part else own_source
        if "target" in record:
            return self._finish(self._reaction(record, source))
        return self._finish(self._mention(record, source))

    def _mention(self, record: Mapping[str, object], source: str) -> Mention:
        own = _needed(record, "id")
        parent = identifier(record.get("parent_id"), "parent_id")
        text = record.get("text")
        if not isinstance(text, str) or not text.strip():
            raise ValueError("the text is empty")
        # What is no kind at all is refused by the contract.
        kind = cast(Kind, str(record.get("kind") or ("reply" if parent else "post")))
        return Mention(
            mention_id=self._id(source, own),
            source=source,
            author=_author(record),
            text=text,
            published_at=self._start + timedelta(minutes=_offset_minutes(record)),
            lang=str(record.get("lang") or ""),
            url=str(record.get("url") or ""),
            site=str(record.get("site") or ""),
            parent_id=self._id(source, parent) if parent else "",
            kind=kind,
            engagement=Engagement(
                likes=_count(record, "likes"),
                reposts=_count(record, "reposts"),
                replies=_count(record, "replies"),
            ),
        )

    def _reaction(self, record: Mapping[str, object], source: str) -> Interaction:
        kind = cast(ReactionKind, _needed(record, "kind"))
        target = _needed(record, "target")
        return Interaction(
            interaction_id=self._id(source, _needed(record, "id")),
            source=source,
            author=_author(record),
            kind=kind,
            target_id=target if kind == "follow" else self._id(source, target),
            target_author_id=target
            if kind == "follow"
            else identifier(record.get("target_author"), "target_author"),
            occurred_at=self._start + timedelta(minutes=_offset_minutes(record)),
        )

    def _id(self, source: str, own: str) -> str:
        return f"{source}:{self._edition}-{own}"


def edition_of(start: datetime) -> str:
    """The part of ids that tells one telling of a story from another."""
    return start.astimezone(UTC).strftime("%Y%m%dT%H%M%S")


def _author(record: Mapping[str, object]) -> Author:
    return Author(
        id=_needed(record, "author"),
        handle=identifier(record.get("author_handle"), "author_handle"),
        name=str(record.get("author_name") or ""),
        followers=_count(record, "followers"),
    )


def _offset_minutes(record: Mapping[str, object]) -> float:
    minutes = record.get("offset_minutes")
    if isinstance(minutes, bool) or not isinstance(minutes, (int, float)):
        raise ValueError("offset_minutes is not a number")
    if not -_MAX_OFFSET_MINUTES < minutes < _MAX_OFFSET_MINUTES:
        raise ValueError(f"offset_minutes {minutes} is out of range")
    return float(minutes)


def _needed(record: Mapping[str, object], name: str) -> str:
    if not (value := identifier(record.get(name), name)):
        raise ValueError(f"the {name} is empty")
    return value


def _count(record: Mapping[str, object], name: str) -> int:
    value = record.get(name) or 0
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{name} is not a whole number")
    return value
