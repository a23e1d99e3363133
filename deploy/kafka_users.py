"""Creates Kafka's users of Escucha with the rights of deploy/kafka/users.yaml, and nothing more.

    python -m deploy.kafka_users --bootstrap kafka:9092 --ca-file ca.pem

Passwords come from the environment: ESCUCHA_KAFKA_ADMIN_PASSWORD of the user `admin`, and for each
role that is to be made ESCUCHA_KAFKA_<ROLE>_PASSWORD; a role without one is left as it is. Each
may be in a file that …_PASSWORD_FILE names. To run it again sets passwords anew.
"""

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from confluent_kafka import KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from deploy.local.errors import LocalStackError

USERS = Path(__file__).with_name("kafka") / "users.yaml"
CLUSTER = "kafka-cluster"  # the one name a cluster has in ACLs
ADMIN = "admin"
TIMEOUT_SEC = 20.0
SCRAM_ITERATIONS = 4096
_KINDS = {
    "topics": ResourceType.TOPIC,
    "groups": ResourceType.GROUP,
    "transactions": ResourceType.TRANSACTIONAL_ID,
}


def roles() -> dict[str, dict[str, Any]]:
    """Return what the file says, by role."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(USERS.read_text(encoding="utf-8"))
    return found


def acls(role: str, user: str) -> list[AclBinding]:
    """Return the ACLs that give `user` the rights of `role`."""
    rights = roles()[role]
    bindings = [
        _acl(ResourceType.BROKER, CLUSTER, user, each) for each in rights.get("cluster", ())
    ]
    for key, kind in _KINDS.items():
        for name, operations in rights.get(key, {}).items():
            bindings += [_acl(kind, name, user, operation) for operation in operations]
    return bindings


def create(settings: Mapping[str, Any], passwords: Mapping[str, str]) -> None:
    """Create or change the users, named by their roles; `settings` are those of the admin's client.

    Raises LocalStackError when Kafka refuses or does not answer.
    """
    admin = AdminClient({**settings, "log_level": 0})
    info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, SCRAM_ITERATIONS)
    try:
        for role, password in passwords.items():
            wanted = UserScramCredentialUpsertion(role, info, password.encode())
            changes = admin.alter_user_scram_credentials([wanted], request_timeout=TIMEOUT_SEC)
            for change in changes.values():
                change.result(TIMEOUT_SEC)
            for made in admin.create_acls(acls(role, role), request_timeout=TIMEOUT_SEC).values():
                made.result(TIMEOUT_SEC)
    except (KafkaException, TimeoutError) as error:
        raise LocalStackError(
            f"Kafka's users could not be made: {error}. Is it up, and are --bootstrap, --ca-file"
            " and ESCUCHA_KAFKA_ADMIN_PASSWORD right?"
        ) from error


def _acl(kind: ResourceType, name: str, user: str, operation: str) -> AclBinding:
    pattern = ResourcePatternType.PREFIXED if name.endswith("*") else ResourcePatternType.LITERAL
    return AclBinding(
        kind,
        name.removesuffix("*"),
        pattern,
        f"User:{user}",
        "*",
        AclOperation[operation.upper()],
        AclPermissionType.ALLOW,
    )


def _password(role: str) -> str:
    variable = f"ESCUCHA_KAFKA_{role.upper()}_PASSWORD"
    file = os.environ.get(f"{variable}_FILE")
    if file:
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise LocalStackError(f"{variable}_FILE={file}: cannot be read ({error})") from error
    return os.environ.get(variable, "")


def main(arguments: list[str] | None = None) -> int:
    """Create the users whose passwords are in the environment."""
    parser = argparse.ArgumentParser(prog="python -m deploy.kafka_users", description=__doc__)
    parser.add_argument("--bootstrap", required=True, metavar="HOST:PORT")
    parser.add_argument("--ca-file", type=Path, required=True)
    options = parser.parse_args(arguments)
    try:
        admin_password = _password(ADMIN)
        passwords = {role: password for role in roles() if (password := _password(role))}
        if not admin_password or not passwords:
            raise LocalStackError(
                "set ESCUCHA_KAFKA_ADMIN_PASSWORD and the passwords of the users to make, as"
                " ESCUCHA_KAFKA_WORKER_PASSWORD"
            )
        settings = client_settings(options.bootstrap, options.ca_file, ADMIN, admin_password)
        create(settings, passwords)
    except LocalStackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"users: {', '.join(passwords)}\n")
    return 0


def client_settings(bootstrap: str, ca_file: Path, user: str, password: str) -> dict[str, Any]:
    """Return librdkafka's settings for one user."""
    return {
        "bootstrap.servers": bootstrap,
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": user,
        "sasl.password": password,
        "ssl.ca.location": str(ca_file),
    }


if __name__ == "__main__":
    sys.exit(main())
