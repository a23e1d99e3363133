"""The demo opens a page in a browser with windows and in no other."""

import webbrowser
from pathlib import Path

import pytest

from streams import demo

PAGE = "http://127.0.0.1:8420/"
CONSOLE = ["www-browser", "links", "elinks", "lynx", "w3m"]
PROGRAM = """#!/bin/sh
echo "$0 $@" >> "{log}"
"""


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the browsers of a machine, which are all that is on its path, say that they ran."""
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.platform", "linux")
    # Which browsers there are is looked up once: as at the start of a program.
    monkeypatch.setattr(webbrowser, "_tryorder", None)
    monkeypatch.setattr(webbrowser, "_browsers", {})
    return tmp_path / "opened"


def install(folder: Path, *names: str) -> None:
    for name in names:
        program = folder / name
        program.write_text(PROGRAM.format(log=folder / "opened"))
        program.chmod(0o755)


@pytest.mark.parametrize("name", CONSOLE)
def test_a_browser_that_would_take_the_terminal_is_not_started(
    tmp_path: Path, opened: Path, name: str
) -> None:
    install(tmp_path, name)
    assert webbrowser.get()  # it is found
    demo.open_window(PAGE)
    assert not opened.exists()


def test_nor_is_one_that_the_user_named(
    tmp_path: Path, opened: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "w3m")
    monkeypatch.setenv("BROWSER", f"{tmp_path}/w3m %s")
    demo.open_window(PAGE)
    assert not opened.exists()


@pytest.mark.usefixtures("opened")
def test_where_there_is_none_nothing_happens() -> None:
    demo.open_window(PAGE)


def test_a_browser_with_windows_is_opened_although_there_are_others(
    tmp_path: Path, opened: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, *CONSOLE, "firefox")
    monkeypatch.setenv("DISPLAY", ":0")
    asked: list[str] = []
    monkeypatch.setattr(webbrowser.Mozilla, "open", lambda _self, page: asked.append(page))
    demo.open_window(PAGE)
    assert asked == [PAGE]
    assert not opened.exists()
