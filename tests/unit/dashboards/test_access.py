"""The table of who may what, and the description of the API that is made of it."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import pytest
from openapi_spec_validator import validate
from starlette.responses import Response
from starlette.routing import Route

from dashboards.console import ConsoleConfig, Writers, create_app
from dashboards.console.access import RULES, needed_for
from dashboards.console.app import Console
from dashboards.console.openapi import document
from dashboards.console.routes import JSON, Rule
from dashboards.console.signing_in import safe_next
from dashboards.console.throttle import WINDOW_SEC, Throttle
from dashboards.describe import main
from schemas.accounts import ROLES, Signed, account_name, allows
from streams.accounts.keeper import Keeper
from streams.settings import Settings

STATIC = Path(__file__).parents[3] / "dashboards" / "console" / "static"


def routes() -> set[tuple[str, str]]:
    console = Console(ConsoleConfig(), Writers())
    return {
        (method, route.path)
        for route in console.routes()
        if isinstance(route, Route)
        for method in route.methods or ()
        if method != "HEAD"
    }


def test_every_route_has_a_line_and_every_line_a_route() -> None:
    assert routes() == set(RULES)


def test_only_signing_in_and_health_are_for_everybody() -> None:
    """A new one is thought about twice."""
    assert {path for (_, path), rule in RULES.items() if rule.needs is None} == {
        "/login",
        "/login/provider",
        "/login/provider/back",
        "/healthz",
        "/favicon.ico",
        "/api/session",
        "/api/session/link",
    }


def test_each_role_may_what_those_before_it_may() -> None:
    for low, role in enumerate(ROLES):
        for high, other in enumerate(ROLES):
            assert allows(other, role) is (high >= low)


@pytest.fixture
async def closed(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """A console with a route that nobody put into the table, and one that it does not know of."""
    real = Console.routes
    forgotten = Route("/api/forgotten", lambda _: Response("secret"))
    monkeypatch.setattr(Console, "routes", lambda self: [forgotten, *real(self)])
    with Keeper(Settings(clickhouse_url="http://127.0.0.1:1"), opens_by_link=False) as keeper:
        app = create_app(ConsoleConfig(), Writers(accounts=keeper))
        app.routes.insert(0, Route("/api/unknown", lambda _: Response("secret")))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            yield client


async def test_a_forgotten_route_is_closed_to_everybody(closed: httpx.AsyncClient) -> None:
    answer = await closed.get("/api/forgotten")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert (await closed.get("/api/unknown")).status_code == 404


async def test_signed_out_pages_and_files_are_served_and_nothing_else(
    closed: httpx.AsyncClient,
) -> None:
    for path in ("/login", "/static/js/login/page.js", "/favicon.ico"):
        assert (await closed.get(path)).status_code == 200, path
    assert (await closed.get("/nothing")).status_code == 404
    assert (await closed.get("/api/leads")).status_code == 401
    assert (await closed.get("/")).status_code == 303


def test_which_role_a_page_takes_is_told() -> None:
    viewer = Signed("eva", "viewer", "password")
    assert needed_for("/labels", viewer) == (False, "agent")
    assert needed_for("/labels?x=1", Signed("ana", "agent", "password")) == (True, "agent")
    assert needed_for("/d/escucha-value", viewer) == (True, "viewer")
    assert needed_for("/d/escucha-value", None) == (False, "viewer")
    assert needed_for("/nothing", None) == (True, "")
    assert needed_for("/login", None) == (True, "")


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        '/"><script>',
        "/a'b",
        "/a b",
        "/\nset-cookie:x",
        "",
        "/" + "x" * 3_000,
    ],
)
def test_who_comes_back_goes_to_a_page_of_this_console(path: str) -> None:
    assert safe_next(path) == "/"


def test_a_page_of_this_console_is_gone_on_to() -> None:
    assert safe_next("/leads?show=all") == "/leads?show=all"


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (" Ana ", "ana"),
        ("ANA@Example.org", "ana@example.org"),
        ("José", "jos\u00e9"),
        ("jose\u0301", "jos\u00e9"),
        ("_x", ""),
        ("a b", ""),
        ("a\nb", ""),
        ("", ""),
        ("x" * 65, ""),
        ("<script>", ""),
    ],
)
def test_one_person_has_one_name(said: str, name: str) -> None:
    assert account_name(said) == name


def test_tries_are_bounded_by_place_and_in_all() -> None:
    now = 0.0
    throttle = Throttle(per_place=2, overall=3, now=lambda: now)
    assert [throttle.lets("a") for _ in range(3)] == [True, True, False]
    assert [throttle.lets("b") for _ in range(2)] == [True, False]
    now = WINDOW_SEC / 3  # of all there is one more
    assert throttle.lets("b")
    now = WINDOW_SEC + 1
    assert throttle.lets("a")


def test_who_is_kept_out_by_others_loses_no_try() -> None:
    now = 0.0
    throttle = Throttle(per_place=2, overall=2, now=lambda: now)
    assert [throttle.lets("a"), throttle.lets("a")] == [True, True]
    assert [throttle.lets("b") for _ in range(5)] == [False] * 5
    now = WINDOW_SEC
    assert [throttle.lets("b"), throttle.lets("b")] == [True, True]


def test_a_console_may_let_nobody_try() -> None:
    assert not Throttle(per_place=0, overall=0).lets("a")


def test_the_description_is_openapi_and_names_every_route_of_the_api() -> None:
    described = document(RULES.values())
    validate(described)
    told = {(m.upper(), p) for p, methods in described["paths"].items() for m in methods}
    assert told == {
        (method, re.sub(r":\w+\}", "}", path)) for method, path in RULES if path.startswith("/api/")
    }
    ids = [o["operationId"] for methods in described["paths"].values() for o in methods.values()]
    assert len(ids) == len(set(ids))
    for rule in RULES.values():
        if rule.is_api:
            assert rule.about, rule
            assert rule.answers or rule.media != JSON, rule
            assert bool(rule.takes) is (rule.method == "POST"), rule


def test_a_route_gets_into_it_by_one_line() -> None:
    class Answer(msgspec.Struct):
        rows: list[int]

    rule = Rule("GET", "/api/new/{name}", "analyst", "Something new.", answers=Answer)
    described = document([rule])
    validate(described)
    operation = described["paths"]["/api/new/{name}"]["get"]
    assert operation["x-role"] == "analyst"
    assert operation["parameters"][0]["name"] == "name"
    assert described["components"]["schemas"]["Answer"]["required"] == ["rows"]


def test_the_written_description_is_up_to_date(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert main(["--check"]) == 0
    monkeypatch.setattr("dashboards.describe.FILE", tmp_path / "openapi.json")
    assert main(["--check"]) == 1
    assert main([]) == 0
    assert main(["--check"]) == 0


def test_only_api_js_sends() -> None:
    """So that no post goes out without what proves its session."""
    sending = {
        path.relative_to(STATIC).as_posix()
        for path in STATIC.rglob("*.js")
        if "vendor" not in path.parts
        and re.search(r"\bfetch\(|XMLHttpRequest|sendBeacon", path.read_text("utf-8"))
    }
    assert sending <= {"js/api.js"}
