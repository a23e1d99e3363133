"""Jetstream's messages as events. Whatever a message holds, it is an event, None or a reason."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

import msgspec

from schemas.mention import (
    MAX_ID_CHARS,
    MAX_LIST_ITEMS,
    Account,
    Author,
    Deletion,
    Event,
    Interaction,
    Mention,
)

SOURCE = "bluesky"
COLLECTIONS = {
    "post": "app.bsky.feed.post",
    "like": "app.bsky.feed.like",
    "repost": "app.bsky.feed.repost",
    "follow": "app.bsky.graph.follow",
}
_POST = COLLECTIONS["post"]
_Reaction = Literal["like", "repost", "follow"]
_REACTIONS: dict[str, _Reaction] = {COLLECTIONS[kind]: kind for kind in get_args(_Reaction)}
_GONE = ("deleted", "takendown")  # no set: what is asked for may be of any type
_SHORT_CHARS = 2_048
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_POST = datetime(2022, 11, 1, tzinfo=UTC)  # nothing was said on Bluesky before
_AHEAD = timedelta(minutes=5)  # what a client's clock may be wrong
_AHEAD_OF_US = timedelta(days=1)  # what the server's may
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8})*", re.ASCII)
_AT_URI = re.compile(r"at://(did:[a-z]+:[^\s/?#]+)/([^\s/?#]+)/([^\s/?#]+)")
_EMBED = "app.bsky.embed."

Json = dict[str, Any]
_decode = msgspec.json.Decoder().decode


class MappingError(ValueError):
    """This message cannot become an event; says why."""


def map_message(payload: bytes, now: datetime) -> tuple[int, Event | None]:
    """When the server saw it, in microseconds, and its event; None for what is not meant to be one.

    Raises MappingError, and nothing else, for what should be an event and cannot.
    """
    try:
        message = _decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MappingError(f"not JSON: {error}") from error
    if not isinstance(message, dict):
        raise MappingError("not a JSON object")
    time_us, seen_at = _seen(message.get("time_us"), now)
    match message.get("kind"):
        case "commit":
            return time_us, _commit(message, seen_at)
        case "account":
            return time_us, _account(message, seen_at)
        case str():  # identity, and kinds to come
            return time_us, None
    raise MappingError("kind is missing")


def _seen(value: object, now: datetime) -> tuple[int, datetime]:
    if not isinstance(value, int) or isinstance(value, bool):
        raise MappingError("time_us is not a whole number")
    try:
        seen_at = _EPOCH + timedelta(microseconds=value)
    except OverflowError as error:
        raise MappingError(f"time_us {value} is outside any calendar") from error
    if not _FIRST_POST <= seen_at <= now + _AHEAD_OF_US:
        raise MappingError(f"time_us {value} is not a time of Bluesky")
    return value, seen_at


def _commit(message: Json, seen_at: datetime) -> Event | None:
    commit = message.get("commit")
    if not isinstance(commit, dict):
        raise MappingError("commit is not an object")
    collection = commit.get("collection")
    if not isinstance(collection, str):
        raise MappingError("collection is not a text")
    if collection != _POST and collection not in _REACTIONS:
        return None
    did, rkey = _needed(message, "did"), _needed(commit, "rkey")
    uri = f"at://{did}/{collection}/{rkey}"
    if not _AT_URI.fullmatch(uri):
        raise MappingError("did and rkey make no URI")
    own_id = _needed_id(uri)
    operation = commit.get("operation")
    if operation == "delete":
        target: Literal["mention", "interaction"] = (
            "mention" if collection == _POST else "interaction"
        )
        return Deletion(
            target=target, target_id=own_id, source=SOURCE, author_id=did, deleted_at=seen_at
        )
    if operation not in ("create", "update"):
        raise MappingError(f"operation {str(operation)[:40]!r} is unknown")
    record = commit.get("record")
    if not isinstance(record, dict):
        raise MappingError("record is not an object")
    if collection == _POST:
        return _post(own_id, did, rkey, record, seen_at, edited=operation == "update")
    if operation == "update":
        return None  # a reaction has nothing to change; its creation counted
    return _reaction(own_id, did, _REACTIONS[collection], record, seen_at)


def _account(message: Json, seen_at: datetime) -> Event | None:
    account = message.get("account")
    if not isinstance(account, dict):
        raise MappingError("account is not an object")
    if account.get("active") is not False or account.get("status") not in _GONE:
        return None  # new, back, or only asleep: what was said stays
    did = _needed(message, "did")
    return Deletion(
        target="author", target_id=did, source=SOURCE, author_id=did, deleted_at=seen_at
    )


def _reaction(
    own_id: str, did: str, kind: _Reaction, record: Json, seen_at: datetime
) -> Interaction:
    subject = record.get("subject")
    if kind == "follow":
        if not isinstance(subject, str) or not subject.startswith("did:"):
            raise MappingError("subject is not a DID")
        target_id = target_author_id = subject
    else:
        target_id, target_author_id = _target(subject)
        if not target_id:
            raise MappingError("subject has no at:// URI")
    return Interaction(
        interaction_id=own_id,
        source=SOURCE,
        author=Author(id=did),
        kind=kind,
        target_id=target_id,
        target_author_id=target_author_id,
        occurred_at=_moment(record.get("createdAt"), seen_at),
    )


def _post(
    own_id: str, did: str, rkey: str, record: Json, seen_at: datetime, *, edited: bool
) -> Mention:
    text = record.get("text", "")
    if not isinstance(text, str):
        raise MappingError("text is not a text")
    reply = _object(record.get("reply"))
    parent_id, parent_author_id = _target(reply.get("parent"))
    root_id, _ = _target(reply.get("root"))
    quoted_id, embedded = _embed(_object(record.get("embed")))
    links, tags, mentioned = _facets(record.get("facets"))
    languages = _list(record.get("langs"))
    return Mention(
        mention_id=own_id,
        source=SOURCE,
        author=Author(id=did),
        text=text,
        published_at=_moment(record.get("createdAt"), seen_at),
        lang=_language(languages[0]) if languages else "",
        url=_short(f"https://bsky.app/profile/{did}/post/{rkey}"),
        parent_id=parent_id,
        parent_author_id=parent_author_id,
        root_id=root_id,
        quoted_id=quoted_id,
        kind="reply" if parent_id else "quote" if quoted_id else "post",
        edited_at=seen_at if edited else None,
        hashtags=_distinct(*tags, *(_list(record.get("tags")))),
        links=_distinct(*links, *embedded),
        mentioned=tuple(Account(id=account) for account in _distinct(*mentioned)),
    )


def _embed(embed: Json) -> tuple[str, list[object]]:
    """What is quoted, and where the card leads."""
    kind = embed.get("$type")
    quoted_id, links = "", list[object]()
    if kind == f"{_EMBED}record":
        quoted_id = _quoted(embed.get("record"))
    elif kind == f"{_EMBED}recordWithMedia":
        quoted_id = _quoted(_object(embed.get("record")).get("record"))
        embed = _object(embed.get("media"))
        kind = embed.get("$type")
    if kind == f"{_EMBED}external":
        links.append(_object(embed.get("external")).get("uri"))
    return quoted_id, links


def _quoted(reference: object) -> str:
    """A list or a feed can be embedded as well as a post; only a post is quoted."""
    target_id, _ = _target(reference)
    return target_id if f"/{_POST}/" in target_id else ""


def _facets(value: object) -> tuple[list[object], list[object], list[object]]:
    """Links, hashtags and accounts that stretches of the text stand for."""
    links, tags, mentioned = list[object](), list[object](), list[object]()
    for feature in _features(value):
        match feature.get("$type"):
            case "app.bsky.richtext.facet#link":
                links.append(feature.get("uri"))
            case "app.bsky.richtext.facet#tag":
                tags.append(feature.get("tag"))
            case "app.bsky.richtext.facet#mention":
                mentioned.append(feature.get("did"))
    return links, tags, mentioned


def _features(value: object) -> Iterator[Json]:
    for facet in _list(value):
        for feature in _list(_object(facet).get("features")):
            yield _object(feature)


def _target(reference: object) -> tuple[str, str]:
    """The id of what a reference names and whose it is; empty where it names nothing we could."""
    uri = _object(reference).get("uri")
    if not isinstance(uri, str) or len(uri) + len(SOURCE) + 1 > MAX_ID_CHARS:
        return "", ""
    found = _AT_URI.fullmatch(uri)
    return (f"{SOURCE}:{uri}", found[1]) if found else ("", "")


def _needed_id(uri: str) -> str:
    own_id = f"{SOURCE}:{uri}"
    if len(own_id) > MAX_ID_CHARS:
        raise MappingError(f"its id has more than {MAX_ID_CHARS} characters")
    return own_id


def _needed(record: Json, name: str) -> str:
    value = record.get(name)
    if not isinstance(value, str) or not value:
        raise MappingError(f"{name} is missing")
    return value


def _moment(value: object, seen_at: datetime) -> datetime:
    """When its author says it was written, unless that cannot be; then when the server saw it."""
    if not isinstance(value, str):
        return seen_at
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return seen_at
    if moment.tzinfo is None:
        return seen_at
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        return seen_at
    return moment if _FIRST_POST <= moment <= seen_at + _AHEAD else seen_at


def _language(value: object) -> str:
    if not isinstance(value, str):
        return ""
    first, hyphen, rest = value.partition("-")
    value = f"{first.lower()}{hyphen}{rest}"
    return value if len(value) <= _SHORT_CHARS and _LANGUAGE.fullmatch(value) else ""


def _distinct(*values: object) -> tuple[str, ...]:
    """The texts among them that the contract takes, each once."""
    texts = (value.strip() for value in values if isinstance(value, str))
    kept = dict.fromkeys(text for text in texts if text and len(text) <= _SHORT_CHARS)
    return tuple(kept)[:MAX_LIST_ITEMS]


def _short(text: str) -> str:
    return text if len(text) <= _SHORT_CHARS else ""


def _object(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
