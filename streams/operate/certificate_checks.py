"""What doctor asks of certificates, in files and as servers show them: whether one ends soon."""

import ssl
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from socket import create_connection
from urllib.parse import urlsplit

from cryptography import x509

from streams import clock
from streams.errors import SettingsError
from streams.operate.findings import Finding, Patient, bad, ok, warn
from streams.settings import Settings

SOON = timedelta(days=30)
PATIENCE_SEC = 6.0
X509_V_ERR_CERT_HAS_EXPIRED = 10  # of OpenSSL; Python has no name for it
NEW = "Put a new one in its place, and start again all that use it."


def certificates(patient: Patient) -> Iterator[Finding]:
    """Each certificate that this installation leans on: authorities, its own, and the servers'."""
    seen: list[tuple[str, datetime]] = []
    for file in _files(patient.settings):
        seen += _of_file(file)
    faults: list[Finding] = []
    for address, context in _servers(patient.settings):
        try:
            seen.append((address, _of_server(address, context)))
        except ssl.SSLCertVerificationError as error:
            if error.verify_code == X509_V_ERR_CERT_HAS_EXPIRED:
                faults.append(bad("certificates", f"The certificate of {address} has ended.", NEW))
        except OSError:
            continue  # that nobody answers there is what the other checks tell of
    for where, ends in seen:
        faults += _fault(where, ends)
    if not faults and seen:
        first = min(ends for _, ends in seen)
        yield ok(
            "certificates", f"{len(seen)} certificates were seen; the first ends on {first:%F}."
        )
    yield from faults


def _files(settings: Settings) -> list[Path]:
    kafka = settings.kafka
    named = (kafka.ca_file, kafka.cert_file, settings.clickhouse_ca_file)
    return sorted({file for file in named if file is not None})


def _of_file(file: Path) -> Iterator[tuple[str, datetime]]:
    try:
        held = x509.load_pem_x509_certificates(file.read_bytes())
    except ValueError:  # refused at the start, with the remedy
        return
    for one in held:
        yield str(file), one.not_valid_after_utc


def _servers(settings: Settings) -> Iterator[tuple[str, ssl.SSLContext]]:
    with suppress(SettingsError):  # files that do not fit are told at the start
        if context := settings.kafka.ssl_context():
            for address in settings.kafka_bootstrap.split(","):
                yield address.strip(), context
    url = urlsplit(settings.clickhouse_url)
    if url.scheme == "https":
        with suppress(OSError):
            context = ssl.create_default_context(cafile=settings.clickhouse_ca_file)
            yield f"{url.hostname}:{url.port or 443}", context


def _of_server(address: str, context: ssl.SSLContext) -> datetime:
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    with (
        create_connection((host, int(port)), PATIENCE_SEC) as plain,
        context.wrap_socket(plain, server_hostname=host) as shown,
    ):
        certificate = shown.getpeercert(binary_form=True) or b""  # a verified one is always there
    return x509.load_der_x509_certificate(certificate).not_valid_after_utc


def _fault(where: str, ends: datetime) -> Iterable[Finding]:
    now = clock.now()
    if ends <= now:
        yield bad(
            "certificates",
            f"The certificate of {where} ended on {ends:%F}.",
            NEW,
        )
    elif ends - now < SOON:
        yield warn(
            "certificates",
            f"The certificate of {where} ends on {ends:%F}, in {(ends - now).days} days.",
            "Put a new one in its place before, and start again all that use it: from then on"
            " nothing connects.",
        )


CHECKS = (certificates,)
