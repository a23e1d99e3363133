"""Who may import whom: the contracts of pyproject.toml, and that they bite."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("streams", "models", "schemas", "dashboards", "deploy")

# What a hasty hand may add, and the contract that has to notice.
PLANTED = {
    "schemas/mention.py": ("import numpy", "schemas"),
    "schemas/labels.py": ("import streams.clock", "packages"),
    "models/labels.py": ("import streams.errors", "packages"),
    "dashboards/macros.py": ("import models.errors", "dashboards"),
    "deploy/local/ports.py": ("import schemas.topics", "deploy"),
    "streams/retry.py": ("import deploy.local.ports", "commands"),
    "streams/errors.py": ("import streams.clock", "streams"),
    "streams/ledger.py": ("import streams.pipeline", "streams"),
    "streams/steps/decode.py": ("import streams.sinks.clickhouse", "steps"),
    "streams/pipeline.py": ("import faust", "faust"),
    "streams/app.py": ("import confluent_kafka", "confluent"),
    "streams/clock.py": ("import clickhouse_connect.driver", "clickhouse"),
    "streams/steps/columns.py": ("import sklearn.metrics", "learning"),
}


def lint(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache", *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_contracts_are_kept() -> None:
    answer = lint(ROOT)
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages with every import that must not be."""
    folder = tmp_path_factory.mktemp("planted")
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=lambda _, names: not_python(names))
    for path, (line, _) in PLANTED.items():
        with (folder / path).open("a") as file:
            file.write(f"\n{line}\n")
    return folder


def not_python(names: list[str]) -> list[str]:
    return [n for n in names if n == "__pycache__" or not ("." not in n or n.endswith(".py"))]


@pytest.mark.parametrize("contract", sorted({contract for _, contract in PLANTED.values()}))
def test_a_contract_notices_what_breaks_it(planted: Path, contract: str) -> None:
    answer = lint(planted, "--contract", contract)
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert "Contracts: 0 kept, 1 broken." in answer.stdout
    for path, (line, expected) in PLANTED.items():
        if expected == contract:
            importer = path.removesuffix(".py").replace("/", ".")
            assert f"{importer} -> {line.split()[1].split('.')[0]}" in answer.stdout


@pytest.mark.parametrize("package", PACKAGES)
def test_a_root_package_is_ours_and_no_namesake(package: str) -> None:
    """The names are generic; something installed could stand in front of them."""
    answer = subprocess.run(
        [sys.executable, "-c", f"import {package}; print({package}.__file__)"],
        cwd=ROOT.anchor,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert Path(answer.stdout.strip()).resolve() == ROOT / package / "__init__.py"
