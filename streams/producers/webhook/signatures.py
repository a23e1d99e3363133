"""Signs and verifies requests: HMAC-SHA256 over moment and body, as in Stripe's webhooks.

    X-Escucha-Signature: t=<unix seconds>,v1=<hex of HMAC-SHA256(secret, "<t>." + body)>

Several `v1` may stand in one header and several secrets may be accepted, so that either side can
change its secret without a pause. A request sent again within the tolerance passes again: events
have ids, so that twice is once.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence

from streams.errors import EscuchaError, SettingsError

HEADER = "x-escucha-signature"
TOLERANCE_SEC = 300
MIN_SECRET_CHARS = 16
MAX_SIGNATURES = 10
MAX_SECRETS = 10
_MAX_HEADER_CHARS = 1_024
_MOMENT = re.compile(r"\d{1,12}", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_FORM = "write it as t=<unix seconds>,v1=<64 hex digits>"


class SignatureError(EscuchaError):
    """The request is not signed by anyone who knows a secret, or not now."""


class Signature:
    """A header that has been read and whose moment is now; says nothing of the body yet."""

    def __init__(self, moment: str, digests: Sequence[str]) -> None:
        self._moment = moment
        self._digests = digests

    @classmethod
    def read(cls, headers: Sequence[str], now_sec: float) -> "Signature":
        """The signature in a request's headers of that name; raises SignatureError."""
        if not headers:
            raise SignatureError(f"the header X-Escucha-Signature is missing; {_FORM}")
        if len(headers) > 1 or len(headers[0]) > _MAX_HEADER_CHARS:
            raise SignatureError(f"one header X-Escucha-Signature is wanted; {_FORM}")
        moments: list[str] = []
        digests: list[str] = []
        for part in headers[0].split(","):
            name, _, value = part.strip().partition("=")
            if name == "t":
                moments.append(value)
            elif name == "v1":
                digests.append(value)
        if len(moments) != 1 or not _MOMENT.fullmatch(moments[0]):
            raise SignatureError(f"the header X-Escucha-Signature has no single t; {_FORM}")
        if not 1 <= len(digests) <= MAX_SIGNATURES or not all(map(_DIGEST.fullmatch, digests)):
            raise SignatureError(f"the header X-Escucha-Signature has no v1 of that form; {_FORM}")
        off = int(moments[0]) - now_sec
        if abs(off) > TOLERANCE_SEC:
            where = "ahead of" if off > 0 else "behind"
            raise SignatureError(
                f"t is {abs(off):.0f} s {where} this receiver's clock ({now_sec:.0f}), more than"
                f" {TOLERANCE_SEC} s; sign each request when it is sent, and set the clock"
            )
        return cls(moments[0], digests)

    def verify(self, body: bytes, secrets: Sequence[str]) -> int:
        """The number of the secret that has signed `body`; raises SignatureError if none has.

        Takes the same time whichever secret fits and however nearly the others do.
        """
        found = -1
        for number, secret in enumerate(secrets):
            expected = digest_of(body, secret, self._moment)
            for digest in self._digests:
                found = number if hmac.compare_digest(expected, digest) else found
        if found < 0:
            raise SignatureError(
                "no v1 fits: sign the bytes of the body exactly as they are sent, with a secret"
                " that this receiver has"
            )
        return found


def signature_header(body: bytes, secret: str, at_sec: int) -> str:
    """What a sender puts into X-Escucha-Signature."""
    return f"t={at_sec},v1={digest_of(body, secret, str(at_sec))}"


def digest_of(body: bytes, secret: str, moment: str) -> str:
    """Hex of HMAC-SHA256 over `<moment>.` and the body."""
    return hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()


def secrets_in(text: str) -> tuple[str, ...]:
    """The secrets in a setting or file, by commas or lines; raises SettingsError.

    Lines that begin with # are remarks.
    """
    lines = (line.strip() for line in text.splitlines())
    secrets = [
        secret.strip()
        for line in lines
        if not line.startswith("#")
        for secret in line.split(",")
        if secret.strip()
    ]
    if len(secrets) > MAX_SECRETS:
        raise SettingsError(f"webhook secrets: {len(secrets)} are too many; keep {MAX_SECRETS}")
    for number, secret in enumerate(secrets, start=1):
        if len(secret) < MIN_SECRET_CHARS:
            raise SettingsError(
                f"webhook secret {number} has {len(secret)} characters, fewer than"
                f" {MIN_SECRET_CHARS}; make one with: openssl rand -hex 32"
            )
    return tuple(secrets)
