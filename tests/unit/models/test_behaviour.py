"""Edits change what they say, and the report counts what a model does with them."""

from collections import Counter
from collections.abc import Callable

import msgspec
import numpy as np
import pytest

from models import edits
from models.behaviour import CASES_FILE, check_behaviour
from models.heads import Model
from models.labels import CORPUS_FILES, LabelledMention, load_corpus
from models.predictions import HEADS, Predictions, Texts
from models.reports.cards import behaviour_lines
from models.reports.words import Wording
from models.training import TrainingReport

BUY = "compr"


class Judge:
    """Finds active intent with a chance that a function of the text gives, nothing else."""

    version = "judge-1"

    def __init__(self, chance: Callable[[str], float]) -> None:
        self._chance = chance

    def predict(self, texts: Texts) -> Predictions:
        n = len(texts)
        chances = {
            name: np.zeros((n, len(head.classes)), np.float32) for name, head in HEADS.items()
        }
        for name in ("stage", "needs_reply", "sentiment"):
            chances[name][:, 0] = 1
        active = np.array([self._chance(text) for text in texts.texts], np.float32).reshape(n)
        chances["intent"][:, 2] = active
        chances["intent"][:, 0] = 1 - active
        return Predictions.most_probable(chances)


def case(text: str, **labels: object) -> LabelledMention:
    given = {"id": "c", "lang": "es", "intent": "", "stage": "", "needs_reply": ""} | labels
    return LabelledMention(text=text, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("edit", "lang", "text", "expected"),
    [
        (edits.other_handles, "es", "@ana_p mira a@b.es @x", "@{} mira a@b.es @{}"),
        (edits.other_brands(), "es", "Nimbara @Nimbara #Nimbara Planivo Nimbaras",
         "Kolmio @Nimbara #Nimbara Nimbara Nimbaras"),
        (edits.other_numbers, "en", "$1,290 at 10:09 https://x.example/12", "$2,310 at 20:01 "
         "https://x.example/12"),
        (edits.without_accents, "es", "¿Cuándo? el año pingüino e\u0301l", "¿Cuando? el año "
         "pinguino el"),
        (edits.negated, "es", "Quiero uno y quiero dos", "no quiero uno y quiero dos"),
        (edits.negated, "es", "no quiero uno", "no quiero uno"),
        (edits.negated, "en", "I need a phone", "i do not need a phone"),
        (edits.negated, "en", "nice phone", "nice phone"),
        (edits.ending("es", "en"), "en", "x", "x en"),
    ],
)  # fmt: skip
def test_edits(edit: edits.Edit, lang: str, text: str, expected: str) -> None:
    if "{}" in expected:
        others = [word for word in edit(text, lang).split() if word.startswith("@")]
        expected = expected.format(*(word[1:] for word in others))
        assert not set(others) & set(text.split())
    assert edit(text, lang) == expected


def test_flips_are_counted_where_an_edit_applies() -> None:
    shouting = Judge(lambda text: 0.9 if text.isupper() else 0.1)
    report = check_behaviour(shouting, [case("uno"), case("DOS", id="d"), case("3", id="e")])

    found = {i.name: i for i in report.invariance if i.head == "intent"}

    assert (found["upper case"].texts, found["upper case"].flips) == (1, 1)
    assert found["upper case"].mean_change == pytest.approx(0.8)
    assert (found["lower case"].texts, found["lower case"].flips) == (1, 1)
    assert (found["other handles"].texts, found["other handles"].mean_change) == (0, 0)
    assert [
        (f.name, f.id, f.found)
        for f in report.failures
        if f.test == "invariance" and f.name == "upper case" and f.head == "intent"
    ] == [("upper case", "c", "active")]


def test_the_way_a_probability_moves_is_judged() -> None:
    def chance(text: str) -> float:
        return 0.5 + 0.3 * text.count(BUY) - 0.2 * text.count("no ")

    asks = {d.name: d for d in check_behaviour(Judge(chance), [
        case("una silla", intent="none"), case("quiero una", intent="latent", id="d"),
        case("ya compré", intent="active", id="e"),
    ]).direction}  # fmt: skip
    contrary = check_behaviour(
        Judge(lambda text: 1 - chance(text)), [case("una silla", intent="none")]
    )

    assert (asks["asks where to buy it"].texts, asks["asks where to buy it"].wrong) == (2, 0)
    assert asks["asks where to buy it"].mean_change == pytest.approx(0.3)
    assert (asks["denies the wish"].texts, asks["denies the wish"].wrong) == (1, 0)
    assert asks["denies the wish"].mean_change == pytest.approx(-0.2)
    (failure,) = (f for f in contrary.failures if f.test == "direction")
    assert (failure.name, failure.found) == ("asks where to buy it", "-0.300")


def test_unmistakable_cases_are_passed_or_named() -> None:
    buys = Judge(lambda text: float(BUY in text))
    report = check_behaviour(
        buys,
        [
            case("lo compro", intent="active", acts=()),
            case("lo quiero", intent="active", id="wish", acts=("praise",)),
            case("hola", intent="none", id="d"),
        ],
    )

    found = {(f.head, f.label): (f.cases, f.passed) for f in report.functionality}
    assert found == {
        ("intent", "active"): (2, 1),
        ("intent", "none"): (1, 1),
        ("act", "none"): (1, 1),
        ("act", "praise"): (1, 0),
    }
    named = [(f.name, f.head, f.id, f.found) for f in report.failures if f.test == "functionality"]
    assert named == [("active", "intent", "wish", "none"), ("praise", "act", "wish", "")]


def test_every_label_has_at_least_twelve_cases_in_both_languages() -> None:
    cases = load_corpus([CASES_FILE])
    counts: Counter[tuple[str, str]] = Counter()
    langs: dict[tuple[str, str], set[str]] = {}
    for one in cases:
        acts = [("act", act) for act in one.acts or ()]
        own = [(h, getattr(one, h)) for h in HEADS if not HEADS[h].many and getattr(one, h)]
        counts.update([*own, *acts])
        for key in (*own, *acts):
            langs.setdefault(key, set()).add(one.lang)

    wanted = {(name, label) for name, head in HEADS.items() for label in head.classes}
    assert set(counts) == wanted
    assert min(counts.values()) >= 12
    assert all(found == {"es", "en"} for found in langs.values())
    assert len({one.variety for one in cases if one.lang == "es"}) >= 6
    assert len({one.text for one in cases}) == len(cases)


def test_the_cases_are_never_trained_on() -> None:
    assert CASES_FILE not in CORPUS_FILES
    written = {one.text for one in load_corpus([CASES_FILE])}
    assert not written & {one.text for one in load_corpus()}


def test_the_card_says_how_a_model_behaves(trained: tuple[Model, TrainingReport]) -> None:
    model, report = trained

    assert report.behaviour == check_behaviour(model)
    assert report.behaviour
    printed = "\n".join(behaviour_lines(report.behaviour, Wording("en")))
    for name in ("upper case", "asks where to buy it", "asks_recommendation"):
        assert name in printed
    older = msgspec.to_builtins(report)
    del older["behaviour"]
    assert msgspec.convert(older, TrainingReport).behaviour is None
