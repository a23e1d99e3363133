"""Every secret there is, found by walking settings and sources, is shown nowhere."""

import ast
import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from streams import logs
from streams.settings import Settings, is_secret, logging_of_environment

ROOT = Path(__file__).parents[3]
SECRET_WORDS = ("password", "secret", "keys", "token", "webhook", "alerts_to")
LEVELS = (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL)


def of_settings() -> list[str]:
    return [f"ESCUCHA_{one.name.upper()}" for one in fields(Settings) if not one.repr]


def of_sources() -> list[str]:
    """Variables that `secret` and `needed_secret` are called for, anywhere."""
    found = []
    for path in sorted((ROOT / "streams").rglob("*.py")):
        constants = {
            node.targets[0].id: node.value.value
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and isinstance(node.value, ast.Constant)
        }
        if path.stem in ("x", "reddit", "mastodon", "youtube"):
            constants["SOURCE"] = path.stem
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in (
                "secret", "needed_secret",
            ):  # fmt: skip
                source, name = node.args[:2]
                if not isinstance(name, ast.Constant):
                    continue
                of = source.value if isinstance(source, ast.Constant) else constants[source.id]  # type: ignore[attr-defined]
                found.append(f"ESCUCHA_{of}_{name.value}".upper())
    return found


ALL = sorted({*of_settings(), *of_sources()})


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    logging.captureWarnings(False)
    root.handlers, root.level = handlers, level


def test_the_walk_finds_what_is_there() -> None:
    wanted = {"KAFKA_PASSWORD", "AUTHOR_KEYS", "ALERTS_WEBHOOK", "WEBHOOK_SECRETS",
              "X_BEARER_TOKEN",
              "REDDIT_CLIENT_SECRET", "MASTODON_TOKEN", "YOUTUBE_API_KEY"}  # fmt: skip
    assert {f"ESCUCHA_{name}" for name in wanted} <= set(ALL)


def test_a_setting_whose_name_is_that_of_a_secret_does_not_show_itself() -> None:
    """Whoever adds one forgets `repr=False` at most once."""
    open_ones = {
        one.name
        for one in fields(Settings)
        if one.repr
        and any(word in one.name.split("_") or word == one.name for word in SECRET_WORDS)
    }
    assert open_ones == set()


@pytest.mark.parametrize("variable", [name for name in ALL if not name.endswith("CLIENT_ID")])
@pytest.mark.parametrize("in_file", [False, True])
@pytest.mark.parametrize("form", ["text", "json"])
def test_it_stands_in_no_log_line(variable: str, in_file: bool, form: str, tmp_path: Path) -> None:
    value = "https://hooks.example/canary-4711" if "WEBHOOK" in variable else "canary-4711"
    (tmp_path / "it").write_text(f"{value}\n")
    given = {f"{variable}_FILE": str(tmp_path / "it")} if in_file else {variable: value}
    assert is_secret(next(iter(given)))
    _, secrets = logging_of_environment(given)
    stream = io.StringIO()
    logs.configure(form, verbose=True, secrets=secrets, stream=stream)
    log = logging.getLogger("anybody")
    log.setLevel(logging.DEBUG)
    for level in LEVELS:
        log.log(level, "sent %s with %r", value, {"headers": {"Authorization": f"Bearer {value}"}})
        try:
            try:
                raise OSError(f"refused: {value}")
            except OSError as error:
                raise RuntimeError(f"cannot: {error} canary-4711") from error
        except RuntimeError:
            log.log(level, "it failed", exc_info=True, stack_info=True)
    assert "canary" not in stream.getvalue()
    assert stream.getvalue().count(logs.BLOT) >= 2 * len(LEVELS)


def test_addresses_keep_their_hosts_in_the_log() -> None:
    _, secrets = logging_of_environment(
        {"ESCUCHA_ALERTS_WEBHOOK": "https://hooks.example/T0/canary"}
    )
    assert {"https", "//hooks.example", "hooks.example"}.isdisjoint(secrets)
    assert "canary" in secrets


def test_passwords_that_are_not_in_the_environment_can_be_hidden_as_well() -> None:
    stream = io.StringIO()
    logs.configure("text", verbose=True, secrets=(), stream=stream)
    logs.hide("canary-1")
    logging.getLogger("x").error("canary-1")
    assert "canary" not in stream.getvalue() + logs.blotted("it is canary-1")


PROGRAM = """
import sys
from streams import cli
from streams.errors import InputError
name = sys.argv.pop()
def fail(**_):
    if name == "own": raise InputError("no: canary-4711")
    raise KeyError("canary-4711")
cli.cli.commands["status"] = __import__("click").Command("status", callback=fail)
cli.main()
"""


@pytest.mark.parametrize("fault", ["own", "uncaught"])
def test_a_program_that_ends_by_a_fault_shows_none(fault: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, "status", fault],
        env={
            **{k: v for k, v in os.environ.items() if not k.startswith("ESCUCHA_")},
            "ESCUCHA_KAFKA_PASSWORD": "canary-4711",
            "ESCUCHA_LOG_FORMAT": "json",
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "canary" not in ended.stdout + ended.stderr
    assert logs.BLOT in ended.stderr
    assert ended.returncode == 1
    if fault == "uncaught":
        assert json.loads(ended.stderr.splitlines()[-1])["level"] == "critical"
