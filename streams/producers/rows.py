"""Makes one event of one row. What comes out has passed the contract's own decoder."""

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import Any, Literal, Protocol, cast, get_args, get_type_hints
from urllib.parse import quote

import msgspec

from schemas.mention import Author, Engagement, Event, Mention
from streams.producers.columns import source_name
from streams.producers.events import Prepared, key_of, moment_of
from streams.producers.mapping import ColumnMapping
from streams.producers.readers import Row
from streams.producers.times import time_parser, zone_named

_ENGAGEMENT = ("likes", "reposts", "replies", "quotes", "views")
_WHOLE_FLOAT = re.compile(r"(\d+)\.0+", re.ASCII)
_ROUNDED = re.compile(r"\d(\.\d+)?[eE]\+?\d+", re.ASCII)
_BLANK = re.compile(r"\s")
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+", re.ASCII)
_MISSING = frozenset({"", "nan", "null", "none"})
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8})*", re.ASCII)
_UNKNOWN_LANGUAGES = frozenset({"und", "unk", "undefined", "unknown", "none", "nan", "null"})
_TRUE = frozenset({"true", "1", "1.0", "yes", "y", "t", "si", "sí"})
_EXACT_FLOAT = 2**53
_NAMES_KEPT = 1_000  # of sources and of languages; a column of something else has millions
_NAME_CHARS = 1_000  # of one; the contract takes far fewer

Kind = Literal["post", "reply", "repost", "quote", "review", "comment"]
_KINDS: frozenset[str] = frozenset(get_args(get_type_hints(Mention)["kind"]))

Record = Any  # a row whose columns the getters know how to reach
Getter = Callable[[Record], object]


class RowMapper(Protocol):
    """Turns a row into an event; raises ValueError with the reason when it cannot."""

    def __call__(self, row: Row) -> Prepared: ...


def decode_object(row: Row) -> dict[str, object]:
    """The JSON object in a line; takes NaN too, which Python's own writer emits."""
    line = cast(bytes, row)
    try:
        record = msgspec.json.decode(line)
    except UnicodeDecodeError as error:
        raise ValueError("the line is not UTF-8; if all are, say what it is: --encoding") from error
    except RecursionError as error:
        raise ValueError("the object is nested too deeply") from error
    except msgspec.DecodeError as error:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            raise ValueError(f"not JSON: {error}") from error
    if not isinstance(record, dict):
        raise ValueError("the line is not a JSON object")
    return record


class EventLines:
    """Lines that are events already: checked, and passed on byte for byte."""

    def __init__(self) -> None:
        self._decode = msgspec.json.Decoder(Event).decode

    def __call__(self, row: Row) -> Prepared:
        line = cast(bytes, row).strip()
        try:
            event = self._decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ValueError(f"not an event: {error}") from error
        return Prepared(key_of(event).encode(), line, moment_of(event))


class MentionEncoder:
    """Encodes mentions and lets none out that the contract's decoder would refuse."""

    def __init__(self) -> None:
        self._encode = msgspec.json.Encoder().encode
        self._check = msgspec.json.Decoder(Event).decode

    def __call__(self, mention: Mention) -> Prepared:
        try:
            value = self._encode(mention)
            key = mention.author.id.encode()
        except UnicodeEncodeError as error:
            if 0xDC80 <= ord(error.object[error.start]) <= 0xDCFF:  # bytes that were kept aside
                raise ValueError("the row is not UTF-8; say what it is, by --encoding") from error
            raise ValueError("the row has half an emoji, cut off from the other half") from error
        try:
            self._check(value)
        except msgspec.ValidationError as error:
            raise ValueError(f"against the contract: {error}") from error
        return Prepared(key, value, mention.published_at)


