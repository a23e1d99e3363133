"""Each language is read and decided as its own unseen mentions ask for."""

import dataclasses
from itertools import product

import msgspec
import numpy as np
import pytest
from scipy.special import log_softmax, softmax
from sklearn.metrics import f1_score

from models.by_language import ENOUGH, OutOfFold, fit_languages
from models.calibration import best_leanings, best_threshold, fit_reading
from models.labels import LabelledMention
from models.languages import Languages
from models.outputs import ESTIMATORS, N_OUTPUTS, outputs_of
from models.predictions import HEADS
from schemas.labels import INTENTS


def with_thresholds(*thresholds: float) -> Languages:
    rows = len(thresholds)
    return Languages(
        ("es", "en")[: rows - 1],
        np.ones((rows, N_OUTPUTS), np.float32),
        np.zeros((rows, N_OUTPUTS), np.float32),
        np.array(thresholds),
        np.zeros((rows, N_OUTPUTS), np.float32),
    )


def chances(*intents: tuple[float, float, float]) -> dict[str, np.ndarray]:
    rows = len(intents)
    made = {
        name: np.full((rows, len(head.classes)), 1 / len(head.classes), np.float32)
        for name, head in HEADS.items()
    }
    return {**made, "intent": np.array(intents, np.float32)}


def test_each_language_decides_by_its_own_threshold() -> None:
    languages = with_thresholds(np.nan, 0.3, 0.7)
    made = chances(*[(0.6, 0.1, 0.3)] * 5)

    decided = languages.decide(made, ["es", "es-MX", "en", "pt", ""])

    assert decided.labels["intent"].tolist() == [2, 2, 0, 0, 0]
    assert decided.labels["stage"].tolist() == [0] * 5
    assert languages.threshold("es") == 0.3
    assert languages.threshold("pt") is None


def test_the_likelier_kind_of_intent_is_decided_for_and_none_below_the_threshold() -> None:
    languages = with_thresholds(0.45)
    made = chances((0.5, 0.3, 0.2), (0.56, 0.2, 0.24), (0.4, 0.2, 0.4), (0.549, 0.451, 0.0))

    assert languages.decide(made, [""] * 4).labels["intent"].tolist() == [1, 0, 2, 1]


def test_without_thresholds_the_most_probable_class_is_decided_for() -> None:
    made = chances((0.4, 0.35, 0.25), (0.3, 0.36, 0.34))

    assert Languages.alike().decide(made, ["es", "en"]).labels["intent"].tolist() == [0, 1]


def test_each_language_leans_to_classes_in_its_own_way() -> None:
    plain = with_thresholds(np.nan, np.nan)
    leanings = plain.leanings.copy()
    leanings[1, outputs_of("stage").start + 5] = np.log(2)
    languages = dataclasses.replace(plain, leanings=leanings)
    made = chances((1, 0, 0), (1, 0, 0), (1, 0, 0))
    made["stage"] = np.array(3 * [[0.0, 0.1, 0.5, 0.1, 0.0, 0.3]], np.float32)
    made["stage"][2, 2:] = [0.7, 0.1, 0.0, 0.1]

    decided = languages.decide(made, ["es", "en", "es"])

    assert decided.labels["stage"].tolist() == [5, 2, 2]
    assert languages.leaning("es")["stage"]["advocacy"] == pytest.approx(np.log(2))
    assert languages.leaning("en") == {}


def test_leanings_find_the_rare_class_and_leave_honest_ones_alone() -> None:
    random = np.random.default_rng(6)
    shares = np.array([0.6, 0.35, 0.05])
    labels = random.choice(3, 6_000, p=shares)
    signal = np.eye(3)[labels] * 1.5 + random.normal(size=(6_000, 3))
    log_chances = log_softmax(signal * 1.5 + np.log(shares), axis=1)
    even = np.ones(6_000)

    leanings = best_leanings(log_chances, labels, even)

    def macro_f1(added: np.ndarray) -> float:
        return float(f1_score(labels, (log_chances + added).argmax(axis=1), average="macro"))

    assert leanings[2] > leanings[:2].max()
    assert macro_f1(leanings) > macro_f1(np.zeros(3)) + 0.01
    sure = np.where(np.eye(3)[labels] > 0, 0.0, -9.0)
    assert not best_leanings(sure, labels, even).any()


