"""Looks at a file's first rows and decides how its rows become events."""

import hashlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import msgspec

from streams.errors import InputError
from streams.producers.business_rows import VOCABULARIES, BusinessRows
from streams.producers.columns import columns_of, source_name, source_of_file
from streams.producers.mapping import MappingRequest, resolve
from streams.producers.options import IngestOptions
from streams.producers.readers import SAMPLE_ROWS, Reader, Unreadable, open_reader
from streams.producers.rows import EventLines, MappedRows, RowMapper, decode_object
from streams.producers.story import StoryRows, is_story, start_ending_at, start_from
from streams.producers.times import time_parser, zone_named
from streams.steps.business import KINDS, KindName

# No set: what stands in a line may be a list, which has no hash.
_EVENT_TYPES = ("mention", "interaction", "deletion", "heartbeat")
_EVENT_IDS = ("mention_id", "interaction_id", "target_id", "producer")


@dataclass(frozen=True, kw_only=True)
class IngestPlan:
    """How this file's rows become events."""

    mapper: RowMapper
    source: str
    digest: str  # same digest, same events from the same rows
    lines: list[str]
    story_start: datetime | None = None


def make_plan(
    options: IngestOptions, *, stored_story_start: str, now: Callable[[], datetime]
) -> IngestPlan:
    """Decide; raises InputError naming file and remedy when the rows cannot be understood."""
    with closing(open_reader(options.file, options.read)) as reader:
        sample = _sample(reader)
    if options.kind is not None:
        if options.story_start is not None:
            raise InputError(f"{options.file}: --story-start is for rows with offset_minutes")
        return _business_plan(options, options.kind, reader, sample)
    if options.decimal is not None:
        raise InputError(f"{options.file}: --decimal is for amounts, so with --as orders|gestures")
    if reader.format == "jsonl":
        if _are_events(sample):
            return _event_plan(options)
        if is_story(sample):
            return _story_plan(options, stored_story_start, now)
    if options.story_start is not None:
        raise InputError(f"{options.file}: --story-start is for rows with offset_minutes")
    return _table_plan(options, reader, sample)


def _event_plan(options: IngestOptions) -> IngestPlan:
    _refuse_mapping(options, "its lines are events already, which pass unchanged")
    source = source_of_file(options.file)
    return IngestPlan(
        mapper=EventLines(),
        source=source,
        digest=_digest("events", options),
        lines=["every line is an event already: checked, and passed on unchanged"],
    )


def _story_plan(
    options: IngestOptions, stored_start: str, now: Callable[[], datetime]
) -> IngestPlan:
    mapping = options.mapping
    given = {**mapping.columns, **mapping.constants}
    if set(given) - {"source"} or "source" in mapping.columns:
        _refuse_mapping(options, "it is a story, whose columns are fixed; only --set source=NAME")
    source = source_name(mapping.constants.get("source", source_of_file(options.file)))
    if options.story_start is not None:
        start = options.story_start
    elif stored_start:
        start = start_from(stored_start)
    else:
        start = start_ending_at(options.file, options.read, now())
    return IngestPlan(
        mapper=StoryRows(start, source, always="source" in mapping.constants),
        source=source,
        digest=_digest(f"story {start.isoformat()} {given}", options),
        lines=[f"a story that begins at {start.isoformat()} (--story-start), part of its ids"],
        story_start=start,
    )


def _table_plan(
    options: IngestOptions, reader: Reader, sample: list[dict[str, object]]
) -> IngestPlan:
    objects, columns = _columns(options, reader, sample)
    request = options.mapping
    if "source" in request.constants:
        named = source_name(request.constants["source"])
        request = MappingRequest(constants={"source": named}).over(request)
    _check_times(options, request)
    mapping = resolve(
        request,
        place=str(options.file),
        file_format=reader.format,
        columns=columns,
        default_source=source_of_file(options.file),
    )
    return IngestPlan(
        mapper=MappedRows(mapping, columns, objects=objects),
        source=mapping.constants.get("source") or source_of_file(options.file),
        digest=_digest(mapping.digest(), options),
        lines=mapping.describe(),
    )


def _business_plan(
    options: IngestOptions, kind: KindName, reader: Reader, sample: list[dict[str, object]]
) -> IngestPlan:
    objects, columns = _columns(options, reader, sample)
    vocabulary = VOCABULARIES[kind]
    _check_times(options, options.mapping, vocabulary.time)
    mapping = resolve(
        options.mapping,
        place=str(options.file),
        file_format=reader.format,
        columns=columns,
        vocabulary=vocabulary,
    )
    facts = f"{kind} {options.decimal} {mapping.digest()}"
    return IngestPlan(
        mapper=BusinessRows(
            KINDS[kind], mapping, columns, objects=objects, decimal=options.decimal
        ),
        source=kind,
        digest=_digest(facts, options),
        lines=mapping.describe(),
    )


def _columns(
    options: IngestOptions, reader: Reader, sample: list[dict[str, object]]
) -> tuple[bool, tuple[str, ...]]:
    """Whether rows are JSON objects, and their columns."""
    objects = reader.format == "jsonl"
    columns = columns_of(sample) if objects else tuple(reader.columns)
    if objects and not columns:
        raise InputError(
            f"{options.file}: none of the first {SAMPLE_ROWS} lines is a JSON object; if it is "
            "another format, say so with --format"
        )
    return objects, columns


def _check_times(
    options: IngestOptions, request: MappingRequest, field: str = "published_at"
) -> None:
    zone = zone_named(request.timezone or "UTC")
    if field in request.constants:
        try:
            time_parser(zone, request.time_format)(request.constants[field])
        except ValueError as error:
            raise InputError(f"{options.file}: {field}: {error}") from error


def _sample(reader: Reader) -> list[dict[str, object]]:
    """The first JSON objects; rows of other formats are known by their columns."""
    if reader.format != "jsonl":
        return []
    records: list[dict[str, object]] = []
    for _, row in islice(reader.rows(), SAMPLE_ROWS):
        if isinstance(row, Unreadable):
            continue
        try:
            records.append(decode_object(row))
        except ValueError:
            continue  # rejected with its reason when its turn comes
    return records


def _are_events(records: list[dict[str, object]]) -> bool:
    if not records:
        return False
    events = sum(
        record.get("type") in _EVENT_TYPES and any(name in record for name in _EVENT_IDS)
        for record in records
    )
    return events * 2 > len(records)


def _refuse_mapping(options: IngestOptions, why: str) -> None:
    if options.mapping != MappingRequest():
        raise InputError(f"{options.file}: no mapping is taken: {why}")
    if options.story_start is not None and "story" not in why:
        raise InputError(f"{options.file}: --story-start is for rows with offset_minutes")


def _digest(mapping: str, options: IngestOptions) -> str:
    facts = (mapping, msgspec.to_builtins(options.read))
    return hashlib.blake2b(msgspec.json.encode(facts), digest_size=8).hexdigest()
