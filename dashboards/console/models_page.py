"""Models: what there is, which is in force, comparisons, and changing it."""

from collections.abc import Mapping
from typing import Any, Final, Protocol, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route

from dashboards.console.alerts import dicts
from dashboards.console.answers import as_json
from dashboards.console.database import Database
from dashboards.console.errors import (
    ChangedMeanwhileError,
    DeskAwayError,
    ModelRefusedError,
    ModelsBusyError,
    NoModelsHereError,
    NotFoundError,
)
from dashboards.console.labelling import decoded, request_body
from dashboards.console.static_files import STATIC
from dashboards.console.wanted import needed
from dashboards.console.who import acting, may_post
from dashboards.named import read_query
from schemas.model_acts import (
    Ask,
    Cancel,
    ModelOutcome,
    Promote,
    RollBack,
    Running,
    Shadow,
)

COMPARE_PATH, CANCEL_PATH = "/api/models/compare", "/api/models/cancel"
PROMOTE_PATH, ROLL_BACK_PATH = "/api/models/promote", "/api/models/roll-back"
SHADOW_PATH: Final = "/api/models/shadow"
QUERIES: Final = ("shadow", "workers", "shadow_said", "comparisons", "comparison")
T = TypeVar("T", Ask, Cancel, Promote, RollBack, Shadow)


class ModelKeeper(Protocol):
    """The store of models; it answers in words without places, and raises nothing."""

    may_change: bool

    async def overview(self) -> dict[str, Any]:
        """Versions, newest first, which is in force and how it came to be, or a `problem`."""
        ...

    async def card(self, version: str) -> dict[str, Any]:
        """A version's card for people to read, or a `problem`."""
        ...

    def running(self) -> Running | None:
        """The comparison under way."""
        ...

    def trouble(self) -> str:
        """Why the last comparison was not kept; empty when it was."""
        ...

    async def compare(self, ask: Ask) -> ModelOutcome:
        """Begin a comparison, one at a time."""
        ...

    async def cancel(self, job_id: str) -> ModelOutcome:
        """End the comparison that runs."""
        ...

    async def promote(self, wanted: Promote) -> ModelOutcome:
        """Put a version in force, through the gate."""
        ...

    async def roll_back(self, wanted: RollBack) -> ModelOutcome:
        """Put the version in force that was before."""
        ...

    async def put_in_shadow(self, wanted: Shadow) -> ModelOutcome:
        """Let a version judge in shadow, or none."""
        ...


