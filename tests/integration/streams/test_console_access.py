"""A console with accounts over a real socket: who may what, cookies, CSRF, and what is noted."""

import hashlib
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from clickhouse_connect.driver.client import Client

from dashboards.console import ConsoleConfig, Writers, create_app
from dashboards.console.access import RULES
from dashboards.console.routes import Rule
from deploy.local.ports import free_ports
from schemas.accounts import ROLES, allows
from streams.accounts import audit, link, sessions
from streams.accounts.keeper import Keeper
from streams.migrate import connect
from tests.browser.serving import running
from tests.integration.streams.consoles import PASSWORD, Console, console_of, emptied
from tests.integration.streams.helpers import Services

CHANGE = {
    "source": "csv",
    "subject": "nobody-at-all",
    "expected_version": 0,
    "kind": "status",
    "value": "won",
    "made_by": "somebody else",
}
BOTH = "/api/leads/change"


@pytest.fixture(scope="module")
def client(services: Services, tmp_path_factory: Any) -> Iterator[Client]:
    settings = services.settings(tmp_path_factory.mktemp("access"))
    with connect(settings, in_database=True) as client:
        yield client


@pytest.fixture(scope="module")
def served(services: Services, client: Client, tmp_path_factory: Any) -> Iterator[Console]:
    with console_of(services, client, tmp_path_factory.mktemp("console")) as console:
        yield console


@pytest.fixture
def console(served: Console) -> Iterator[Console]:
    """The console, without what another test left in its tables."""
    emptied(served.client)
    yield served
    emptied(served.client)


def address(rule: Rule) -> str:
    path = rule.path.replace("{uid}", "escucha-listening").replace("{panel_id:int}", "1")
    return re.sub(r"\{\w+\}", "x", path)


def asked(page: httpx.Client, rule: Rule) -> httpx.Response:
    if rule.method == "GET":
        with page.stream("GET", address(rule)) as answer:
            # One that lets in goes on for ever: that it began is the answer.
            if not answer.headers.get("content-type", "").startswith("text/event-stream"):
                answer.read()
        return answer
    return page.post(address(rule), json={})


def test_each_role_may_what_the_table_says_and_nothing_else(console: Console) -> None:
    guarded = [rule for rule in RULES.values() if rule.needs and rule.path != "/api/session/end"]
    for role in ROLES:
        page = console.page(f"one-{role}", role)
        for rule in guarded:
            answer = asked(page, rule)
            assert rule.needs is not None
            if allows(role, rule.needs):
                assert answer.status_code not in {401, 303, 405}, (role, rule, answer)
                is_let = answer.status_code != 403 or answer.json()["code"].startswith("no_")
                assert is_let, (role, rule, answer)
            elif rule.is_api:
                assert answer.json()["code"] == "not_allowed", (role, rule)
                assert answer.status_code == 403
            else:
                assert answer.headers["location"].startswith("/login?next="), (role, rule)


def test_nobody_may_anything_that_needs_a_role(console: Console) -> None:
    for browser in (console.browser(), console.browser("made-up"), console.browser("x" * 300)):
        for rule in RULES.values():
            if rule.needs is None:
                continue
            answer = asked(browser, rule)
            if rule.is_api:
                assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), rule
            else:
                assert answer.status_code == 303, rule
    assert console.browser().get("/leads?show=all").headers["location"] == (
        "/login?next=%2Fleads%3Fshow%3Dall"
    )


def test_a_role_that_was_taken_is_gone_at_once(console: Console) -> None:
    page = console.page("ana", "agent")
    assert page.post(BOTH, json=CHANGE).status_code == 404  # nobody of that name, but let in

    console.account("ana", "viewer")

    assert page.post(BOTH, json=CHANGE).status_code == 401


def test_name_and_password_let_in_and_the_cookie_is_hidden(console: Console) -> None:
    console.user("ana", "viewer")
    browser = console.browser()

    assert browser.post("/api/session", json={"name": "ana", "password": "no"}).json() == {
        "error": "name or password is wrong",
        "remedy": "Try again, or ask an admin.",
        "code": "wrong_sign_in",
    }
    assert "set-cookie" not in browser.get("/api/session").headers
    answer = browser.post("/api/session", json={"name": "ana", "password": PASSWORD})

    assert answer.json() == {"signed_in": True}
    cookie = answer.headers["set-cookie"]
    name, _, rest = cookie.partition("=")
    flags = {part.strip().lower() for part in rest.split(";")[1:]}
    assert name == console.cookie
    assert flags == {"httponly", "path=/", "samesite=strict"}  # no domain, gone with the browser
    assert answer.headers["cache-control"] == "no-store"
    told = browser.get("/api/session").json()
    assert told["person"] == {"name": "ana", "role": "viewer", "how": "password"}
    assert browser.get("/api/leads").status_code == 200


