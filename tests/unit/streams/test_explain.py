"""What `escucha explain` shows a person."""

import re

import click
import numpy as np
import pytest

from models.analyser import HashedText
from models.explain import Contribution, Explanation
from models.heads import N_OUTPUTS, Model
from models.predictions import HEADS
from streams.explain import ROWS, explained, marked


@pytest.fixture(scope="module")
def model() -> Model:
    """A model of random weights: what it says means nothing, how it is shown does."""
    random = np.random.default_rng(11)
    text = HashedText(2**10)
    return Model(
        text,
        random.normal(size=(2**10 + 2**8, N_OUTPUTS)).astype(np.float32),
        np.zeros(N_OUTPUTS, np.float32),
        parent=HashedText(2**8, char_ngrams=None),
    )


def test_the_words_that_argue_for_the_label_are_marked() -> None:
    text = "¿Dónde lo compro hoy?"
    amounts = [(0, 1, 0.1), (1, 6, 2.0), (7, 9, -3.0), (10, 16, 1.0), (17, 20, 0.39)]
    found = Explanation("intent", "active", "none", 0.0, tuple(Contribution(*a) for a in amounts))

    assert click.unstyle(marked(text, found)) == "¿[Dónde] lo [compro] hoy?"
    assert click.style("[Dónde]", fg="green", bold=True) in marked(text, found)


@pytest.mark.parametrize("text", ["", "...", "x"])
def test_texts_with_little_to_mark_stay_as_they_are(model: Model, text: str) -> None:
    lines = [click.unstyle(line) for line in explained(model, text, "en")]

    assert lines[0] in (text, f"[{text}]")


@pytest.mark.parametrize(("language", "heads"), [
    ("en", ["intent", "stage", "needs reply", "sentiment"]),
    ("es", ["intención", "etapa", "necesita respuesta", "sentimiento"]),
])  # fmt: skip
def test_each_head_has_a_table_that_adds_up(model: Model, language: str, heads: list[str]) -> None:
    text = "Where can I buy it? ¿Dónde lo puedo comprar hoy mismo, por favor?\tYa\x1b[31m"
    blocks = "\n".join(click.unstyle(line) for line in explained(model, text, language)).split(
        "\n\n"
    )

    titles = [re.split("[:  ]", block)[0] for block in blocks[1:-1]]
    assert [block.split(":")[0] for block in blocks[1 : len(heads) + 1]] == heads
    assert len(titles) >= len(heads)
    for block in blocks[1:-1]:
        *parts, total = [float(n) for n in re.findall(r" ([+-]\d+\.\d\d)", block)]
        assert total == pytest.approx(sum(parts), abs=0.01 * (len(parts) + 1))
        assert block.count("█") >= ROWS
    assert blocks[-1] == "unsaved"


def test_a_text_cannot_steer_the_terminal(model: Model) -> None:
    text = "a\x1b[2Jb \x9b5m \ud83d c\nd\x1b"
    found = Explanation("intent", "active", "none", 0.0, (Contribution(0, 2, 1.0),))

    assert click.unstyle(marked(text, found)) == "[a ][2Jb  5m   c\nd "
    for line in explained(model, text, "en"):
        assert not re.search("[\x1b\x9b\ud83d]", click.unstyle(line))


def test_every_label_has_a_spanish_name() -> None:
    from streams.explain import _SPANISH

    names = {*HEADS, *(label for head in HEADS.values() for label in head.classes)}
    assert names - set(_SPANISH) - {"no", "neutral"} == set()


@pytest.mark.parametrize(("language", "row"), [("en", "what it answers"), ("es", "a lo que")])
def test_what_is_answered_has_a_row_of_its_own(model: Model, language: str, row: str) -> None:
    alone = "\n".join(explained(model, "ese mismo", language))
    answering = click.unstyle(
        "\n".join(explained(model, "ese mismo", language, parent="¿cuál prefieres, el rojo?"))
    )

    assert row not in alone
    blocks = answering.split("\n\n")[1:-1]
    assert all(row in block for block in blocks)
    for block in blocks:
        *parts, total = [float(n) for n in re.findall(r" ([+-]\d+\.\d\d)", block)]
        assert total == pytest.approx(sum(parts), abs=0.01 * (len(parts) + 1))
