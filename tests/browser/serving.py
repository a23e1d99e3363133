"""A console in a thread, and a client that may write to what it reads."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import clickhouse_connect
import uvicorn
from clickhouse_connect.driver.client import Client

from dashboards.console import ConsoleConfig, Writers, create_app
from deploy.local.handles import ClickHouseHandle


@contextmanager
def writing(handle: ClickHouseHandle) -> Iterator[Client]:
    """A client that may insert."""
    client = clickhouse_connect.get_client(
        dsn=handle.url,
        username=handle.user,
        password=handle.password,
        database=handle.database,
    )
    try:
        yield client
    finally:
        client.close()


@contextmanager
def running(config: ConsoleConfig, writers: Writers | None = None) -> Iterator[str]:
    """Serve a console from a thread while the block runs."""
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(config, writers),
            host=config.host,
            port=config.port,
            log_level="warning",
            timeout_graceful_shutdown=1,
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 15
    while not server.started:
        if time.monotonic() > deadline or not thread.is_alive():
            raise RuntimeError("the console did not start")
        time.sleep(0.05)
    yield f"http://{config.host}:{config.port}"
    server.should_exit = True
    thread.join(timeout=10)
