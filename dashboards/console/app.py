"""Routes of the console. The page sends names and values, never SQL."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from dashboards.console import frames
from dashboards.console.answers import as_json
from dashboards.console.boards import Board, Variable, load_boards
from dashboards.console.config import ConsoleConfig
from dashboards.console.database import Database, Shared
from dashboards.console.desk import (
    CARE_CHANGE_PATH,
    LEAD_CHANGE_PATH,
    TARGET_PATH,
    Desk,
)
from dashboards.console.errors import (
    BadLabelsError,
    ChangedMeanwhileError,
    ConsoleError,
    NotFoundError,
)
from dashboards.console.guard import Guard
from dashboards.console.labelling import LABELS_PATH, OFFER_PATH, Labelling
from dashboards.console.menu import menu
from dashboards.console.queries import Question, annotation_sql, prepare, read_question
from dashboards.console.rules_page import Rules
from dashboards.console.writers import Writers

STATIC = Path(__file__).parent / "static"
_VALUES_LIFETIME_SEC = 30.0


class Console:
    """The routes and what they share."""

    def __init__(self, config: ConsoleConfig, writers: Writers) -> None:
        self._boards = load_boards(config.dashboards_dir)
        self._database = Database(config)
        self._labelling = Labelling(self._database, writers.labels)
        self._desk = Desk(self._database, writers.desk)
        self._rules = Rules(self._database, writers.rules)
        self._answers = Shared(config.answer_lifetime_sec)
        self._values = Shared(_VALUES_LIFETIME_SEC)

    def routes(self) -> list[Route | Mount]:
        """Return all routes; what is not among them is 404."""
        board = "/api/dashboards/{uid}"
        return [
            Route("/", self.page),
            Route("/d/{uid}", self.board_page),
            Route("/labels", self.labels_page),
            Route("/leads", self.desk_page),
            Route("/care", self.desk_page),
            Route("/favicon.ico", self.icon),
            Route("/healthz", self.health),
            Route("/api/pages", self.list_pages),
            Route("/api/dashboards", self.list_boards),
            Route(board, self.show_board),
            Route(f"{board}/variables", self.list_values),
            Route(f"{board}/annotations", self.list_annotations),
            Route(f"{board}/panels/{{panel_id:int}}/data", self.panel_data),
            Route("/api/labelling", self.about_labelling),
            Route(OFFER_PATH, self.offer_mentions, methods=["POST"]),
            Route(LABELS_PATH, self.take_labels, methods=["POST"]),
            Route("/api/leads", self.list_leads),
            Route("/api/leads/history", self.lead_history),
            Route(LEAD_CHANGE_PATH, self.change_lead, methods=["POST"]),
            Route("/api/care", self.list_care),
            Route("/api/care/history", self.care_history),
            Route(CARE_CHANGE_PATH, self.change_care, methods=["POST"]),
            Route(TARGET_PATH, self.set_care_target, methods=["POST"]),
            *self._rules.routes(),
            Mount("/static", StaticFiles(directory=STATIC)),
        ]

    async def page(self, request: Request) -> Response:
        """The first dashboard, or what to do where there is none."""
        return FileResponse(STATIC / "index.html")

    async def board_page(self, request: Request) -> Response:
        """The page of the dashboard that the address names; 404 where there is none such."""
        if request.path_params["uid"] not in self._boards:
            raise HTTPException(404)
        return FileResponse(STATIC / "index.html")

    async def labels_page(self, request: Request) -> Response:
        """The page to judge mentions on."""
        return FileResponse(STATIC / "labels.html")

    async def desk_page(self, request: Request) -> Response:
        """The page of a queue; its address says which."""
        return FileResponse(STATIC / "desk.html")

    async def icon(self, request: Request) -> Response:
        """For browsers that ask before they have read the page."""
        return FileResponse(STATIC / "favicon.svg")

    async def health(self, request: Request) -> Response:
        """200 when ClickHouse answers this user, otherwise 503."""
        try:
            version = await self._database.version()
        except ConsoleError as error:
            return as_json({"status": "unavailable"} | _told(error), 503)
        return as_json({"status": "ok", "clickhouse": version})

    async def list_pages(self, request: Request) -> Response:
        """The menu: every page that this console serves, in two groups."""
        served = {route.path for route in self.routes() if isinstance(route, Route)}
        return as_json(menu(self._boards.values(), served))

    async def list_boards(self, request: Request) -> Response:
        """The dashboards there are."""
        boards = self._boards.values()
        return as_json(
            {"dashboards": [{"uid": board.uid, "title": board.title} for board in boards]}
        )

    async def show_board(self, request: Request) -> Response:
        """One dashboard: panels, their place and how they look."""
        return as_json(self._board(request).shown)

    async def list_values(self, request: Request) -> Response:
        """What there is to choose from, for each variable."""
        board = self._board(request)
        variables = list(board.variables.values())
        known = await asyncio.gather(*(self._known(board, variable) for variable in variables))
        return as_json(
            {
                "variables": [
                    {
                        "name": variable.name,
                        "label": variable.label,
                        "multi": variable.multi,
                        "options": values,
                    }
                    for variable, values in zip(variables, known, strict=True)
                ]
            }
        )

    async def panel_data(self, request: Request) -> Response:
        """What one panel shows of the period and the values in the address."""
        board = self._board(request)
        panel_id = request.path_params["panel_id"]
        panel = board.panel(panel_id)
        question = read_question(board, request.query_params.multi_items())
        prepared = prepare(board, panel, question, await self._known_of(board, question))

        async def ask() -> dict[str, Any]:
            started = time.perf_counter()
            rows = await self._database.run(prepared.sql)
            took_ms = round((time.perf_counter() - started) * 1000, 1)
            answer = {"panel": panel_id, "took_ms": took_ms}
            if panel.kind == "timeseries":
                return answer | frames.series(rows, prepared.span, prepared.interval)
            return answer | frames.table(rows)

        key = (board.uid, panel_id, question.since, question.until, *question.values.values())
        return as_json(await self._answers.get(key, ask))

    async def list_annotations(self, request: Request) -> Response:
        """Moments of the period that every chart shows: what changed, when, in which colour."""
        board = self._board(request)
        question = read_question(board, request.query_params.multi_items())

        async def ask() -> dict[str, Any]:
            marks = []
            for annotation in board.annotations:
                rows = await self._database.run(annotation_sql(annotation.sql, question))
                marks += frames.marks(rows, annotation.color)
            return {"annotations": marks}

        key = (board.uid, "annotations", question.since, question.until)
        return as_json(await self._answers.get(key, ask))

    async def about_labelling(self, request: Request) -> Response:
        """Whether labels can be saved here, and by which guide."""
        return as_json(self._labelling.about())

    async def offer_mentions(self, request: Request) -> Response:
        """Mentions for a person to judge next."""
        return as_json(await self._labelling.offer(request))

    async def take_labels(self, request: Request) -> Response:
        """Labels that a person gave; 200 once they are kept for good."""
        return as_json(await self._labelling.take(request))

    async def list_leads(self, request: Request) -> Response:
        """Who would buy, the strongest and freshest first."""
        return as_json(await self._desk.items("leads", request))

    async def lead_history(self, request: Request) -> Response:
        """What people decided about one lead."""
        return as_json(await self._desk.history("leads", request))

    async def change_lead(self, request: Request) -> Response:
        """Assign a lead, say how it stands, note something; 409 when somebody else was first."""
        return as_json(await self._desk.change("leads", request))

    async def list_care(self, request: Request) -> Response:
        """What waits for a reply, by the time it is due."""
        return as_json(await self._desk.items("care", request))

    async def care_history(self, request: Request) -> Response:
        """What people decided about one mention that waits."""
        return as_json(await self._desk.history("care", request))

    async def change_care(self, request: Request) -> Response:
        """The same as for a lead."""
        return as_json(await self._desk.change("care", request))

    async def set_care_target(self, request: Request) -> Response:
        """How soon a first reply is due."""
        return as_json(await self._desk.set_target(request))

    async def close(self) -> None:
        """Let go of ClickHouse."""
        await self._answers.close()
        await self._values.close()
        await self._database.close()

    def _board(self, request: Request) -> Board:
        uid = request.path_params["uid"]
        if uid not in self._boards:
            raise NotFoundError("there is no such dashboard", "Go back to the first page.")
        return self._boards[uid]

    async def _known(self, board: Board, variable: Variable) -> list[str]:
        async def ask() -> list[str]:
            rows = await self._database.run(variable.sql)
            return [str(row[0]) for row in rows.rows]

        return await self._values.get((board.uid, variable.name), ask)

    async def _known_of(self, board: Board, question: Question) -> Mapping[str, list[str]]:
        """What may be chosen, only of the variables something was chosen of."""
        names = [name for name, values in question.values.items() if values]
        return {name: await self._known(board, board.variables[name]) for name in names}


def create_app(config: ConsoleConfig, writers: Writers | None = None) -> Starlette:
    """Return the console; it connects to ClickHouse when it is first asked something."""
    console = Console(config, writers or Writers())
    routes = console.routes()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await console.close()

    return Starlette(
        routes=routes,
        middleware=[
            Middleware(
                Guard,
                hosts=(config.host, *config.allowed_hosts),
                posts=[
                    route.path
                    for route in routes
                    if isinstance(route, Route) and "POST" in (route.methods or ())
                ],
            ),
            Middleware(GZipMiddleware, minimum_size=1_000, compresslevel=5),
        ],
        exception_handlers={ConsoleError: _answer_error, HTTPException: _answer_http_error},
        lifespan=lifespan,
    )


def serve(config: ConsoleConfig, writers: Writers) -> None:
    """Serve the console until the process is told to stop."""
    uvicorn.run(
        create_app(config, writers),
        host=config.host,
        port=config.port,
        log_level="warning",
        log_config=None,  # its lines look as all others do
        access_log=False,
        server_header=False,
        h11_max_incomplete_event_size=32_768,
        timeout_graceful_shutdown=3,
    )


def _told(error: ConsoleError) -> dict[str, Any]:
    told = {"error": error.error, "remedy": error.remedy, "code": error.code}
    if isinstance(error, ChangedMeanwhileError):
        return told | {"item": error.item}
    return told | {"problems": error.problems} if isinstance(error, BadLabelsError) else told


async def _answer_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, ConsoleError):  # Starlette's signature is wider than what it sends
        raise error
    return as_json(_told(error), error.status)


async def _answer_http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 404 and _is_for_a_person(request):
        return FileResponse(STATIC / "missing.html", status, {"cache-control": "no-store"})
    return as_json(
        {"error": "nothing is here", "remedy": "Go back to the first page.", "code": "not_found"},
        status,
    )


def _is_for_a_person(request: Request) -> bool:
    """A browser that goes to an address; what its scripts ask for gets JSON."""
    is_api = request.url.path.startswith(("/api/", "/static/"))
    return not is_api and "text/html" in request.headers.get("accept", "")
