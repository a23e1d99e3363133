"""Search over stored mentions in the rule language, and what is found as a file.

The console knows neither the language nor how files are written: whoever makes it hands over what
searches.
"""

import re
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from dashboards.console.answers import as_json
from dashboards.console.errors import BadRequestError, BadRuleError, NoSearchHereError
from dashboards.console.live import STREAM_HEADERS, event
from dashboards.console.wanted import wanted_of
from dashboards.timerange import TimeRange, TimeRangeError
from schemas.search import (
    FORMATS,
    MAX_RULE_CHARS,
    Ask,
    Column,
    Format,
    Place,
    RuleProblem,
    Step,
)

_PLACE: Final = re.compile(r"(-?\d{1,15})/(\S{0,512})")


class Searcher(Protocol):
    """What searches; it reads as a user who may write nothing."""

    @property
    def columns(self) -> Sequence[Column]:
        """Of exported files, with their meaning."""
        ...

    @property
    def max_rows(self) -> int:
        """Of an exported file."""
        ...

    def prepare(self) -> None:
        """Somebody will search soon: what takes a while to load may be loaded meanwhile."""
        ...

    async def problems(self, rule: str) -> Sequence[RuleProblem]:
        """What is wrong with a rule; nothing where it can be searched for."""
        ...

    def search(self, ask: Ask, after: Place | None, *, counts_all: bool) -> AsyncIterator[Step]:
        """Steps of a search, the last one End or Failed; stops when nobody listens any more."""
        ...

    def export(self, ask: Ask, form: Format) -> AsyncIterator[bytes]:
        """A file in pieces; an error ends it before its end."""
        ...

    async def close(self) -> None:
        """Let go of what it reads from."""
        ...


class Search:
    """The routes of the search page."""

    def __init__(self, searcher: Searcher | None) -> None:
        self._searcher = searcher

    def routes(self) -> list[Route]:
        """What the page asks."""
        return [
            Route("/api/search", self.search),
            Route("/api/search/about", self.about),
            Route("/api/search/check", self.check),
            Route("/api/search/export", self.export),
        ]

    async def about(self, request: Request) -> Response:
        """Whether there is a search here, and what exported files hold."""
        if self._searcher is None:
            return as_json({"enabled": False, "columns": [], "max_rows": 0})
        self._searcher.prepare()
        return as_json(
            {
                "enabled": True,
                "columns": self._searcher.columns,
                "max_rows": self._searcher.max_rows,
            }
        )

    async def check(self, request: Request) -> Response:
        """What is wrong with the search in the address; nothing where it can be searched for."""
        searcher = self._may_search()
        problems = await searcher.problems(_rule(request.query_params))
        return as_json({"problems": problems})

    async def search(self, request: Request) -> Response:
        """Steps of the search in the address, as they are made; raises ConsoleError."""
        searcher = self._may_search()
        ask = await _ask(searcher, request.query_params)
        after = _after(request.query_params.get("after", ""))
        counts_all = _counts_all(request.query_params)
        steps = searcher.search(ask, after, counts_all=counts_all)
        return StreamingResponse(
            _told(ask, steps), media_type="text/event-stream", headers=STREAM_HEADERS
        )

    async def export(self, request: Request) -> Response:
        """What the search in the address finds, as a file to keep; raises ConsoleError."""
        searcher = self._may_search()
        form = _format(request.query_params.get("format", "csv"))
        ask = await _ask(searcher, request.query_params)
        return StreamingResponse(
            searcher.export(ask, form),
            media_type=FORMATS[form],
            headers={
                "content-disposition": f'attachment; filename="{file_name(ask, form)}"',
                "cache-control": "no-store",
                "content-encoding": "identity",  # packed as it is, or too big to pack in passing
            },
        )

    async def close(self) -> None:
        """Let go of ClickHouse."""
        if self._searcher is not None:
            await self._searcher.close()

    def _may_search(self) -> Searcher:
        if self._searcher is None:
            raise NoSearchHereError(
                "this console has nothing to search with", "Start it with `escucha console`."
            )
        return self._searcher


def file_name(ask: Ask, form: Format) -> str:
    """A name that says which period the file is of; the hours where it is not of whole days."""
    first, last = (datetime.fromtimestamp(ms / 1000, UTC) for ms in (ask.since_ms, ask.until_ms))
    whole_days = ask.since_ms % 86_400_000 == 0 and ask.until_ms % 86_400_000 == 0
    style = "%Y-%m-%d" if whole_days else "%Y-%m-%dT%H%MZ"
    return f"escucha_{first:{style}}_{last:{style}}.{form}"


async def _ask(searcher: Searcher, asked: QueryParams) -> Ask:
    rule = _rule(asked)
    try:
        span = TimeRange.parse(
            asked.get("from", "now-7d"), asked.get("to", "now"), now=datetime.now(UTC)
        )
    except TimeRangeError as error:
        raise BadRequestError(str(error), "Choose a period from the list.") from error
    wanted = wanted_of(asked)
    if problems := await searcher.problems(rule):
        raise BadRuleError(problems)
    since_ms, until_ms = (round(moment.timestamp() * 1000) for moment in (span.since, span.until))
    return Ask(rule, wanted, since_ms, until_ms)


def _format(said: str) -> Format:
    for form in FORMATS:
        if form == said:
            return form
    raise BadRequestError("there is no such format", "Choose csv or parquet.")


def _counts_all(asked: QueryParams) -> bool:
    said = asked.get("count", "")
    if said not in {"", "yes"}:
        raise BadRequestError("count is yes or left out", "Search again.")
    return said == "yes"


def _rule(asked: QueryParams) -> str:
    rule = asked.get("q", "").strip()
    if len(rule) > MAX_RULE_CHARS:
        raise BadRequestError("the search is too long", f"At most {MAX_RULE_CHARS} characters.")
    return rule


def _after(said: str) -> Place | None:
    if not said:
        return None
    match = _PLACE.fullmatch(said)
    if match is None:
        raise BadRequestError("that is no place in a search", "Search again.")
    return Place(int(match[1]), match[2])


async def _told(ask: Ask, steps: AsyncIterator[Step]) -> AsyncIterator[bytes]:
    """Steps as events, led by the period, to ask for the next page of the same."""
    period: dict[str, Any] = {"step": "begin", "from": ask.since_ms, "to": ask.until_ms}
    yield event("step", period)
    async for step in steps:
        yield event("step", step)