class Models:
    """Shows the store, ClickHouse's word on shadow and workers, and takes what people decide."""

    def __init__(self, database: Database, keeper: ModelKeeper | None) -> None:
        self._database = database
        self._keeper = keeper
        self._sql = {name: read_query(f"model_{name}") for name in QUERIES}

    def routes(self) -> list[Route | Mount]:
        """The page and what it asks."""
        return [
            Route("/models", self.page),
            Route("/api/models", self.overview),
            Route("/api/models/card", self.card),
            Route("/api/models/running", self.running),
            Route("/api/models/comparison", self.comparison),
            Route(COMPARE_PATH, self.compare, methods=["POST"]),
            Route(CANCEL_PATH, self.cancel, methods=["POST"]),
            Route(PROMOTE_PATH, self.promote, methods=["POST"]),
            Route(ROLL_BACK_PATH, self.roll_back, methods=["POST"]),
            Route(SHADOW_PATH, self.shadow, methods=["POST"]),
        ]

    async def page(self, request: Request) -> Response:
        """The page of models."""
        return FileResponse(STATIC / "models.html")

    async def overview(self, request: Request) -> Response:
        """What there is, what is in force, in shadow and running, and what was compared."""
        keeper = self._here()
        found = await keeper.overview()
        shadow = await self._rows("shadow")
        version = shadow[0]["version"] if shadow else ""
        said = await self._rows("shadow_said", {"version": version}) if version else []
        return as_json(
            found
            | {
                "enabled": keeper.may_change and may_post(request, PROMOTE_PATH),
                "shadow": shadow[0] if version else None,
                "shadow_said": said,
                "workers": await self._rows("workers"),
                "comparisons": await self._rows("comparisons", {"id": ""}),
            }
            | self._under_way(keeper)
        )

    async def card(self, request: Request) -> Response:
        """One version's card."""
        found = await self._here().card(needed(request.query_params, "version"))
        if "problem" in found:
            raise NotFoundError("this card cannot be shown", found["problem"])
        return as_json(found)

    async def running(self, request: Request) -> Response:
        """The comparison under way, null when none is."""
        return as_json(self._under_way(self._here()))

    async def comparison(self, request: Request) -> Response:
        """One comparison with its figures."""
        asked = {"id": needed(request.query_params, "id")}
        rows = await self._rows("comparison", asked)
        if not rows:
            raise NotFoundError("there is no such comparison", "Look at the list of them.")
        result = rows[0].pop("result")
        found = msgspec.json.decode(result) if result else None
        return as_json(rows[0] | {"found": found})

    async def compare(self, request: Request) -> Response:
        """Begin a comparison; 409 when another one runs."""
        ask = await self._said(request, Ask)
        return self._answer(await self._changing().compare(ask))

    async def cancel(self, request: Request) -> Response:
        """End the comparison that runs."""
        wanted = await self._said(request, Cancel)
        return self._answer(await self._changing().cancel(wanted.id))

    async def promote(self, request: Request) -> Response:
        """Put a version in force; 409 when another one was put in force meanwhile."""
        wanted = await self._said(request, Promote)
        return self._answer(await self._changing().promote(wanted))

    async def roll_back(self, request: Request) -> Response:
        """Put the version in force that was before; 409 as above."""
        wanted = await self._said(request, RollBack)
        return self._answer(await self._changing().roll_back(wanted))

    async def shadow(self, request: Request) -> Response:
        """Let a version judge beside the one in force, or none any more."""
        wanted = await self._said(request, Shadow)
        return self._answer(await self._changing().put_in_shadow(wanted))

    def _here(self) -> ModelKeeper:
        if self._keeper is None:
            raise NoModelsHereError(
                "models cannot be seen from this console",
                "Start it with `escucha console`, with ESCUCHA_MODEL_STORE as the workers have it.",
            )
        return self._keeper

    def _changing(self) -> ModelKeeper:
        keeper = self._here()
        if not keeper.may_change:
            raise NoModelsHereError(
                "models cannot be changed from this console",
                "It has to listen at 127.0.0.1, or be started with ESCUCHA_CONSOLE_LABELS=yes.",
            )
        return keeper

    async def _said(self, request: Request, type_: type[T]) -> T:
        self._changing()
        said = decoded(await request_body(request), type_)
        return msgspec.structs.replace(said, made_by=acting(request, said.made_by))

    def _answer(self, outcome: ModelOutcome) -> Response:
        match outcome.fate:
            case "saved":
                return as_json({"id": outcome.id})
            case "changed_meanwhile":
                raise ChangedMeanwhileError(None)
            case "busy":
                raise ModelsBusyError("another comparison runs", "Wait for it, or end it.")
            case "gone":
                raise NotFoundError("it is not there any more", outcome.reason)
            case "refused":
                raise ModelRefusedError("it was not done", outcome.reason)
            case _:
                raise DeskAwayError("it could not be done", outcome.reason)

    async def _rows(
        self, name: str, asked: Mapping[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        return dicts(await self._database.run(self._sql[name], asked))

    def _under_way(self, keeper: ModelKeeper) -> dict[str, Any]:
        job = keeper.running()
        told = None
        if job is not None:
            asked_ms = int(job.asked_at.timestamp() * 1000)
            told = msgspec.to_builtins(job) | {"asked_at": asked_ms}
        return {"running": told, "trouble": keeper.trouble()}
