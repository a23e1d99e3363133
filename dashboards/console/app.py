"""Routes of the console. The page sends names and values, never SQL."""

import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
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

from dashboards.console.access import RULES, needed_for
from dashboards.console.alerts import Alerts
from dashboards.console.answers import NOTHING_HERE, as_json
from dashboards.console.api_docs import ApiDocs
from dashboards.console.boards import load_boards
from dashboards.console.config import ConsoleConfig
from dashboards.console.cookies import Cookies
from dashboards.console.database import Database, Shared
from dashboards.console.desk import (
    CARE_CHANGE_PATH,
    LEAD_CHANGE_PATH,
    TARGET_PATH,
    Desk,
)
from dashboards.console.errors import (
    BadLabelsError,
    BadRuleError,
    ChangedMeanwhileError,
    ConsoleError,
)
from dashboards.console.gate import LOOK_LIFETIME_SEC, Gate
from dashboards.console.guard import Guard
from dashboards.console.labelling import LABELS_PATH, OFFER_PATH, Labelling
from dashboards.console.live import Live
from dashboards.console.menu import BOARD_PAGE, menu
from dashboards.console.models_page import Models
from dashboards.console.pace import Pace
from dashboards.console.panels import Panels
from dashboards.console.provider import Provider
from dashboards.console.rules_page import Rules
from dashboards.console.search import Search
from dashboards.console.signing_in import SigningIn
from dashboards.console.static_files import STATIC
from dashboards.console.throttle import Throttle
from dashboards.console.who import may_open
from dashboards.console.writers import Writers


class Console:
    """The routes and what they share."""

    def __init__(self, config: ConsoleConfig, writers: Writers) -> None:
        self._boards = load_boards(config.dashboards_dir)
        self._database = Database(config)
        self._panels = Panels(self._database, self._boards, config.answer_lifetime_sec)
        self._labelling = Labelling(self._database, writers.labels)
        self._desk = Desk(self._database, writers.desk)
        self._rules = Rules(self._database, writers.rules)
        self._signing_in = SigningIn(
            writers.accounts,
            Cookies.of(config),
            Provider(config.provider) if config.provider else None,
            Throttle(config.sign_ins_per_min, 10 * config.sign_ins_per_min),
            needed_for,
        )
        self._api_docs = ApiDocs(RULES)
        self._live = Live(self._database)
        self._search = Search(writers.search)
        self._alerts = Alerts(self._database, writers.alerts)
        self._models = Models(self._database, writers.models)

    def routes(self) -> list[Route | Mount]:
        """Return all routes; what is not among them is 404."""
        return [
            Route("/", self.page),
            Route(BOARD_PAGE, self.board_page),
            Route("/labels", self.labels_page),
            Route("/leads", self.desk_page),
            Route("/care", self.desk_page),
            Route("/live", self.live_page),
            Route("/search", self.search_page),
            Route("/favicon.ico", self.icon),
            Route("/healthz", self.health),
            Route("/api/pages", self.list_pages),
            *self._panels.routes(),
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
            *self._signing_in.routes(),
            *self._api_docs.routes(),
            *self._live.routes(),
            *self._search.routes(),
            *self._alerts.routes(),
            *self._models.routes(),
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

    async def live_page(self, request: Request) -> Response:
        """Mentions as they come."""
        return FileResponse(STATIC / "live.html")

    async def search_page(self, request: Request) -> Response:
        """Search over what is stored; its address says for what."""
        return FileResponse(STATIC / "search.html")

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
        """The menu: every page that is served here and that who asks may open, in two groups."""
        paths = {route.path for route in self.routes() if isinstance(route, Route)}
        open_ = {path for path in paths if may_open(request, path)}
        return as_json(menu(self._boards.values(), open_))

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

    def let_go(self) -> None:
        """End what would never end by itself."""
        self._live.hub.end()

    async def close(self) -> None:
        """Let go of ClickHouse."""
        await self._live.close()
        await self._search.close()
        await self._panels.close()
        await self._signing_in.close()
        await self._database.close()


def create_app(config: ConsoleConfig, writers: Writers | None = None) -> Starlette:
    """Return the console; it connects to ClickHouse when it is first asked something.

    Raises ValueError for one that others than this machine could reach and that has no accounts.
    """
    writers = writers or Writers()
    if writers.accounts is None and not config.is_loopback:
        raise ValueError("a console without accounts is for this machine alone")
    console = Console(config, writers)
    routes = console.routes()
    looks = Shared(LOOK_LIFETIME_SEC)
    gate = (
        [Middleware(Gate, writers.accounts, Cookies.of(config), routes, RULES, looks)]
        if writers.accounts is not None
        else []
    )

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await looks.close()
        await console.close()

    app = Starlette(
        routes=routes,
        middleware=[
            Middleware(
                Guard,
                hosts=(config.host, *config.allowed_hosts),
                methods=_methods(routes),
            ),
            Middleware(Pace),
            *gate,
            Middleware(GZipMiddleware, minimum_size=1_000, compresslevel=5),
        ],
        exception_handlers={ConsoleError: _answer_error, HTTPException: _answer_http_error},
        lifespan=lifespan,
    )
    app.state.let_go = console.let_go
    return app


def _methods(routes: Sequence[Route | Mount]) -> dict[str, set[str]]:
    """How each path that takes a body may be asked."""
    found: dict[str, set[str]] = {}
    for route in routes:
        if isinstance(route, Route):
            found.setdefault(route.path, set()).update(route.methods or ())
    return {path: methods for path, methods in found.items() if "POST" in methods}


class _Server(uvicorn.Server):
    """Lets those go who watch the live stream; it would wait for them, and they never end."""

    def __init__(self, config: uvicorn.Config, let_go: Callable[[], None]) -> None:
        super().__init__(config)
        self._let_go = let_go

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._let_go()
        await super().shutdown(sockets)


def serve(config: ConsoleConfig, writers: Writers) -> None:
    """Serve the console until the process is told to stop; exits with 3 if it cannot begin."""
    app = create_app(config, writers)
    server = _Server(
        uvicorn.Config(
            app,
            host=config.host,
            port=config.port,
            log_level="warning",
            log_config=None,  # its lines look as all others do
            access_log=False,
            server_header=False,
            proxy_headers=bool(config.proxies),
            forwarded_allow_ips=list(config.proxies),
            h11_max_incomplete_event_size=32_768,
            timeout_graceful_shutdown=3,
        ),
        app.state.let_go,
    )
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        raise SystemExit(3)


def _told(error: ConsoleError) -> dict[str, Any]:
    told = {"error": error.error, "remedy": error.remedy, "code": error.code}
    if isinstance(error, ChangedMeanwhileError):
        return told | {"item": error.item}
    return (
        told | {"problems": error.problems}
        if isinstance(error, BadLabelsError | BadRuleError)
        else told
    )


async def _answer_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, ConsoleError):  # Starlette's signature is wider than what it sends
        raise error
    return as_json(_told(error), error.status)


async def _answer_http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 404 and _is_for_a_person(request):
        return FileResponse(STATIC / "missing.html", status, {"cache-control": "no-store"})
    return as_json(NOTHING_HERE, status)


def _is_for_a_person(request: Request) -> bool:
    """A browser that goes to an address; what its scripts ask for gets JSON."""
    is_api = request.url.path.startswith(("/api/", "/static/"))
    return not is_api and "text/html" in request.headers.get("accept", "")
