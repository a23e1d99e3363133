"""Emerging intent live: `escucha signals` on a real broker and a real ClickHouse."""

import json
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_string
from email.header import decode_header, make_header
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
import pytest
from clickhouse_connect.driver.client import Client

from dashboards.named import read_query
from schemas.business import Alert
from schemas.pipeline import Progress
from streams.signals.emerging.live import Watch
from streams.signals.emerging.notify import outbox
from streams.signals.emerging.notify.channels import (
    RefusedError,
    UndeliveredError,
    Webhook,
    signature,
)
from streams.signals.emerging.settings import DetectorSettings
from tests.fakes.receivers import Hook, http_receiver, smtp_receiver
from tests.integration.streams.helpers import Lane, command_line, produce, read_all, wait_for
from tests.integration.streams.talk import burst, changes, mentions, only_background

pytestmark = pytest.mark.usefixtures("leaves_nothing")

SECRET = "a secret of the receiver's own"  # noqa: S105


@pytest.fixture
def client(lane: Lane) -> Iterator[Client]:
    with lane.client() as client:
        only_background(client)
        yield client


class Signals:
    """`escucha signals` in a process of its own."""

    def __init__(self, lane: Lane, **changes: object) -> None:
        self._log = lane.folder / "signals.log"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command_line("signals"),
                env=lane.environment(**changes),
                cwd=lane.folder,
                stdout=log,
                stderr=log,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        if error is not None:
            sys.stderr.write(f"--- signals said\n{self.said[-5_000:]}\n")

    @property
    def said(self) -> str:
        return self._log.read_text(errors="replace")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def terminate(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(20.0)


def landed(lane: Lane) -> None:
    """Say that mentions have landed, as a worker does."""
    now = datetime.now(UTC)
    progress = Progress(
        topic="mentions.raw.v1", partition=0, first_offset=0, last_offset=0, mentions=1,
        newest_published_at=now, stored_at=now,
    )  # fmt: skip
    produce(lane.settings.kafka_bootstrap, "progress.v1", [msgspec.json.encode(progress)])


def announced(lane: Lane, alert_id: str, since: datetime) -> list[Alert]:
    """What alerts.v1 says of an alert; those of other tests have the same ids."""
    alerts = [
        msgspec.json.decode(record["value"], type=Alert)
        for record in read_all(lane.settings.kafka_bootstrap, "alerts.v1", 1)
        if record["key"] == alert_id.encode()
    ]
    return [alert for alert in alerts if alert.opened_at >= since]


def test_a_burst_is_one_alert_however_often_the_watcher_is_killed(
    lane: Lane, client: Client
) -> None:
    began = datetime.now(UTC)
    with Signals(lane) as watcher:
        wait_for(lambda: _registered(client, 1), "the watcher to begin")
        mentions(client, burst("burst", 12))
        landed(lane)
        wait_for(lambda: changes(client), "an alert")
        [[alert_id]] = client.query("SELECT alert_id FROM alerts").result_rows
        wait_for(lambda: announced(lane, alert_id, began), "its announcement")
        watcher.kill()
    [alert] = announced(lane, alert_id, began)
    assert (alert.series, alert.kind, alert.lang, alert.event) == (
        "Nimbara", "brand", "es", "opened",
    )  # fmt: skip
    assert 6 <= alert.observed <= 12
    assert alert.expected < 1
    assert alert.sure > 0.99
    assert alert.words == ("comprar",)
    assert alert.before_contact == 1.0
    assert len(alert.evidence) == 5
    assert all(mention.startswith("test:burst-") for mention in alert.evidence)
    for brand in ("First", "Second", "Third"):
        with Signals(lane) as watcher:
            mentions(client, burst(brand, 12, brand))
            landed(lane)
            wait_for(lambda b=brand: (b, 1, "opened") in changes(client), "the next alert")
            watcher.kill()
    assert [row for row in changes(client) if row[0] == "Nimbara"] == [("Nimbara", 1, "opened")]
    assert len(announced(lane, alert_id, began)) == 1


def _registered(client: Client, channels: int) -> bool:
    [[count]] = client.query("SELECT count() FROM alert_deliveries WHERE alert_id = ''").result_rows
    return int(count) >= channels


@pytest.mark.parametrize(
    "what",
    [
        "loud author",
        "copies",
        "near copies",
        "bots",
        "spam",
        "reposts",
        "giveaways",
        "employees",
        "rivals",
    ],
)
def test_what_is_no_crowd_is_no_alert(lane: Lane, client: Client, what: str) -> None:
    rows = burst("noise", 40)
    if what == "loud author":
        rows = [(mention, "one author", at, brand) for mention, _, at, brand in rows]
    mentions(
        client,
        rows,
        fingerprint=77 if what == "copies" else None,
        bands=[1, 2, 3] if what == "near copies" else [],
        text="quiero comprar uno barato hoy mismo, ¿quién me acompaña {}?",
        author_is_bot=what == "bots",
        spam=0.9 if what == "spam" else 0.0,
        spam_reasons=["giveaway"] if what == "giveaways" else [],
        author_role={"employees": "employee", "rivals": "rival"}.get(what, ""),
        kind="repost" if what == "reposts" else "post",
    )
    watch = Watch(client, DetectorSettings())
    assert watch.look() == []
    mentions(client, burst("people", 12))
    assert [change.event for change in watch.look()] == ["opened"]


def test_who_shares_a_band_but_says_something_else_counts_at_once(
    lane: Lane, client: Client
) -> None:
    texts = (
        "un móvil para mi madre", "me llevo este mañana", "¿qué tienda lo vende barato?",
        "decidido a comprar ya", "busco ofertas", "entre dos marcas dudo", "lo encargo hoy",
        "cuánto cuesta ahora",
    )  # fmt: skip
    for number, text in enumerate(texts):
        mentions(client, burst(f"alike{number}", 1), bands=[1, 2, 3], text=text)
    [opened] = Watch(client, DetectorSettings()).look()
    assert opened.observed == len(texts)


def test_two_watchers_write_one_alert(lane: Lane, client: Client) -> None:
    watches = [Watch(client, DetectorSettings()) for _ in range(2)]
    mentions(client, burst("burst", 12))
    assert watches[0].look()
    assert watches[1].look() == []
    assert changes(client) == [("Nimbara", 1, "opened")]


def test_commands_take_in_hand_and_silence(lane: Lane, client: Client) -> None:
    mentions(client, burst("burst", 12))
    [opened] = Watch(client, DetectorSettings()).look()
    told = lane.run("alerts", "ack", opened.alert_id[:8], "--by", "Ana")
    assert told.returncode == 0, told.stderr
    assert lane.run("alerts", "snooze", opened.alert_id, "--hours", "2").returncode == 0
    assert lane.run("alerts", "ack", "no-such-alert").returncode == 1
    [listed] = json.loads(lane.run("alerts", "list", "--json").stdout)
    assert (listed["acknowledged_by"], listed["state"], listed["change"]) == ("Ana", "open", 3)
    mentions(client, burst("more", 30))
    [grown] = Watch(client, DetectorSettings()).look()
    assert (grown.event, grown.notice, grown.change) == ("growing", False, 4)
    assert b"in hand: Ana" in lane.run("alerts", "list").stdout


def test_a_webhook_that_was_dead_gets_all_of_it_signed_and_once(lane: Lane, client: Client) -> None:
    with http_receiver() as gone:
        port = gone.port
    target = f"http://127.0.0.1:{port}/alerts?of=ours"
    with Signals(lane, alerts_webhook=target, alerts_webhook_secret=SECRET) as watcher:
        wait_for(lambda: _registered(client, 2), "the watcher to begin")
        mentions(client, burst("burst", 12))
        landed(lane)
        wait_for(lambda: "webhook" in watcher.said and "waits" in watcher.said, "a failed attempt")
        watcher.kill()
    with (
        http_receiver(port) as hook,
        Signals(lane, alerts_webhook=target, alerts_webhook_secret=SECRET) as watcher,
    ):
        hook.answers[:] = [503, 204]
        wait_for(lambda: len(hook.requests) >= 2, "the refused delivery and the next one")
        wait_for(
            lambda: client.query(
                "SELECT count() FROM alert_deliveries"
                " WHERE channel LIKE 'webhook%' AND alert_id != ''"
            ).first_row[0],
            "the delivery to be noted",
        )
        assert watcher.terminate() == 0
        said = watcher.said
    refused, taken = hook.requests
    assert refused.body == taken.body
    assert refused.headers["Idempotency-Key"] == taken.headers["Idempotency-Key"]
    assert taken.path == "/alerts?of=ours"
    alert = msgspec.json.decode(taken.body, type=Alert)
    assert taken.headers["Idempotency-Key"] == f"{alert.alert_id}/1"
    assert taken.headers["Escucha-Signature"] == signature(
        SECRET, taken.headers["Escucha-Timestamp"], taken.body
    )
    assert SECRET not in said
    assert str(port) not in said


def _hours_pass(client: Client, hours: int) -> None:
    """What was refused was refused so much earlier."""
    client.command(
        "INSERT INTO alert_faults SELECT * REPLACE(refused_at - toIntervalHour({hours:UInt32}) AS"
        " refused_at, now64(3) AS tried_at) FROM alert_faults FINAL",
        {"hours": hours},
    )


def _both_brands(client: Client, hook: Hook) -> Webhook:
    """Two notices wait for a webhook."""
    channel = Webhook(f"http://127.0.0.1:{hook.port}/", SECRET)
    outbox.register(client, channel)
    mentions(client, burst("burst", 12))
    mentions(client, burst("other", 12, "Otra"))
    assert len(Watch(client, DetectorSettings()).look()) == 2
    return channel


def test_what_is_refused_for_hours_holds_up_nothing_any_more(client: Client) -> None:
    with http_receiver() as hook:
        channel = _both_brands(client, hook)
        hook.answers[:] = [422, 422, 503, 422, 204]
        for hours in (1, outbox.REFUSED_FOR_HOURS):
            with pytest.raises(RefusedError):
                outbox.deliver(client, channel)
            _hours_pass(client, hours)
        with pytest.raises(UndeliveredError, match="503"):
            outbox.deliver(client, channel)
        assert outbox.deliver(client, channel) == 1
        assert outbox.deliver(client, channel) == 0

        first, *_, fourth, other = [request.headers["Idempotency-Key"] for request in hook.requests]
        assert first == fourth != other
        assert len(hook.requests) == 5
    told = client.query(
        "SELECT attempts, reason, passed_at IS NOT NULL FROM alert_faults FINAL"
    ).result_rows
    assert told == [(4, "it answered 422", 1)]
    assert client.query(read_query("alert_refused_notices")).result_rows == [(1,)]


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
def test_what_may_be_taken_later_waits_and_is_not_lost(client: Client, status: int) -> None:
    with http_receiver() as hook:
        channel = _both_brands(client, hook)
        hook.answers[:] = [status, status, 204]
        for _ in range(2):
            with pytest.raises(UndeliveredError, match=str(status)):
                outbox.deliver(client, channel)
            _hours_pass(client, 1_000)
        assert outbox.deliver(client, channel) == 2
    assert client.query(read_query("alert_refused_notices")).result_rows == [(0,)]


@pytest.mark.parametrize(
    ("language", "title"),
    [("es", "Intención de compra que surge"), ("en", "Purchase intent emerges")],
)
def test_a_notice_comes_by_mail(
    lane: Lane, client: Client, tmp_path: Path, language: str, title: str
) -> None:
    with smtp_receiver() as box:
        addresses = tmp_path / "addresses"
        addresses.write_text(
            "# people\n"
            f"mailto://127.0.0.1:{box.port}?from=escucha@example.org&to=ana@example.org&mode=insecure\n"
        )
        with Signals(lane, alerts_file=addresses, alerts_language=language) as watcher:
            wait_for(lambda: _registered(client, 2), "the watcher to begin")
            mentions(client, burst("burst", 12))
            landed(lane)
            wait_for(lambda: box.messages, "a mail")
            watcher.kill()
            assert "example.org" not in watcher.said
    message = message_from_string(box.messages[0])
    assert str(make_header(decode_header(message["Subject"]))) == f"{title}: Nimbara (es)"
    text = message.get_payload(decode=True)
    if message.is_multipart():
        text = message.get_payload(0).get_payload(decode=True)
    assert b"comprar" in text


def test_addresses_that_cannot_be_are_refused_without_being_shown(
    lane: Lane, tmp_path: Path
) -> None:
    told = lane.run("signals", alerts_to="nonsense://token-of-ours")
    assert told.returncode == 1
    assert b"address 1" in told.stderr
    assert b"token-of-ours" not in told.stderr
    for wrong in ("http://[::1/token-of-ours", "https://host:port/x"):
        addresses = tmp_path / "addresses"
        addresses.write_text(f"{wrong} {SECRET}\n")
        told = lane.run("signals", alerts_file=addresses)
        assert told.returncode == 1
        assert b"https://HOST[:PORT]/PATH" in told.stderr
        assert b"token-of-ours" not in told.stderr
    told = lane.run("signals", alerts_webhook="http://127.0.0.1:1/x", alerts_webhook_secret="short")  # noqa: S106
    assert told.returncode == 1
    assert b"at least 16" in told.stderr


def test_a_brand_that_nobody_knew_is_found_by_a_watcher_that_runs(
    lane: Lane, client: Client
) -> None:
    watch = Watch(client, DetectorSettings())
    assert watch.look() == []
    mentions(client, burst("news", 12, "Unheard"))
    wait_for(lambda: [c.series.name for c in watch.look()] == ["Unheard"], "the new brand")


def test_the_backtest_takes_what_is_stored(lane: Lane, client: Client) -> None:
    rng = random.Random(6)
    now = datetime.now(UTC)
    mentions(
        client,
        [
            (f"test:much-{n}", f"{n}", now - timedelta(days=30 * rng.random()), "Nimbara")
            for n in range(900)
        ],
    )
    told = lane.run("alerts", "backtest", "--bursts", "12", "--json")
    assert told.returncode == 0, told.stderr
    report = json.loads(told.stdout)
    assert report["series"] == 1
    assert report["left_out"] == ["Otra (es)"]
    assert {found["stratum"] for found in report["found"]} == {"brand"}
