"""A server that speaks S3 over a socket, in a process of its own."""

import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.ports import free_ports
from tests.integration.streams.helpers import PATIENCE_SEC

BUCKET = "escucha"


@dataclass(frozen=True)
class ObjectStorage:
    """Where it is, with one bucket in it."""

    address: str

    @property
    def environment(self) -> dict[str, str]:
        """What a user sets for a storage that is not Amazon's."""
        return {
            "AWS_ENDPOINT_URL": self.address,
            "AWS_ACCESS_KEY_ID": "an-id",
            "AWS_SECRET_ACCESS_KEY": "a-secret-of-storage",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    @contextmanager
    def lets_nobody_in(self) -> Iterator[None]:
        """Within it every key is unknown to the server."""
        self._check_keys_after("0")
        try:
            yield
        finally:
            self._check_keys_after("inf")

    def _check_keys_after(self, requests: str) -> None:
        self._ask("POST", "/moto-api/reset-auth", requests.encode())

    def buckets(self) -> set[str]:
        """Names of all buckets."""
        return set(re.findall(r"<Bucket>.*?<Name>([^<]+)", self._ask("GET", "/"), re.DOTALL))

    def make_bucket(self) -> None:
        """Make the bucket, as an administrator does beforehand."""
        self._ask("PUT", f"/{BUCKET}", b"")

    def _ask(self, method: str, path: str, content: bytes | None = None) -> str:
        request = urllib.request.Request(  # noqa: S310 - this machine's
            self.address + path, content, {"Content-Type": "text/plain"}, method=method
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_SEC) as answer:  # noqa: S310
            return str(answer.read(), "utf-8")


@contextmanager
def object_storage(folder: Path) -> Iterator[ObjectStorage]:
    """A storage that answers, with an empty bucket; gone at the end."""
    port = free_ports(1)[0]
    storage = ObjectStorage(f"http://127.0.0.1:{port}")
    with (folder / "s3.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            stdout=log,
            stderr=log,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    try:
        deadline = time.monotonic() + PATIENCE_SEC
        while True:
            try:
                storage.make_bucket()
                break
            except OSError:
                said = (folder / "s3.log").read_text(errors="replace")
                assert server.poll() is None, said
                assert time.monotonic() < deadline, said
                time.sleep(0.05)
        yield storage
    finally:
        server.kill()
        server.wait()
