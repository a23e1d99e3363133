"""The accurate profile and the cascade: learnt, stored, loaded, and true to each other."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import pytest
from sklearn.preprocessing import FunctionTransformer
from skops import io as skops_io

import models
from models import api, profiles
from models.accurate import Accurate, AccurateHeads, Cascade
from models.accurate_store import CARD_FILE, HEADS_FILE, AccurateStore
from models.accurate_training import (
    AccurateRecipe,
    AccurateReport,
    near_copies,
    train_accurate,
)
from models.encoder.sentences import SentenceEncoder
from models.errors import CorpusError, ModelExistsError, ModelNotFoundError, ModelRefusedError
from models.evaluation_set import fingerprint
from models.gate import promote
from models.heads import Model
from models.labels import LabelledMention
from models.predictions import HEADS, Predictions, Texts, versions_of
from models.scoring import score_lines
from models.store import ModelStore
from models.training import TrainingReport
from tests.unit.models.encoders import real_encoder

NOW = datetime(2026, 11, 29, 23, 30, tzinfo=UTC)
TEXTS = Texts(
    ["voy a comprar un portátil", "", "my router is down again", "¿precio? 😂", "buenos días"],
    ["es", "", "en", "es", "fr"],
    ["", "", "", "tenemos el nuevo", ""],
)
RECIPE = AccurateRecipe(folds=2, networks=2, fold_networks=1, hidden=32, epochs=60)


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return real_encoder()


@pytest.fixture(scope="module")
def lesson(corpus: list[LabelledMention]) -> list[LabelledMention]:
    """Enough for a half to be learnt from."""
    ends = ("hoy", "now 😀", "!!", "#ok")
    return [
        msgspec.structs.replace(item, id=f"{item.id}-{n}", text=f"{item.text} {end}")
        for item in corpus
        for n, end in enumerate(ends)
    ]


@pytest.fixture(scope="module")
def learnt(
    lesson: list[LabelledMention], encoder: SentenceEncoder
) -> tuple[AccurateHeads, AccurateReport]:
    return train_accurate(lesson, 7, encoder, recipe=RECIPE)


@pytest.fixture(scope="module")
def heads(learnt: tuple[AccurateHeads, AccurateReport]) -> AccurateHeads:
    return learnt[0]


@pytest.fixture
def store(
    tmp_path: Path,
    trained: tuple[Model, TrainingReport],
    learnt: tuple[AccurateHeads, AccurateReport],
) -> ModelStore:
    """A store with one version, promoted, and heads beside it."""
    store = ModelStore(tmp_path / "models")
    card = store.save(*trained, trained_on=["made up"], created_at=NOW)
    keep(store, card.version, learnt)
    store.promote(card.version)
    return store


def keep(store: ModelStore, version: str, learnt: tuple[AccurateHeads, AccurateReport]) -> None:
    AccurateStore(store.place).save(
        *learnt,
        version=version,
        created_at=NOW,
        trained_on=["made up"],
        label_set_hash="0" * 64,
        learnt=[fingerprint("voy a comprar")],
    )


def same(one: Predictions, other: Predictions, at: list[int] | None = None) -> None:
    """Both say the same, of some mentions or of all."""
    rows = slice(None) if at is None else at
    for name in HEADS:
        np.testing.assert_allclose(
            one.probabilities[name][rows], other.probabilities[name][rows], atol=1e-5
        )
        if name in one.labels:
            np.testing.assert_array_equal(one.labels[name][rows], other.labels[name][rows])
    np.testing.assert_array_equal(one.acts[rows], other.acts[rows])


def test_what_is_loaded_judges_as_what_was_learnt(
    store: ModelStore, model: Model, heads: AccurateHeads, encoder: SentenceEncoder
) -> None:
    loaded = profiles.load(store, profile="accurate", encoder=encoder)

    assert loaded.version == f"{store.current()}+accurate"
    same(loaded.predict(TEXTS), Accurate(model, heads, encoder).predict(TEXTS))


def test_it_learns_what_is_plain(
    learnt: tuple[AccurateHeads, AccurateReport],
    model: Model,
    encoder: SentenceEncoder,
    corpus: list[LabelledMention],
) -> None:
    heads, report = learnt
    found = Accurate(model, heads, encoder).predict(
        Texts([i.text for i in corpus], [i.lang for i in corpus], [""] * len(corpus))
    )
    truth = [HEADS["intent"].classes.index(i.intent) for i in corpus]

    assert (found.labels["intent"] == truth).mean() > 0.9
    assert report.judged_on == "real"  # they say no draw
    assert report.figures["intent"]["all"].mentions == 4 * len(corpus)
    assert report.cascade["all"].missed <= RECIPE.miss_rate


def test_the_same_seed_gives_the_same_heads(
    lesson: list[LabelledMention], encoder: SentenceEncoder, heads: AccurateHeads
) -> None:
    again, _ = train_accurate(lesson[::-1], 7, encoder, recipe=RECIPE)

    np.testing.assert_array_equal(again.languages.scales, heads.languages.scales)
    np.testing.assert_array_equal(again.rule_out, heads.rule_out)
    for one, other in zip(again.networks, heads.networks, strict=True):
        np.testing.assert_array_equal(one.w1_, other.w1_)


def test_too_few_mentions_are_refused(
    corpus: list[LabelledMention], encoder: SentenceEncoder
) -> None:
    with pytest.raises(CorpusError, match="mentions"):
        train_accurate(corpus[::4], 7, encoder, recipe=RECIPE)


def test_a_cascade_is_the_accurate_profile_where_it_escalates_and_the_fast_one_elsewhere(
    heads: AccurateHeads, encoder: SentenceEncoder, corpus: list[LabelledMention]
) -> None:
    shipped = ModelStore(Path(models.__file__).parent / "shipped")
    model = shipped.load(shipped.versions()[-1])
    texts = Texts(
        [i.text for i in corpus] + list(TEXTS.texts),
        [i.lang for i in corpus] + list(TEXTS.langs),
        [""] * len(corpus) + list(TEXTS.parents),
    )
    accurate = Accurate(model, heads, encoder)
    chance = 1 - model.predict(texts).probabilities["intent"][:, 0]
    rule_out = np.full(3, np.median(chance), np.float32)
    found = Cascade(model, accurate, rule_out).predict(texts)
    up = [at for at, version in enumerate(found.versions) if version == accurate.version]
    rest = [at for at, version in enumerate(found.versions) if version == f"{model.version}+fast"]

    assert sorted(up + rest) == list(range(len(texts)))
    assert up == np.flatnonzero(chance >= np.median(chance)).tolist()
    assert rest
    same(found, accurate.predict(texts), up)
    same(found, model.predict(texts), rest)
    words = accurate.predict(texts).intent_words
    assert [list(found.intent_words[at]) for at in up] == [list(words[at]) for at in up]


def test_a_cascade_that_rules_all_out_asks_nobody(model: Model, heads: AccurateHeads) -> None:
    class Never:
        def encode(self, texts: Texts) -> np.ndarray:
            raise AssertionError("asked")

    never = Accurate(model, heads, Never())
    found = Cascade(model, never, np.full(3, 2, np.float32)).predict(TEXTS)

    same(found, model.predict(TEXTS))
    assert set(found.versions) == {"unsaved+fast"}


def test_a_batch_is_judged_as_its_mentions_alone(
    model: Model, heads: AccurateHeads, encoder: SentenceEncoder
) -> None:
    accurate = Accurate(model, heads, encoder)
    together = accurate.predict(TEXTS)
    for at in range(len(TEXTS)):
        alone = accurate.predict(TEXTS.take([at]))
        for name in HEADS:
            np.testing.assert_allclose(
                alone.probabilities[name][0], together.probabilities[name][at], atol=1e-4
            )


def test_nothing_is_judged_as_nothing(
    model: Model, heads: AccurateHeads, encoder: SentenceEncoder
) -> None:
    found = Accurate(model, heads, encoder).predict(Texts([], [], []))

    assert found.probabilities["stage"].shape == (0, 6)
    assert found.acts.shape == (0, 8)


def test_each_line_says_which_profile_judged_it(
    model: Model, heads: AccurateHeads, encoder: SentenceEncoder
) -> None:
    rule_out = np.full(3, 0.5, np.float32)
    cascade = Cascade(model, Accurate(model, heads, encoder), rule_out)
    lines = [b'{"text": "voy a comprar un port\xc3\xa1til"}', b'{"text": "good morning"}']
    said = [msgspec.json.decode(line)["model_version"] for line in score_lines(lines, cascade)]

    assert said == ["unsaved+accurate", "unsaved+fast"]
    assert versions_of(cascade) == ("unsaved+fast", "unsaved+accurate")
    assert versions_of(model) == ("unsaved", "unsaved+fast")


def test_an_explanation_is_that_of_the_fast_model(
    model: Model, heads: AccurateHeads, encoder: SentenceEncoder
) -> None:
    assert Accurate(model, heads, encoder).explainer is model.explainer


def test_a_version_without_heads_names_the_remedy(
    tmp_path: Path, trained: tuple[Model, TrainingReport]
) -> None:
    store = ModelStore(tmp_path / "models")
    card = store.save(*trained, trained_on=["made up"], created_at=NOW)

    with pytest.raises(ModelNotFoundError, match="escucha train --profile accurate"):
        profiles.load(store, card.version, "accurate")
    assert profiles.load(store, card.version).version == card.version
    assert profiles.best_of(store, card.version, "cascade") == "fast"


def test_names_say_the_profile(store: ModelStore, encoder: SentenceEncoder) -> None:
    version = store.current()

    assert profiles.full_name(version, "cascade") == f"{version}+cascade"
    assert profiles.full_name(f"{version}+accurate", "cascade") == f"{version}+accurate"
    assert profiles.load(store, f"{version}+cascade").version == f"{version}+cascade"
    assert profiles.load(store, f"{version}+fast", "cascade").version == version
    assert api.load(store=store.place, profile="cascade").version == f"{version}+cascade"
    with pytest.raises(ModelNotFoundError):
        profiles.load(store, f"{version}+quick")


def test_heads_are_written_once_and_are_no_version_of_their_own(
    store: ModelStore, learnt: tuple[AccurateHeads, AccurateReport]
) -> None:
    version = store.current()

    with pytest.raises(ModelExistsError):
        keep(store, version, learnt)
    assert store.versions() == [version]
    assert profiles.learnt(store, f"{version}+accurate") == {fingerprint("voy a comprar")}
    assert not profiles.learnt(store, version)


def test_heads_are_adopted_with_their_model(store: ModelStore, tmp_path: Path) -> None:
    other = ModelStore(tmp_path / "other")
    version = store.current()
    other.adopt(store, version)
    for _ in range(2):
        AccurateStore(other.place).adopt(AccurateStore(store.place), version)

    assert AccurateStore(other.place).card(version) == AccurateStore(store.place).card(version)


def forged(store: ModelStore, content: bytes, **changes: object) -> str:
    """Replace the heads and make the card agree, as whoever can write one can the other."""
    version = store.current()
    folder = Path(store.place) / f"{version}+accurate"
    card = AccurateStore(store.place).card(version)
    digest = hashlib.sha256(content).hexdigest()
    (folder / HEADS_FILE).write_bytes(content)
    card = msgspec.structs.replace(card, heads_sha256=digest, **changes)
    (folder / CARD_FILE).write_bytes(msgspec.json.encode(card))
    return version


def test_changed_heads_are_refused(store: ModelStore) -> None:
    version = store.current()
    file = Path(store.place) / f"{version}+accurate" / HEADS_FILE
    file.write_bytes(file.read_bytes()[:-1] + b"x")

    with pytest.raises(ModelRefusedError, match="not what its card describes"):
        AccurateStore(store.place).load(version)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"no archive", HEADS_FILE),
        (skops_io.dumps({"networks": []}), HEADS_FILE),
        (skops_io.dumps({"networks": [FunctionTransformer(len)]}), "trusted|other things"),
    ],
)
def test_forged_heads_are_refused(store: ModelStore, content: bytes, complaint: str) -> None:
    with pytest.raises(ModelRefusedError, match=complaint):
        AccurateStore(store.place).load(forged(store, content))


def test_heads_for_other_vectors_are_refused(store: ModelStore) -> None:
    content = (Path(store.place) / f"{store.current()}+accurate" / HEADS_FILE).read_bytes()

    with pytest.raises(ModelRefusedError, match="other classes or encoders"):
        AccurateStore(store.place).load(forged(store, content, encoder="another"))


def test_the_gate_judges_under_the_profile_in_use(
    store: ModelStore,
    trained: tuple[Model, TrainingReport],
    learnt: tuple[AccurateHeads, AccurateReport],
    tmp_path: Path,
) -> None:
    later = store.save(*trained, trained_on=["x"], created_at=NOW.replace(hour=23, minute=59))
    keep(store, later.version, learnt)
    file = tmp_path / "judge.jsonl"
    rows = [
        {
            "id": f"{n}",
            "text": f"{t} {n}",
            "lang": "es",
            "intent": i,
            "stage": "",
            "needs_reply": "",
        }
        for n, (t, i) in enumerate([("voy a comprar", "active"), ("buenos días", "none")] * 30)
    ]
    file.write_bytes(b"\n".join(map(msgspec.json.encode, rows)))
    outcome = promote(store, later.version, on=[str(file)], profile="accurate")

    assert outcome.comparison is not None
    assert outcome.comparison.b == f"{later.version}+accurate"
    assert store.current() == later.version


def test_near_copies_share_a_group() -> None:
    rows = np.eye(4, dtype=np.float32)[[0, 1, 0, 2]]
    rows[2, 3] = 0.1

    a, b, c, d = near_copies(rows, 0.95)
    assert a == c
    assert len({a, b, d}) == 3