def test_numbers_that_make_no_reading_are_refused() -> None:
    ones, zeros = np.ones((1, N_OUTPUTS), np.float32), np.zeros((1, N_OUTPUTS), np.float32)
    uneven = ones.copy()
    uneven[0, 1] = 2
    for scales, shifts, says in (
        (ones[:, 1:], zeros, "expected 1 rows"),
        (0 * ones, zeros, "above 0"),
        (uneven, zeros, "the same scale"),
        (ones, zeros * np.nan, "finite"),
    ):
        with pytest.raises(ValueError, match=says):
            Languages((), scales, shifts, np.full(1, np.nan), zeros)


def test_a_reading_undoes_overconfidence_and_another_share_of_classes() -> None:
    random = np.random.default_rng(1)
    honest = random.normal(size=(30_000, 3)) * 2 + [1.5, 0, -1]
    labels = np.array([random.choice(3, p=row) for row in softmax(honest, axis=1)])
    scores = 3 * (honest - [1.0, -1.0, 0])

    reading = fit_reading(scores, labels)

    assert reading.temperature == pytest.approx(3, rel=0.1)
    np.testing.assert_allclose(
        log_softmax(reading.of(scores), axis=1), log_softmax(honest, axis=1), rtol=0.05, atol=0.1
    )
    assert reading.shifts.sum() == pytest.approx(0, abs=1e-9)


def test_the_threshold_is_the_middle_of_the_best_and_follows_the_weights() -> None:
    yes = np.array([1, 1, 1, 0, 0, 1, 0, 0, 0, 0]) > 0
    marks = np.array([0.9, 0.8, 0.7, 0.5, 0.45, 0.4, 0.3, 0.2, 0.1, 0.05])
    even = np.ones(10)

    assert best_threshold(marks, yes, even) == pytest.approx(0.7)
    assert best_threshold(marks, yes, np.where(yes, 1.0, 0.1)) == pytest.approx(0.4)


def test_a_stated_precision_is_kept_where_it_can_be() -> None:
    marks = np.array([0.3, 0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.1])
    yes, even = marks > 0.5, np.ones(8)

    assert best_threshold(marks, yes, even, 0.76) == 0.6  # the mean of those above: 0.79
    assert best_threshold(marks, yes, even, 0.99) == 0.95  # none is so sure
    assert best_threshold(marks, yes, np.where(yes, 1, 0.1), 0.76) == 0.1


