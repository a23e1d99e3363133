"""Accounts, sessions and the log of acts, in ClickHouse."""

import asyncio
import secrets
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import clickhouse_connect
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from schemas.accounts import AuditEntry, Errand, Identity, Signed
from streams.accounts import audit, book, link, passwords, sessions
from streams.accounts.keeper import Keeper
from streams.errors import InputError
from streams.migrate import connect
from streams.privacy.places import TABLES as PLACES
from streams.privacy.places import TablePlace
from streams.privacy.subject import Subject
from tests.integration.streams.consoles import LITTLE, PASSWORD, TABLES, emptied
from tests.integration.streams.helpers import Services

HERE = "192.0.2.1"


@pytest.fixture
def client(services: Services, tmp_path: Path) -> Iterator[Client]:
    with connect(services.settings(tmp_path), in_database=True) as client:
        emptied(client)
        yield client
        emptied(client)


@pytest.fixture
def keeper(services: Services, client: Client, tmp_path: Path) -> Iterator[Keeper]:
    with Keeper(services.settings(tmp_path), opens_by_link=True, work=LITTLE) as keeper:
        yield keeper


@pytest.fixture
def other(services: Services, client: Client, tmp_path: Path) -> Iterator[Keeper]:
    """Of another console process."""
    with Keeper(services.settings(tmp_path), opens_by_link=False, work=LITTLE) as keeper:
        yield keeper


def ana(client: Client, role: str = "agent") -> book.Account:
    identity = Identity("https://issuer", "1", "ana", role)  # type: ignore[arg-type]
    account = book.of_provider(client, identity)
    assert account is not None
    return account


@pytest.mark.parametrize("table", TABLES)
def test_the_read_only_user_is_refused(services: Services, client: Client, table: str) -> None:
    clickhouse = services.clickhouse
    client.command("INSERT INTO console_audit (who) VALUES ('somebody')")
    with clickhouse_connect.get_client(
        dsn=clickhouse.url,
        username=clickhouse.reader_user,
        password=clickhouse.reader_password,
        database=clickhouse.database,
    ) as reader:
        reader.query("SELECT count() FROM mentions")
        for statement in (
            f"SELECT * FROM {table}",
            f"SELECT count() FROM {table}",
            f"SELECT * FROM merge(currentDatabase(), '^{table}$')",
        ):
            with pytest.raises(DatabaseError, match=r"ACCESS_DENIED|Not enough privileges"):
                reader.query(statement)


async def test_whoever_is_wrong_gets_the_same_answer(client: Client, keeper: Keeper) -> None:
    book.add(client, "ana", "agent", PASSWORD, "test", LITTLE)
    book.add(client, "eva", "agent", PASSWORD, "test", LITTLE)
    book.set_disabled(client, "eva", True, "test")

    wrong = await keeper.by_password("ana", "not the password", HERE)
    unknown = await keeper.by_password("nobody", PASSWORD, HERE)
    disabled = await keeper.by_password("eva", PASSWORD, HERE)
    no_name = await keeper.by_password("a'; DROP TABLE mentions", PASSWORD, HERE)
    right = await keeper.by_password(" ANA ", PASSWORD, HERE)

    assert wrong == unknown == disabled == no_name
    assert (wrong.token, wrong.refusal) == ("", "wrong")
    assert (await keeper.whose(right.token)).signed == Signed("ana", "agent", "password")
    noted = client.query("SELECT who, outcome, detail FROM console_audit ORDER BY at").result_rows
    assert noted == [
        ("ana", "refused", "wrong"),
        ("nobody", "refused", "wrong"),
        ("eva", "refused", "wrong"),
        ("?", "refused", "wrong"),  # it may be a password in the wrong field
        ("ana", "done", "password"),
    ]


async def test_neither_password_nor_session_is_stored(client: Client, keeper: Keeper) -> None:
    book.add(client, "ana", "agent", PASSWORD, "test", LITTLE)
    began = await keeper.by_password("ana", PASSWORD, HERE)

    assert began.token
    for table in TABLES:
        stored = str(client.query(f"SELECT * FROM {table}").result_rows)
        assert PASSWORD not in stored
        assert began.token not in stored
    assert began.token not in repr(began)
    assert "scrypt" not in repr(book.find(client, "ana"))


async def test_after_too_many_wrong_ones_even_the_right_one_is_refused(
    client: Client, keeper: Keeper
) -> None:
    book.add(client, "ana", "agent", PASSWORD, "test", LITTLE)
    for name in ("ana", "nobody"):
        for _ in range(audit.WRONG_BY_NAME):
            audit.note(client, AuditEntry(name, "sign_in", "192.0.2.9", "refused", detail="wrong"))

    known = await keeper.by_password("ana", PASSWORD, HERE)
    unknown = await keeper.by_password("nobody", PASSWORD, HERE)

    assert known == unknown
    assert known.refusal == "too_many"
    assert known.wait_sec > 0


