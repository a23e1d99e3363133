"""What files may look like and say, whichever they are."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("streams", "models", "schemas", "dashboards", "deploy")
MAX_LINES = 400
TEXT_SUFFIXES = {
    ".cfg", ".css", ".html", ".in", ".ini", ".js", ".json", ".jsonl", ".lock", ".md", ".py", ".sh",
    ".sql", ".toml", ".txt", ".xml", ".yaml", ".yml",
}  # fmt: skip

# Put together here, so that this file does not find itself.
FOLDERS = "|".join(("root", "work", "home", "Users", "mnt", "workspace"))
MACHINE_PATH = re.compile(rf"(?<![\w.\-/{{}}<>$*])/(?:{FOLDERS})/\w")
INDEX = re.compile(
    r"--(?:extra-)?index-url[= ]+\S*:|--find-link[s]"
    r"|//[^/\s]*(?:artifactory|nexus|mirror|proxy)[^/\s]*\."
    r"|//(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d",
    re.IGNORECASE,
)
MAY_READ_THE_ENVIRONMENT = (
    "streams/settings.py",
    "streams/producers/live/secrets.py",  # keys of networks, each under its own name
    "deploy/",
    "tests/",
)
PICKLERS = {"cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"}


def files() -> list[Path]:
    """Tracked files and those about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


def sources(*packages: str) -> list[Path]:
    return [
        path
        for path in files()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in (packages or PACKAGES)
    ]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_no_python_file_is_too_long_to_read() -> None:
    lengths = {name_of(p): len(p.read_text().splitlines()) for p in sources(*PACKAGES, "tests")}
    assert {name: n for name, n in lengths.items() if n > MAX_LINES} == {}


def test_no_file_names_a_machine_or_a_package_index() -> None:
    found = []
    for path in files():
        minified = ".min." in path.name
        if (path.suffix in TEXT_SUFFIXES or path.suffix == "") and not minified:
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
                if MACHINE_PATH.search(line) or INDEX.search(line):
                    found.append(f"{name_of(path)}:{number}: {line.strip()[:100]}")
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "cd /" + "root/project",
        'open("/' + 'home/ana/x")',
        "--index-url" + " https://packages.example/simple",
        "https://" + "artifactory.example/api",
        "http://" + "10.1.2.3/simple",
    ],
)
def test_such_lines_would_be_found(line: str) -> None:
    assert MACHINE_PATH.search(line) or INDEX.search(line)


def calls_and_imports(path: Path) -> Iterator[ast.AST]:
    yield from ast.walk(ast.parse(path.read_text(), filename=str(path)))


def test_only_settings_reads_the_environment() -> None:
    found = []
    for path in sources():
        if name_of(path).startswith(MAY_READ_THE_ENVIRONMENT):
            continue
        for node in calls_and_imports(path):
            reads = isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
            takes = isinstance(node, ast.ImportFrom) and any(
                alias.name in {"environ", "getenv"} for alias in node.names
            )
            if reads or takes:
                found.append(f"{name_of(path)}:{node.lineno}")
    assert found == []


def pickler(node: ast.AST) -> str:
    """The module a node pickles with, or nothing."""
    names = []
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        names = [node.module or "", *(alias.name for alias in node.names)]
    elif isinstance(node, ast.keyword):
        names = [(node.arg or "").removeprefix("allow_")]
    elif isinstance(node, ast.Attribute):
        names = [node.attr.removeprefix("read_").removeprefix("to_")]
    return next((name for name in names if name.split(".")[0] in PICKLERS), "")


def test_nothing_is_pickled() -> None:
    """A pickle runs code when it is read; models are kept by skops."""
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in sources()
        for node in calls_and_imports(path)
        if pickler(node)
    ]
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "import joblib.memory",
        "from shelve import open",
        "np.load(path, allow_pickle=True)",
        "frame.to_pickle(path)",
    ],
)
def test_a_pickle_would_be_found(line: str) -> None:
    assert any(map(pickler, ast.walk(ast.parse(line))))


def test_time_is_asked_of_the_clock_only() -> None:
    """`datetime.now` without a zone is ruff's business; in streams even with one it is clock's."""
    found = [
        f"{name_of(path)}:{node.lineno}"
        for path in sources("streams")
        if name_of(path) != "streams/clock.py"
        for node in calls_and_imports(path)
        if isinstance(node, ast.Attribute)
        and node.attr in {"now", "utcnow", "today"}
        and isinstance(node.value, ast.Name)
        and node.value.id in {"datetime", "date"}
    ]
    assert found == []
