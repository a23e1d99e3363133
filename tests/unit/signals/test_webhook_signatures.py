"""What goes out signed is believed once, from who knows the secret, and not for ever."""

from pathlib import Path

import msgspec
import pytest

from schemas.business import Alert
from streams.signals.emerging.notify.channels import REPLAY_SEC, Webhook, is_genuine, signature
from tests.fakes.receivers import http_receiver

SECRET = "a-secret-of-the-tests"  # noqa: S105
SENT_SEC = 1_783_159_200


def sample() -> bytes:
    return (Path(__file__).parents[3] / "schemas/examples/good/alert.json").read_bytes()


def test_what_is_sent_is_genuine_to_whoever_checks_it_as_said() -> None:
    alert = msgspec.json.decode(sample(), type=Alert)
    with http_receiver() as hook:
        Webhook(f"http://127.0.0.1:{hook.port}/a", SECRET, now=lambda: SENT_SEC + 0.7).send(alert)
    [request] = hook.requests
    assert is_genuine(SECRET, request.headers, request.body, now_sec=SENT_SEC + 1)
    late_sec = SENT_SEC + REPLAY_SEC + 1
    assert not is_genuine(SECRET, request.headers, request.body, now_sec=late_sec)


@pytest.mark.parametrize(
    ("changes", "payload", "secret", "now_sec"),
    [
        ({}, b"{}", SECRET, SENT_SEC),
        ({}, None, "another-secret-of-tests", SENT_SEC),
        ({}, None, SECRET, SENT_SEC + REPLAY_SEC + 1),
        ({}, None, SECRET, SENT_SEC - REPLAY_SEC - 1),
        ({"Escucha-Timestamp": str(SENT_SEC + 1)}, None, SECRET, SENT_SEC),
        ({"Escucha-Timestamp": ""}, None, SECRET, SENT_SEC),
        ({"Escucha-Timestamp": "٣"}, None, SECRET, SENT_SEC),
        ({"Escucha-Timestamp": "9" * 5_000}, None, SECRET, SENT_SEC),
        ({"Escucha-Signature": ""}, None, SECRET, SENT_SEC),
        ({"Escucha-Signature": "v1=ñ"}, None, SECRET, SENT_SEC),
        ({"Escucha-Signature": "v0=" + "0" * 64}, None, SECRET, SENT_SEC),
    ],
)
def test_what_was_changed_is_old_or_of_somebody_else_is_not(
    changes: dict[str, str], payload: bytes | None, secret: str, now_sec: float
) -> None:
    sent = sample()
    headers = {
        "Escucha-Timestamp": str(SENT_SEC),
        "Escucha-Signature": signature(SECRET, str(SENT_SEC), sent),
        **changes,
    }
    assert not is_genuine(secret, headers, sent if payload is None else payload, now_sec=now_sec)
