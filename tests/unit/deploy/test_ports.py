import os
import socket
from collections.abc import Iterator

import pytest

from deploy.local import ports
from deploy.local.errors import PortInUseError


@pytest.fixture(params=["127.0.0.1", "0.0.0.0"])  # noqa: S104 - the other address of one machine
def taken_port(request: pytest.FixtureRequest) -> Iterator[int]:
    with socket.socket() as server:
        server.bind((request.param, 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_taken_port_is_refused_with_its_holder_and_the_remedy(taken_port: int) -> None:
    with pytest.raises(PortInUseError) as refusal:
        ports.require_free(taken_port, "the console", "choose another with --console-port")

    message = str(refusal.value)
    assert f"Port {taken_port}, meant for the console" in message
    assert f"(pid {os.getpid()})" in message
    assert "--console-port" in message


def test_free_ports_are_different_and_free() -> None:
    found = ports.free_ports(5)

    assert len(set(found)) == 5
    for port in found:
        ports.require_free(port, "anything", "no remedy")


def test_a_holder_that_cannot_be_seen_still_gives_a_message(
    taken_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports, "holder", lambda _port: None)

    with pytest.raises(PortInUseError, match="a process that this user may not inspect"):
        ports.require_free(taken_port, "the console", "choose another")
