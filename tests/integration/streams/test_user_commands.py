"""`escucha users`, and a console that would be open to the world."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from clickhouse_connect.driver.client import Client

from streams.accounts import book, passwords
from streams.accounts.cli import users
from streams.errors import InputError
from streams.migrate import connect
from tests.integration.streams.consoles import LITTLE, PASSWORD, emptied
from tests.integration.streams.helpers import Services, clean_environment, escucha, one_line_of


class Terminal:
    """Where the commands are typed."""

    def __init__(self, services: Services, folder: Path) -> None:
        self._folder = folder
        self.environment = clean_environment(
            run_dir=folder,
            kafka_bootstrap=services.broker.bootstrap,
            clickhouse_url=services.clickhouse.url,
            clickhouse_user=services.clickhouse.user,
            clickhouse_password=services.clickhouse.password,
            console_host="0.0.0.0",  # noqa: S104 - it is not to start
        )

    def types(self, *words: str, stdin: str | None = None) -> Result:
        """What the command answers; in this process, since each new one takes a second."""
        return CliRunner().invoke(users, words, input=stdin, env=self.environment)

    def refused(self, *words: str, stdin: str | None = None) -> str:
        """The words of a command that refused."""
        error = self.types(*words, stdin=stdin).exception
        assert isinstance(error, InputError), error
        return str(error)


@pytest.fixture
def client(services: Services, tmp_path: Path) -> Iterator[Client]:
    with connect(services.settings(tmp_path), in_database=True) as client:
        emptied(client)
        yield client
        emptied(client)


@pytest.fixture
def terminal(services: Services, tmp_path: Path) -> Terminal:
    return Terminal(services, tmp_path)


def test_users_from_the_first_to_the_log(
    client: Client, terminal: Terminal, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\n")
    nobody = escucha("console", environment=terminal.environment, cwd=tmp_path)
    assert "escucha users add NAME --role admin" in one_line_of(nobody)
    assert nobody.returncode == 1

    from_file = ("--password-file", str(file))
    piped = ("--password-file", "-")
    said = [
        terminal.types("add", "Ana", "--role", "admin", *from_file).output,
        terminal.types("add", "eva", "--role", "agent", *piped, stdin="other river flows").output,
        terminal.refused("add", "ana", "--role", "viewer", *from_file),
        terminal.refused("password", "eva", *piped, stdin="2short"),
        terminal.refused("add", "x", "--role", "agent"),
        terminal.types("role", "eva", "analyst").output,
        terminal.types("disable", "eva").output,
        terminal.refused("disable", "luis"),
        terminal.refused("link"),
    ]
    for words, told in zip(
        (
            "Ana may sign in as admin",
            "eva may sign in as agent",
            "there is a user ana already",
            "at least 12",
            "use --password-file",
            "eva is analyst",
            "eva is disabled",
            "there is no user luis",
            "has users",
        ),
        said,
        strict=True,
    ):
        assert words in told
    assert PASSWORD not in str(said)
    assert "other river" not in str(said)

    accounts = {account.name: account for account in book.all_accounts(client)}
    assert passwords.matches(PASSWORD, accounts["ana"].password)
    assert passwords.matches("other river flows", accounts["eva"].password)
    assert (accounts["eva"].role, accounts["eva"].is_disabled) == ("analyst", True)

    listed = json.loads(terminal.types("list", "--json").stdout)
    assert [(one["name"], one["role"], one["disabled"]) for one in listed] == [
        ("ana", "admin", False),
        ("eva", "analyst", True),
    ]
    log = terminal.types("audit", "--json").stdout.splitlines()
    noted = [json.loads(line) for line in reversed(log)]
    assert [(one["act"], one["subject"], one["detail"]) for one in noted] == [
        ("users add", "ana", "admin"),
        ("users add", "eva", "agent"),
        ("users role", "eva", "analyst"),
        ("users disable", "eva", "analyst"),
    ]
    assert {one["place"] for one in noted} == {"command line"}


def test_a_password_is_no_word_of_a_command(terminal: Terminal) -> None:
    """It would stand in the shell's history and in the list of processes."""
    told = terminal.types("add", "--help").output
    assert "--password-file" in told
    assert "--password " not in told
    assert terminal.types("add", "ana", PASSWORD, "--role", "agent").exit_code == 2


def test_a_token_whose_row_was_lost_hinders_no_change(client: Client) -> None:
    """A kill of ClickHouse leaves such; here the token was spent on the row of somebody else."""
    client.insert(
        "console_accounts",
        [["kim", 1, "e", "added", "viewer", "root"]],
        column_names=["name", "version", "event_id", "event", "role", "made_by"],
        settings={"insert_deduplication_token": "nora/1"},
    )
    book.add(client, "nora", "agent", PASSWORD, "root", LITTLE)
    found = book.find(client, "nora")
    assert found is not None
    assert (found.role, found.version) == ("agent", 1)
