"""The services of the stack: what starts after what, and what restarts with what."""

from dataclasses import dataclass, field
from pathlib import Path

from deploy.local import broker, clickhouse_files, health
from deploy.local.config import StackConfig
from deploy.local.passwords import Passwords
from deploy.local.ports import LOOPBACK

# A worker has no port to ask: one that lived this long counts as started.
SETTLE_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Service:
    """How one service is run."""

    name: str
    argv: tuple[str, ...]
    environment: dict[str, str] = field(repr=False)
    after: tuple[str, ...] = ()  # must be ready before this one starts
    restarts_with: tuple[str, ...] = ()  # when one of these dies, this one begins anew
    layer: int = 0  # stopped from the highest layer down
    one_shot: bool = False  # ready when it has ended with exit code 0
    probe: health.Probe | None = None
    alive: health.Probe | None = None  # asked while it is ready; long trouble starts it again
    says: tuple[Path, ...] = ()  # files of its own; what its predecessor said goes before it starts
    port: int | None = None
    stop_grace_seconds: float = 3.0
    note: str | None = None  # told to the user when the service is ready


def build(config: StackConfig, passwords: Passwords) -> list[Service]:
    """Return the services of `config` in start order; raise MissingPartError without a broker."""
    environment = config.environment(passwords)
    engine = clickhouse_files.EngineSettings(
        http_port=config.clickhouse_http_port,
        tcp_port=config.clickhouse_tcp_port,
        memory_bytes=config.clickhouse_memory_bytes,
    )
    services = [
        Service(
            name="broker",
            argv=tuple(broker.command(config.broker_port)),
            environment=environment,
            probe=health.kafka(config.broker_port),
            port=config.broker_port,
            # It waits 5 s for open connections and has nothing to save.
            stop_grace_seconds=0.5,
            note=broker.FORGETS,
        ),
        Service(
            name="clickhouse",
            argv=tuple(clickhouse_files.launcher_command(config.run_dir)),
            environment={**environment, **engine.as_environment(passwords)},
            after=("broker",),
            layer=1,
            probe=health.clickhouse(
                config.clickhouse_http_port, clickhouse_files.WRITER_USER, passwords.writer
            ),
            port=config.clickhouse_http_port,
            stop_grace_seconds=2.5,
        ),
    ]
    ready: tuple[str, ...] = ("broker", "clickhouse")
    if config.migrate_command is not None:
        services.append(
            Service(
                name="migrate",
                argv=config.migrate_command,
                environment=environment,
                after=ready,
                restarts_with=("broker",),  # which has forgotten the topics
                layer=2,
                one_shot=True,
                stop_grace_seconds=0.5,
            )
        )
        ready = (*ready, "migrate")
    if config.worker_command is not None:
        services.extend(
            Service(
                name=name,
                argv=config.worker_command,
                environment={
                    **environment,
                    "ESCUCHA_WORKER_NAME": name,
                    "ESCUCHA_METRICS_HOST": LOOPBACK,
                    # 0: any that is free, which the worker then says
                    "ESCUCHA_METRICS_PORT": str(config.metrics_port and config.metrics_port + at),
                },
                after=ready,
                restarts_with=("broker",),
                layer=3,
                port=config.metrics_port + at if config.metrics_port else None,
                alive=health.alive(health.port_file(config.run_dir, name)),
                says=(config.run_dir / "ready" / name, health.port_file(config.run_dir, name)),
                probe=health.ready_file(config.run_dir / "ready" / name)
                if config.workers_say_ready
                else None,
                stop_grace_seconds=4.5,
            )
            for at, name in enumerate(f"worker-{n}" for n in range(1, config.workers + 1))
        )
    if config.upkeep_command is not None:
        services.append(
            Service(
                name="upkeep",
                argv=config.upkeep_command,
                environment={
                    "ESCUCHA_CONSOLE_URL": f"http://{LOOPBACK}:{config.console_port}",
                    **environment,
                    "ESCUCHA_WORKER_NAME": "upkeep",
                    "ESCUCHA_METRICS_HOST": LOOPBACK,
                    "ESCUCHA_METRICS_PORT": str(
                        config.metrics_port and config.metrics_port + config.workers
                    ),
                },
                after=ready,
                layer=3,
                alive=health.alive(health.port_file(config.run_dir, "upkeep")),
                says=(health.port_file(config.run_dir, "upkeep"),),
                stop_grace_seconds=4.0,
            )
        )
    if config.console_command is not None:
        services.append(
            Service(
                name="console",
                argv=config.console_command,
                environment=environment,
                after=ready,
                layer=3,
                probe=health.tcp(config.console_port),
                port=config.console_port,
            )
        )
    return services
