"""The local ClickHouse, told its address among replicas: run as deploy.local.clickhouse is.

A ClickHouse server takes the address from its configuration (interserver_http_host, _port) when it
starts. The engine of the chdb-core wheel has all of replication but that step: its tables stay
read-only, for they know of no address to give to others. So this writes the four fields that the
step sets, where the one supported version has them, and nothing else: host, port, scheme, and
credentials (none). It makes sure of the place, and ends the process when it is not sure:
the tests that need it are skipped on that machine then, with what was found for a reason.
"""

import ctypes
import os
import re
import struct
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from deploy.local import clickhouse
from deploy.local.clickhouse_files import HTTP_PORT_VARIABLE
from deploy.local.ports import LOOPBACK, is_listening

PORT_VARIABLE = "ESCUCHA_TEST_INTERSERVER_PORT"
DONE_VARIABLE = "ESCUCHA_TEST_INTRODUCED"  # a file that is written when it is done

_STRING_BYTES = 24
_PIECE = 4 * 1024 * 1024
_PATIENCE_SEC = 20.0
# From the two strings by which the place is known, back to the fields, and to a map that is empty,
# whose first word points behind itself. What lies between them is padding and may hold anything.
_CREDENTIALS, _SCHEME, _PORT, _HOST, _MAP = -16, -80, -88, -112, -144
_FIELDS = {
    _CREDENTIALS: 16,
    _SCHEME: _STRING_BYTES,
    _PORT: 2,
    _HOST: _STRING_BYTES,
}  # bytes of each
REFUSAL = "the engine cannot be made a replica"
_NO_CREDENTIALS = ctypes.create_string_buffer(4096)  # an object of zeros; it stays for good


def short_string(text: str) -> bytes:
    """A string as the engine keeps those of up to 22 bytes: its length is the last byte."""
    assert len(text) < _STRING_BYTES - 1
    return text.encode().ljust(_STRING_BYTES - 1, b"\0") + bytes([len(text)])


class NoPlaceError(Exception):
    """The address of a replica is not where it is looked for."""


def place() -> int:
    """Where in this process the paths of the engine stand one after the other, after the fields."""
    paths = short_string("data/") + short_string("data/flags/")
    read, unread, elsewhere = 0, 0, []
    with open("/proc/self/mem", "rb", buffering=0) as memory:
        for first, size in _pieces():
            try:
                memory.seek(first)
                held = memory.read(size)
            except OSError:  # a guard page, or given back meanwhile
                unread += 1
                continue
            read += len(held)
            at = held.find(paths)
            while at >= 0:
                before = held[max(at + _MAP, 0) : at]
                if _is_the_place(before, first + at + _MAP):
                    return first + at
                elsewhere.append(before.hex())
                at = held.find(paths, at + 1)
    raise NoPlaceError(f"{read:,} bytes read, {unread} areas unreadable, other places: {elsewhere}")


def _pieces() -> Iterator[tuple[int, int]]:
    """What this process may write to, small areas first, in pieces that lap over each other."""
    areas = re.findall(
        r"^([0-9a-f]+)-([0-9a-f]+) rw", Path("/proc/self/maps").read_text(), re.MULTILINE
    )
    edges = sorted(((int(a, 16), int(b, 16)) for a, b in areas), key=lambda area: area[1] - area[0])
    for first, end in edges:
        for start in range(first, end, _PIECE):
            yield start, min(_PIECE + 4096, end - start)


def _is_the_place(before: bytes, address: int) -> bool:
    """Whether an empty map stands there, which knows its own place, and no field is set."""
    return (
        len(before) == -_MAP
        and before[:_STRING_BYTES] == struct.pack("<QQQ", address + 8, 0, 0)
        and not any(any(before[at - _MAP : at - _MAP + size]) for at, size in _FIELDS.items())
    )


def introduce(port: int) -> None:
    """Give the engine of this process its address; raises NoPlaceError without such a place."""
    deadline = time.monotonic() + _PATIENCE_SEC
    while True:
        try:
            at = place()
            break
        except NoPlaceError:  # other threads move memory about while it is read
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
    none = struct.pack("<QQ", ctypes.addressof(_NO_CREDENTIALS), 0)
    for offset, value in (
        (_CREDENTIALS, none),
        (_SCHEME, short_string("http")),
        (_PORT, struct.pack("<H", port)),
        (_HOST, short_string(LOOPBACK)),  # last: with it the address counts
    ):
        ctypes.memmove(at + offset, value, len(value))


def _introduce_when_it_listens() -> None:
    while not is_listening(int(os.environ[HTTP_PORT_VARIABLE])):
        time.sleep(0.05)
    try:
        introduce(int(os.environ[PORT_VARIABLE]))
        Path(os.environ[DONE_VARIABLE]).touch()
    except Exception as error:  # noqa: BLE001 - a thread's error would be lost
        sys.stderr.write(f"{REFUSAL}: {error}\n")
        sys.stderr.flush()
        os._exit(1)


if __name__ == "__main__":
    clickhouse.check_version()
    threading.Thread(target=_introduce_when_it_listens, daemon=True).start()
    sys.exit(clickhouse.main())
