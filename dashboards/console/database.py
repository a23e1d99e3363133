"""ClickHouse as the console asks it: as a read-only user, within limits."""

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError

from dashboards.console.config import ConsoleConfig
from dashboards.console.errors import (
    ConsoleError,
    DatabaseAwayError,
    NotMigratedError,
    QueryRefusedError,
    QueryTooBigError,
)
from dashboards.console.frames import Rows

T = TypeVar("T")

# Codes of ClickHouse: timeout, too many rows, too many bytes, memory, too slow.
_TOO_BIG = frozenset({159, 158, 307, 396, 241, 160})
# Else ClickHouse writes each answer to its disk first, and sends an empty one when that is full.
_ANSWERS = {"wait_end_of_query": "0", "buffer_size": str(16 * 1024 * 1024)}
_DENIED = frozenset({192, 193, 194, 497, 516})
_MISSING = frozenset({60, 81})


class Database:
    """Answers queries; every failure is a ConsoleError."""

    def __init__(self, config: ConsoleConfig) -> None:
        self._config = config
        self._client: AsyncClient | None = None
        self._connecting = asyncio.Lock()
        self._slots = asyncio.Semaphore(config.queries_at_once)

    async def run(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Rows:
        """Return what the query gives with its `{name:Type}` bound; raises ConsoleError."""
        async with self._slots:
            try:
                client = await self._connected()
                result = await client.query(
                    sql, dict(parameters or {}), settings=self._limits(), tz_mode="aware"
                )
            except DatabaseError as error:
                raise _untrusted(error) or _translated(error) from error
            except (ClickHouseError, OSError, TimeoutError) as error:
                raise _untrusted(error) or _away() from error
        names = list(result.column_names)
        types = [str(column_type.name) for column_type in result.column_types]
        return Rows(names, types, result.result_rows)

    async def version(self) -> str:
        """Return ClickHouse's version: it is there and lets us in. Raises ConsoleError."""
        return str((await self.run("SELECT version()")).rows[0][0])

    async def close(self) -> None:
        """Let go of the connections."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.close()

    async def _connected(self) -> AsyncClient:
        async with self._connecting:
            if self._client is None:
                url = urlsplit(self._config.clickhouse_url)
                secure = url.scheme == "https"  # a dsn would be asked in the clear even so
                self._client = await clickhouse_connect.get_async_client(
                    host=url.hostname,
                    port=url.port or (8443 if secure else 8123),
                    secure=secure,
                    username=self._config.user,
                    password=self._config.password,
                    database=self._config.database,
                    connect_timeout=3,
                    send_receive_timeout=self._config.max_query_sec + 5,
                    autogenerate_session_id=False,
                    settings=_ANSWERS,
                    ca_cert=str(self._config.ca_file) if self._config.ca_file else None,
                )
            return self._client

    def _limits(self) -> dict[str, Any]:
        return {
            "max_execution_time": self._config.max_query_sec,
            "max_result_rows": self._config.max_result_rows,
            "result_overflow_mode": "throw",
            "cancel_http_readonly_queries_on_client_close": 1,
        }


def _untrusted(error: BaseException) -> ConsoleError | None:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError) or "CERTIFICATE_VERIFY_FAILED" in str(seen):
            return DatabaseAwayError(
                "ClickHouse's certificate is not trusted",
                "Check ESCUCHA_CLICKHOUSE_CA_FILE and the host in ESCUCHA_CLICKHOUSE_URL.",
            )
        seen = seen.__cause__ or seen.__context__
    return None


def _away() -> ConsoleError:
    return DatabaseAwayError(
        "ClickHouse does not answer", "It may be starting. The page keeps trying."
    )


def _translated(error: DatabaseError) -> ConsoleError:
    code = getattr(error, "code", None)
    if code is None:
        return _away()
    if code in _TOO_BIG:
        return QueryTooBigError(
            "this took ClickHouse too long", "Choose a shorter period or fewer sources."
        )
    if code in _DENIED:
        return QueryRefusedError(
            "ClickHouse does not let this user read",
            "Check the reader's name, password and grants.",
        )
    if code in _MISSING:
        return NotMigratedError("the tables are not there yet", "Run `escucha migrate`.")
    return QueryRefusedError(f"ClickHouse refused the query (code {code})", "See its log.")


class Shared:
    """Gives equal questions one answer: the one under way, or one that is still fresh."""

    def __init__(self, lifetime_sec: float, max_answers: int = 500) -> None:
        self._lifetime_sec = lifetime_sec
        self._max_answers = max_answers
        self._answers: dict[object, tuple[float, asyncio.Task[Any]]] = {}

    async def get(self, key: object, ask: Callable[[], Awaitable[T]]) -> T:
        """Return the answer to `key`, asking only if nobody just did; errors are not kept."""
        now = time.monotonic()
        made_at, task = self._answers.get(key, (now, None))
        if task is None or (task.done() and (now - made_at > self._lifetime_sec or _failed(task))):
            self._forget(now)
            task = asyncio.ensure_future(_run(ask))
            self._answers[key] = (now, task)
        # Shielded: who leaves the page must not take the answer from who stays.
        answer: T = await asyncio.shield(task)
        return answer

    async def close(self) -> None:
        """Stop what is under way."""
        for _, task in self._answers.values():
            task.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await task
        self._answers.clear()

    def _forget(self, now: float) -> None:
        stale = [
            key
            for key, (made_at, task) in self._answers.items()
            if task.done() and now - made_at > self._lifetime_sec
        ]
        for key in stale if len(self._answers) < self._max_answers else list(self._answers):
            del self._answers[key]


async def _run(ask: Callable[[], Awaitable[T]]) -> T:
    return await ask()


def _failed(task: asyncio.Task[Any]) -> bool:
    return task.cancelled() or task.exception() is not None
