"""Every line that is not blank is answered, in order, whatever is in it."""

import io
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models import scoring
from models.analyser import HashedText
from models.heads import N_OUTPUTS, Model
from models.predictions import HEADS
from models.scoring import MAX_TEXT_CHARS, bounded_lines, score_lines


def scored(model: Model, *lines: bytes, batch_size: int = 3) -> list[dict[str, object]]:
    answers = list(score_lines(lines, model, batch_size))
    assert all(answer.endswith(b"\n") and answer.count(b"\n") == 1 for answer in answers)
    return [json.loads(answer) for answer in answers]


def test_a_line_is_answered_with_labels_and_probabilities(model: Model) -> None:
    line = '{"id":"a1","lang":"es","text":"voy a comprar un coche mañana","parent_text":"¿y?"}'

    (answer,) = scored(model, line.encode())

    assert list(answer) == ["id", "lang", *HEADS, "model_version"]
    assert (answer["id"], answer["lang"], answer["model_version"]) == ("a1", "es", "unsaved")
    for name, head in HEADS.items():
        judgement = answer[name]
        assert isinstance(judgement, dict)
        probabilities = judgement["probabilities"]
        assert list(probabilities) == list(head.classes)
        if head.many:
            likely = [label for label, chance in probabilities.items() if chance > 0.5]
            assert judgement["labels"] == likely
            continue
        assert sum(probabilities.values()) == pytest.approx(1, abs=1e-5)
        assert probabilities[judgement["label"]] == max(probabilities.values())


@pytest.mark.parametrize(
    ("line", "expected_id"),
    [
        (b'{"text":""}', None),
        (b'\xef\xbb\xbf{"text":"x"}\r\n', None),
        (b'{"text":"x","id":null,"lang":null}', None),
        (b'{"text":"x","id":"first","id":"last"}', "last"),
        (b'{"text":"x","id":' + b"9" * 5000 + b"}", None),
        (b'{"text":"x","id":"\\ud83d\\ude00"}', "😀"),
        (rb'{"text":"cut \ud83d","id":"s","lang":"es"}', "s"),
        (rb'{"text":"x","id":"\ud83d"}', "\ud83d"),
        (b'{"text":"x\\u0000y","id":0}', 0),
        (b'{"text":"x","other":{"deep":[[[]]]}}', None),
    ],
)
def test_odd_lines_are_scored(model: Model, line: bytes, expected_id: object) -> None:
    (answer,) = score_lines([line], model)

    if b"9999" in line:  # too large for Python to read, but returned digit for digit
        assert b"9" * 5000 in answer
    else:
        assert json.loads(answer)["id"] == expected_id
    assert b"error" not in answer


