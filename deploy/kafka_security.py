"""TLS and SASL/SCRAM for Apache Kafka out of jars: its certificates and its first user."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy import kafka_users
from deploy.certificates import Authority
from deploy.local.ports import LOOPBACK

BROKER = "escucha-broker"  # super.users in deploy/kafka/secure.properties names it and the admin
SECURE = Path(__file__).with_name("kafka") / "secure.properties"


@dataclass(frozen=True)
class KafkaSecurity:
    """The certificates and the admin's password of one cluster; kept in its folder."""

    folder: Path

    @classmethod
    def at(cls, folder: Path) -> "KafkaSecurity":
        """Return those of `folder`, made now unless they are there."""
        security = cls(folder)
        if not security._password_file.exists():
            Authority.at(folder).issue("broker", (LOOPBACK, "localhost"), BROKER)
            security._password_file.touch(0o600)
            security._password_file.write_text(secrets.token_urlsafe(18), encoding="ascii")
        return security

    @property
    def ca_file(self) -> Path:
        """What clients trust."""
        return Authority(self.folder).ca_file

    @property
    def admin_password(self) -> str:
        """The password of the user `admin`, who may do everything."""
        return self._password_file.read_text(encoding="ascii")

    @property
    def _password_file(self) -> Path:
        return self.folder / "admin.password"

    def properties(self) -> dict[str, Any]:
        """What differs from deploy/kafka/secure.properties on this machine."""
        return {
            "ssl.keystore.location": self.folder / "broker.pem",
            "ssl.truststore.location": self.ca_file,
        }

    def words_of_format(self) -> list[str]:
        """Words of `StorageTool format` that make the first user, without whom there is none."""
        name = kafka_users.ADMIN
        return ["--add-scram", f"SCRAM-SHA-512=[name={name},password={self.admin_password}]"]

    def admin_settings(self, bootstrap: str) -> dict[str, Any]:
        """Return librdkafka's settings for the admin."""
        return kafka_users.client_settings(
            bootstrap, self.ca_file, kafka_users.ADMIN, self.admin_password
        )

    def create_users(self, bootstrap: str, passwords: Mapping[str, str]) -> None:
        """Create the users of deploy/kafka/users.yaml that have a password here."""
        kafka_users.create(self.admin_settings(bootstrap), passwords)
