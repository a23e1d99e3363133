"""What the accurate profile learns beside the corpus is labelled by the same rules, and is new."""

import pytest

from models.accurate_runs import MORE_FILES
from models.behaviour import CASES_FILE
from models.labels import CORPUS_FILES, LabelledMention, load_corpus
from models.predictions import HEADS
from schemas.labels import ACTS
from tests.likeness import nearest

NEAREST_ALLOWED = 0.5


@pytest.fixture(scope="module")
def replies() -> list[LabelledMention]:
    return load_corpus(MORE_FILES[:1])


@pytest.fixture(scope="module")
def wishes() -> list[LabelledMention]:
    return load_corpus(MORE_FILES[1:])


def test_every_line_is_labelled_by_the_guide(
    replies: list[LabelledMention], wishes: list[LabelledMention]
) -> None:
    for item in (*replies, *wishes):
        assert item.draw == "balanced", item
        assert item.sector, item
        assert all(getattr(item, head) for head in HEADS if head != "act"), item
        assert item.acts is not None, item
        assert list(item.acts) == sorted(set(item.acts), key=ACTS.index), item
        if item.intent != "none":
            assert item.stage in ("consideration", "decision"), item
        if item.stage == "none":
            assert (item.intent, item.acts) == ("none", ()), item


def test_ids_are_those_of_no_other_line() -> None:
    load_corpus()
    everything = load_corpus([*MORE_FILES, CASES_FILE])

    assert len(everything) > 240
    assert not {item.id for item in everything} & {item.id for item in load_corpus()}


def test_most_replies_mean_different_things_under_different_parents(
    replies: list[LabelledMention],
) -> None:
    labels: dict[tuple[str, str], set[str]] = {}
    for item in replies:
        assert item.parent_text, item
        labels.setdefault((item.lang, item.text), set()).add(f"{item.intent} {item.stage}")

    assert sum(len(found) > 1 for found in labels.values()) >= 0.7 * len(labels)


def test_no_line_is_nearly_one_of_the_corpus_or_another(wishes: list[LabelledMention]) -> None:
    texts = [item.text for item in wishes]
    known = [item.text for item in load_corpus([*CORPUS_FILES, CASES_FILE])]

    for best, _ in (nearest(texts), nearest(texts, known)):
        assert best.max() < NEAREST_ALLOWED, texts[int(best.argmax())]