async def test_a_place_is_refused_whatever_name_it_tries(client: Client, keeper: Keeper) -> None:
    book.add(client, "ana", "agent", PASSWORD, "test", LITTLE)
    for number in range(audit.WRONG_BY_PLACE):
        entry = AuditEntry(f"user{number}", "sign_in", HERE, "refused", detail="wrong")
        audit.note(client, entry)

    assert (await keeper.by_password("ana", PASSWORD, HERE)).refusal == "too_many"
    assert (await keeper.by_password("ana", PASSWORD, "192.0.2.2")).token


async def test_old_failures_and_those_before_a_right_one_do_not_count(client: Client) -> None:
    for _ in range(audit.WRONG_BY_NAME):
        audit.note(client, AuditEntry("ana", "sign_in", HERE, "refused", detail="wrong"))
    assert audit.failed_too_often(client, "ana", "elsewhere")

    audit.note(client, AuditEntry("ana", "sign_in", HERE, "done"))
    assert not audit.failed_too_often(client, "ana", "elsewhere")

    client.command(
        "INSERT INTO console_audit (at, who, act, outcome, detail)"
        " SELECT now64(3) - INTERVAL 20 MINUTE, 'eva', 'sign_in', 'refused', 'wrong'"
        f" FROM numbers({audit.WRONG_BY_NAME})"
    )
    assert not audit.failed_too_often(client, "eva", "elsewhere")


@pytest.mark.parametrize(
    ("began_min", "seen_min", "holds"),
    [
        (0, 0, True),
        (sessions.LONGEST_MIN - 1, 0, True),
        (sessions.LONGEST_MIN + 1, 0, False),
        (sessions.IDLE_MIN + 10, sessions.IDLE_MIN - 1, True),
        (sessions.IDLE_MIN + 10, sessions.IDLE_MIN + 1, False),
    ],
)
def test_a_session_ends_by_itself(
    client: Client, began_min: int, seen_min: int, holds: bool
) -> None:
    account, token = ana(client), secrets.token_urlsafe(32)
    client.command(
        "INSERT INTO console_sessions SELECT {hash:String}, 'ana', 'agent', {version:UInt32},"
        f" 'password', now64(3) - INTERVAL {began_min} MINUTE,"
        f" now64(3) - INTERVAL {seen_min} MINUTE, 0",
        {"hash": sessions.hash_of(token), "version": account.version},
    )

    assert (sessions.look(client, token) is not None) is holds
    if holds and seen_min:  # that it was looked at counts from now on
        look = sessions.look(client, token)
        assert look is not None
        assert look.unseen_min == 0


CHANGES: dict[str, Callable[[Client], object]] = {
    "role": lambda client: ana(client, "viewer"),
    "disabled": lambda client: book.set_disabled(client, "ana", True, "test"),
    "enabled again": lambda client: (
        book.set_disabled(client, "ana", True, "test"),
        book.set_disabled(client, "ana", False, "test"),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_change_of_the_account_ends_its_sessions_everywhere(
    client: Client, keeper: Keeper, other: Keeper, change: str
) -> None:
    token = sessions.begin(client, ana(client), "password")
    assert (await keeper.whose(token)).signed == (await other.whose(token)).signed is not None

    CHANGES[change](client)

    assert (await keeper.whose(token)).signed is None
    assert (await other.whose(token)).signed is None


async def test_another_password_ends_the_sessions_of_the_old_one(
    client: Client, keeper: Keeper
) -> None:
    account = book.add(client, "ana", "agent", PASSWORD, "test", LITTLE)
    token = sessions.begin(client, account, "password")

    book.set_password(client, "ana", "another river, less quiet", "test", LITTLE)

    assert (await keeper.whose(token)).signed is None
    assert (await keeper.by_password("ana", PASSWORD, HERE)).refusal == "wrong"


async def test_who_signs_out_here_is_out_there(
    client: Client, keeper: Keeper, other: Keeper
) -> None:
    token = sessions.begin(client, ana(client), "password")
    assert (await other.whose(token)).signed

    assert await keeper.end(token, HERE) == ""

    assert (await other.whose(token)).signed is None
    # One that was seen there meanwhile does not bring it back.
    client.command(
        "INSERT INTO console_sessions SELECT token_hash, name, role, account_version, how,"
        " began_at, now64(3), 0 FROM console_sessions WHERE is_over"
    )
    assert (await other.whose(token)).signed is None


async def test_a_session_is_nobodys_for_who_makes_one_up(keeper: Keeper) -> None:
    for token in ("", "x", secrets.token_urlsafe(32), "\ud800", "' OR 1=1 --"):
        assert (await keeper.whose(token)).signed is None


def test_of_two_changes_at_once_one_is_made(services: Services, client: Client) -> None:
    account = ana(client)
    settings = services.settings(Path())

    def change(number: int) -> bool:
        with connect(settings, in_database=True) as own:
            try:
                book._append(own, account, f"change {number}")
            except InputError:
                return False
            return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(change, range(4))) == 1
    assert len(book.all_accounts(client)) == 1


async def test_the_one_time_address_is_good_once_and_its_owners_alone(
    client: Client, keeper: Keeper, tmp_path: Path
) -> None:
    link.offer(tmp_path)
    token = link.read(tmp_path)
    assert stat.S_IMODE((tmp_path / link.FILE_NAME).stat().st_mode) == 0o600
    assert token in link.address(tmp_path, "http://127.0.0.1:1/")

    began = await asyncio.gather(*(keeper.by_link(token, HERE) for _ in range(5)))

    [session] = [one.token for one in began if one.token]
    assert (await keeper.whose(session)).signed == Signed("local", "admin", "link")
    assert link.read(tmp_path) not in {"", token}
    assert stat.S_IMODE((tmp_path / link.FILE_NAME).stat().st_mode) == 0o600
    assert (await keeper.by_link("", HERE)).refusal == "wrong"


def test_of_many_processes_one_takes_a_token(tmp_path: Path) -> None:
    link.offer(tmp_path)
    token = link.read(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: link.take(tmp_path, token), range(32)))
    assert taken.count(True) == 1


