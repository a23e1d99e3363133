"""Alerts of emerging intent: what they rest on, and what people do about them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route

from dashboards.console.answers import as_json
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
from dashboards.console.static_files import STATIC
from dashboards.console.wanted import needed
from dashboards.console.who import acting, may_post
from dashboards.named import read_query
from schemas.alert_acts import AlertAct, problem_of
from schemas.desk import Outcome

ACT_PATH: Final = "/api/alerts/act"
QUERIES: Final = ("list", "said", "counted", "told", "history", "choices")
MAX_ITEMS: Final = 60
STATES: Final = (
    "all", "now", "open", "fading", "closed", "acknowledged", "snoozed",
)  # fmt: skip


class AlertWriter(Protocol):
    """What keeps acts for good; it answers for each, and raises nothing."""

    async def save(self, act: AlertAct) -> Outcome:
        """Keep one act, unless the alert has changed meanwhile."""
        ...


class Alerts:
    """Lists alerts with their evidence and takes what people do about them."""

    def __init__(self, database: Database, writer: AlertWriter | None) -> None:
        self._database = database
        self._writer = writer
        self._sql = {name: read_query(f"alert_{name}") for name in QUERIES}

    def routes(self) -> list[Route | Mount]:
        """The page and what it asks."""
        return [
            Route("/alerts", self.page),
            Route("/api/alerts", self.list_alerts),
            Route("/api/alerts/history", self.history),
            Route(ACT_PATH, self.act, methods=["POST"]),
        ]

    async def page(self, request: Request) -> Response:
        """The page; its address says which alerts, or which one, it shows."""
        return FileResponse(STATIC / "alerts.html")

    async def list_alerts(self, request: Request) -> Response:
        """What the address asks for, what goes on first."""
        items = await self._listed(_filters(request.query_params))
        choices = dicts(await self._database.run(self._sql["choices"]))[0]
        return as_json(
            {
                "items": items,
                "choices": choices,
                "enabled": self._writer is not None and may_post(request, ACT_PATH),
                "now": plain(datetime.now(UTC)),
            }
        )

    async def history(self, request: Request) -> Response:
        """Every change of one alert, oldest first."""
        asked = {"id": needed(request.query_params, "id")}
        rows = await self._database.run(self._sql["history"], asked)
        return as_json({"events": dicts(rows)})

    async def act(self, request: Request) -> Response:
        """Acknowledge, silence, take back, note; 409 when the alert has changed meanwhile."""
        if self._writer is None:
            raise NoDeskHereError(
                "alerts cannot be changed from this console",
                "It has to listen at 127.0.0.1, or be started with ESCUCHA_CONSOLE_LABELS=yes.",
            )
        said = decoded(await request_body(request), AlertAct)
        act = msgspec.structs.replace(said, made_by=acting(request, said.made_by))
        if problem := problem_of(act, datetime.now(UTC)):
            raise BadRequestError(problem, "Correct it and send it again.")
        outcome = await self._writer.save(act)
        if outcome.fate == "away":
            raise DeskAwayError("the change could not be saved", outcome.reason)
        found = await self._listed(_filters(QueryParams(id=act.alert_id)))
        item = found[0] if found else None
        if outcome.fate == "gone" and item is None:
            raise NotFoundError("there is no such alert", "Look at the list of alerts.")
        if outcome.fate != "saved":  # also where the series has another alert since
            raise ChangedMeanwhileError(item)
        return as_json({"item": item})

    async def _listed(self, filters: Mapping[str, Any]) -> list[dict[str, Any]]:
        items = dicts(await self._database.run(self._sql["list"], filters))
        if not items:
            return items
        asked = {
            "ids": [item["alert_id"] for item in items],
            "since": min(item["since"] for item in items),
            "until": max(item["at"] for item in items),
        }
        said, counted, told = [
            _by_alert(dicts(await self._database.run(self._sql[name], asked)))
            for name in ("said", "counted", "told")
        ]
        for item in items:
            alert_id = item["alert_id"]
            item["said"] = said.get(alert_id, [])
            item["told"] = told.get(alert_id, [])
            found = counted.get(alert_id, [])
            item["counted"] = found[0]["counted"] if found else []
        return items


def _filters(asked: QueryParams) -> dict[str, Any]:
    state, severity = asked.get("state", "all"), asked.get("severity", "1")
    if state not in STATES or severity not in {str(n) for n in range(1, 11)}:
        raise BadRequestError("there is no such filter", "Choose another one.")
    return {
        "id": asked.get("id", "")[:64],
        "series": asked.get("series", ""),
        "lang": asked.get("lang", "*"),
        "severity": int(severity),
        "state": state,
        "limit": MAX_ITEMS,
    }


def _by_alert(rows: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.pop("alert_id"), []).append(row)
    return found


def dicts(rows: Rows) -> list[dict[str, Any]]:
    """Rows as JSON has them, each by the names of its columns."""
    return [
        {name: _plain(value) for name, value in zip(rows.names, row, strict=True)}
        for row in rows.rows
    ]


def _plain(value: object) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return plain(value)
