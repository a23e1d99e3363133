"""Certificates that end soon are told in time, in a file and as a server shows them."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from socket import create_server

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from streams.operate.broker_checks import _single_copies
from streams.operate.certificate_checks import certificates
from streams.operate.findings import Finding, Patient
from streams.settings import Settings
from streams.topic_admin import Topic
from tests.fakes.tls_proxy import TlsProxy


def issue(folder: Path, name: str, days: int) -> tuple[Path, Path]:
    """A certificate of this machine that signs itself, and its key; it ends in so many days."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=90))
        .not_valid_after(now + timedelta(days=days, hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / f"{name}.crt", folder / f"{name}.key"
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate, private


def examined(settings: Settings) -> list[Finding]:
    patient = Patient(
        settings=settings, variables=frozenset(), run_dir=settings.run_dir, stack_runs=False
    )
    return list(certificates(patient))


@contextmanager
def https(certificate: Path, key: Path) -> Iterator[str]:
    with create_server(("127.0.0.1", 0)) as behind:
        port = int(behind.getsockname()[1])
        with TlsProxy(port, certificate, key) as proxy:
            yield f"127.0.0.1:{proxy.port}"


@pytest.mark.parametrize(
    ("days", "state", "says"),
    [
        (31, "ok", "1 certificates were seen"),
        (29, "warn", "in 29 days"),
        (-2, "bad", "ended on"),
    ],
)
def test_a_file_whose_certificate_ends(tmp_path: Path, days: int, state: str, says: str) -> None:
    authority, _ = issue(tmp_path, "authority", days)
    settings = Settings(
        kafka_bootstrap="127.0.0.1:1", kafka_security="SSL", kafka_ca_file=authority
    )
    [found] = examined(settings)
    assert (found.state, says in found.says) == (state, True), found
    assert (str(authority) in found.says) is (state != "ok")


def test_a_client_certificate_is_looked_at_as_well(tmp_path: Path) -> None:
    authority, _ = issue(tmp_path, "authority", 300)
    own, key = issue(tmp_path, "own", 3)
    settings = Settings(
        kafka_bootstrap="127.0.0.1:1",
        kafka_security="SSL",
        kafka_ca_file=authority,
        kafka_cert_file=own,
        kafka_key_file=key,
    )
    [found] = examined(settings)
    assert (found.state, str(own) in found.says, "in 3 days" in found.says) == ("warn", True, True)


@pytest.mark.parametrize(
    ("days", "state", "says"),
    [(60, "ok", "2 certificates"), (5, "warn", "in 5 days"), (-1, "bad", "has ended")],
)
def test_what_servers_show(tmp_path: Path, days: int, state: str, says: str) -> None:
    shown, key = issue(tmp_path, "shown", days)
    with https(shown, key) as address:
        for settings in (
            Settings(clickhouse_url=f"https://{address}", clickhouse_ca_file=shown),
            Settings(kafka_bootstrap=address, kafka_security="SSL", kafka_ca_file=shown),
        ):
            found = [one for one in examined(settings) if address in one.says or state == "ok"]
            assert [(one.state, says in one.says) for one in found] == [(state, True)], found


def test_where_nothing_is_encrypted_nothing_is_said() -> None:
    assert examined(Settings()) == []


def test_a_server_of_another_authority_is_left_to_the_other_checks(tmp_path: Path) -> None:
    shown, key = issue(tmp_path, "shown", 5)
    other, _ = issue(tmp_path, "other", 300)
    with https(shown, key) as address:
        settings = Settings(clickhouse_url=f"https://{address}", clickhouse_ca_file=other)
        assert [one.state for one in examined(settings)] == ["ok"]
        with pytest.raises(ssl.SSLError):
            ssl.get_server_certificate(
                ("127.0.0.1", int(address.rpartition(":")[2])), ca_certs=str(other)
            )


@pytest.mark.parametrize(
    ("brokers", "replication", "told"), [(1, 1, False), (3, 1, True), (3, 2, False)]
)
def test_single_copies_on_several_brokers(brokers: int, replication: int, told: bool) -> None:
    topics = {
        "mentions.raw.v1": Topic("mentions.raw.v1", "id", 6, replication),
        "orders.v1": Topic("orders.v1", "id", 6, 3),
    }
    found = list(_single_copies(brokers, topics))
    assert [(one.state, "mentions.raw.v1: one copy" in one.says) for one in found] == (
        [("warn", True)] if told else []
    )
    assert not any("orders" in one.says for one in found)
