"""A request's body to items, each held to the contract's own struct before any is sent."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec

from schemas.mention import Deletion, Interaction, Mention
from schemas.topics import MENTIONS_RAW
from streams.producers.events import key_of
from streams.steps.business import KINDS, Kind, plausible, problem_of
from streams.steps.decode import MAX_RECORD_BYTES

Listening = Mention | Interaction | Deletion  # what /v1/events takes; heartbeats are our own
Form = Literal["json", "ndjson"]
_PLACE = re.compile(r"(.*) - at `([^`]+)`", re.DOTALL)
MAX_REASON_CHARS = 500


class Item(msgspec.Struct, frozen=True):
    """One event ready for Kafka, its bytes as they came."""

    id: str
    key: bytes
    value: bytes


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """Why one item of a request cannot be taken."""

    index: int  # counted from 0, blank lines left out
    place: str  # within the item, as $.author.id
    reason: str


class UnreadableBodyError(ValueError):
    """The body is no JSON at all, so that no item can be named."""


@dataclass(frozen=True)
class Route:
    """One path: what it takes and where that goes."""

    path: str
    contract: Any
    topic: str  # by its name in the contract
    structs: tuple[type[msgspec.Struct], ...]
    id_of: Callable[[Any], str]
    key_of: Callable[[Any], str]
    problem_of: Callable[[Any, float], str]  # what the struct alone cannot say; empty for none
    summary: str


def _id_of(event: Listening) -> str:
    match event:
        case Mention():
            return event.mention_id
        case Interaction():
            return event.interaction_id
    return event.target_id


def _moments_of(event: Listening) -> dict[str, datetime | None]:
    match event:
        case Mention():
            return {"published_at": event.published_at, "edited_at": event.edited_at}
        case Interaction():
            return {"occurred_at": event.occurred_at}
    return {"deleted_at": event.deleted_at}


def _problem_of(event: Listening, now_sec: float) -> str:
    for name, moment in _moments_of(event).items():
        if moment is not None and not plausible(moment, now_sec):
            return f"{name} is before 2000, after 2099 or more than a day from now - at `$.{name}`"
    return ""


def _business(kind: Kind, summary: str) -> Route:
    return Route(
        path=f"/v1/{kind.name}",
        contract=kind.struct,
        topic=kind.topic.name,
        structs=(kind.struct,),
        id_of=kind.id_of,
        key_of=kind.key_of,
        problem_of=lambda event, now_sec: problem_of(event, kind, written_at_sec=now_sec),
        summary=summary,
    )


ROUTES: tuple[Route, ...] = (
    Route(
        path="/v1/events",
        contract=Listening,
        topic=MENTIONS_RAW.name,
        structs=(Mention, Interaction, Deletion),
        id_of=_id_of,
        key_of=key_of,
        problem_of=_problem_of,
        summary="What people said and did, and what their network took back; `type` says which.",
    ),
    _business(KINDS["orders"], "Purchases, as the shop records them."),
    _business(KINDS["gestures"], "What the brand gave without being asked, and what it cost."),
    _business(KINDS["labels"], "People's judgement of mentions."),
)


class Checker:
    """Holds the items of one route to its contract."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._decode = msgspec.json.Decoder(route.contract).decode

    def check(
        self, raws: Sequence[bytes], now_sec: float, first_index: int = 0
    ) -> tuple[list[Item], list[Problem]]:
        """The good items, and what is wrong with each of the others."""
        items: list[Item] = []
        problems: list[Problem] = []
        for index, raw in enumerate(raws, start=first_index):
            try:
                items.append(self._item(raw, now_sec))
            except (ValueError, msgspec.DecodeError) as error:
                problems.append(_problem(index, str(error)))
        return items, problems

    def _item(self, raw: bytes, now_sec: float) -> Item:
        route = self._route
        if len(raw) > MAX_RECORD_BYTES:
            raise ValueError(f"longer than {MAX_RECORD_BYTES} bytes")
        try:
            event = self._decode(raw)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error
        if problem := route.problem_of(event, now_sec):
            raise ValueError(problem)
        return Item(route.id_of(event), route.key_of(event).encode(), raw)


_raw = msgspec.json.Decoder(msgspec.Raw).decode
_raws = msgspec.json.Decoder(list[msgspec.Raw]).decode


def split(body: bytes, form: Form) -> list[bytes]:
    """The items' bytes: an array's, one object's, or one for each line that is not blank.

    Raises UnreadableBodyError when the body is not UTF-8, or of `json` no JSON.
    """
    body = body.removeprefix(b"\xef\xbb\xbf").strip()
    try:
        body.decode()
        if form == "ndjson" or not body:
            return [line.strip() for line in body.split(b"\n") if line.strip()]
        raws = _raws(body) if body.startswith(b"[") else [_raw(body)]
    except UnicodeDecodeError as error:
        raise UnreadableBodyError(f"not UTF-8, at byte {error.start}") from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise UnreadableBodyError(f"not JSON: {error}") from error
    return [bytes(raw) for raw in raws]


def _problem(index: int, said: str) -> Problem:
    place = "$"
    if match := _PLACE.fullmatch(said):
        said, place = match[1], match[2]
    return Problem(index=index, place=place, reason=said[:MAX_REASON_CHARS])
