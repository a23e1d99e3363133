"""A ClickHouse with made-up mentions, and `escucha console` before it in a process of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from clickhouse_connect.driver.client import Client

from deploy.local.handles import ClickHouseHandle, start_clickhouse
from deploy.local.ports import free_ports
from streams.migrate import connect, migrate_up_to, migrations
from streams.settings import Settings
from tests.bench.signing_in import SignedIn

# `{rows}` mentions from `{first}` on, over the last `{days}` days or, with 0, of this moment. One
# in a thousand says "lavavajillas"; texts are of 60 to 260 characters.
MADE_UP = """
INSERT INTO mentions (
    mention_id, source, kind, author_id, author_handle, followers, text, lang, url, published_at,
    brands, topics, intent, intent_latent, intent_active, stage, stage_probability, sentiment,
    intent_words, model_version, rules_version, topic, topic_id, kafka_partition, kafka_offset,
    kafka_timestamp
)
WITH
    ['quiero','comprar','un','portátil','nuevo','alguien','sabe','si','la','batería','dura','poco',
     'hoy','llegó','tarde','mañana','pedido','el','precio','sube','otra','vez','looking','for',
     'good','phone','under','budget','any','idea','really','happy','with','it'] AS words,
    ['none','none','none','none','none','none','latent','latent','active','none'] AS intents,
    cityHash64(number) AS dice
SELECT
    concat('bluesky:made-', toString(number)), 'bluesky', 'post',
    concat('author-', toString(dice % 200000)), concat('voz', toString(dice % 200000)),
    dice % 5000,
    concat(
        arrayStringConcat(arrayMap(
            n -> words[cityHash64(number, n) % length(words) + 1], range(12 + dice % 36)
        ), ' '),
        if(number % 1000 = 0, ' lavavajillas', '')
    ),
    if(dice % 3 = 0, 'en', 'es'), concat('https://example.org/', toString(number)),
    now64(3) - toIntervalMillisecond(dice % ({days} * 86400000 + 1)),
    if(dice % 2 = 0, ['Volta'], []), if(dice % 4 = 0, ['precio'], []),
    intents[dice % 10 + 1] AS chosen,
    if(chosen = 'latent', 0.8, 0.1), if(chosen = 'active', 0.8, 0.1),
    if(chosen = 'none', 'none', 'consideration'), 0.7, 'neutral',
    if(chosen = 'none', [], ['quiero', 'comprar']), 'bench', 'bench', 'mentions.raw.v1', 'bench',
    number % 6, number, now64(3)
FROM numbers({first}, {rows})
"""


@dataclass(frozen=True)
class ConsoleStack:
    """What a bench asks and measures."""

    url: str
    console: psutil.Process
    clickhouse: ClickHouseHandle
    client: Client
    session: SignedIn

    def make_up(self, first: int, rows: int, days: int) -> None:
        """Store so many mentions, in inserts of at most 100,000."""
        for begin in range(first, first + rows, 100_000):
            some = min(100_000, first + rows - begin)
            self.client.command(MADE_UP.format(first=begin, rows=some, days=days))

    def busy_sec(self) -> float:
        """Processor seconds of the console so far."""
        times = self.console.cpu_times()
        return times.user + times.system

    def peak_mib(self) -> float:
        """The most memory that the console has held so far."""
        status = Path(f"/proc/{self.console.pid}/status").read_text()
        [line] = [line for line in status.splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) / 1024


@contextmanager
def console_stack(folder: Path) -> Iterator[ConsoleStack]:
    """Start both; stop both on the way out."""
    with start_clickhouse(folder) as clickhouse:
        settings = Settings(
            run_dir=folder,
            clickhouse_url=clickhouse.url,
            clickhouse_user=clickhouse.user,
            clickhouse_password=clickhouse.password,
            clickhouse_database=clickhouse.database,
        )
        # The tables alone: there is no broker for topics.
        migrate_up_to(settings, migrations()[-1].name, say=lambda _: None)
        port = free_ports(1)[0]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("ESCUCHA_")} | {
            "ESCUCHA_RUN_DIR": str(folder),
            "ESCUCHA_CLICKHOUSE_URL": clickhouse.url,
            "ESCUCHA_CLICKHOUSE_USER": clickhouse.user,
            "ESCUCHA_CLICKHOUSE_PASSWORD": clickhouse.password,
            "ESCUCHA_CLICKHOUSE_READER_USER": clickhouse.reader_user,
            "ESCUCHA_CLICKHOUSE_READER_PASSWORD": clickhouse.reader_password,
            "ESCUCHA_CONSOLE_PORT": str(port),
        }
        command = [sys.executable, "-m", "streams.cli", "console"]
        process = subprocess.Popen(command, env=environment)
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(url)
            with connect(settings, in_database=True) as client:
                session = SignedIn(url, folder)
                running = psutil.Process(process.pid)
                yield ConsoleStack(url, running, clickhouse, client, session)
        finally:
            process.terminate()
            process.wait()


def wait_for(url: str) -> None:
    """Return once the console answers."""
    deadline = time.monotonic() + 60
    while True:
        try:
            if httpx.get(f"{url}/healthz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)
