"""Heads heed prevalence and precision as the fast profile does; those from before still load."""

import hashlib
import zipfile
from datetime import UTC, datetime
from functools import partial
from itertools import product
from pathlib import Path

import msgspec
import numpy as np
import pytest
from scipy.special import softmax
from skops import io as skops_io

from models import accurate_runs
from models.accurate import Accurate, AccurateHeads
from models.accurate_store import CARD_FILE, HEADS_FILE, AccurateStore
from models.accurate_training import AccurateRecipe, AccurateReport, _cooling, train_accurate
from models.by_language import OutOfFold
from models.encoder.sentences import TEXT_WIDTH, WIDTH
from models.errors import ModelExistsError
from models.heads import Model
from models.labels import LabelledMention
from models.languages import Languages
from models.network import probabilities_of, scores_of
from models.outputs import ESTIMATORS, N_OUTPUTS, outputs_of
from models.predictions import HEADS, Texts
from models.store import ModelStore
from models.training import Recipe, TrainingReport
from streams import training
from streams.training import SHIPPED
from tests.unit.models.commanded import run, write

NOW = datetime(2026, 11, 29, 23, 30, tzinfo=UTC)
RECIPE = AccurateRecipe(folds=4, networks=1, fold_networks=1, hidden=32, epochs=20)
FAST = Recipe(folds=2)
FILLERS = ["".join(pair) for pair in product(("ba", "ne", "ti", "lo", "fu", "sa"), repeat=2)]


class Words:
    """Vectors that are sums of a random one for each word: enough to learn from, in no time."""

    def encode(self, texts: Texts) -> np.ndarray:
        made = np.zeros((len(texts), WIDTH), np.float32)
        for row, text in enumerate(texts.texts):
            for word in text.split():
                seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4])
                made[row, :TEXT_WIDTH] += np.random.default_rng(seed).normal(size=TEXT_WIDTH)
        return made


def mentions(number: int, seed: int) -> list[LabelledMention]:
    """A third with intent; their words tell it nine times in ten."""
    random = np.random.default_rng(seed)
    made = []
    for n in range(number):
        yes = random.random() < 1 / 3
        told = yes if random.random() < 0.9 else not yes
        stage, reply, mood = n % 6, n // 2 % 2, n % 3
        acts = [k for k in range(8) if n % (k + 2) == 0]
        words = ["comprar" if told else "lluvia", f"st{'abcdef'[stage]}", f"re{'ab'[reply]}"]
        words += [f"mo{'abc'[mood]}", *(f"act{'abcdefgh'[k]}" for k in acts)]
        made.append(
            LabelledMention(
                id=f"{seed}-{n}",
                text=" ".join([*words, *random.choice(FILLERS, 2)]),
                lang=("es", "en")[int(random.integers(2))],
                intent=str(random.choice(["latent", "active"])) if yes else "none",
                stage=HEADS["stage"].classes[stage],
                needs_reply=HEADS["needs_reply"].classes[reply],
                sentiment=HEADS["sentiment"].classes[mood],
                acts=tuple(HEADS["act"].classes[k] for k in acts),
            )
        )
    return made


@pytest.fixture(scope="module")
def lesson() -> list[LabelledMention]:
    return mentions(1_600, 3)


@pytest.fixture(scope="module")
def unseen() -> list[LabelledMention]:
    return mentions(1_000, 4)


def learnt(
    lesson: list[LabelledMention], fast: Recipe = FAST, **changes: float
) -> tuple[AccurateHeads, AccurateReport]:
    recipe = msgspec.structs.replace(RECIPE, **changes)
    return train_accurate(lesson, 7, Words(), recipe=recipe, fast=fast)


@pytest.fixture(scope="module")
def as_labelled(lesson: list[LabelledMention]) -> tuple[AccurateHeads, AccurateReport]:
    return learnt(lesson)


@pytest.fixture(scope="module")
def at_a_tenth(lesson: list[LabelledMention]) -> tuple[AccurateHeads, AccurateReport]:
    rare = msgspec.structs.replace(FAST, prevalence=0.1)
    return learnt(lesson, rare, prevalence=0.1, precision=0.6)


def chances(heads: AccurateHeads, items: list[LabelledMention]) -> np.ndarray:
    texts = Texts([i.text for i in items], [i.lang for i in items], [""] * len(items))
    return 1 - heads.judge(Words().encode(texts), texts.langs).probabilities["intent"][:, 0]


