"""Mistakes in Spanish: none that the other tests can make lacks one."""

from collections.abc import Iterator
from typing import Any

import pytest

from streams.rules.entities import sensible
from streams.rules.errors import ListeningError, RuleError
from streams.rules.loading import read_listening
from streams.rules.overlaps import warnings_of_listening
from streams.rules.spanish import in_spanish, is_known
from tests.unit.rules import test_language, test_listening

# Python's and PyYAML's own words for what seldom goes wrong.
FOREIGN = ("month must be in", "could not determine a constructor", "while parsing")

ODD = (
    "brands: [{name: A1, match_name: false}]",
    "brands: [{name: A1, names: [Uno]}, {name: B1, names: [UNO]}]",
    "topics: [{name: a, rule: 'x y'}, {name: b, rule: 'y x'}, {name: c, rule: 'z OR (a -a) OR z'}]",
    "campaigns: [{name: A, rule: x, from: 2026-11-02, to: 2026-11-01, brand: None here}]",
    "topics: [{name: a, rule: x, exclude: x}, {name: a, rule: 'or b'}]",
    "topics:\n- name: a\n  rule: 'x\n- name: b",
    "topics:\n- name: a\n   rule: x",
    "a: %x",
    "topics:\n  - name: a\n rule: x",
)

# What the tests of the language do not get wrong.
ODD_SEARCHES = (
    "AND a", "&& a", "NEAR/3 a", "a [b", "a ~", "a | b", "a { b", "(a b c d e f g)~3",
    '"' + "a " * 40 + '"', "LANG:es", 'lang:""', "lang:spanish", "source:-",
    "followers:>9007199254740993",
)  # fmt: skip


def arguments(module: Any) -> Iterator[str]:
    """Every text that a test of a module is parametrized with."""
    for name in dir(module):
        for mark in getattr(getattr(module, name), "pytestmark", ()):
            if mark.name == "parametrize":
                for one in mark.args[1]:
                    yield from one if isinstance(one, tuple) else (one,)


def said() -> Iterator[str]:
    for text in (*arguments(test_language), *ODD_SEARCHES):
        if isinstance(text, str):
            try:
                sensible(text)
            except RuleError as error:
                for problem in error.problems:
                    yield str(problem)  # in a file; a search says them apart
                    yield from filter(None, (problem.message, problem.remedy))
    for text in [*arguments(test_listening), test_listening.BAD, *ODD]:
        if isinstance(text, str):
            try:
                yield from warnings_of_listening(read_listening(text))
            except ListeningError as error:
                yield from (problem.message for problem in error.problems)


def test_all_that_is_said_of_mistakes_is_said_in_spanish() -> None:
    messages = set(said())
    unknown = {message for message in messages if not is_known(message)}

    assert len(messages) > 60
    assert {one for one in unknown if not any(word in one for word in FOREIGN)} == set()


@pytest.mark.parametrize(
    ("english", "spanish"),
    [
        (
            "unknown field `lnag:`: did you mean `lang:`?",
            "campo desconocido `lnag:`: ¿querías decir `lang:`?",
        ),
        ("`(` is never closed: add `)`", "`(` no se cierra: añade `)`"),
        (
            "topics: `a`: this part can never match: `lang:es` and `lang:en` exclude each other:"
            " remove it",
            "topics: `a`: esta parte no puede coincidir nunca: `lang:es` y `lang:en` se excluyen:"
            " quítalo",
        ),
        ("what nobody wrote down", "what nobody wrote down"),
        ("`{0.__class__}` holds no word: it can never match", None),
    ],
)
def test_what_a_sentence_is_about_is_kept(english: str, spanish: str | None) -> None:
    expected = spanish or "`{0.__class__}` no contiene ninguna palabra: no puede coincidir nunca"
    assert in_spanish(english) == expected


def test_a_long_message_takes_no_time() -> None:
    assert in_spanish(": " * 900) == ": " * 900
