"""Behavioural tests of a model: what must not matter, what must, and what nobody may get wrong.

After Ribeiro et al. 2020, "Beyond Accuracy: Behavioral Testing of NLP Models with CheckList". The
cases in `models/corpus/behaviour.jsonl` are plain on purpose and never trained on: passing them
says little, failing them says much.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec
import numpy as np

from models import edits
from models.edits import Edit
from models.labels import LabelledMention, load_corpus
from models.predictions import HEADS, Classifier, Predictions, Texts

CASES_FILE: Final = Path(__file__).parent / "corpus" / "behaviour.jsonl"
WRONG_WAY: Final = 0.01  # a probability may move so much against what is wanted


class Invariance(msgspec.Struct, frozen=True, kw_only=True):
    """Texts that an edit applies to: how many labels of a head it flipped.

    `mean_change` is that of the probability of the label decided before, without its sign.
    """

    name: str
    head: str
    texts: int
    flips: int
    mean_change: float


class Direction(msgspec.Struct, frozen=True, kw_only=True):
    """Texts that an edit should move: how many moved the wrong way, by more than `WRONG_WAY`."""

    name: str
    head: str
    wanted: Literal["up", "down"]
    texts: int
    wrong: int
    mean_change: float


class Functionality(msgspec.Struct, frozen=True, kw_only=True):
    """Unmistakable cases of a label; of acts, "none" are those that do none of them."""

    head: str
    label: str
    cases: int
    passed: int


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """One case that failed, by its id: texts need not be the project's own."""

    test: Literal["invariance", "direction", "functionality"]
    name: str  # of the edit; of functionality, the label that was due
    head: str
    id: str
    found: str  # the label decided for, or how the probability moved


class BehaviourReport(msgspec.Struct, frozen=True, kw_only=True):
    """How a model behaves; goes into its card."""

    cases: int
    invariance: list[Invariance]
    direction: list[Direction]
    functionality: list[Functionality]
    failures: list[Failure]


class _Unmoved(NamedTuple):
    name: str
    edit: Edit
    before: Edit = lambda text, lang: text  # what the edit is compared with


class _Moved(NamedTuple):
    name: str
    edit: Edit
    head: str
    labels: tuple[str, ...]  # whose probability, taken together, should move
    wanted: Literal["up", "down"]
    applies: Callable[[LabelledMention], bool]


def _unmoved(brands: tuple[str, ...]) -> tuple[_Unmoved, ...]:
    return (
        _Unmoved("other handles", edits.other_handles),
        _Unmoved("other brands", edits.other_brands(brands)),
        _Unmoved("other numbers", edits.other_numbers),
        _Unmoved("no accents", edits.without_accents),
        _Unmoved("lower case", lambda text, lang: text.lower()),
        _Unmoved("upper case", lambda text, lang: text.upper()),
        _Unmoved("skin tone of an emoji", edits.ending("🙏🏽", "🙏🏽"), edits.ending("🙏", "🙏")),
        _Unmoved("a hashtag at the end", edits.ending("#lunes", "#monday")),
        _Unmoved("a link at the end", edits.ending(*["https://pic.example/x7Q"] * 2)),
    )


_ANY_INTENT: Final = ("latent", "active")
_MOVED: Final = (
    _Moved(
        "asks where to buy it",
        edits.ending("¿Dónde lo compro?", "Where can I buy it?"),
        *("intent", _ANY_INTENT, "up"),
        lambda case: case.intent in ("none", "latent"),
    ),
    _Moved(
        "no thanks, has one",
        edits.ending("No, gracias, ya tengo uno.", "No thanks, I already have one."),
        *("intent", _ANY_INTENT, "down"),
        lambda case: case.intent in _ANY_INTENT,
    ),
    _Moved(
        "denies the wish",
        edits.negated,
        *("intent", _ANY_INTENT, "down"),
        lambda case: case.intent in _ANY_INTENT,
    ),
    _Moved(
        "thanks, it is solved",
        edits.ending("Gracias, ya está resuelto.", "Thanks, it is sorted now."),
        *("needs_reply", ("yes",), "down"),
        lambda case: case.needs_reply == "yes",
    ),
    _Moved(
        "asks the brand",
        edits.ending("@nimbara ¿a qué hora abrís?", "@nimbara what time do you open?"),
        *("needs_reply", ("yes",), "up"),
        lambda case: case.needs_reply == "no",
    ),
)


