"""What a Kafka cluster out of jars keeps from one start to the next."""

import base64
import json
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from deploy.local.errors import LocalStackError
from deploy.local.ports import LOOPBACK, free_ports


@dataclass(frozen=True)
class ClusterPlan:
    """What must not change from one start to the next; kept in the cluster's folder."""

    cluster_id: str
    broker_ports: tuple[int, ...]
    controller_ports: tuple[int, ...]
    inner_ports: tuple[int, ...] = ()  # between brokers, where clients speak SASL

    @property
    def secure(self) -> bool:
        """Whether clients need TLS and a password."""
        return bool(self.inner_ports)

    @property
    def nodes(self) -> range:
        """The node ids."""
        return range(1, len(self.broker_ports) + 1)

    def properties(
        self, node: int, data: Path, advertised_ports: Sequence[int] = ()
    ) -> dict[str, Any]:
        """Return what one node has otherwise than deploy/kafka/server.properties.

        Clients are told `advertised_ports`, one a node, in place of where the nodes listen.
        """
        size = len(self.broker_ports)
        voters = (f"{n}@{LOOPBACK}:{self.controller_ports[n - 1]}" for n in self.nodes)
        client_listener = f"CLIENTS://{LOOPBACK}:{self.broker_ports[node - 1]}"
        quorum_listener = f"CONTROLLER://{LOOPBACK}:{self.controller_ports[node - 1]}"
        inner = [f"BROKERS://{LOOPBACK}:{self.inner_ports[node - 1]}"] if self.secure else []
        told = client_listener
        if advertised_ports:
            told = f"CLIENTS://{LOOPBACK}:{advertised_ports[node - 1]}"
        return {
            "node.id": node,
            "controller.quorum.voters": ",".join(voters),
            "listeners": ",".join((client_listener, *inner, quorum_listener)),
            "advertised.listeners": ",".join((told, *inner)),
            "log.dirs": data,
            "default.replication.factor": size,
            "min.insync.replicas": min(2, size),
            "offsets.topic.replication.factor": size,
            "transaction.state.log.replication.factor": size,
            "transaction.state.log.min.isr": min(2, size),
            "share.coordinator.state.topic.replication.factor": size,
            "share.coordinator.state.topic.min.isr": min(2, size),
            # A killed broker may come back at once instead of after 9 s.
            "broker.heartbeat.interval.ms": 500,
            "broker.session.timeout.ms": 3000,
            "num.network.threads": 2,
            "num.io.threads": 2,
        }


def load_or_make(
    directory: Path, port: int | None, brokers: int | None, secure: bool | None
) -> ClusterPlan:
    """Return the plan that `directory` keeps, or a new one; None leaves a choice to what is there.

    Raises LocalStackError when `directory` holds another cluster than the one asked for.
    """
    path = directory / "cluster.json"
    if path.exists():
        document = json.loads(path.read_text(encoding="utf-8"))
        plan = ClusterPlan(
            document["cluster_id"],
            tuple(document["broker_ports"]),
            tuple(document["controller_ports"]),
            tuple(document.get("inner_ports", ())),
        )
        size, first = len(plan.broker_ports), plan.broker_ports[0]
        if brokers not in (None, size) or port not in (None, first):
            raise LocalStackError(
                f"{directory} holds a cluster of {size} on port {first}. "
                "Use those, or another --dir."
            )
        if secure not in (None, plan.secure):
            how = "with TLS and passwords" if plan.secure else "in the clear"
            raise LocalStackError(f"{directory} holds a cluster {how}. Use another --dir.")
        return plan
    count = brokers or 1
    if count not in (1, 3):
        raise LocalStackError(f"{count} brokers: use 1, or 3 for replication.")
    free = free_ports(3 * count)
    chosen = free[:count] if port is None else list(range(port, port + count))
    cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    inner = tuple(free[2 * count :]) if secure else ()
    plan = ClusterPlan(cluster_id, tuple(chosen), tuple(free[count : 2 * count]), inner)
    directory.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(plan)), encoding="utf-8")
    return plan