@pytest.mark.parametrize(
    ("line", "error", "known_id"),
    [
        (b"{", "not valid JSON", None),
        (b'{"text":"x"} y', "not valid JSON", None),
        (b'{"text":NaN,"id":1}', "not valid JSON", None),
        (rb'{"text":"\ud800","id":NaN}', "not valid JSON", None),
        (rb'{"text":"\ud800","id":1e999}', "not valid JSON", None),
        (rb'["\ud800"]', "not", None),
        (b'"text"', "not a JSON object", None),
        (b"[]", "not a JSON object", None),
        (b'{"id":"a"}', "no text", "a"),
        (b'{"id":"a","text":null}', "text must be a string", "a"),
        (b'{"id":7,"text":["x"]}', "text must be a string", 7),
        (b'{"id":7,"text":' + b"9" * 5000 + b"}", "text must be a string", 7),
        (b'{"id":{"a":1},"text":"x"}', "id must be", None),
        (b'{"id":1,"lang":[],"text":"x"}', "lang must be", None),
        (b'{"id":1,"text":"\xff"}', "not valid UTF-8", None),
        (b'{"id":1,"text":"\xed\xa0\x80"}', "not valid UTF-8", None),
        (b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply", None),
        (b"[" * 100_000, "not a JSON object", None),
        (b'{"id":1,"text":"' + b"a" * (MAX_TEXT_CHARS + 1) + b'"}', "text too long", 1),
    ],
)
def test_a_bad_line_is_answered_in_place_and_spares_its_neighbours(
    model: Model, line: bytes, error: str, known_id: object
) -> None:
    answers = scored(
        model, b'{"text":"a","id":"before"}', b"\n", line, b'{"text":"b","id":"after"}'
    )

    assert [answers[0]["id"], answers[2]["id"]] == ["before", "after"]
    assert error in str(answers[1]["error"])
    assert answers[1]["line"] == 3
    assert answers[1].get("id") == known_id
    assert "intent" not in answers[1]


@given(lines=st.lists(st.one_of(st.binary(), st.text().map(str.encode))), size=st.integers(1, 4))
@example(lines=[b"\xef\xbb\xbf", b"\xef\xbb\xbf"], size=1)
@settings(max_examples=100, deadline=None)
def test_any_bytes_get_one_answer_a_line(model: Model, lines: list[bytes], size: int) -> None:
    lines = [line.replace(b"\n", b"") for line in lines]

    answers = scored(model, *lines, batch_size=size)

    mark = b"\xef\xbb\xbf"  # not part of the first line
    unmarked = [line.removeprefix(mark) for line in lines[:1]] + lines[1:]
    assert len(answers) == sum(bool(line.strip()) for line in unmarked)


def test_answers_do_not_depend_on_the_batch_size(model: Model) -> None:
    lines = [json.dumps({"id": n, "text": f"compro {n}"}).encode() for n in range(20)]

    assert scored(model, *lines, batch_size=1) == scored(model, *lines, batch_size=7)


@pytest.mark.parametrize("max_bytes", [1_000_000, 26])
def test_it_reads_no_further_ahead_than_a_batch(
    model: Model, monkeypatch: pytest.MonkeyPatch, max_bytes: int
) -> None:
    monkeypatch.setattr(scoring, "MAX_BATCH_BYTES", max_bytes)
    taken = 0

    def lines() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield b'{"text":"xx"}'

    next(score_lines(lines(), model, batch_size=2 if max_bytes > 26 else 500))

    assert taken == 2


def test_on_request_every_judgement_says_why_and_adds_up(model: Model) -> None:
    lines = [
        b'{"text":"@ana my Zeta phone stopped working again, please help"}',
        b"{",
        rb'{"text":"lo voy a comprar ma\u00f1ana \ud83d"}',
        b'{"text":""}',
    ]

    answers = [json.loads(a) for a in score_lines(lines, model, 2, explainer=model.explainer)]

    texts = [json.loads(line)["text"] for line in (lines[0], *lines[2:])]
    assert "error" in answers.pop(1)
    for text, answer in zip(texts, answers, strict=True):
        for name, head in HEADS.items():
            whys = answer[name]["why"] if head.many else [answer[name]["why"]]
            said = answer[name]["labels"] if head.many else [answer[name]["label"]]
            assert [why["label"] for why in whys] == said
            for why in whys:
                parts = [token["contribution"] for token in why["tokens"]]
                total = why["intercept"] + why["others"] + sum(parts)
                assert why["total"] == pytest.approx(total, abs=1e-4)
                assert [abs(part) for part in parts] == sorted(map(abs, parts), reverse=True)
                assert all(text[t["start"] : t["end"]] == t["token"] for t in why["tokens"])
    assert answers[0]["act"]["labels"] == ["incident", "complaint"]
    assert answers[1]["intent"]["why"]["against"] == "none"
    assert "comprar" in [t["token"] for t in answers[1]["intent"]["why"]["tokens"]]


def test_what_is_answered_is_explained_apart() -> None:
    """A model whose every weight is one: what a text adds is what its words are worth."""
    text, parent = HashedText(2**10, char_ngrams=None), HashedText(2**8, char_ngrams=None)
    coefficients = np.zeros((2**10 + 2**8, N_OUTPUTS), np.float32)
    coefficients[:, 2] = 1
    model = Model(text, coefficients, np.zeros(N_OUTPUTS, np.float32), parent=parent)
    lines = [b'{"text":"ese","parent_text":"\xc2\xbfcu\xc3\xa1l quieres?"}', b'{"text":"ese"}']

    reply, plain = (json.loads(a) for a in score_lines(lines, model, explainer=model.explainer))

    why = reply["intent"]["why"]
    assert [token["token"] for token in why["tokens"]] == ["ese"]
    assert {token["token"] for token in why["parent_tokens"]} == {"¿", "cuál", "quieres", "?"}
    parts = [why["intercept"], why["others"], why["parent"], why["tokens"][0]["contribution"]]
    assert why["total"] == pytest.approx(sum(parts), abs=1e-5)
    assert why["parent"] == pytest.approx(
        sum(token["contribution"] for token in why["parent_tokens"]), abs=1e-5
    )
    assert "parent" not in plain["intent"]["why"]
    assert "parent_tokens" not in plain["intent"]["why"]


def test_without_a_request_nothing_is_explained(model: Model) -> None:
    (answer,) = scored(model, b'{"text":"lo compro"}')

    assert "why" not in json.dumps(answer)


class Endless(io.RawIOBase):
    """A line of many bytes and then a good one; notes how much was ever asked for at once."""

    def __init__(self, size: int) -> None:
        self.left, self.held = size, io.BytesIO(b'\n{"text":"b","id":"after"}\n')

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        taken = min(len(buffer), self.left)
        if not taken:
            return self.held.readinto(buffer)
        buffer[:taken] = b"x" * taken
        self.left -= taken
        return taken


@pytest.mark.parametrize("beyond", [1, 2, 60, 1_000, 100_000])
def test_a_line_without_end_is_answered_by_an_error_in_its_place_and_never_held_whole(
    model: Model, monkeypatch: pytest.MonkeyPatch, beyond: int
) -> None:
    monkeypatch.setattr(scoring, "MAX_LINE_BYTES", 60)
    lines = list(bounded_lines(io.BufferedReader(Endless(60 + beyond))))
    assert max(map(len, lines)) <= 61

    answers = scored(model, *lines)

    assert [answer.get("id") for answer in answers] == [None, "after"]
    assert answers[0] == {"error": "the line is over 60 bytes long", "line": 1}
    assert answers[1]["intent"]


def test_a_line_of_just_the_length_that_is_taken_is_scored(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = b'{"text":"a","id":"at the bound"}'
    monkeypatch.setattr(scoring, "MAX_LINE_BYTES", len(line) + 1)

    answers = scored(model, *bounded_lines(io.BytesIO(line + b"\n" + line)))

    assert [answer["id"] for answer in answers] == ["at the bound"] * 2
