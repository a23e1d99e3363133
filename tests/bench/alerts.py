"""How fast emerging intent is found: `python -m tests.bench.alerts`.

Speed: learning eight weeks of 10,000 series and judging all of them, without a database.
Delay: on broker, ClickHouse, worker and `escucha signals`, one mention a second of a new author;
from the mention that made it an alert, sent to Kafka, to the alert in alerts.v1.
"""

import json
import random
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import click
import msgspec
import numpy as np
from clickhouse_connect.driver.client import Client
from confluent_kafka import Consumer, TopicPartition

from schemas.business import Alert
from streams.signals.emerging.baseline import fit
from streams.signals.emerging.detector import score
from streams.signals.emerging.points import DAY_SEC, WEEK_SEC, Points
from streams.signals.emerging.settings import DetectorSettings
from streams.training import train_if_missing
from tests.bench.report import machine
from tests.bench.stack import Stack, running
from tests.integration.streams.helpers import produce, wait_for

PATIENCE_SEC = 60.0
# No two alike, or they would wait until upkeep has compared them.
TEXTS = (
    "¿dónde puedo comprar un {}? lo necesito para el lunes",
    "estoy entre dos marcas y creo que me llevo el {}, ¿qué opináis?",
    "busco móvil nuevo, ¿me recomendáis el {}?",
    "mañana voy a la tienda a por mi {}",
    "¿alguien sabe cuánto cuesta ahora mismo el {} más barato?",
    "decidido: este viernes encargo el {} en la web",
    "quiero cambiar de teléfono y pienso comprarme un {}",
    "¿merece la pena pagar tanto por un {} con mi presupuesto?",
    "necesito consejo: ¿{} o espero a las rebajas para comprarlo?",
    "¿qué tienda tiene ofertas del {}? quiero comprarlo hoy",
    "me han convencido, voy a comprar el {} en cuanto cobre",
    "¿hay descuento de estudiante si compro un {}?",
)
BRANDS = ("Nimbara", "Kolmio", "Tessera")  # of the bundled listening rules; unheard of before


def speed(series: int, points_of_each: float, rounds: int) -> dict[str, float]:
    """Seconds to learn and to judge, medians of the rounds."""
    rng = np.random.default_rng(1)
    settings = DetectorSettings()
    now = 2_600 * WEEK_SEC
    counts = rng.poisson(rng.gamma(0.5, points_of_each / 0.5, series))
    number = np.repeat(np.arange(series), counts)
    at = now - rng.random(len(number)) * settings.history_days * DAY_SEC
    points = Points.make(number, at, [str(k) for k in range(series)], rng.integers(0, 2, series))
    learnt, judged = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        baseline = fit(points, now, settings)
        learnt.append(time.perf_counter() - began)
        began = time.perf_counter()
        score(points, baseline, np.arange(series), np.full(series, now))
        judged.append(time.perf_counter() - began)
    return {"points": len(number), "learn_sec": median(learnt), "judge_sec": median(judged)}


def delay(stack: Stack) -> list[float]:
    """Seconds from the mention that made it an alert to the alert, for each brand."""
    stack = stack.with_model("shipped")
    train_if_missing(stack.settings, say=lambda _: None)
    with stack.fresh_database() as client:
        _background(client)
        processes = [
            subprocess.Popen(
                [sys.executable, "-m", "streams.cli", command],
                env=stack.environment(),
                cwd=stack.logs,
            )
            for command in ("worker", "signals")
        ]
        try:
            wait_for(
                lambda: client.query("SELECT count() FROM alert_deliveries").first_row[0],
                "signals",
            )
            return [_one(stack, client, brand) for brand in BRANDS]
        finally:
            for process in processes:
                process.kill()
                process.wait()


def _background(client: Client) -> None:
    rng = random.Random(3)
    now = datetime.now(UTC)
    client.insert(
        "mentions",
        [
            [f"old:{k}", "bench", "post", f"a{k}", now - timedelta(days=1 + 50 * rng.random()),
             "es", [f"Brand {k % 200}"], "active", k + 1]
            for k in range(40_000)
        ],
        column_names=["mention_id", "source", "kind", "author_id", "published_at", "lang",
                      "brands", "intent", "fingerprint"],
    )  # fmt: skip


def _that_made_it(client: Client, brand: str, observed: int) -> int:
    """The number of the mention with which so many had intent; the model does not see it in all."""
    rows = client.query(
        "SELECT mention_id FROM mentions WHERE startsWith(mention_id, {name:String})"
        " AND intent != 'none' ORDER BY published_at",
        {"name": f"bench:{brand}-"},
    ).result_rows
    return int(rows[observed - 1][0].split("-")[1])


def _one(stack: Stack, client: Client, brand: str) -> float:
    settings = stack.settings
    began = datetime.now(UTC)
    sent: list[float] = []
    reader = Consumer({"bootstrap.servers": settings.kafka_bootstrap, "group.id": "bench-alerts"})
    reader.assign([TopicPartition("alerts.v1", 0, 0)])
    try:
        deadline = time.monotonic() + PATIENCE_SEC
        while time.monotonic() < deadline:
            name = f"{brand}-{len(sent)}"
            mention = {
                "type": "mention",
                "mention_id": f"bench:{name}-{began.timestamp():.0f}",
                "source": "bench",
                "author": {"id": f"bench {name}"},
                "text": TEXTS[len(sent) % len(TEXTS)].format(brand),
                "published_at": datetime.now(UTC).isoformat(),
                "lang": "es",
            }
            produce(
                settings.kafka_bootstrap, settings.mentions_topic, [json.dumps(mention).encode()]
            )
            sent.append(time.monotonic())
            due = time.monotonic() + 1.0
            while (left := due - time.monotonic()) > 0:
                message = reader.poll(left)
                if message is None or message.error() is not None:
                    continue
                alert = msgspec.json.decode(message.value() or b"", type=Alert)
                if alert.series == brand:
                    arrived = time.monotonic()
                    return arrived - sent[_that_made_it(client, brand, alert.observed)]
        raise RuntimeError(f"no alert after {len(sent)} mentions")
    finally:
        reader.close()


@click.command(help=__doc__)
@click.option("--series", default=10_000, show_default=True)
@click.option("--points", default=130.0, show_default=True, help="Of each series, on average.")
@click.option("--rounds", default=5, show_default=True, help="Of the speed.")
def main(series: int, points: float, rounds: int) -> None:
    """Print both."""
    print(machine())
    fast = speed(series, points, rounds)
    print(
        f"{series} series, {fast['points']} points: learning {fast['learn_sec']:.2f} s,"
        f" judging all {fast['judge_sec'] * 1000:.0f} ms"
    )
    with TemporaryDirectory() as folder, running(Path(folder)) as stack:
        delays = delay(stack)
    print(
        "from the mention to the alert:"
        f" median {median(delays):.1f} s, worst {max(delays):.1f} s of {len(delays)}"
    )


if __name__ == "__main__":
    main()
