"""Hands the parts of one replica's tables to the other, as a ClickHouse server does.

The local engine has no listener for that, so this reads the files that it wrote and sends them in
ClickHouse's own words (version 9 of its exchange). The other replica checks every file's hash and
the sum of all of them against what the part says of itself.
"""

import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from clickhouse_cityhash.cityhash import CityHash128

from deploy.local.ports import LOOPBACK

EXCHANGE_VERSION = 9
_HASHED_AT_ONCE = 2048
_LOW = 2**64 - 1
_K3 = 0xC949D7C7509E6557  # of CityHash 1.0.2: how it makes a seed of the first 16 bytes
_OF_THE_REPLICA_ALONE = "txn_version.txt"


class PartsServer:
    """Answers for the tables in the data folder of one ClickHouse."""

    def __init__(self, data: Path, port: int) -> None:
        handler = type("Handler", (_Handler,), {"data": data})
        self._server = ThreadingHTTPServer((LOOPBACK, port), handler)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    data: Path

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        # DataPartsExchange:/clickhouse/tables/<shard>/<database>/<table>/replicas/<replica>
        *_, database, table, _replicas, _replica = asked["endpoint"].split("/")
        try:
            # The link that ClickHouse sets for people is as seen from the engine's own folder.
            uuid = (self.data / "data" / database / table).readlink().name
            answer = part(self.data / "store" / uuid[:3] / uuid / asked["part"])
        except FileNotFoundError:  # merged away meanwhile: the other asks for what it became
            self.send_error(404)
            return
        version = min(EXCHANGE_VERSION, int(asked["client_protocol_version"]))
        assert version == EXCHANGE_VERSION
        self.send_response(200)
        self.send_header("Set-Cookie", f"server_protocol_version={version}")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Say nothing of it."""


def part(folder: Path) -> bytes:
    """A part in one piece: its size, its times to live, its kind, its files."""
    files = {
        path.name: path.read_bytes()
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name != _OF_THE_REPLICA_ALONE
    }
    said = [
        _number(sum(map(len, files.values()))),
        _text(files.get("ttl.txt", b"ttl format version: 1\n{}")),
        _text(b"Compact" if "data.bin" in files else b"Wide"),
        b"00000000-0000-0000-0000-000000000000",  # parts have no id of their own
        _number(0),  # projections
        _number(len(files)),
    ]
    for name, held in files.items():
        said += [_text(name.encode()), _number(len(held)), held, file_hash(held)]
    return b"".join(said)


def file_hash(held: bytes) -> bytes:
    """As ClickHouse hashes a file: 2 kB at a time, each with the hash so far for a seed."""
    low = high = 0
    for at in range(0, len(held), _HASHED_AT_ONCE):
        seed = struct.pack("<QQ", low ^ _K3, high)
        found = CityHash128(seed + held[at : at + _HASHED_AT_ONCE])
        low, high = found >> 64, found & _LOW
    return struct.pack("<QQ", low, high)


def _number(value: int) -> bytes:
    return struct.pack("<Q", value)


def _text(value: bytes) -> bytes:
    length, size = len(value), b""
    while length >= 0x80:
        size += bytes([length & 0x7F | 0x80])
        length >>= 7
    return size + bytes([length]) + value