def test_chances_are_honest_at_the_share_of_intent_assumed(
    unseen: list[LabelledMention],
    as_labelled: tuple[AccurateHeads, AccurateReport],
    at_a_tenth: tuple[AccurateHeads, AccurateReport],
) -> None:
    yes = np.array([item.intent != "none" for item in unseen])
    plain, rare = chances(as_labelled[0], unseen), chances(at_a_tenth[0], unseen)

    assert plain.mean() == pytest.approx(yes.mean(), abs=0.03)
    assert 0.1 * rare[yes].mean() + 0.9 * rare[~yes].mean() == pytest.approx(0.1, abs=0.03)
    for lang in ("es", "en"):
        assert at_a_tenth[1].languages[lang].prevalence == pytest.approx(0.1)
        assert at_a_tenth[1].figures["intent"][lang].prevalence == pytest.approx(0.1)
        assert as_labelled[1].languages[lang].prevalence == pytest.approx(1 / 3, abs=0.05)
    assert at_a_tenth[1].recipe.prevalence == 0.1
    assert as_labelled[1].recipe.prevalence is None


def test_a_precision_is_kept(
    lesson: list[LabelledMention], as_labelled: tuple[AccurateHeads, AccurateReport]
) -> None:
    """Less is right than at the best F1, and more is found."""
    _, plain = as_labelled
    _, wide = learnt(lesson, precision=0.6)

    for lang in ("es", "en"):
        assert plain.languages[lang].precision > 0.75
        assert wide.languages[lang].precision == pytest.approx(0.6, abs=0.06)
        assert wide.languages[lang].recall > plain.languages[lang].recall + 0.01
        assert wide.languages[lang].threshold < plain.languages[lang].threshold


def test_the_cascade_rules_out_by_chances_as_the_fast_model_gives_them(
    as_labelled: tuple[AccurateHeads, AccurateReport],
    at_a_tenth: tuple[AccurateHeads, AccurateReport],
) -> None:
    """The same mentions are ruled out; where intent is rarer their chances are lower."""
    assert (at_a_tenth[0].rule_out < 0.7 * as_labelled[0].rule_out).all()
    for lang, rare in at_a_tenth[1].cascade.items():
        assert rare.missed <= RECIPE.miss_rate
        assert rare.ruled_out == pytest.approx(as_labelled[1].cascade[lang].ruled_out, abs=0.1)
        if lang in at_a_tenth[1].languages:  # what is ruled out had no intent by the heads either
            heads = at_a_tenth[1].languages[lang]
            assert rare.precision == pytest.approx(heads.precision, abs=0.1)
            assert rare.recall == pytest.approx(heads.recall, abs=0.1)


