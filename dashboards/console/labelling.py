"""The labelling page: what a person is asked to judge, and where the judgement goes.

The console knows no Kafka: whoever makes it hands over a function that saves labels.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, zip_longest
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta
from starlette.requests import ClientDisconnect, Request

from dashboards.console.database import Database
from dashboards.console.errors import (
    BadLabelsError,
    BadRequestError,
    LabelsAwayError,
    NoLabelsHereError,
)
from dashboards.console.frames import Rows, plain
from dashboards.console.who import acting
from dashboards.named import read_query
from schemas.business import Label
from schemas.labels import GUIDE_VERSION, Language
from schemas.mention import Id, MentionId

# Returns "" once all labels are kept for good, else why not and what helps.
SaveLabels = Callable[[Sequence[Label]], Awaitable[str]]

OFFER_PATH, LABELS_PATH = "/api/labelling/offer", "/api/labels"
PER_REASON = 12
MAX_SEEN = 1_000
MAX_LABELS = 100
MAX_AGE = timedelta(days=90)  # how long a page may keep what it could not send
CLOCKS_APART = timedelta(minutes=5)
_BODY_TIMEOUT_SEC = 10.0
_MODEL = (
    "intent",
    "intent_latent",
    "intent_active",
    "stage",
    "stage_probability",
    "needs_reply",
    "sentiment",
    "acts",
)

T = TypeVar("T")


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who asks for mentions to judge, and which not to offer again."""

    labeller: Id
    days: Annotated[int, Meta(ge=1, le=365)] = 30
    langs: tuple[Language, ...] = ("es", "en")
    seen: Annotated[tuple[MentionId, ...], Meta(max_length=MAX_SEEN)] = ()


class _Given(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    labels: Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=MAX_LABELS)]


class Labelling:
    """Offers mentions and takes labels."""

    def __init__(self, database: Database, save: SaveLabels | None) -> None:
        self._database = database
        self._save = save
        self._offer_sql = read_query("label_offer")

    def about(self) -> dict[str, Any]:
        """Whether labels can be saved here, by which guide, and the time to date them by."""
        return {
            "enabled": self._save is not None,
            "guide_version": GUIDE_VERSION,
            "now": plain(datetime.now(UTC)),
        }

    async def offer(self, request: Request) -> dict[str, Any]:
        """Mentions to judge next, each with the reason; raises ConsoleError."""
        ask = decoded(await request_body(request), Ask)
        parameters = {
            "labeller": acting(request, ask.labeller),
            "days": ask.days,
            "langs": list(ask.langs),
            "seen": list(ask.seen),
            "per_reason": PER_REASON,
        }
        rows = await self._database.run(self._offer_sql, parameters)
        return {"mentions": _mixed(_by_reason(rows))}

    async def take(self, request: Request) -> dict[str, Any]:
        """Save the labels of a request, all or none; raises ConsoleError."""
        if self._save is None:
            raise NoLabelsHereError(
                "labels cannot be saved from this console",
                "It has to listen at 127.0.0.1, or be started with ESCUCHA_CONSOLE_LABELS=yes.",
            )
        given = decoded(await request_body(request), _Given).labels
        labels = _checked(given, datetime.now(UTC), acting(request, ""))
        if reason := await self._save(labels):
            raise LabelsAwayError("the labels could not be saved", reason)
        return {"saved": len(labels)}


def _checked(raws: Sequence[msgspec.Raw], now: datetime, who: str) -> list[Label]:
    """The labels; raises BadLabelsError that names each one that is none.

    A browser may still hold what somebody else judged: that is not of `who` is signed in.
    """
    labels, problems = [], {}
    for index, raw in enumerate(raws):
        try:
            label = msgspec.json.decode(raw, type=Label)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            problems[index] = str(error)[:300]
            continue
        labels.append(label)
        if not now - MAX_AGE <= label.labelled_at <= now + CLOCKS_APART:
            problems[index] = "labelled_at is older than 90 days or in the future"
        if who and label.labeller != who:
            problems[index] = "labeller is not who is signed in"
    if problems:
        raise BadLabelsError(problems)
    return labels


def _by_reason(rows: Rows) -> Mapping[str, list[dict[str, Any]]]:
    """The rows as the page takes them, by the reason they were chosen for."""
    lists: dict[str, list[dict[str, Any]]] = {}
    for row in rows.rows:
        mention: dict[str, Any] = {
            name: list(value) if isinstance(value, list | tuple) else plain(value)
            for name, value in zip(rows.names, row, strict=True)
        }
        model = {name: mention.pop(name) for name in _MODEL}
        model["version"] = mention.pop("model_version")
        lists.setdefault(mention["how"], []).append({**mention, "model": model})
    return lists


def _mixed(lists: Mapping[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """One list, of which every fifth mention is of the random draw."""
    uncertain, disagreement, random = (
        lists.get(how, []) for how in ("uncertain", "disagreement", "random")
    )
    turns = zip_longest(
        uncertain[::2], disagreement[::2], random[: PER_REASON // 2], uncertain[1::2],
        disagreement[1::2],
    )  # fmt: skip
    mixed = [mention for mention in chain.from_iterable(turns) if mention is not None]
    return mixed + random[PER_REASON // 2 :] if len(mixed) < PER_REASON else mixed


def decoded(body: bytes, type_: type[T]) -> T:
    """The struct that a body of JSON holds; raises BadRequestError."""
    try:
        return msgspec.json.decode(body, type=type_)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise BadRequestError(str(error)[:300], "Reload the page.") from error


async def request_body(request: Request) -> bytes:
    """The whole body of a request; raises BadRequestError when it does not come in time."""
    try:
        async with asyncio.timeout(_BODY_TIMEOUT_SEC):
            return await request.body()
    except (TimeoutError, ClientDisconnect) as error:
        raise BadRequestError("the request did not come to its end", "Send it again.") from error