def test_behind_https_the_cookie_never_goes_out_in_the_clear(
    services: Services, console: Console, tmp_path: Path
) -> None:
    console.user("ana", "viewer")
    said = {"name": "ana", "password": PASSWORD}
    with console_of(
        services, console.client, tmp_path, public_url="https://escucha.example.org"
    ) as behind:
        cookie = behind.browser().post("/api/session", json=said).headers["set-cookie"]
    assert cookie.startswith("__Host-escucha=")
    assert "; Secure" in cookie
    assert "; Path=/;" in cookie
    assert "omain=" not in cookie


def test_a_session_never_takes_the_name_it_was_given_and_the_old_one_ends(
    console: Console,
) -> None:
    console.user("ana", "viewer")
    planted = console.token("mallory", "viewer")
    browser = console.browser(planted)

    browser.post("/api/session", json={"name": "ana", "password": PASSWORD})

    token = browser.cookies.get(console.cookie, domain="127.0.0.1", path="/")
    assert token
    assert token != planted
    assert sessions.look(console.client, planted) is None
    assert console.browser(planted).get("/api/leads").status_code == 401


@pytest.mark.parametrize("csrf", ["", "wrong", "of another session", "ñ"])
def test_a_post_without_its_sessions_token_changes_nothing(console: Console, csrf: str) -> None:
    page = console.page("ana", "agent")
    if csrf == "of another session":
        csrf = console.page("eva", "agent").headers["x-escucha-csrf"]
    sent = [(b"x-escucha-csrf", csrf.encode())]

    answer = page.post(BOTH, json=CHANGE, headers=sent)

    assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
    assert console.audit("who, act, outcome, detail") == [("ana", BOTH, "refused", "csrf")]
    assert page.post("/api/session/end", json={}, headers=sent).status_code == 403
    assert page.get("/api/leads").status_code == 200


def test_a_page_of_another_site_signs_nobody_in_or_out(console: Console) -> None:
    page = console.page("ana", "agent")
    page.headers["origin"] = "https://evil.example"
    for path in ("/api/session", "/api/session/link", "/api/session/end", BOTH):
        assert page.post(path, json={}).status_code == 403, path
    assert console.audit("act") == []


def test_the_token_is_told_to_no_other_site(console: Console) -> None:
    headers = console.page("ana", "agent").get("/api/session").headers
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in headers


def test_acts_are_noted_with_who_what_on_what_from_where(console: Console) -> None:
    agent, viewer = console.page("ana", "agent"), console.page("eva", "viewer")

    agent.post(BOTH, json=CHANGE)
    viewer.post(BOTH, json=CHANGE)
    agent.post("/api/care/target", json={"minutes": 90, "made_by": "somebody else"})
    agent.get("/api/leads")
    agent.post("/api/session/end", json={})

    assert console.audit("who, role, act, thing, subject, place, outcome, detail") == [
        ("ana", "agent", BOTH, "lead", "nobody-at-all", "127.0.0.1", "failed", "404"),
        ("eva", "viewer", BOTH, "", "", "127.0.0.1", "refused", "needs agent"),
        ("ana", "agent", "/api/care/target", "", "", "127.0.0.1", "done", ""),
        ("ana", "agent", "sign_out", "", "", "127.0.0.1", "done", ""),
        ("ana", "agent", "/api/session/end", "", "", "127.0.0.1", "done", ""),
    ]
    [[by]] = console.client.query(
        "SELECT set_by FROM signal_settings WHERE name = 'care_target_minutes' AND value = 90"
    ).result_rows
    assert by == "ana"
    console.client.command("DELETE FROM signal_settings WHERE value = 90")


def test_who_signs_out_is_out(console: Console) -> None:
    page = console.page("ana", "viewer")
    assert page.get("/api/leads").status_code == 200

    answer = page.post("/api/session/end", json={})

    assert answer.json() == {"signed_in": False}
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert page.post("/api/session/end", json={}).status_code == 401
    assert page.get("/api/session").json()["person"] is None


def test_a_lead_is_read_only_for_who_only_sees_it(console: Console) -> None:
    assert console.page("ana", "agent").get("/api/leads").json()["enabled"] is True
    assert console.page("eva", "viewer").get("/api/leads").json()["enabled"] is False