class MappedRows:
    """Rows of any table, by a column mapping."""

    def __init__(self, mapping: ColumnMapping, columns: Sequence[str], *, objects: bool) -> None:
        """`objects`: rows are JSON lines, else sequences in the order of `columns`."""
        self._objects = ObjectColumns(mapping.columns.values()) if objects else None
        self._finish = MentionEncoder()
        self._parse_time = time_parser(zone_named(mapping.timezone), mapping.time_format)
        self._constants = mapping.constants

        def getter(target: str) -> Getter | None:
            if target in mapping.constants:
                constant = mapping.constants[target]
                return lambda row: constant
            column = mapping.columns.get(target)
            if column is None:
                return None
            if self._objects:
                return self._objects.getter(column)
            return itemgetter(columns.index(column))

        def needed(target: str) -> Getter:
            return getter(target) or (lambda row: None)

        self._text = needed("text")
        self._time = needed("published_at")
        self._id = getter("id")
        self._whole_id = mapping.columns.get("id") == "mention_id"
        self._author = getter("author")
        self._parent = getter("parent_id")
        self._root = getter("root_id")
        self._kind = getter("kind")
        self._is_reply = getter("is_reply")
        self._source_column = getter("source") if "source" in mapping.columns else None
        self._source = mapping.constants.get("source", "")
        self._lang = getter("lang")
        self._short = [(name, found) for name in ("url", "parent_text") if (found := getter(name))]
        self._about_author = [
            (name, found)
            for name, target in (("handle", "author_handle"), ("name", "author_name"))
            if (found := getter(target))
        ]
        self._followers = getter("followers")
        self._counts = [(name, found) for name in _ENGAGEMENT if (found := getter(name))]

    def __call__(self, row: Row) -> Prepared:
        record: Record = self._objects.decode(row) if self._objects else row
        source = self._source_of(record) if self._source_column else self._source
        text = _text(self._text(record))
        if not text or text.isspace():
            raise ValueError("the text is empty")
        published_at = self._parse_time(self._time(record))
        fields: dict[str, object] = {}
        if self._author is None:
            author_id = ""
        elif not (author_id := identifier(self._author(record), "author")):
            raise ValueError("the author is empty")
        mention_id = self._mention_id(record, source, author_id, published_at, text)
        if self._lang:
            fields["lang"] = _language(self._lang(record))
        for name, get in self._short:
            if value := _text(get(record)):
                fields[name] = value
        if self._parent and (parent := self._link(self._parent(record), source)):
            fields["parent_id"] = parent
            fields["kind"] = "reply"
        if self._root and (root := self._link(self._root(record), source)) and root != mention_id:
            fields["root_id"] = root
        if self._is_reply and str(self._is_reply(record)).strip().lower() in _TRUE:
            fields["kind"] = "reply"
        if self._kind and (kind := _text(self._kind(record)).strip().lower()):
            if kind not in _KINDS:
                raise ValueError(f"kind {kind!r} is none of {', '.join(sorted(_KINDS))}")
            fields["kind"] = kind
        if self._counts:
            counts = {name: _count(name, get(record)) for name, get in self._counts}
            fields["engagement"] = Engagement(**counts)
        about = {name: _text(get(record)).strip() for name, get in self._about_author}
        author = Author(
            id=author_id or f"unknown:{mention_id}",
            followers=_count("followers", self._followers(record)) if self._followers else 0,
            handle=about.get("handle", ""),
            name=about.get("name", ""),
        )
        return self._finish(
            Mention(
                mention_id=mention_id,
                source=source,
                author=author,
                text=text,
                published_at=published_at,
                **cast(dict[str, str], fields),  # type: ignore[arg-type]
            )
        )

    def _mention_id(
        self, record: Record, source: str, author: str, published_at: datetime, text: str
    ) -> str:
        if self._id is None:
            return digest_id(source, author, published_at, text)
        own = self._link(self._id(record), source, "id")
        if not own:
            raise ValueError("the id is empty")
        return own

    def _link(self, value: object, source: str, name: str = "parent id") -> str:
        own = identifier(value, name)
        if not own or (self._whole_id and ":" in own):
            return own
        return full_id(source, own)

    def _source_of(self, record: Record) -> str:
        name = _text(self._source_column(record) if self._source_column else None)
        if name.strip().lower() in _MISSING:
            raise ValueError("the source is empty")
        return _source_name(name[:_NAME_CHARS])