def check_behaviour(
    model: Classifier,
    cases: Sequence[LabelledMention] | None = None,
    *,
    brands: tuple[str, ...] = edits.BRANDS,
) -> BehaviourReport:
    """Return how a model behaves on the project's cases, or on other labelled mentions.

    A model judges each case about ten times. `brands` are the names that may stand for each other.
    """
    if cases is None:
        cases = load_corpus([CASES_FILE])
    failures: list[Failure] = []
    plain = model.predict(_texts(cases))
    return BehaviourReport(
        cases=len(cases),
        functionality=_functionality(cases, plain, failures),
        direction=[_direction(test, cases, plain, model, failures) for test in _MOVED],
        invariance=[
            found
            for test in _unmoved(brands)
            for found in _invariance(test, cases, model, failures)
        ],
        failures=failures,
    )


def _texts(cases: Sequence[LabelledMention], edit: Edit = lambda text, lang: text) -> Texts:
    return Texts(
        [edit(case.text, case.lang) for case in cases],
        [case.lang for case in cases],
        [case.parent_text or "" for case in cases],
    )


def _functionality(
    cases: Sequence[LabelledMention], plain: Predictions, failures: list[Failure]
) -> list[Functionality]:
    due: Counter[tuple[str, str]] = Counter()
    passed: Counter[tuple[str, str]] = Counter()
    for head, label, row, found, holds in _expectations(cases, plain):
        due[head, label] += 1
        passed[head, label] += holds
        if not holds:
            failures.append(
                Failure(test="functionality", name=label, head=head, id=cases[row].id, found=found)
            )
    return [
        Functionality(head=head, label=label, cases=due[head, label], passed=passed[head, label])
        for head, label in sorted(due, key=lambda key: list(HEADS).index(key[0]))
    ]


def _expectations(
    cases: Sequence[LabelledMention], plain: Predictions
) -> Iterator[tuple[str, str, int, str, bool]]:
    """Head and label that are due, the row, what was found, and whether that will do."""
    for row, case in enumerate(cases):
        for head in HEADS:
            found = _decided(plain, head, row)
            if HEADS[head].many:
                said = set(found.split())
                for act in (case.acts or ("none",)) if case.acts is not None else ():
                    yield head, act, row, found, act in said if act != "none" else not said
            elif label := getattr(case, head):
                yield head, label, row, found, found == label


def _decided(predictions: Predictions, head: str, row: int) -> str:
    classes = HEADS[head].classes
    if HEADS[head].many:
        return " ".join(classes[at] for at in np.flatnonzero(predictions.acts[row]))
    return classes[int(predictions.labels[head][row])]


def _direction(
    test: _Moved,
    cases: Sequence[LabelledMention],
    plain: Predictions,
    model: Classifier,
    failures: list[Failure],
) -> Direction:
    rows = [
        row
        for row, case in enumerate(cases)
        if test.applies(case) and test.edit(case.text, case.lang) != case.text
    ]
    columns = [HEADS[test.head].classes.index(label) for label in test.labels]
    after = model.predict(_texts([cases[row] for row in rows], test.edit))
    changes = after.probabilities[test.head][:, columns].sum(axis=1, dtype=np.float64)
    changes -= plain.probabilities[test.head][rows][:, columns].sum(axis=1, dtype=np.float64)
    wrong = changes < -WRONG_WAY if test.wanted == "up" else changes > WRONG_WAY
    failures += [
        Failure(
            test="direction",
            name=test.name,
            head=test.head,
            id=cases[rows[at]].id,
            found=f"{changes[at]:+.3f}",
        )
        for at in np.flatnonzero(wrong)
    ]
    return Direction(
        name=test.name,
        head=test.head,
        wanted=test.wanted,
        texts=len(rows),
        wrong=int(wrong.sum()),
        mean_change=_mean(changes),
    )


def _invariance(
    test: _Unmoved, cases: Sequence[LabelledMention], model: Classifier, failures: list[Failure]
) -> Iterator[Invariance]:
    chosen = [
        case
        for case in cases
        if test.edit(case.text, case.lang) != test.before(case.text, case.lang)
    ]
    before = model.predict(_texts(chosen, test.before))
    after = model.predict(_texts(chosen, test.edit))
    rows = range(len(chosen))
    for head in HEADS:
        change = np.abs(after.probabilities[head] - before.probabilities[head])
        if not HEADS[head].many:
            change = change[np.arange(len(chosen)), before.labels[head]]
        flipped = [row for row in rows if _decided(before, head, row) != _decided(after, head, row)]
        failures += [
            Failure(
                test="invariance",
                name=test.name,
                head=head,
                id=chosen[row].id,
                found=_decided(after, head, row),
            )
            for row in flipped
        ]
        yield Invariance(
            name=test.name,
            head=head,
            texts=len(chosen),
            flips=len(flipped),
            mean_change=_mean(change),
        )


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else 0.0
