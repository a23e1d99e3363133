"""ClickHouse as the pipeline sees it: blocks go in whole and once, small questions come back."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit
from uuid import uuid4

import aiohttp
import pyarrow as pa
from clickhouse_connect.driver import create_async_client
from clickhouse_connect.driver.asyncclient import AsyncClient
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError

from streams import retry
from streams.errors import SinkRejectedError, SinkUnavailableError
from streams.settings import Settings

T = TypeVar("T")
log = logging.getLogger(__name__)

# Server errors that time heals. The names are ClickHouse's.
TRANSIENT_CODES = frozenset(
    {
        3,  # UNEXPECTED_END_OF_FILE
        74,  # CANNOT_READ_FROM_FILE_DESCRIPTOR
        75,  # CANNOT_WRITE_TO_FILE_DESCRIPTOR
        159,  # TIMEOUT_EXCEEDED
        160,  # TOO_SLOW
        164,  # READONLY: a replica without its keeper
        202,  # TOO_MANY_SIMULTANEOUS_QUERIES
        209,  # SOCKET_TIMEOUT
        210,  # NETWORK_ERROR
        216,  # QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING: asked again after its connection was cut
        225,  # NO_ZOOKEEPER
        236,  # ABORTED: the server shuts down
        241,  # MEMORY_LIMIT_EXCEEDED
        242,  # TABLE_IS_READ_ONLY
        243,  # NOT_ENOUGH_SPACE
        244,  # UNEXPECTED_ZOOKEEPER_ERROR: a replica's session was made anew in the middle of it
        252,  # TOO_MANY_PARTS
        285,  # TOO_FEW_LIVE_REPLICAS
        286,  # UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
        289,  # REPLICA_IS_NOT_IN_QUORUM
        319,  # UNKNOWN_STATUS_OF_INSERT
        394,  # QUERY_WAS_CANCELLED
        439,  # CANNOT_SCHEDULE_TASK
        999,  # KEEPER_EXCEPTION
    }
)

AUTHENTICATION_FAILED = 516
END_TIMEOUT_SEC = 5.0

INSERT_SETTINGS: Mapping[str, str] = {
    "deduplicate_blocks_in_dependent_materialized_views": "1",
    # One block in, one part per month out: a cut block would need a token of its own.
    "max_insert_block_size": "1000000",
    "min_insert_block_size_rows": "1000000",
    "min_insert_block_size_bytes": "1073741824",
    "max_partitions_per_insert_block": "0",
    "input_format_parallel_parsing": "0",
    "async_insert": "0",
}
PIECE_BYTES = 256 * 1024  # of the body of an insert, sent at once


# Left alone, the client asks the server to write each answer to its disk before it sends it. From
# a full disk ClickHouse (26.9) then sends nothing with a 200: "no row is stored". So answers stay
# in its memory, up to so many bytes; longer ones are sent as they come, and break off with an
# error in the stream. The blocking client always waits: it gets room for all that is asked by it.
ANSWERS: Mapping[str, str] = {"wait_end_of_query": "0", "buffer_size": str(16 * 1024 * 1024)}
WAITED_ANSWERS: Mapping[str, str] = {"buffer_size": str(64 * 1024 * 1024)}


class ClickHouse:
    """One async client with retries; raises SinkUnavailableError past its deadline.

    Use as an async context manager. Calls may run concurrently.
    """

    def __init__(self, settings: Settings, *, failed: Callable[[], None] = lambda: None) -> None:
        """`failed` is called after each attempt that will be made again."""
        self._settings = settings
        self._deadline_sec = settings.sink_deadline_sec
        self._client: AsyncClient | None = None
        self._failed = failed
        self.trouble = ""  # what the last attempt failed by; empty once one has not

    async def __aenter__(self) -> "ClickHouse":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._client is not None:
            await self._client.close()

    async def insert(self, table: str, block: pa.Table, token: str) -> None:
        """Insert `block` in one attempt; ClickHouse drops it where it knows the token.

        Returns when ClickHouse has acknowledged table and views. After SinkUnavailableError
        nobody knows whether the block is stored, and to repeat it is not safe when ClickHouse was
        killed meanwhile: see streams/landing.py.
        """

        async def attempt(client: AsyncClient) -> None:
            await client.raw_insert(
                table,
                column_names=block.column_names,
                insert_block=_pieces(_arrow_stream(block)),
                settings={**INSERT_SETTINGS, "insert_deduplication_token": token},
                fmt="ArrowStream",
            )

        await self._attempt(attempt, f"insert into {table}")

    async def put(
        self, table: str, block: pa.Table, check: Callable[[], None] = lambda: None
    ) -> None:
        """Store `block` at least once: for tables that keep one row of a key, whatever comes.

        `check` is called before each attempt, and ends it by raising.
        """

        async def attempt() -> None:
            check()
            await self.insert(table, block, f"{table}/{uuid4()}")

        await self.patiently(attempt)

    async def catch_up(self, *tables: str) -> None:
        """Return when our replica has of `tables` what any replica had; at once on one server.

        Keeper drops a token that another replica took. Whoever then misses the rows here, where
        they are still on their way, would insert them a second time.
        """
        if not self._settings.clickhouse_cluster:
            return
        for table in tables:

            async def attempt(client: AsyncClient, table: str = table) -> None:
                await client.command(f"SYSTEM SYNC REPLICA {table} LIGHTWEIGHT")

            await self._attempt(attempt, f"wait for {table} of the other replicas")

    async def rows(
        self, query: str, parameters: Mapping[str, Any] | None = None
    ) -> Sequence[Sequence[Any]]:
        """Answer of a query; parameters are bound by the server."""

        async def ask(client: AsyncClient, own: dict[str, Any]) -> Sequence[Sequence[Any]]:
            result = await client.query(query, parameters=dict(parameters or {}), settings=own)
            rows: Sequence[Sequence[Any]] = result.result_rows
            return rows

        return await self._answered(ask)

    async def columns(self, query: str, parameters: Mapping[str, Any] | None = None) -> pa.Table:
        """The same as an Arrow table, for answers of many rows."""

        async def ask(client: AsyncClient, own: dict[str, Any]) -> pa.Table:
            return await client.query_arrow(query, parameters=dict(parameters or {}), settings=own)

        return await self._answered(ask)

    async def _answered(self, ask: Callable[[AsyncClient, dict[str, Any]], Awaitable[T]]) -> T:
        """Ask until it is answered; a question that was given up on is ended before the next.

        ClickHouse works on for whoever hangs up. Asked again each minute, what takes longer than
        that would run many times over, and be the slower for it.
        """

        async def attempt(client: AsyncClient) -> T:
            name = str(uuid4())
            try:
                return await ask(client, {"query_id": name})
            except (OperationalError, aiohttp.ClientError, OSError, TimeoutError) as error:
                if getattr(error, "code", None) is None:  # it was not ClickHouse that ended it
                    await self._end(client, name)
                raise

        return await self.patiently(lambda: self._attempt(attempt, "query"))

    async def _end(self, client: AsyncClient, name: str) -> None:
        try:
            async with asyncio.timeout(END_TIMEOUT_SEC):
                await client.command(
                    "KILL QUERY WHERE query_id = {name:String} ASYNC", {"name": name}
                )
        except (DatabaseError, aiohttp.ClientError, OSError, TimeoutError) as error:
            log.info("a query may run on without anybody waiting for it: %r", error)

    async def patiently(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Repeat `attempt` while it raises SinkUnavailableError, until the deadline."""
        return await retry.until_deadline(
            attempt,
            retry_on=SinkUnavailableError,
            deadline_sec=self._deadline_sec,
            what="ClickHouse",
        )

    async def _attempt(self, attempt: Callable[[AsyncClient], Awaitable[T]], what: str) -> T:
        """One attempt, with errors as ours: those that time heals, and those it does not."""
        try:
            answer = await self._asked(attempt, what)
        except SinkUnavailableError as error:
            self.trouble = str(error)[:200]
            self._failed()
            raise
        self.trouble = ""
        return answer

    async def _asked(self, attempt: Callable[[AsyncClient], Awaitable[T]], what: str) -> T:
        try:
            return await attempt(await self._connected())
        except OperationalError as error:
            self._reject_if_not_let_in(error)
            if error.code is not None and error.code not in TRANSIENT_CODES:
                raise SinkRejectedError(f"{what}: {error}") from error
            raise SinkUnavailableError(f"{what}: {error}") from error
        except DatabaseError as error:
            self._reject_if_not_let_in(error)
            if error.code in TRANSIENT_CODES:
                raise SinkUnavailableError(f"{what}: {error}") from error
            raise SinkRejectedError(f"{what}: {error}") from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            self._reject_if_not_let_in(error)
            raise SinkUnavailableError(f"{what}: {error!r}") from error

    def _reject_if_not_let_in(self, error: Exception) -> None:
        if words := not_let_in(self._settings, error):
            raise SinkRejectedError(words) from error

    async def _connected(self) -> AsyncClient:
        if self._client is None:
            self._client = await create_async_client(
                **connection_arguments(self._settings, ANSWERS), connector_limit=32
            )
        return self._client