async def test_the_one_persons_session_is_none_where_others_could_come(
    client: Client, keeper: Keeper, other: Keeper, tmp_path: Path
) -> None:
    link.offer(tmp_path)
    session = (await keeper.by_link(link.read(tmp_path), HERE)).token
    assert (await keeper.whose(session)).signed
    assert (await other.whose(session)).signed is None


async def test_with_the_first_user_the_one_person_is_out(
    client: Client, keeper: Keeper, tmp_path: Path
) -> None:
    link.offer(tmp_path)
    session = (await keeper.by_link(link.read(tmp_path), HERE)).token
    assert await keeper.takes_links()

    ana(client)

    assert (await keeper.whose(session)).signed is None
    assert not await keeper.takes_links()
    assert (await keeper.by_link(link.read(tmp_path), HERE)).refusal == "wrong"


async def test_a_console_that_others_reach_takes_no_one_time_address(
    other: Keeper, tmp_path: Path
) -> None:
    link.offer(tmp_path)
    assert (await other.by_link(link.read(tmp_path), HERE)).refusal == "wrong"


async def test_a_sign_in_comes_back_once(client: Client, keeper: Keeper, other: Keeper) -> None:
    errand = Errand("nonce", "verifier", "/leads")
    state = await keeper.send_off(errand)

    came = await asyncio.gather(*(one.come_back(state) for one in (keeper, other) * 3))

    assert [one for one in came if one] == [errand]
    assert await keeper.come_back("made up") is None
    assert state not in str(client.query("SELECT * FROM console_sign_ins").result_rows)


async def test_without_clickhouse_nobody_is_let_in_and_it_is_said(
    services: Services, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = services.settings(tmp_path)
    nowhere = type(settings)(clickhouse_url="http://127.0.0.1:1", run_dir=tmp_path)
    with Keeper(nowhere, opens_by_link=True, work=LITTLE) as keeper:
        assert (await keeper.by_password("ana", PASSWORD, HERE)).refusal == "away"
        assert (await keeper.whose("token")).away
        assert await keeper.end("token", HERE)
        assert await keeper.send_off(Errand("n", "v")) == ""
        assert keeper.is_empty() is None
        await keeper.note(AuditEntry("ana", "/api/leads/change", HERE, "done"))
    assert "not in the audit log" in caplog.text
    assert PASSWORD not in caplog.text


def test_who_a_provider_vouches_for_takes_nobodys_name(client: Client) -> None:
    book.add(client, "eva", "admin", PASSWORD, "test", LITTLE)
    ana(client)

    for identity in (
        Identity("https://issuer", "1", "eva", "viewer"),  # a local user's
        Identity("https://issuer", "2", "ana", "viewer"),  # somebody else's there
        Identity("https://other", "1", "ana", "viewer"),  # somebody's of another provider
        Identity("https://issuer", "3", "local", "viewer"),
        Identity("https://issuer", "4", "Robert'); --", "viewer"),
        Identity("https://issuer", "1", "ana", None),
    ):
        assert book.of_provider(client, identity) is None, identity
    assert passwords.matches(PASSWORD, book.all_accounts(client)[1].password)


def test_whom_a_change_was_about_is_blotted_out_when_forgotten(client: Client) -> None:
    for thing, subject in (("lead", "did:ana"), ("lead", "did:eva"), ("user", "did:ana")):
        audit.note(client, AuditEntry("luis", "/api", HERE, "done", thing=thing, subject=subject))
    [table] = [table for table in PLACES if table.name == "console_audit"]
    place, subject = TablePlace(client, table), Subject(frozenset({"did:ana"}))

    assert place.find(subject) == 1
    assert [row["thing"] for row in place.rows(subject)] == ["lead"]
    place.erase(subject)

    assert client.query("SELECT thing, subject FROM console_audit ORDER BY at").result_rows == [
        ("lead", ""),
        ("lead", "did:eva"),
        ("user", "did:ana"),
    ]
    assert place.find(subject) == 0
