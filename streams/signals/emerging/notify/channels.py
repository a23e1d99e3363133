"""Ways out: Kafka for programs, a signed webhook, and whatever apprise knows for people."""

import hashlib
import hmac
import http.client
import logging
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import msgspec

from schemas.business import Alert
from schemas.topics import ALERTS
from streams.errors import BrokerUnavailableError
from streams.kafka_access import KafkaAccess
from streams.producers.base import EventWriter, RecordRefusedError
from streams.producers.deliveries import DeliveredRecord, KafkaFault
from streams.signals.emerging.notify.texts import Language, body, title

TIMEOUT_SEC: Final = 10.0
REPLAY_SEC: Final = 300
# Of 4xx those that speak of the moment and not of what was sent.
_NOT_NOW: Final = {408, 425, 429}

log = logging.getLogger(__name__)


class UndeliveredError(Exception):
    """It did not arrive, or nobody knows whether it did; says why, without address or secret."""


class RefusedError(UndeliveredError):
    """It arrived and the receiver does not want it: sent again as it is, it will say no again."""


class Channel(Protocol):
    """One way out. `name` holds no secret; `wants_all` is for changes nobody is noticed of."""

    @property
    def name(self) -> str: ...
    @property
    def wants_all(self) -> bool: ...
    def send(self, alert: Alert) -> None:
        """Return when it has arrived; raises UndeliveredError, RefusedError if it is not wanted."""


@dataclass(frozen=True)
class Letter:
    """Something to read that is no alert: a report, with files for who can take them."""

    key: str  # what a receiver tells a second delivery by
    title: str
    body: str
    facts: Mapping[str, Any]  # the same for programs
    files: tuple[Path, ...] = ()


class Messenger(Protocol):
    """A way out that also takes letters."""

    @property
    def name(self) -> str: ...
    def post(self, letter: Letter) -> None:
        """Return when it has arrived; raises UndeliveredError."""


def named(kind: str, address: str) -> str:
    """A name for a channel that tells it from others and keeps its address to itself."""
    return f"{kind}-{hashlib.sha256(address.encode()).hexdigest()[:10]}"


def key_of(alert: Alert) -> str:
    """What a receiver tells a second delivery by."""
    return f"{alert.alert_id}/{alert.change}"


@dataclass
class KafkaChannel:
    """Every change into alerts.v1, keyed by alert."""

    kafka: KafkaAccess
    name: str = "kafka"
    wants_all: bool = True
    _writer: EventWriter | None = None

    def send(self, alert: Alert) -> None:
        """Return when Kafka has acknowledged it."""
        faults: list[str] = []

        def on_delivery(fault: KafkaFault | None, record: DeliveredRecord) -> None:
            if fault is not None:
                faults.append(fault.str())

        try:
            if self._writer is None:
                self._writer = EventWriter.connect(
                    self.kafka,
                    ALERTS.name,
                    client_id="escucha-signals",
                    delivery_timeout_sec=TIMEOUT_SEC,
                )
            self._writer.send(msgspec.json.encode(alert), alert.alert_id.encode(), on_delivery)
            left = self._writer.flush(TIMEOUT_SEC + 1)
        except (BrokerUnavailableError, RecordRefusedError) as error:
            self._leave()
            raise UndeliveredError(str(error)) from error
        if left or faults:
            self._leave()
            raise UndeliveredError(faults[0] if faults else "Kafka did not answer in time")

    def _leave(self) -> None:
        if self._writer is not None:
            self._writer.abandon()
        self._writer = None


@dataclass
class Webhook:
    """POST of the alert as JSON, signed over its time and body.

    Escucha-Signature is `v1=` and the HMAC-SHA256, in hex, of the timestamp, a dot and the body.
    """

    url: str = field(repr=False)
    secret: str = field(repr=False)
    wants_all: bool = False
    now: Callable[[], float] = time.time

    @property
    def name(self) -> str:
        """Its kind and a hash."""
        return named("webhook", self.url)

    def send(self, alert: Alert) -> None:
        """Return when the receiver has answered 2xx."""
        self._post(msgspec.json.encode(alert), key_of(alert))

    def post(self, letter: Letter) -> None:
        """The same with the letter's facts; programs get no files."""
        self._post(msgspec.json.encode(letter.facts), letter.key)

    def _post(self, payload: bytes, key: str) -> None:
        stamp = str(int(self.now()))
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        connection = (
            http.client.HTTPSConnection(
                host, parts.port, timeout=TIMEOUT_SEC, context=ssl.create_default_context()
            )
            if parts.scheme == "https"
            else http.client.HTTPConnection(host, parts.port, timeout=TIMEOUT_SEC)
        )
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            connection.request("POST", target, payload, {
                "Content-Type": "application/json",
                "Idempotency-Key": key,
                "Escucha-Timestamp": stamp,
                "Escucha-Signature": signature(self.secret, stamp, payload),
            })  # fmt: skip
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise UndeliveredError(type(error).__name__) from error
        finally:
            connection.close()
        if 400 <= status < 500 and status not in _NOT_NOW:
            raise RefusedError(f"it answered {status}")
        if not 200 <= status < 300:
            raise UndeliveredError(f"it answered {status}")


def signature(secret: str, stamp: str, payload: bytes) -> str:
    """What Escucha-Signature holds."""
    signed = stamp.encode() + b"." + payload
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def is_genuine(secret: str, headers: Mapping[str, str], payload: bytes, *, now_sec: float) -> bool:
    """Whether a receiver should believe a webhook: signed by `secret` within REPLAY_SEC of now.

    What a receiver in another language has to do, too; within that time it tells a repetition by
    Idempotency-Key.
    """
    stamp, given = headers.get("Escucha-Timestamp", ""), headers.get("Escucha-Signature", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 13):
        return False
    is_signed = hmac.compare_digest(signature(secret, stamp, payload).encode(), given.encode())
    return is_signed and abs(int(stamp) - now_sec) <= REPLAY_SEC


@dataclass
class Apprise:
    """E-mail, Slack, Teams, Telegram and the others: one address, as apprise writes them."""

    address: str = field(repr=False)
    language: Language = "es"
    wants_all: bool = False

    @property
    def name(self) -> str:
        """Its kind and a hash."""
        return named(urlsplit(self.address).scheme, self.address)

    def send(self, alert: Alert) -> None:
        """Return when the service has taken it."""
        self._notify(title(alert, self.language), body(alert, self.language), ())

    def post(self, letter: Letter) -> None:
        """The same with the letter's files, where the service takes any."""
        self._notify(letter.title, letter.body, letter.files)

    def _notify(self, title: str, body: str, files: tuple[Path, ...]) -> None:
        import apprise

        # What it logs may hold the address, and with that a token.
        logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
        notifier = apprise.Apprise()
        if not notifier.add(self.address):
            raise UndeliveredError("apprise does not know such an address")
        if not notifier.notify(
            body=body,
            title=title,
            body_format=apprise.NotifyFormat.TEXT,
            attach=[str(path) for path in files] or None,
        ):
            raise UndeliveredError("the service did not take it")
