import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.routing import Route

from dashboards.console import ConsoleConfig, create_app
from dashboards.console.database import Shared

# Addresses without a place in the menu.
NO_PAGES = {"/", "/favicon.ico", "/healthz", "/login", "/logout", "/api"}
NOBODY = "http://127.0.0.1:1"
BOARD = "/api/dashboards/escucha-listening"


@pytest.fixture
async def console() -> AsyncIterator[httpx.AsyncClient]:
    """A console whose ClickHouse is not there."""
    app = create_app(ConsoleConfig(clickhouse_url=NOBODY))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://localhost:8080"
        ) as client,
    ):
        yield client


async def test_the_page_and_its_parts_are_served(console: httpx.AsyncClient) -> None:
    for path in ("/", "/d/escucha-listening", "/favicon.ico", "/static/js/app.js"):
        response = await console.get(path)
        assert response.status_code == 200, path


async def test_the_menu_and_the_routes_name_the_same_pages() -> None:
    app = create_app(ConsoleConfig(clickhouse_url=NOBODY))
    paths = [route.path for route in app.routes if isinstance(route, Route)]
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        groups = (await client.get("/api/pages")).json()["groups"]
        listed = {page["path"] for group in groups for page in group["pages"]}
        statuses = {path: (await client.get(path)).status_code for path in listed}

    assert set(statuses.values()) == {200}, statuses
    pages = {path for path in paths if path.count("/") == 1} - NO_PAGES
    assert pages == {path for path in listed if not path.startswith("/d/")}


@pytest.mark.parametrize("path", ["/nothing", "/d/nothing", "/d/", "/leads/nothing"])
async def test_an_unknown_address_is_404_for_people_and_programs(
    console: httpx.AsyncClient, path: str
) -> None:
    browser = await console.get(path, headers={"accept": "text/html,*/*;q=0.8"})
    program = await console.get(path)

    assert browser.status_code == program.status_code == 404
    assert browser.headers["content-type"].startswith("text/html")
    assert "missing.js" in browser.text
    assert program.json()["code"] == "not_found"


async def test_security_headers_are_on_every_answer(console: httpx.AsyncClient) -> None:
    for path in ("/", "/static/js/app.js", BOARD, "/nothing"):
        headers = (await console.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


async def test_sql_never_reaches_the_page(console: httpx.AsyncClient) -> None:
    text = (await console.get(BOARD)).text

    assert "SELECT" not in text
    assert "rawSql" not in text


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8080", 200),
        ("127.0.0.1", 200),
        ("[::1]:8080", 200),
        ("LOCALHOST", 200),
        ("evil.example", 403),
        ("localhost.evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("evil.example@localhost:x", 403),
        ("", 403),
    ],
)
async def test_only_known_hosts_are_served(
    console: httpx.AsyncClient, host: str, status: int
) -> None:
    assert (await console.get("/api/dashboards", headers={"host": host})).status_code == status


async def test_another_name_can_be_allowed() -> None:
    app = create_app(ConsoleConfig(clickhouse_url=NOBODY, allowed_hosts=("escucha.lan",)))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://escucha.lan"
    ) as client:
        assert (await client.get("/api/dashboards")).status_code == 200


async def test_what_is_not_a_question_is_refused(console: httpx.AsyncClient) -> None:
    assert (await console.post(BOARD)).status_code == 405
    assert (await console.request("GET", BOARD, content=b"{}")).status_code == 413
    assert (await console.get(f"{BOARD}?{'x' * 9_000}")).status_code == 414


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/dashboards/other", 404, "not_found"),
        (f"{BOARD}/panels/999/data", 404, "not_found"),
        ("/api/nothing", 404, "not_found"),
        (f"{BOARD}/panels/1/data?from=never", 400, "bad_request"),
        (f"{BOARD}/panels/1/data?from=now&to=now-1h", 400, "bad_request"),
        (f"{BOARD}/panels/1/data?sql=SELECT+1", 400, "bad_request"),
        (f"{BOARD}/panels/1/data?var-nothing=1", 400, "bad_request"),
        (f"{BOARD}/panels/1/data", 503, "database_away"),
    ],
)
async def test_an_error_says_what_happened_and_what_helps(
    console: httpx.AsyncClient, path: str, status: int, code: str
) -> None:
    response = await console.get(path)

    assert response.status_code == status
    body = response.json()
    assert body["code"] == code
    assert body["error"]
    assert body["remedy"]


async def test_health_tells_that_clickhouse_is_away(console: httpx.AsyncClient) -> None:
    response = await console.get("/healthz")

    assert response.status_code == 503
    assert response.json()["status"] == "unavailable"


async def test_equal_questions_share_one_answer_and_errors_are_not_kept() -> None:
    shared, asked = Shared(lifetime_sec=60), []

    async def ask() -> int:
        asked.append(1)
        await asyncio.sleep(0.01)
        if len(asked) == 1:
            raise ValueError("the first one fails")
        return len(asked)

    first = await asyncio.gather(*(shared.get("k", ask) for _ in range(3)), return_exceptions=True)
    second = await asyncio.gather(*(shared.get("k", ask) for _ in range(3)))

    assert all(isinstance(outcome, ValueError) for outcome in first)
    assert second == [2, 2, 2]
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("OPTIONS", "/api/leads/change", "POST"),
        ("GET", "/api/leads/change", "POST"),
        ("PUT", "/api/session", "GET, HEAD, POST"),
        ("POST", "/api/leads", "GET, HEAD"),
    ],
)
async def test_a_path_says_how_it_may_be_asked(
    console: httpx.AsyncClient, method: str, path: str, allowed: str
) -> None:
    answer = await console.request(method, path, json={})
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert answer.json()["remedy"] == f"Use {allowed}."


@pytest.mark.parametrize(
    "path", ["/api/alerts/history", "/api/leads/history?source=csv", "/api/care/history?subject=a"]
)
async def test_what_an_address_has_to_say_is_asked_for(
    console: httpx.AsyncClient, path: str
) -> None:
    answer = await console.get(path)
    assert answer.status_code == 400
    assert "is missing" in answer.json()["error"]
