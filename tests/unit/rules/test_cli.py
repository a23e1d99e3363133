"""`escucha rules`: what it prints and how it exits."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from streams.rules.cli import rules_group


def run(*arguments: str) -> Result:
    return CliRunner().invoke(rules_group, arguments, catch_exceptions=False)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "listening.yaml"
    path.write_text("brands: [{name: A1}]\ninterests: []", encoding="utf-8")
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.yaml"
    path.write_text(
        "topics:\n  - {name: a, rule: 'lnag:es'}\n  - {name: b, rule: 'a NOT a'}", encoding="utf-8"
    )
    return path


def test_a_good_file_is_summed_up(good: Path) -> None:
    result = run("check", str(good))
    assert result.exit_code == 0
    assert "1 brand, 0 topics, 0 campaigns" in result.output
    assert "no mistakes" in result.output


def test_a_good_file_is_summed_up_for_programs(good: Path) -> None:
    answer = json.loads(run("check", str(good), "--json").output)
    assert answer["ok"]
    assert answer["brands"] == 1
    assert answer["warnings"] == []


def test_check_and_explain_in_spanish(good: Path, bad: Path) -> None:
    spanish = ("--language", "es")
    assert "1 marca, 0 temas, 0 campañas" in run("check", str(good), *spanish).output
    assert ", sin errores, 0 avisos" in run("check", str(good), *spanish).output
    assert f"{bad}:2:22: campo desconocido `lnag:`" in run("check", str(bad), *spanish).output
    explained = run("explain", "a NEAR/2f b", "a y b", *spanish).output
    assert "cerca, como mucho 2 palabras entre medias, en este orden: “a”, “b”" in explained
    assert "^" in run("explain", "(a", "a", *spanish).output
    assert "`(` no se cierra: añade `)`" in run("explain", "(a", "a", *spanish).output


def test_all_mistakes_are_printed_with_their_places(bad: Path) -> None:
    result = run("check", str(bad))
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert lines[0].startswith(f"{bad}:2:22: unknown field `lnag:`")
    assert lines[1].startswith(f"{bad}:3:24: this rule can never match")
    answer = json.loads(run("check", str(bad), "--json").output)
    assert [(p["line"], p["column"]) for p in answer["problems"]] == [(2, 22), (3, 24)]


def test_an_explanation_shows_each_part_and_where_it_was_found() -> None:
    result = run("explain", "móvil NEAR/3 (barato OR caro) NOT #ad", "Un movil nuevo y BARATO")
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "Un movil nuevo y BARATO",
        "✓ all of",
        "  ✓ near each other, at most 3 words between: “movil”, “BARATO”",
        "    ✓ `movil`: “movil”",
        "    ✓ any of",
        "      ✓ `barato`: “BARATO”",
        "      ✗ `caro`",
        "  ✓ not",
        "    ✗ `#ad`",
    ]


def test_an_explanation_marks_what_was_found_in_a_terminal() -> None:
    result = CliRunner().invoke(rules_group, ["explain", "~comprar", "ya compré"], color=True)
    assert "ya \x1b[1m\x1b[4mcompré\x1b[0m" in result.output


def test_an_explanation_knows_the_fields_of_a_mention() -> None:
    rule = "lang:es source:bluesky type:reply author:@ana site:x followers:>9 has:parent a"
    options = ["--lang", "es-AR", "--source", "bluesky", "--type", "reply", "--author", "@ana"]
    more = ["--site", "X", "--followers", "10", "--reply-to", "b"]
    assert json.loads(run("explain", rule, "a", *options, *more, "--json").output)["matched"]
    assert not json.loads(run("explain", rule, "a", "--json").output)["matched"]


def test_a_rule_with_mistakes_is_shown_with_marks_at_them() -> None:
    result = run("explain", "móvil lnag:es (foo", "x")
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "móvil lnag:es (foo",
        "      ^^^^^",
        "unknown field `lnag:`: did you mean `lang:`?",
        "",
        "móvil lnag:es (foo",
        "              ^",
        "`(` is never closed: add `)`",
    ]
    answer = json.loads(run("explain", "lnag:es", "x", "--json").output)
    assert answer["problems"][0]["start"] == 0


def test_a_value_that_no_mention_can_have_is_refused_by_name() -> None:
    result = CliRunner().invoke(rules_group, ["explain", "a", "a", "--source", "Not A Source"])
    assert result.exit_code == 2
    assert "source" in result.output
