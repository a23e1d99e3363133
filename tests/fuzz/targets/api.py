"""The two HTTP APIs as they are served: the console over ClickHouse, the webhook's receiver."""

import asyncio
import logging
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import httpx

from dashboards.console import ConsoleConfig, Writers
from dashboards.console.signing_in import END_PATH
from deploy.local.handles import ClickHouseHandle, start_clickhouse
from deploy.local.ports import free_ports
from schemas.accounts import Identity
from schemas.business import Label
from streams.accounts import book, sessions
from streams.accounts.keeper import Keeper
from streams.accounts.passwords import Work
from streams.desk import Desk
from streams.listening.desk import RulesDesk
from streams.listening.searching import Searching
from streams.modelling.keeper import ModelKeeper
from streams.producers.webhook import openapi
from streams.producers.webhook.options import ReceiverOptions
from streams.producers.webhook.signatures import HEADER, signature_header
from streams.settings import Settings
from streams.signals.emerging.acting import AlertDesk
from streams.training import train_if_missing
from tests.browser.data import apply_schema, insert_story
from tests.browser.serving import running, writing
from tests.fuzz.api import Api, ApiTarget
from tests.fuzz.targets.http import MIGRATIONS
from tests.unit.producers.webhook.helpers import SECRET, receiver

ROOT = Path(__file__).parents[3]
LITTLE = Work(16, 8, 1)  # passwords are not what is tested
MANY = 1_000_000
WHO = "fuzz"
# What the console's routes write to.
WRITTEN = (
    "lead_events", "care_events", "signal_settings", "rule_versions", "model_comparisons",
    "shadow_models", "console_accounts", "console_sessions", "console_sign_ins", "console_audit",
)  # fmt: skip


@contextmanager
def console(handle: ClickHouseHandle, config: ConsoleConfig, folder: Path) -> Iterator[Api]:
    """The console as `escucha console` wires it, with an admin signed in; labels go nowhere."""
    settings = Settings(
        clickhouse_url=handle.url,
        clickhouse_user=handle.user,
        clickhouse_password=handle.password,
        clickhouse_reader_user=handle.reader_user,
        clickhouse_reader_password=handle.reader_password,
        run_dir=folder / "run",
        model_store=folder / "models",
    )
    train_if_missing(settings, say=lambda _: None)
    config = replace(config, port=free_ports(1)[0], sign_ins_per_min=MANY, answer_lifetime_sec=0.0)
    with (
        Keeper(settings, opens_by_link=False, work=LITTLE) as keeper,
        Desk(settings) as desk,
        AlertDesk(settings) as alerts,
        RulesDesk(settings) as rules,
        ModelKeeper(settings, resamples=40) as models,
        running(
            config,
            Writers(
                labels=_take, desk=desk, alerts=alerts, rules=rules, models=models,
                search=Searching(settings), accounts=keeper,
            ),
        ) as url,
    ):  # fmt: skip
        with writing(handle) as client:
            admin = book.of_provider(client, Identity("https://issuer", WHO, WHO, "admin"))
            assert admin is not None
            cookie = f"escucha-{config.port}={sessions.begin(client, admin, 'password')}"
        with httpx.Client(base_url=url, headers={"cookie": cookie}) as page:
            csrf = page.get("/api/session").json()["csrf"]
            document = page.get("/api/openapi.json").json()
            uids = [board["uid"] for board in page.get("/api/dashboards").json()["dashboards"]]
        yield Api(
            document,
            url,
            lambda _: {"cookie": cookie, "x-escucha-csrf": csrf},
            {"origin": url},
            without=[("POST", END_PATH)],  # all that follows would be refused
            known={"uid": uids, "panel_id": list(range(1, 20))},
        )


async def _take(labels: Sequence[Label]) -> str:
    assert all(isinstance(one, Label) for one in labels)
    return ""


@contextmanager
def console_alone() -> Iterator[Api]:
    """The same over a ClickHouse of its own, with a story in it."""
    with tempfile.TemporaryDirectory() as place, start_clickhouse(Path(place) / "c") as handle:
        with writing(handle) as client:
            client.command(f"CREATE DATABASE IF NOT EXISTS {handle.database}")
            apply_schema(client, MIGRATIONS)
            insert_story(client)
        config = ConsoleConfig(
            clickhouse_url=handle.url, user=handle.reader_user, password=handle.reader_password,
            database=handle.database,
        )  # fmt: skip
        with console(handle, config, Path(place)) as api:
            yield api


@contextmanager
def webhook() -> Iterator[Api]:
    """The receiver over a Kafka in memory, in a process of its own; every request is signed."""

    def signed(body: bytes) -> Mapping[str, str]:
        return {HEADER: signature_header(body, SECRET, int(time.time()))}

    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_receive, args=(theirs,), daemon=True)
    sys.path.insert(0, str(ROOT))  # pytest imports tests without it; the other process gets it
    try:
        process.start()
    finally:
        sys.path.remove(str(ROOT))
    theirs.close()
    try:
        document = openapi.document(ReceiverOptions(secrets=(SECRET,)))
        yield Api(document, ours.recv().rstrip("/"), signed, {})
    finally:
        ours.close()
        process.join()
        process.close()


def _receive(pipe: Connection) -> None:
    """Serve until the other end is closed."""

    async def serve() -> None:
        # Limits of pace have tests of their own.
        async with receiver(requests_per_sec=0, refusals_per_sec=0) as running:
            pipe.send(running.address)
            with suppress(EOFError):
                await asyncio.to_thread(pipe.recv)

    logging.disable(logging.CRITICAL)
    asyncio.run(serve())


TARGETS = (
    ApiTarget(name="console-api", what="the console by its OpenAPI document", open=console_alone),
    ApiTarget(name="webhook-api", what="the receiver by its OpenAPI document", open=webhook),
)
