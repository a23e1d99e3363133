"""Ends TLS before a server that speaks none: the embedded ClickHouse has no https listener."""

import ssl
from pathlib import Path

from tests.fakes.proxy import Proxy


class TlsProxy(Proxy):
    """Hands the bytes of TLS connections on to a port of this machine, and back."""

    def __init__(self, target_port: int, certificate: Path, key: Path) -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
        super().__init__(target_port, context)
