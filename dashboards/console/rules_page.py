"""The page of listening rules: those in force and before, a check, a preview, a publication.

Histories are read here. What knows the rule language is handed over by whoever makes the console.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route

from dashboards.console.answers import as_json
from dashboards.console.database import Database
from dashboards.console.errors import (
    BadRequestError,
    ChangedMeanwhileError,
    MistakenRulesError,
    NoRulesHereError,
    NotFoundError,
    RulesAwayError,
)
from dashboards.console.frames import Rows, plain
from dashboards.console.labelling import decoded, request_body
from dashboards.console.who import acting, may_post
from dashboards.named import read_query
from schemas.rules import (
    MAX_PREVIEW_DAYS,
    MAX_REASON_CHARS,
    MAX_RULES_BYTES,
    Checked,
    Failed,
    Previewed,
    Progress,
    Publication,
    Published,
    Text,
    Trial,
)

CHECK_PATH, PREVIEW_PATH = "/api/rules/check", "/api/rules/preview"
PUBLISH_PATH = "/api/rules/publish"
MAX_VERSIONS: Final = 200
MAX_CHECKS: Final = 8  # waiting or under way; the longest text takes seconds
PAGE: Final = Path(__file__).parent / "static" / "rules.html"


class RulesKeeper(Protocol):
    """What knows the rule language; it answers, and raises nothing."""

    def bundled(self) -> str:
        """The rules that hold until somebody publishes others."""
        ...

    async def check(self, listening: str) -> Checked:
        """Every mistake in a text."""
        ...

    def preview(self, trial: Trial) -> AsyncGenerator[Progress | Previewed | Failed]:
        """What it would match in stored mentions; stops when nobody listens any more."""
        ...

    async def publish(self, publication: Publication) -> Published:
        """Put rules in force, unless somebody else was first."""
        ...


class Draft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rules to look over."""

    listening: Text


class Rules:
    """Answers for the page of rules."""

    def __init__(self, database: Database, keeper: RulesKeeper | None) -> None:
        self._database = database
        self._keeper = keeper
        self._checking = 0
        self._history_sql = read_query("rules_history")
        self._one_sql = read_query("rules_of_number")

    def routes(self) -> list[Route]:
        """The page, what it reads, and what it does."""
        return [
            Route("/rules", self.page),
            Route("/api/rules", self.about),
            Route("/api/rules/version", self.version),
            Route(CHECK_PATH, self.check, methods=["POST"]),
            Route(PREVIEW_PATH, self.preview, methods=["POST"]),
            Route(PUBLISH_PATH, self.publish, methods=["POST"]),
        ]

    async def page(self, request: Request) -> Response:
        """The page to edit rules on."""
        return FileResponse(PAGE)

    async def about(self, request: Request) -> Response:
        """The rules in force and all before them, newest first; raises ConsoleError."""
        rows = await self._database.run(self._history_sql, {"limit": MAX_VERSIONS})
        versions = _dicts(rows)
        return as_json(
            {
                "enabled": self._keeper is not None and may_post(request, PUBLISH_PATH),
                "in_force": await self._of(versions[0]["sequence"] if versions else 0),
                "versions": versions,
                "limits": {
                    "bytes": MAX_RULES_BYTES,
                    "reason": MAX_REASON_CHARS,
                    "days": MAX_PREVIEW_DAYS,
                },
            }
        )

    async def version(self, request: Request) -> Response:
        """One set of rules with its text; raises ConsoleError."""
        number = request.query_params.get("number", "")
        if not (number.isascii() and number.isdigit() and len(number) <= 9):
            raise BadRequestError("rules have a number", "Choose from the list.")
        return as_json(await self._of(int(number)))

    async def check(self, request: Request) -> Response:
        """Every mistake in a draft, with its place; raises ConsoleError."""
        keeper = self._may_write()
        draft = decoded(await request_body(request), Draft)
        if self._checking >= MAX_CHECKS:
            raise RulesAwayError("too much is being checked at once", "Try again in a moment.")
        self._checking += 1
        try:
            return as_json(await keeper.check(_within(draft.listening)))
        finally:
            self._checking -= 1

    async def preview(self, request: Request) -> Response:
        """A stream of events: how far it has come, then what the draft would match."""
        keeper = self._may_write()
        trial = decoded(await request_body(request), Trial)
        _within(trial.listening)

        async def events() -> AsyncGenerator[bytes]:
            async with aclosing(keeper.preview(trial)) as told:
                async for what in told:
                    yield b"data: " + msgspec.json.encode(what) + b"\n\n"

        return StreamingResponse(
            events(), media_type="text/event-stream", headers={"cache-control": "no-store"}
        )

    async def publish(self, request: Request) -> Response:
        """Put a draft in force; raises ConsoleError, with theirs when somebody else was first."""
        keeper = self._may_write()
        said = decoded(await request_body(request), Publication)
        _within(said.listening)
        name = acting(request, said.made_by)
        done = await keeper.publish(msgspec.structs.replace(said, made_by=name))
        if done.fate == "mistaken":
            raise MistakenRulesError(done.mistakes)
        if done.fate == "away":
            raise RulesAwayError("the rules could not be published", done.reason)
        fields = msgspec.structs.asdict(done.in_force) if done.in_force else {}
        in_force = {name: plain(value) for name, value in fields.items()}
        if done.fate == "changed_meanwhile":
            raise ChangedMeanwhileError(in_force)
        return as_json({"fate": done.fate, "in_force": in_force})

    async def _of(self, number: int) -> dict[str, Any]:
        found = _dicts(await self._database.run(self._one_sql, {"number": number}))
        if found:
            return found[0]
        if number:
            raise NotFoundError("there are no rules with that number", "Choose from the list.")
        text = self._keeper.bundled() if self._keeper else ""
        bundled = {"sequence": 0, "version": "", "listening": text, "reason": ""}
        return bundled | {"applied_by": "bundled", "applied_at": None}

    def _may_write(self) -> RulesKeeper:
        if self._keeper is None:
            raise NoRulesHereError(
                "rules cannot be edited from this console",
                "It has to listen at 127.0.0.1, or be started with ESCUCHA_CONSOLE_LABELS=yes.",
            )
        return self._keeper


def _within(listening: str) -> str:
    if len(listening.encode()) > MAX_RULES_BYTES:
        raise BadRequestError(
            f"the rules are longer than {MAX_RULES_BYTES:,} bytes",
            "Publish them from a file: escucha rules apply FILE.",
        )
    return listening


def _dicts(rows: Rows) -> list[dict[str, Any]]:
    return [
        {name: plain(value) for name, value in zip(rows.names, row, strict=True)}
        for row in rows.rows
    ]
