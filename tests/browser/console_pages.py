"""Every page that the console has, taken from its routes, so that a new one joins by itself."""

import asyncio
from collections.abc import Iterator, Sequence

import httpx
from starlette.routing import Route

from dashboards.console import ConsoleConfig, create_app
from dashboards.console.boards import load_boards

NOWHERE = "/nothing-is-here"  # what the console says to an address it does not know


def console_pages() -> list[str]:
    """Paths that answer a browser with HTML; an address with a parameter once for each value."""
    return asyncio.run(_found())


async def _found() -> list[str]:
    config = ConsoleConfig()
    app = create_app(config)
    found = []
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url=f"http://{config.host}"
    ) as browser:
        for path in [*_paths(app.routes, config), NOWHERE]:
            answer = await browser.get(path, headers={"accept": "text/html"})
            if answer.headers.get("content-type", "").startswith("text/html"):
                found.append(path)
    return found


def _paths(routes: Sequence[object], config: ConsoleConfig) -> Iterator[str]:
    for route in routes:
        if not isinstance(route, Route) or "GET" not in (route.methods or ()):
            continue
        if route.path.startswith("/api/"):
            continue
        if route.path == "/d/{uid}":
            yield from (f"/d/{uid}" for uid in load_boards(config.dashboards_dir))
            continue
        # A page with another parameter needs its values here.
        assert "{" not in route.path, route.path
        yield route.path