def not_let_in(settings: Settings, error: BaseException) -> str:
    """What to do when ClickHouse's certificate or our password is refused; else empty.

    The client wraps errors of TLS in its own, so all that led to `error` is looked at.
    """
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError) or "CERTIFICATE_VERIFY_FAILED" in str(seen):
            ca = settings.clickhouse_ca_file or "not set: the authorities this machine trusts"
            return (
                f"ClickHouse at {settings.clickhouse_url} and this client find no common TLS"
                f" ({str(seen)[:200]}): check that ESCUCHA_CLICKHOUSE_CA_FILE ({ca}) holds the"
                " authority that signed its certificate, that this names the host in"
                " ESCUCHA_CLICKHOUSE_URL, and that the port speaks TLS"
            )
        if getattr(seen, "code", None) == AUTHENTICATION_FAILED:
            return (
                f"ClickHouse at {settings.clickhouse_url} refuses {settings.clickhouse_user}:"
                " check ESCUCHA_CLICKHOUSE_USER and ESCUCHA_CLICKHOUSE_PASSWORD"
            )
        seen = seen.__cause__ or seen.__context__
    return ""


def connection_arguments(
    settings: Settings, answers: Mapping[str, str] = WAITED_ANSWERS
) -> dict[str, Any]:
    """What clickhouse-connect's client factories take, for the pipeline's own user."""
    url = urlsplit(settings.clickhouse_url)
    secure = url.scheme == "https"
    return {
        "host": url.hostname,
        "port": url.port or (8443 if secure else 8123),
        "secure": secure,
        "username": settings.clickhouse_user,
        "password": settings.clickhouse_password,
        "database": settings.clickhouse_database,
        "compress": False,
        "connect_timeout": 5,
        "send_receive_timeout": 60,
        "query_retries": 0,  # the retry above has the deadline and says what it waits for
        **({"ca_cert": str(settings.clickhouse_ca_file)} if settings.clickhouse_ca_file else {}),
        "settings": {
            **answers,
            # What one replica alone has acknowledged is lost with it.
            **({"insert_quorum": "auto"} if settings.clickhouse_cluster else {}),
        },
    }


def in_chunks(texts: Sequence[str], at_most_bytes: int) -> Iterator[list[str]]:
    """`texts` in order, cut into lists whose UTF-8 is at most so long (one may be longer)."""
    chunk: list[str] = []
    size = 0
    for text in texts:
        length = len(text.encode())
        if chunk and size + length > at_most_bytes:
            yield chunk
            chunk, size = [], 0
        chunk.append(text)
        size += length
    if chunk:
        yield chunk


def _arrow_stream(block: pa.Table) -> pa.Buffer:
    buffer = pa.BufferOutputStream()
    with pa.ipc.new_stream(buffer, block.schema) as writer:
        writer.write_table(block)
    return buffer.getvalue()


async def _pieces(body: pa.Buffer) -> AsyncIterator[bytes]:
    """`body` as it lies in memory: whole, client and HTTP library would copy it four times."""
    whole = memoryview(body)
    for start in range(0, len(whole), PIECE_BYTES):
        # Views, not copies: the HTTP library takes them, the client's types say bytes.
        yield cast(bytes, whole[start : start + PIECE_BYTES])
