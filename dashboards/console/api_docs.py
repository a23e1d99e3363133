"""The API's description: as a document for programs, and as a page for people."""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from dashboards.console.answers import as_json
from dashboards.console.openapi import document
from dashboards.console.routes import Rule
from dashboards.console.static_files import STATIC

DOCUMENT_PATH: Final = "/api/openapi.json"


class ApiDocs:
    """Both of them."""

    def __init__(self, rules: Mapping[tuple[str, str], Rule]) -> None:
        self._document = document(rules.values())

    def routes(self) -> list[Route]:
        """The page and the document."""
        return [Route("/api", self.page), Route(DOCUMENT_PATH, self.show)]

    async def page(self, request: Request) -> Response:
        """What the API can be asked, to read."""
        return FileResponse(STATIC / "api.html")

    async def show(self, request: Request) -> Response:
        """The same as OpenAPI 3.1."""
        return as_json(self._document)