def made_up(rows: int, draw: str = "") -> tuple[list[LabelledMention], dict[str, OutOfFold]]:
    """Mentions whose Spanish scores are three times too large and whose English ones are honest."""
    random = np.random.default_rng(2)
    items, unseen = [], {}
    langs = np.array(["es", "en"] * rows)
    at = np.arange(2 * rows)
    for name, width in ESTIMATORS:
        classes = max(width, 2)
        honest = random.normal(size=(2 * rows, classes)) * 2
        labels = np.array([random.choice(classes, p=row) for row in softmax(honest, axis=1)])
        scores = honest * np.where(langs == "es", 3, 1)[:, None]
        unseen[name] = OutOfFold(at, labels, scores, at // 2 % 5, 1.0)
    for number, label in enumerate(unseen["intent"].labels.tolist()):
        made = {"id": f"m{number}", "text": "x", "lang": langs[number], "intent": INTENTS[label]}
        rest = {"stage": "", "needs_reply": "", "draw": draw}
        items.append(msgspec.convert({**made, **rest}, LabelledMention))
    return items, unseen


def test_languages_are_fitted_one_by_one_from_mentions_not_seen() -> None:
    items, unseen = made_up(3_000)

    languages, figures = fit_languages(items, unseen)

    assert languages.names == ("en", "es")
    np.testing.assert_allclose(languages.scales[1], 1, rtol=0.15)
    np.testing.assert_allclose(languages.scales[2], 1 / 3, rtol=0.15)
    np.testing.assert_array_equal(languages.scales[0], 1)
    for lang in ("en", "es"):
        assert languages.threshold(lang) == figures[lang].threshold
        assert figures[lang].mentions == 3_000
        assert figures[lang].f1 > 0.8
    assert languages.threshold("pt") == pytest.approx(
        (figures["en"].threshold + figures["es"].threshold) / 2
    )


def test_a_prevalence_raises_thresholds_and_lowers_chances() -> None:
    items, unseen = made_up(3_000)

    as_labelled, plain = fit_languages(items, unseen)
    rare, weighed = fit_languages(items, unseen, prevalence=0.1)

    for lang in ("en", "es"):
        assert weighed[lang].prevalence == pytest.approx(0.1)
        assert weighed[lang].average_precision < plain[lang].average_precision
    assert (rare.shifts[1:, 0] > as_labelled.shifts[1:, 0] + 0.5).all()


def test_a_precision_is_reached_on_mentions_that_chose_nothing() -> None:
    items, unseen = made_up(3_000)

    _, plain = fit_languages(items, unseen, prevalence=0.1)
    _, strict = fit_languages(items, unseen, prevalence=0.1, precision=0.8)

    for lang in ("en", "es"):
        assert plain[lang].precision < 0.7
        assert strict[lang].precision == pytest.approx(0.8, abs=0.05)
        assert strict[lang].threshold > plain[lang].threshold
        assert strict[lang].recall < plain[lang].recall


def test_too_few_mentions_fit_nothing() -> None:
    items, unseen = made_up(ENOUGH - 1)

    languages, figures = fit_languages(items, unseen)

    assert (languages.names, figures) == ((), {})
    assert languages.threshold("es") is None


def test_sources_count_the_same_however_many_mentions_each_has() -> None:
    items, unseen = made_up(2_000)
    # One Spanish mention in ten is of a source whose scores are ten times too large still.
    few = [n for n in range(len(items)) if n % 20 == 0]
    scores = {}
    for name, found in unseen.items():
        wide = found.scores.copy()
        wide[few] *= 10
        scores[name] = found._replace(scores=wide)

    def temperature(told: bool) -> float:
        mixed = [
            msgspec.structs.replace(item, source=("few" if n in set(few) else "many") * told)
            for n, item in enumerate(items)
        ]
        return float(1 / fit_languages(mixed, scores)[0].scales[2, 0])

    assert temperature(told=True) > 1.2 * temperature(told=False)


def test_the_projects_own_writing_is_left_out_where_there_is_enough_else() -> None:
    items, unseen = made_up(1_000)
    # Of the corpus' mentions every score is turned around: they would spoil any fit.
    own = [n for n in range(len(items)) if n % 20 in (0, 1)]
    mixed = [
        msgspec.structs.replace(item, draw="balanced") if n in set(own) else item
        for n, item in enumerate(items)
    ]
    spoilt = {}
    for name, found in unseen.items():
        scores = found.scores.copy()
        scores[own] *= -50
        spoilt[name] = found._replace(scores=scores)

    languages, figures = fit_languages(mixed, spoilt)

    np.testing.assert_allclose(languages.scales[2], 1 / 3, rtol=0.25)
    assert figures["es"].mentions == 900


def test_the_natural_part_of_the_corpus_is_a_source_of_intent_alone() -> None:
    items, unseen = made_up(1_000)
    natural = {n for n in range(len(items)) if n % 4 in (0, 1)}
    mixed = [
        msgspec.structs.replace(item, draw="natural" if n in natural else "")
        for n, item in enumerate(items)
    ]
    wide = {}
    for name, found in unseen.items():
        scores = found.scores.copy()
        scores[sorted(natural)] *= 20
        wide[name] = found._replace(scores=scores)

    languages, figures = fit_languages(mixed, wide)

    intent, stage = outputs_of("intent").start, outputs_of("stage").start
    assert languages.scales[2, intent] < 0.6 * languages.scales[2, stage]
    assert figures["es"].mentions == 1_000

    # What people labelled of the random draw of a stream is of a source: it counts everywhere.
    heard = [msgspec.structs.replace(item, source="forum" * bool(item.draw)) for item in mixed]
    theirs, _ = fit_languages(heard, wide)
    assert theirs.scales[2, stage] < 0.6 * languages.scales[2, stage]


@pytest.mark.parametrize(("lang", "row"), list(product(["es", "ES", "es-419"], [1])))
def test_a_region_is_read_as_its_language(lang: str, row: int) -> None:
    assert with_thresholds(0.5, 0.4).rows([lang, "eu"]).tolist() == [row, 0]
