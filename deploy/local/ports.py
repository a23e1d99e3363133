"""Who listens where on this machine."""

import socket

import psutil

from deploy.local.errors import PortInUseError

LOOPBACK = "127.0.0.1"


def is_listening(port: int, timeout_seconds: float = 0.5) -> bool:
    """Tell whether something on this machine accepts connections on `port`."""
    with socket.socket() as probe:
        probe.settimeout(timeout_seconds)
        return probe.connect_ex((LOOPBACK, port)) == 0


def is_free(port: int) -> bool:
    """Tell whether a service could listen on `port`."""
    # Connect as well as bind: macOS lets 127.0.0.1 be bound beside a listener on every address.
    if is_listening(port):
        return False
    with socket.socket() as probe:
        # As servers do, so that connections in TIME_WAIT after a restart do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """Return `count` different ports which were free a moment ago."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind((LOOPBACK, 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def holder(port: int) -> str | None:
    """Describe the process that listens on `port`, or return None when that cannot be seen."""
    for process in psutil.process_iter():
        try:
            connections = process.net_connections(kind="tcp")
            if any(
                connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
                for connection in connections
            ):
                return f"{process.name()} (pid {process.pid})"
        except psutil.Error:  # gone meanwhile, or another user's
            continue
    return None


def require_free(port: int, purpose: str, remedy: str) -> None:
    """Return when `port` is free; raise PortInUseError naming who has it and the remedy."""
    if is_free(port):
        return
    owner = holder(port) or "a process that this user may not inspect"
    raise PortInUseError(
        f"Port {port}, meant for {purpose}, is taken by {owner}. Stop that process, or {remedy}."
    )