@lru_cache(_NAMES_KEPT)
def _source_name(name: str) -> str:
    return source_name(name)


def _language(value: object) -> str:
    return _language_code(value) if isinstance(value, str) and len(value) <= _NAME_CHARS else ""


@lru_cache(_NAMES_KEPT)
def _language_code(value: str) -> str:
    head, dash, tail = value.strip().replace("_", "-").partition("-")
    code = head.lower() + dash + tail
    known = _LANGUAGE.fullmatch(code) and head.lower() not in _UNKNOWN_LANGUAGES
    return code if known else ""


def full_id(source: str, own: str) -> str:
    """`<source>:<own>`; blanks, which the contract forbids, percent-encoded."""
    if own.startswith(f"{source}:"):
        return own
    if _BLANK.search(own):
        own = _BLANK.sub(lambda blank: quote(blank.group()), own)
    return f"{source}:{own}"


def digest_id(source: str, author: str, published_at: datetime, text: str) -> str:
    """An id for a row without one: the same author, time and text make the same id."""
    facts = f"{author}\0{published_at.isoformat()}\0{text}".encode("utf-8", "surrogatepass")
    return f"{source}:{hashlib.blake2b(facts, digest_size=12).hexdigest()}"


def identifier(value: object, name: str) -> str:
    """An id as text, mended where a table made it a float; empty when there is none.

    Raises ValueError when digits were lost on the way, for such an id names another thing.
    """
    if isinstance(value, str):
        text = value.strip()
        if text.isdecimal():
            return text
        if text.lower() in _MISSING:
            return ""
        if match := _WHOLE_FLOAT.fullmatch(text):
            return match[1]
        if _ROUNDED.fullmatch(text):
            raise ValueError(f"{name} {text} has lost digits; export it as text")
        return text
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise ValueError(f"{name} is not one value but {type(value).__name__}")
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):  # what databases export whole numbers as
        if value != value.to_integral_value():
            raise ValueError(f"{name} {value} is not an id")
        return str(int(value))
    if math.isnan(value):
        return ""
    if not value.is_integer():
        raise ValueError(f"{name} {value!r} is not an id")
    if abs(value) > _EXACT_FLOAT:
        raise ValueError(f"{name} {value!r} has lost digits; export it as text")
    return str(int(value))


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    raise ValueError(f"text expected, not {type(value).__name__}")


def _count(name: str, value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    text = str(value).strip() if value is not None else ""
    if text.isdecimal():
        return int(text)
    if text.lower() in _MISSING:
        return 0
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    try:
        number = float(text)
        if number.is_integer():
            return int(number)
    except ValueError:
        pass
    raise ValueError(f"{name} {text[:40]!r} is not a whole number")


class ObjectColumns:
    """Decodes JSON lines into a struct of the mapped columns only, which is quicker than a dict."""

    def __init__(self, columns: Iterable[str]) -> None:
        keys = {key for column in columns for key in (column, column.split(".", 1)[0])}
        self._fields = {key: f"c{number}" for number, key in enumerate(sorted(keys))}
        self._struct = msgspec.defstruct(
            "Columns",
            [(field, Any, None) for field in self._fields.values()],
            rename={field: key for key, field in self._fields.items()},
        )
        self._decode = msgspec.json.Decoder(self._struct).decode

    def decode(self, row: Row) -> Record:
        try:
            return self._decode(cast(bytes, row))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            record = decode_object(row)  # knows the reason, and takes what Python's writer emits
        values = {field: record.get(key) for key, field in self._fields.items()}
        return self._struct(**values)

    def getter(self, column: str) -> Getter:
        whole = attrgetter(self._fields[column])
        first, dot, rest = column.partition(".")
        if not dot:
            return whole
        outer, steps = attrgetter(self._fields[first]), rest.split(".")

        def nested(record: Record) -> object:
            value = whole(record)
            if value is None:
                value = outer(record)
                for step in steps:
                    value = value.get(step) if isinstance(value, dict) else None
            return value

        return nested