@pytest.fixture
def store(tmp_path: Path, trained: tuple[Model, TrainingReport]) -> ModelStore:
    """One version, calibrated for a tenth and a precision, without heads."""
    model, report = trained
    recipe = msgspec.structs.replace(report.recipe, prevalence=0.1, precision=0.6)
    store = ModelStore(tmp_path / "models")
    report = msgspec.structs.replace(report, recipe=recipe)
    store.save(model, report, trained_on=["made up"], created_at=NOW)
    return store


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Heads in seconds: few epochs, vectors of words, nothing written for replies."""
    monkeypatch.setattr(accurate_runs, "MORE_FILES", ())
    monkeypatch.setattr(accurate_runs, "load_corpus", lambda files: [])
    monkeypatch.setattr(accurate_runs, "shared_encoder", Words)
    monkeypatch.setattr(training, "AccurateRecipe", partial(msgspec.structs.replace, RECIPE))


def test_heads_are_calibrated_as_their_fast_model_or_as_one_says(
    store: ModelStore,
    lesson: list[LabelledMention],
    own_corpus: list[LabelledMention],
    quick: None,
    tmp_path: Path,
) -> None:
    """The precision is that of the fast model, the prevalence is given."""
    version = store.versions()[0]
    options = ("train", "--profile", "accurate", "--beside", version)
    labelled = write(tmp_path / "labelled.jsonl", lesson)

    trained = run(store, *options, "--on", labelled, "--prevalence", 0.2)

    assert trained.exit_code == 0, trained.exception
    said = "share of intent taken to be 0.2, thresholds for precision 0.6\n"
    assert trained.stdout.endswith(said)
    card = AccurateStore(store.place).card(version)
    assert (card.training.recipe.prevalence, card.training.recipe.precision) == (0.2, 0.6)
    assert card.training.judged_on == "real"
    assert card.training.languages["es"].prevalence == pytest.approx(0.2)
    loaded = AccurateStore(store.place).load(version)
    assert card.languages == ["en", "es", ""]
    assert card.thresholds["es"] == loaded.languages.threshold("es")
    assert card.leanings["es"] == loaded.languages.leaning("es")
    again = run(store, *options, "--prevalence", 0.1)
    assert isinstance(again.exception, ModelExistsError)
    assert "escucha models card" in str(again.exception)


def test_heads_of_the_first_form_judge_as_they_did(
    store: ModelStore, as_labelled: tuple[AccurateHeads, AccurateReport], model: Model
) -> None:
    """A temperature for each language and head, a threshold of intent; all others come last."""
    version, heads = store.versions()[0], as_labelled[0]
    kept = AccurateStore(store.place)
    card = kept.save(
        *as_labelled,
        version=version,
        created_at=NOW,
        trained_on=[],
        label_set_hash="",
        learnt=["0" * 16],
    )
    temperatures = np.ones((3, 5), np.float32)
    temperatures[:, 0] = (0.5, 1, 2)  # of intent: es, en, all others
    thresholds = np.array([0.3, 0.5, 0.7], np.float32)
    parts = {
        "networks": list(heads.networks),
        "mean": heads.mean,
        "scale": heads.scale,
        "temperatures": temperatures,
        "thresholds": thresholds,
        "rule_out": thresholds / 10,
    }
    content = skops_io.dumps(parts, compression=zipfile.ZIP_DEFLATED)
    folder = Path(store.place) / f"{version}+accurate"
    (folder / HEADS_FILE).write_bytes(content)
    of_then = msgspec.to_builtins(card) | {"heads_sha256": hashlib.sha256(content).hexdigest()}
    of_then |= {"languages": ["es", "en", ""]}
    for new in ("thresholds", "leanings"):
        del of_then[new]
    (folder / CARD_FILE).write_bytes(msgspec.json.encode(of_then))
    loaded = kept.load(version)

    texts = Texts(["quiero 1", "lluvia 2", "comprar 3"] * 3, ["es", "en", "fr"] * 3, [""] * 9)
    found = loaded.judge(Words().encode(texts), texts.langs)
    rows = [("es", "en", "fr").index(lang) for lang in texts.langs]
    plain = AccurateHeads(
        heads.networks, heads.mean, heads.scale, Languages.alike(), np.zeros(1, np.float32)
    ).judge(Words().encode(texts), texts.langs)
    due = softmax(np.log(plain.probabilities["intent"]) / temperatures[rows, :1], axis=1)
    np.testing.assert_allclose(found.probabilities["intent"], due, atol=1e-5)
    np.testing.assert_array_equal(found.labels["intent"] > 0, 1 - due[:, 0] >= thresholds[rows])
    np.testing.assert_allclose(found.probabilities["act"], plain.probabilities["act"], atol=1e-5)
    np.testing.assert_array_equal(found.labels["stage"], plain.labels["stage"])
    np.testing.assert_allclose(
        loaded.rule_out[loaded.languages.rows(["es", "en", "fr"])], thresholds / 10
    )
    assert kept.card(version).thresholds == {}
    assert Accurate(model, loaded, Words()).predict(texts).labels["intent"].tolist() == (
        found.labels["intent"].tolist()
    )


def test_what_ships_loads_and_reads_each_language_as_its_card_says() -> None:
    store = AccurateStore(SHIPPED)
    version = ModelStore(SHIPPED).versions()[-1]
    heads, figures = store.load(version), store.card(version).training.figures["intent"]

    for lang, row in (("es", "es"), ("en", "en"), ("fr", "all")):
        assert heads.languages.threshold(lang) == pytest.approx(figures[row].threshold, abs=1e-6)
        at = heads.languages.rows([lang])[0]
        assert heads.languages.scales[at, 0] == pytest.approx(1 / figures[row].temperature)


def test_what_is_read_by_language_are_scores_that_nothing_has_cooled() -> None:
    """A fast model's coefficients are cooled already; networks are as they were learnt."""
    nothing = np.zeros(0, np.intp)
    found = OutOfFold(nothing, nothing, np.zeros((0, 2)), nothing, temperature=2.0)
    warm = found._replace(temperature=1.0)
    unseen = {name: warm if name == "stage" else found for name, _ in ESTIMATORS}
    languages = _cooling(Languages.alike(), unseen)

    assert (languages.scales[:, outputs_of("stage")] == 1).all()
    assert (np.delete(languages.scales, np.r_[outputs_of("stage")], axis=1) == 0.5).all()


def test_scores_are_what_chances_come_from() -> None:
    random = np.random.default_rng(0)
    chances = probabilities_of(random.normal(0, 2, (50, N_OUTPUTS)).astype(np.float32))

    np.testing.assert_allclose(probabilities_of(scores_of(chances)), chances, atol=1e-6)
    assert np.isfinite(scores_of(np.eye(N_OUTPUTS, dtype=np.float32))).all()
