"""What the dashboards show: their panels, variables and annotations, out of ClickHouse."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dashboards.console import frames
from dashboards.console.answers import as_json
from dashboards.console.boards import Board, Variable
from dashboards.console.database import Database, Shared
from dashboards.console.errors import NotFoundError
from dashboards.console.queries import Question, annotation_sql, prepare, read_question

_VALUES_LIFETIME_SEC = 30.0


class Panels:
    """Answers for the page of a dashboard."""

    def __init__(
        self, database: Database, boards: Mapping[str, Board], answer_lifetime_sec: float
    ) -> None:
        """Equal questions within `answer_lifetime_sec` share one query."""
        self._database = database
        self._boards = boards
        self._answers = Shared(answer_lifetime_sec)
        self._values = Shared(_VALUES_LIFETIME_SEC)

    def routes(self) -> list[Route]:
        """All that begins with /api/dashboards."""
        board = "/api/dashboards/{uid}"
        return [
            Route("/api/dashboards", self.list_boards),
            Route(board, self.show_board),
            Route(f"{board}/variables", self.list_values),
            Route(f"{board}/annotations", self.list_annotations),
            Route(f"{board}/panels/{{panel_id:int}}/data", self.panel_data),
        ]

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

    async def close(self) -> None:
        """Stop what is under way."""
        await self._answers.close()
        await self._values.close()

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
