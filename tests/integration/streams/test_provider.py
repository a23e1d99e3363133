"""Signing in at a provider of OpenID Connect, with real tokens over real sockets."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from clickhouse_connect.driver.client import Client
from joserfc.jwk import OctKey, RSAKey

from dashboards.console import ProviderConfig
from deploy.local.ports import free_ports
from streams.accounts import book
from streams.accounts.provider import check, roles
from streams.errors import SettingsError
from streams.migrate import connect
from streams.settings import Settings
from tests.fakes.issuer import CLIENT, SECRET, Issuer, serving
from tests.integration.streams.consoles import Console, console_of, emptied
from tests.integration.streams.helpers import Services

ROLES = {"staff": "viewer", "care": "agent", "bosses": "admin"}


@pytest.fixture(scope="module")
def running_issuer() -> Iterator[Issuer]:
    with serving() as issuer:
        yield issuer


@pytest.fixture
def issuer(running_issuer: Issuer) -> Issuer:
    """One that does not lie yet."""
    honest = Issuer(running_issuer.url, key=running_issuer.key)
    for one in fields(Issuer):
        setattr(running_issuer, one.name, getattr(honest, one.name))
    return running_issuer


@pytest.fixture(scope="module")
def client(services: Services, tmp_path_factory: Any) -> Iterator[Client]:
    settings = services.settings(tmp_path_factory.mktemp("provider"))
    with connect(settings, in_database=True) as client:
        yield client


@contextmanager
def asking(services: Services, client: Client, folder: Path, issuer: Issuer) -> Iterator[Console]:
    """A console that sends people to that provider."""
    [port] = free_ports(1)
    provider = ProviderConfig(
        issuer=issuer.url,
        client_id=CLIENT,
        client_secret=SECRET,
        public_url=f"http://127.0.0.1:{port}",
        roles=ROLES,  # type: ignore[arg-type]
        label="Acme",
    )
    with console_of(services, client, folder, port=port, provider=provider) as console:
        yield console


@pytest.fixture(scope="module")
def served(
    services: Services, client: Client, running_issuer: Issuer, tmp_path_factory: Any
) -> Iterator[Console]:
    with asking(services, client, tmp_path_factory.mktemp("console"), running_issuer) as console:
        yield console


@pytest.fixture
def console(served: Console, issuer: Issuer) -> Iterator[Console]:
    emptied(served.client)
    yield served
    emptied(served.client)


def sent_off(browser: httpx.Client, next_page: str = "/leads?show=all") -> str:
    """Where the console sends the browser."""
    answer = browser.get("/login/provider", params={"next": next_page})
    assert answer.status_code == 303
    return str(answer.headers["location"])


def sent_back(browser: httpx.Client, at_provider: str) -> str:
    """Where the provider sends it, once the person has signed in there."""
    return str(browser.get(at_provider).headers["location"])


def signed_in(console: Console) -> tuple[httpx.Client, httpx.Response]:
    browser = console.browser()
    return browser, browser.get(sent_back(browser, sent_off(browser)))


def problem_of(answer: httpx.Response) -> str:
    assert answer.status_code == 303, answer.text
    [problem] = parse_qs(urlsplit(answer.headers["location"]).query)["problem"]
    return problem


def test_who_the_provider_knows_is_in_with_the_role_of_their_groups(console: Console) -> None:
    browser, answer = signed_in(console)

    assert answer.status_code == 200
    assert 'content="0;url=/leads?show=all"' in answer.text
    cookies = answer.headers.get_list("set-cookie")
    [session] = [cookie for cookie in cookies if cookie.startswith(f"{console.cookie}=")]
    assert "HttpOnly" in session
    assert "SameSite=strict" in session
    told = browser.get("/api/session").json()
    assert told["person"] == {"name": "ana", "role": "agent", "how": "provider"}
    assert told["ways"]["provider"] == "Acme"
    assert browser.get("/api/leads").status_code == 200
    assert console.audit("who, act, outcome, detail") == [("ana", "sign_in", "done", "provider")]


def test_what_goes_out_is_bound_to_this_sign_in(console: Console, issuer: Issuer) -> None:
    browser = console.browser()
    asked = parse_qs(urlsplit(sent_off(browser)).query)

    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [f"{console.url}/login/provider/back"]
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[name][0]) >= 43
    other = parse_qs(urlsplit(sent_off(console.browser())).query)
    assert not {other[n][0] for n in ("state", "nonce")} & {asked[n][0] for n in asked}
    stored = str(console.client.query("SELECT * FROM console_sign_ins").result_rows)
    assert asked["state"][0] not in stored
    assert SECRET not in str(asked)


def test_coming_back_twice_lets_nobody_in_twice(console: Console) -> None:
    browser = console.browser()
    back = sent_back(browser, sent_off(browser))
    state = dict(browser.cookies)
    assert browser.get(back).status_code == 200

    thief = console.browser()
    thief.cookies.update(state)

    assert problem_of(thief.get(back)) == "provider_state"
    assert thief.get("/api/session").json()["person"] is None


def test_another_browser_cannot_finish_the_sign_in(console: Console) -> None:
    """Or a page could sign its visitor in as somebody else."""
    mallory = console.browser()
    back = sent_back(mallory, sent_off(mallory))
    victim = console.browser()

    assert problem_of(victim.get(back)) == "provider_state"
    sent_off(victim)
    assert problem_of(victim.get(back)) == "provider_state"
    assert victim.get("/api/session").json()["person"] is None
    assert mallory.get(back).status_code == 200  # nobody has used it up


def test_a_state_that_is_too_old_is_none(console: Console) -> None:
    browser = console.browser()
    back = sent_back(browser, sent_off(browser))
    console.client.command(
        "ALTER TABLE console_sign_ins UPDATE made_at = made_at - INTERVAL 11 MINUTE WHERE 1",
        settings={"mutations_sync": 1},
    )
    assert problem_of(browser.get(back)) == "provider_state"


OTHER = RSAKey.generate_key(2048, {"kid": "first"})
LIES: dict[str, dict[str, Any]] = {
    "signed with a key of somebody else": {"sign_with": OTHER},
    "not signed": {"algorithm": "none"},
    "signed with what everybody can read": {
        "algorithm": "HS256",
        "sign_with": OctKey.import_key("what everybody can read, at length"),
    },
    "for another client": {"claims": {"aud": "other"}},
    "for several, and made for another": {"claims": {"aud": [CLIENT, "other"], "azp": "other"}},
    "of another issuer": {"claims": {"iss": "https://other.example"}},
    "over": {"claims": {"exp": int(time.time()) - 120}},
    "without an end": {"claims": {"exp": None}},
    "of the future": {"claims": {"iat": int(time.time()) + 3_600}},
    "not valid yet": {"claims": {"nbf": int(time.time()) + 3_600}},
    "of another sign-in": {"claims": {"nonce": "other"}},
    "without a nonce": {"claims": {"nonce": None}},
    "of nobody": {"claims": {"sub": None}},
    "without a name": {"claims": {"preferred_username": None}},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_token_that_is_not_right_lets_nobody_in(
    console: Console, issuer: Issuer, lie: str
) -> None:
    for name, value in LIES[lie].items():
        setattr(issuer, name, value)

    browser, answer = signed_in(console)

    assert problem_of(answer) == "provider_token"
    assert browser.get("/api/session").json()["person"] is None
    assert book.is_empty(console.client)


def test_a_new_key_of_the_provider_is_taken_up(
    console: Console, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboards.console.provider.KEYS_NOT_BEFORE_SEC", 0.0)
    _, first = signed_in(console)
    issuer.key = RSAKey.generate_key(2048, {"kid": "second"})
    _, second = signed_in(console)
    assert (first.status_code, second.status_code) == (200, 200)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"status": 400}, "provider_refused"),
        ({"status": 500}, "provider_away"),
        ({"padding": 600_000}, "provider_away"),
    ],
)
def test_an_answer_of_the_provider_that_is_none_is_told(
    console: Console, issuer: Issuer, changes: dict[str, Any], problem: str
) -> None:
    browser = console.browser()
    back = sent_back(browser, sent_off(browser))
    for name, value in changes.items():
        setattr(issuer, name, value)
    assert problem_of(browser.get(back)) == problem


def test_a_provider_that_calls_itself_otherwise_is_not_asked(
    services: Services, client: Client, tmp_path: Path, issuer: Issuer
) -> None:
    issuer.issuer = "https://other.example"
    with asking(services, client, tmp_path, issuer) as console:
        assert problem_of(console.browser().get("/login/provider")) == "provider_away"


def test_who_said_no_there_is_not_in_here(console: Console) -> None:
    browser = console.browser()
    state = parse_qs(urlsplit(sent_off(browser)).query)["state"][0]
    back = f"/login/provider/back?error=access_denied&state={state}"
    assert problem_of(browser.get(back)) == "provider_refused"


def test_roles_follow_the_claims_and_end_the_sessions_before(
    console: Console, issuer: Issuer
) -> None:
    before, _ = signed_in(console)
    issuer.person = {**issuer.person, "groups": ["bosses"]}
    after, _ = signed_in(console)

    assert after.get("/api/session").json()["person"]["role"] == "admin"
    assert before.get("/api/session").json()["person"] is None

    issuer.person = {**issuer.person, "groups": ["guests", 7]}
    assert problem_of(signed_in(console)[1]) == "no_role"
    issuer.person = {**issuer.person, "groups": "staff"}
    assert signed_in(console)[0].get("/api/session").json()["person"]["role"] == "viewer"


def test_who_was_disabled_here_is_not_let_in_by_the_provider(console: Console) -> None:
    signed_in(console)
    book.set_disabled(console.client, "ana", True, "test")
    assert problem_of(signed_in(console)[1]) == "disabled"


def test_a_local_user_is_nobody_a_provider_can_vouch_for(console: Console) -> None:
    console.user("ana", "admin")
    assert problem_of(signed_in(console)[1]) == "taken"


def test_nothing_secret_is_logged(
    console: Console, issuer: Issuer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    issuer.status = 500
    signed_in(console)
    issuer.status = 200
    signed_in(console)
    told = [r.getMessage() for r in caplog.records if not r.name.startswith(("httpx", "httpcore"))]
    assert SECRET not in "\n".join(told)
    assert SECRET not in repr(console.config)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"oidc_issuer": ""}, "ISSUER is not"),
        ({"oidc_client_id": ""}, "CLIENT_ID is not"),
        ({"oidc_roles": ""}, "ROLES is empty"),
        ({"oidc_roles": "staff=boss"}, "'staff=boss' is not value=role"),
        ({"oidc_roles": "=admin"}, "is not value=role"),
        ({"oidc_scopes": "email"}, "openid has to be one"),
        ({"oidc_issuer": "http://sso.example.org"}, "use https"),
        ({"console_url": "http://escucha.example.org"}, "use https"),
    ],
)
def test_settings_that_do_not_fit_are_told(changes: dict[str, str], complaint: str) -> None:
    said = {
        "oidc_issuer": "https://sso.example.org",
        "oidc_client_id": "escucha",
        "oidc_roles": "staff=viewer,a=b=admin",
        "console_url": "https://escucha.example.org",
    }
    assert check(Settings(**said))  # type: ignore[arg-type]
    assert roles(Settings(**said)) == {"staff": "viewer", "a=b": "admin"}  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match=complaint):
        check(Settings(**(said | changes)))  # type: ignore[arg-type]


def test_without_a_provider_nobody_is_sent_anywhere(
    services: Services, client: Client, tmp_path: Path
) -> None:
    with console_of(services, client, tmp_path) as console:
        browser = console.browser()
        assert problem_of(browser.get("/login/provider")) == "no_provider"
        assert problem_of(browser.get("/login/provider/back?code=x&state=y")) == "no_provider"
