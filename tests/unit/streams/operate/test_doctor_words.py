"""What the doctor says is there in Spanish, all of it, with everything that is filled in."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.operate import doctor
from streams.operate.doctor_es import SPANISH
from streams.operate.findings import bad, ok, warn
from streams.operate.spoken import in_language
from streams.settings import language_of_environment

OPERATE = Path(doctor.__file__).parent
FINDINGS = {"ok", "warn", "bad", "skipped", "tell"}


def said() -> Iterator[tuple[str, str]]:
    """Each text that a check hands on, with {} for what it fills in."""
    for path in sorted(OPERATE.glob("*_checks.py")):
        for function in ast.parse(path.read_text()).body:
            nodes = list(ast.walk(function))
            named = {
                node.targets[0].id: _text(node.value)
                for node in nodes
                if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
            }
            for node in nodes:
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in FINDINGS:
                    for argument in node.args[1:]:
                        text = _text(argument, named)
                        if text.replace("{}", "").strip(" ."):
                            yield path.name, text


def _text(node: ast.expr, named: dict[str, str] | None = None) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.Name):
        return (named or {}).get(node.id, "")
    if isinstance(node, ast.FormattedValue):
        return _text(node.value, named) or "{}"
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part, named) for part in node.values)
    return ""


@pytest.mark.parametrize(("file", "text"), sorted(set(said())))
def test_each_text_of_the_checks_is_there_in_spanish(file: str, text: str) -> None:
    filled = text.replace("{}", "•")
    spoken = in_language(filled, "es")
    assert spoken != filled, f"{file}: add {text!r} to doctor_es.py"
    assert spoken.count("•") == filled.count("•")


def test_the_walk_finds_the_texts() -> None:
    assert len(set(said())) > 90


def test_each_line_fills_in_as_much_as_it_is_given() -> None:
    assert {en: es for en, es in SPANISH.items() if en.count("{}") != es.count("{}")} == {}


def test_a_report_in_spanish_and_what_has_no_line_yet_stays_as_it_is() -> None:
    findings = [
        ok("memory", "7.5 GB of memory are free."),
        warn("memory", "1 GB of memory are free. The local stack has about 1 GB, and more while it"
             " catches up.", "Close other programs before `escucha up`."),
        bad("topics", "These topics are missing: a, b.", "Run: escucha migrate"),
        bad("new", "Nobody has translated this.", ""),
    ]  # fmt: skip
    report = doctor.Report(ok=False, findings=findings)
    assert doctor.describe(report, "es").splitlines() == [
        " bien  memory: Hay 7.5 GB de memoria libre.",
        " MIRA  memory: Hay 1 GB de memoria libre. El conjunto local ocupa cerca de 1 GB, y más"
        " mientras se pone al día.",
        "        → Cierra otros programas antes de `escucha up`.",
        " MAL   topics: Faltan estos temas: a, b.",
        "        → Ejecuta: escucha migrate",
        " MAL   new: Nobody has translated this.",
        "2 por arreglar, 1 por mirar.",
    ]
    assert doctor.describe(report).splitlines()[-1] == "2 to mend, 1 to look at."


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "es_MX.UTF-8"}, "es"),
        ({"LANG": "es_ES.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "C", "ESCUCHA_LANG": "es"}, "es"),
        ({"LANG": "es_ES.UTF-8", "ESCUCHA_LANG": "en"}, "en"),
        ({"LC_ALL": "", "LANG": "es"}, "es"),
    ],
)
def test_the_language_is_that_of_whoever_types(environment: dict[str, str], language: str) -> None:
    assert language_of_environment(environment) == language
