"""The queues of leads and of what waits for a reply: listed, and changed one event at a time.

The console itself cannot write: whoever makes it hands over what saves changes.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request

from dashboards.console.database import Database
from dashboards.console.errors import (
    BadRequestError,
    ChangedMeanwhileError,
    DeskAwayError,
    NoDeskHereError,
    NotFoundError,
)
from dashboards.console.frames import Rows, plain
from dashboards.console.labelling import decoded, request_body
from dashboards.console.wanted import needed
from dashboards.console.who import acting, may_post, note_what
from dashboards.named import read_query
from schemas.desk import Change, Outcome, Queue, Target, problem_of

LEAD_CHANGE_PATH, CARE_CHANGE_PATH = "/api/leads/change", "/api/care/change"
TARGET_PATH = "/api/care/target"
MAX_ITEMS: Final = 100
_SHOWN: Final = ("open", "closed", "all")
_KINDS: Final[dict[Queue, frozenset[str]]] = {
    "leads": frozenset(
        {"ready_to_buy", "asks_recommendation", "unhappy_with_rival", "comparing", "thinking"}
    ),
    "care": frozenset({"needs_reply", "addressed"}),
}


class DeskWriter(Protocol):
    """What keeps changes for good; it answers for each, and raises nothing."""

    async def save(self, queue: Queue, change: Change) -> Outcome:
        """Keep one change, unless somebody else was first."""
        ...

    async def set_target(self, target: Target) -> Outcome:
        """From now on a first reply is due so soon."""
        ...


class Desk:
    """Lists both queues and takes changes."""

    def __init__(self, database: Database, writer: DeskWriter | None) -> None:
        self._database = database
        self._writer = writer
        self._list_sql: dict[Queue, str] = {
            "leads": read_query("leads"),
            "care": read_query("care"),
        }
        self._history_sql: dict[Queue, str] = {
            "leads": read_query("lead_history"),
            "care": read_query("care_history"),
        }
        self._texts_sql = read_query("desk_texts")

    async def items(self, queue: Queue, request: Request) -> dict[str, Any]:
        """What the address asks for of a queue, first things first; raises ConsoleError."""
        items = await self._listed(queue, _filters(queue, request.query_params))
        path = LEAD_CHANGE_PATH if queue == "leads" else CARE_CHANGE_PATH
        enabled = self._writer is not None and may_post(request, path)
        answer = {"items": items, "enabled": enabled}
        if queue == "care":
            rows = await self._database.run("SELECT minutes FROM care_target")
            answer["target_minutes"] = rows.rows[0][0]
        return answer | {"now": plain(datetime.now(UTC))}

    async def history(self, queue: Queue, request: Request) -> dict[str, Any]:
        """Every change of one item, oldest first; raises ConsoleError."""
        asked = {name: needed(request.query_params, name) for name in ("source", "subject")}
        rows = await self._database.run(self._history_sql[queue], asked)
        return {"events": _dicts(rows)}

    async def change(self, queue: Queue, request: Request) -> dict[str, Any]:
        """Save one change and return the item as it is now; raises ConsoleError."""
        writer = self._may_write()
        change = decoded(await request_body(request), Change)
        change = msgspec.structs.replace(change, made_by=acting(request, change.made_by))
        note_what(request, "lead" if queue == "leads" else "care", change.subject)
        if problem := problem_of(queue, change):
            raise BadRequestError(problem, "Correct it and send it again.")
        outcome = _kept(await writer.save(queue, change))
        if outcome.fate == "gone":
            raise NotFoundError("it is not there any more", "It was taken back or forgotten.")
        only = {"source": change.source, "subject": change.subject}
        found = await self._listed(queue, _filters(queue, QueryParams(show="all")) | only)
        item = found[0] if found else None
        if outcome.fate == "changed_meanwhile":
            raise ChangedMeanwhileError(item)
        return {"item": item, "version": outcome.version}

    async def set_target(self, request: Request) -> dict[str, Any]:
        """From now on a first reply is due so soon; raises ConsoleError."""
        writer = self._may_write()
        target = decoded(await request_body(request), Target)
        target = msgspec.structs.replace(target, made_by=acting(request, target.made_by))
        _kept(await writer.set_target(target))
        return {"target_minutes": target.minutes}

    def _may_write(self) -> DeskWriter:
        if self._writer is None:
            raise NoDeskHereError(
                "leads and replies cannot be changed from this console",
                "It has to listen at 127.0.0.1, or be started with ESCUCHA_CONSOLE_LABELS=yes.",
            )
        return self._writer

    async def _listed(self, queue: Queue, filters: dict[str, Any]) -> list[dict[str, Any]]:
        items = _dicts(await self._database.run(self._list_sql[queue], filters))
        wanted = {
            mention_id
            for item in items
            for mention_id in item.get("evidence_ids", [item.get("mention_id", "")])[:3]
        } | {item["best_id"] for item in items if "best_id" in item}
        if not wanted:
            return items
        rows = await self._database.run(self._texts_sql, {"ids": sorted(wanted)})
        texts = {said["mention_id"]: said for said in _dicts(rows)}
        for item in items:
            ids = item.pop("evidence_ids", None) or [item["mention_id"]]
            best = item.get("best_id", ids[0])
            ordered = [best, *(one for one in ids[:3] if one != best)]
            item["said"] = [texts[one] for one in ordered if one in texts]
        return items


def _kept(outcome: Outcome) -> Outcome:
    if outcome.fate == "away":
        raise DeskAwayError("the change could not be saved", outcome.reason)
    return outcome


def _filters(queue: Queue, asked: QueryParams) -> dict[str, Any]:
    show, kind = asked.get("show", "open"), asked.get("kind", "")
    if show not in _SHOWN or (kind and kind not in _KINDS[queue]):
        raise BadRequestError("there is no such filter", "Choose another one.")
    return {
        "show": show,
        "kind": kind,
        "owner": asked.get("owner", ""),
        "brand": asked.get("brand", ""),
        "source": "",
        "subject": "",
        "limit": MAX_ITEMS,
    }


def _dicts(rows: Rows) -> list[dict[str, Any]]:
    return [
        {
            name: [plain(one) for one in value] if _is_list(value) else plain(value)
            for name, value in zip(rows.names, row, strict=True)
        }
        for row in rows.rows
    ]


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)