def test_the_one_time_address_opens_a_session(console: Console) -> None:
    link.offer(console.settings.run_dir)
    token = link.read(console.settings.run_dir)
    browser = console.browser()
    ways = {"password": False, "link": True, "provider": ""}
    assert browser.get("/api/session").json()["ways"] == ways

    assert browser.post("/api/session/link", json={"token": "guess"}).status_code == 401
    assert browser.post("/api/session/link", json={"token": token}).status_code == 200
    assert console.browser().post("/api/session/link", json={"token": token}).status_code == 401

    assert browser.get("/api/session").json()["person"]["role"] == "admin"
    assert console.audit("who, act, outcome, detail") == [
        ("local", "sign_in", "refused", "wrong"),
        ("local", "sign_in", "done", "link"),
        ("local", "sign_in", "refused", "wrong"),
    ]


def test_too_many_tries_are_refused_before_anything_is_asked(
    services: Services, console: Console, tmp_path: Path
) -> None:
    with console_of(services, console.client, tmp_path, sign_ins_per_min=3) as slow:
        browser = slow.browser()
        said = {"name": "ana", "password": PASSWORD}
        answers = [browser.post("/api/session", json=said) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]
    assert answers[-1].json()["code"] == "too_many_sign_ins"
    assert len(console.audit("act")) == 3


def test_too_many_wrong_ones_are_told_alike_for_anybody(console: Console) -> None:
    console.user("ana", "viewer")
    for name in ("ana", "nobody"):
        for _ in range(audit.WRONG_BY_NAME):
            entry = audit.AuditEntry(name, "sign_in", "192.0.2.9", "refused", detail="wrong")
            audit.note(console.client, entry)
    browser = console.browser()
    told = [
        browser.post("/api/session", json={"name": name, "password": PASSWORD})
        for name in ("ana", "nobody")
    ]
    assert [answer.status_code for answer in told] == [429, 429]
    assert told[0].text == told[1].text


@pytest.mark.parametrize(
    "body",
    [{}, {"name": "ana"}, {"name": 1, "password": "x"}, {"name": "a", "password": "x" * 300}],
)
def test_what_is_no_sign_in_is_refused_without_a_look(console: Console, body: Any) -> None:
    assert console.browser().post("/api/session", json=body).status_code == 400
    assert console.audit("act") == []


def test_no_password_and_no_session_is_ever_logged(
    console: Console, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    console.user("ana", "viewer")
    browser = console.browser()
    browser.post("/api/session", json={"name": "ana", "password": "another secret of hers"})
    answer = browser.post("/api/session", json={"name": "ana", "password": PASSWORD})
    answer_cookie = answer.headers["set-cookie"].partition("=")[2].partition(";")[0]
    csrf = browser.get("/api/session").json()["csrf"]
    browser.post("/api/session", json={"name": "ana", "password": PASSWORD, "more": 1})

    said = "".join(capfd.readouterr()) + "\n".join(
        record.getMessage() for record in caplog.records if not record.name.startswith("httpcore")
    )
    digest = hashlib.sha256(answer_cookie.encode()).hexdigest()
    stored = str(console.audit("*"))
    for secret in (PASSWORD, "another secret of hers", answer_cookie, csrf):
        assert secret not in said
        assert secret not in stored
    assert digest not in stored


def test_a_console_without_accounts_is_for_this_machine_alone() -> None:
    with pytest.raises(ValueError, match="for this machine alone"):
        create_app(ConsoleConfig(host="0.0.0.0"))  # noqa: S104
    for host in ("127.0.0.1", "::1", "localhost"):
        create_app(ConsoleConfig(host=host))


def test_without_clickhouse_nobody_is_let_in(
    services: Services, client: Client, tmp_path: Path
) -> None:
    settings = type(services.settings(tmp_path))(
        clickhouse_url="http://127.0.0.1:1", run_dir=tmp_path
    )
    config = ConsoleConfig(clickhouse_url="http://127.0.0.1:1", port=free_ports(1)[0])
    with (
        Keeper(settings, opens_by_link=True) as keeper,
        running(config, Writers(accounts=keeper)) as url,
        httpx.Client(
            base_url=url,
            headers={"origin": url},
            cookies={f"escucha-{config.port}": "x"},
            timeout=60,
        ) as browser,
    ):
        assert browser.get("/leads").status_code == 303
        answers = [
            browser.get("/api/leads"),
            browser.post(BOTH, json=CHANGE),
            browser.post("/api/session", json={"name": "ana", "password": PASSWORD}),
            browser.get("/api/session"),
        ]
    assert [(a.status_code, a.json()["code"]) for a in answers] == [(503, "database_away")] * 4
