"""A console with accounts before the shared ClickHouse, and people signed in at it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
from clickhouse_connect.driver.client import Client

from dashboards.console import ConsoleConfig, Writers
from deploy.local.ports import free_ports
from schemas.accounts import Identity, Role
from streams.accounts import book, sessions
from streams.accounts.keeper import Keeper
from streams.accounts.passwords import Work
from streams.desk import Desk
from streams.settings import Settings
from tests.browser.serving import running
from tests.integration.streams.helpers import Services

PASSWORD = "quiet river under stones"  # noqa: S105 - of nobody
# Work that takes no time; what the program does by itself, the unit tests of passwords hold.
LITTLE = Work(16, 8, 1)
TABLES = ("console_accounts", "console_sessions", "console_sign_ins", "console_audit")


@dataclass(frozen=True)
class Console:
    """One that runs, what it keeps accounts with, and a client to look into its tables."""

    url: str
    keeper: Keeper
    client: Client
    settings: Settings
    config: ConsoleConfig
    opened: ExitStack
    cookie: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "cookie", f"escucha-{self.config.port}")

    def account(self, name: str, role: Role) -> book.Account:
        """An account that needs no password, which takes no time to make."""
        account = book.of_provider(self.client, Identity("https://issuer", name, name, role))
        assert account is not None
        return account

    def user(self, name: str, role: Role) -> book.Account:
        """An account with PASSWORD."""
        return book.add(self.client, name, role, PASSWORD, "test", LITTLE)

    def token(self, name: str, role: Role) -> str:
        """A session of an account with that role."""
        return sessions.begin(self.client, self.account(name, role), "password")

    def browser(self, token: str = "") -> httpx.Client:
        """What a browser sends; `token` is its session."""
        cookies = {self.cookie: token} if token else {}
        browser = httpx.Client(
            base_url=self.url, headers={"origin": self.url}, cookies=cookies, timeout=60
        )
        return self.opened.enter_context(browser)

    def page(self, name: str, role: Role) -> httpx.Client:
        """A page of somebody signed in: it sends what api.js sends."""
        browser = self.browser(self.token(name, role))
        csrf = browser.get("/api/session").json()["csrf"]
        browser.headers["x-escucha-csrf"] = csrf
        return browser

    def audit(self, columns: str, where: str = "1") -> list[tuple[Any, ...]]:
        """What is in the log of acts, oldest first."""
        rows = self.client.query(f"SELECT {columns} FROM console_audit WHERE {where} ORDER BY at")
        return [tuple(row) for row in rows.result_rows]


def emptied(client: Client) -> None:
    """As if nobody had ever signed in."""
    client.command(
        "TRUNCATE TABLES FROM {name:Identifier} LIKE 'console_%'", {"name": client.database}
    )


@contextmanager
def console_of(
    services: Services, client: Client, folder: Path, **changes: Any
) -> Iterator[Console]:
    """A console as `escucha console` wires it, but for labels."""
    settings = services.settings(folder)
    clickhouse = services.clickhouse
    config = ConsoleConfig(
        clickhouse_url=clickhouse.url,
        user=clickhouse.reader_user,
        password=clickhouse.reader_password,
        database=clickhouse.database,
        port=free_ports(1)[0],
        sign_ins_per_min=10_000,
    )
    with (
        ExitStack() as opened,
        Keeper(settings, opens_by_link=True, work=LITTLE) as keeper,
        Desk(settings) as desk,
        running(config := replace(config, **changes), Writers(desk=desk, accounts=keeper)) as url,
    ):
        yield Console(url, keeper, client, settings, config, opened)
