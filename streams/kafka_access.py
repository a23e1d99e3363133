"""How to get into Kafka: where it is, and what every client shows to be let in.

All clients take their connection from here, so that none of them goes in the clear where the
others do not. Hosts' names are always checked against their certificates.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from confluent_kafka import KafkaError

from streams.errors import SettingsError

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
PROTOCOLS: Final[tuple[Protocol, ...]] = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS: Final[tuple[Mechanism, ...]] = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")

# What Java clients do, so that an author has one partition whoever produces.
PARTITIONER: Final = "murmur2_random"
# What is written again may be larger than librdkafka sends by default (a million bytes): brokers
# take a little more from others, and have the last word.
LARGEST_RECORD_BYTES: Final = 16 * 1024 * 1024

_NOT_LET_IN: Final = frozenset({KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED})
_NOT_ALLOWED: Final = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    }
)


@dataclass(frozen=True)
class KafkaAccess:
    """One Kafka and the way in; in the clear and without a password unless told otherwise."""

    bootstrap: str
    security: Protocol = "PLAINTEXT"
    mechanism: Mechanism = "SCRAM-SHA-512"
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None  # None: the authorities that this machine trusts
    cert_file: Path | None = None  # a client certificate, where the brokers want one
    key_file: Path | None = None

    def __post_init__(self) -> None:
        """Raises SettingsError when something is missing, or given and would not be used."""
        if self.sasl and not (self.user and self.password):
            raise SettingsError(
                f"ESCUCHA_KAFKA_SECURITY={self.security} needs ESCUCHA_KAFKA_USER and"
                " ESCUCHA_KAFKA_PASSWORD (or ESCUCHA_KAFKA_PASSWORD_FILE)"
            )
        if not self.sasl and (self.user or self.password):
            raise SettingsError(
                f"ESCUCHA_KAFKA_SECURITY={self.security} sends neither user nor password; set it"
                " to SASL_SSL, or leave ESCUCHA_KAFKA_USER and _PASSWORD out"
            )
        files = {"CA": self.ca_file, "CERT": self.cert_file, "KEY": self.key_file}
        for name, file in files.items():
            if file is None:
                continue
            if not self.tls:
                raise SettingsError(
                    f"ESCUCHA_KAFKA_{name}_FILE is set and ESCUCHA_KAFKA_SECURITY={self.security}"
                    " does not encrypt; set it to SSL or SASL_SSL"
                )
            if not file.is_file():
                raise SettingsError(f"ESCUCHA_KAFKA_{name}_FILE={file}: there is no such file")
        if (self.cert_file is None) != (self.key_file is None):
            raise SettingsError("set ESCUCHA_KAFKA_CERT_FILE and ESCUCHA_KAFKA_KEY_FILE together")

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.security.endswith("SSL")

    @property
    def sasl(self) -> bool:
        """Whether user and password are shown."""
        return self.security.startswith("SASL")

    def client_settings(self) -> dict[str, Any]:
        """What every client of librdkafka begins with; silent, since errors say it in words."""
        settings: dict[str, Any] = {"bootstrap.servers": self.bootstrap, "log_level": 0}
        if self.security != "PLAINTEXT":
            settings["security.protocol"] = self.security
        if self.sasl:
            settings["sasl.mechanism"] = self.mechanism
            settings["sasl.username"] = self.user
            settings["sasl.password"] = self.password
        if self.tls:
            settings["ssl.endpoint.identification.algorithm"] = "https"
            if self.ca_file is not None:
                settings["ssl.ca.location"] = str(self.ca_file)
            if self.cert_file is not None:
                settings["ssl.certificate.location"] = str(self.cert_file)
                settings["ssl.key.location"] = str(self.key_file)
        return settings

    def ssl_context(self) -> ssl.SSLContext | None:
        """The same for Python's own TLS; None where nothing is encrypted.

        Raises SettingsError when a file is not what it should be.
        """
        if not self.tls:
            return None
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
            if self.cert_file is not None:
                context.load_cert_chain(self.cert_file, self.key_file)
        except (ssl.SSLError, OSError) as error:
            raise SettingsError(
                f"ESCUCHA_KAFKA_CA_FILE={self.ca_file}, _CERT_FILE={self.cert_file}: not"
                f" certificates in PEM that fit together ({error})"
            ) from error
        return context


class Refusals:
    """Remembers why brokers turned a client away: its calls only say that nobody answered."""

    def __init__(self, kafka: KafkaAccess) -> None:
        self._kafka = kafka
        self._words = ""

    def note(self, error: KafkaError) -> None:
        """To be the client's `error_cb`, or called by it."""
        if error.code() in _NOT_LET_IN:
            self._words = self._password_words(error)
        elif error.code() == KafkaError._SSL:
            self._words = self._certificate_words(error)

    def remedy(self, poll: Callable[[float], object]) -> str:
        """What is wrong and what to do, empty when no broker refused; `poll` is the client's."""
        poll(0)  # runs the callbacks that are due
        words, self._words = self._words, ""
        return words

    def _password_words(self, error: KafkaError) -> str:
        return (
            f"Kafka at {self._kafka.bootstrap} refuses {self._kafka.user or 'this client'}"
            f" ({_short(error)}): check ESCUCHA_KAFKA_USER, ESCUCHA_KAFKA_PASSWORD and"
            f" ESCUCHA_KAFKA_SASL_MECHANISM={self._kafka.mechanism}"
        )

    def _certificate_words(self, error: KafkaError) -> str:
        ca = self._kafka.ca_file
        return (
            f"Kafka at {self._kafka.bootstrap} and this client find no common TLS"
            f" ({_short(error)}): check that ESCUCHA_KAFKA_CA_FILE"
            f" ({ca or 'not set: the authorities this machine trusts'}) holds the authority that"
            " signed the brokers' certificates, that these name the hosts in"
            " ESCUCHA_KAFKA_BOOTSTRAP, and that its port speaks TLS"
        )


def not_allowed(error: KafkaError, user: str) -> str:
    """What to do when a broker lets the user in and not do this; empty for other errors."""
    if error.code() not in _NOT_ALLOWED:
        return ""
    return (
        f"Kafka does not allow {user or 'an anonymous user'} to do this ({error.str()}): give it"
        " the rights that deploy/README.md lists under Kafka's users"
    )


def _short(error: KafkaError) -> str:
    return error.str().rpartition("]: ")[2][:300]
