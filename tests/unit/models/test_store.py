"""What the store gives back is what was saved, or a clear refusal."""

import hashlib
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import msgspec
import numpy as np
import pytest
from sklearn.preprocessing import FunctionTransformer
from skops import io as skops_io

from models.errors import ModelExistsError, ModelNotFoundError, ModelRefusedError
from models.evaluation_set import fingerprint
from models.heads import Model
from models.predictions import HEADS, Texts
from models.store import CARD_FILE, LEARNT_FILE, MODEL_FILE, ModelCard, ModelStore
from models.training import TrainingReport

NOW = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
TEXTS = Texts.plain(["voy a comprar un portátil", "", "¿precio? 😂"])


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


@pytest.fixture
def card(store: ModelStore, trained: tuple[Model, TrainingReport]) -> ModelCard:
    return store.save(*trained, trained_on=["made up"], created_at=NOW)


def rewrite(store: ModelStore, card: ModelCard, content: bytes) -> None:
    """Replace the model and make the card agree, as whoever can write one can the other."""
    (Path(store.place) / card.version / MODEL_FILE).write_bytes(content)
    forged = msgspec.structs.replace(card, model_sha256=hashlib.sha256(content).hexdigest())
    (Path(store.place) / card.version / CARD_FILE).write_bytes(msgspec.json.encode(forged))


def test_a_loaded_model_predicts_what_the_saved_one_did(
    store: ModelStore, card: ModelCard, model: Model
) -> None:
    loaded = store.load(card.version)

    assert loaded.version == card.version
    assert loaded.text.get_params() == model.text.get_params()
    for name in HEADS:
        np.testing.assert_array_equal(
            loaded.predict(TEXTS).probabilities[name], model.predict(TEXTS).probabilities[name]
        )


def test_the_card_says_what_the_model_is(
    store: ModelStore, card: ModelCard, trained: tuple[Model, TrainingReport]
) -> None:
    read = store.card(card.version)

    assert read.version.startswith("20261121T233000Z-")
    assert (read.created_at, read.trained_on) == (NOW, ["made up"])
    assert read.training == trained[1]
    assert read.classes["intent"] == ["none", "latent", "active"]
    assert read.features["n_features"] == 2**12
    assert [path.name for path in Path(store.place).iterdir()] == [card.version]


def test_the_version_tells_time_in_utc_and_inputs_by_hash(
    store: ModelStore, card: ModelCard, trained: tuple[Model, TrainingReport]
) -> None:
    model, report = trained
    madrid = (NOW + timedelta(seconds=1)).astimezone(timezone(timedelta(hours=1)))
    other = msgspec.structs.replace(report, seed=8)

    same = store.save(model, report, trained_on=[], created_at=madrid)
    different = store.save(model, other, trained_on=[], created_at=NOW)

    assert same.version == card.version.replace("T233000Z", "T233001Z")
    assert different.version[:17] == card.version[:17]
    assert different.version != card.version
    assert store.versions() == sorted([card.version, same.version, different.version])


def test_a_version_is_written_once(
    store: ModelStore, card: ModelCard, trained: tuple[Model, TrainingReport]
) -> None:
    with pytest.raises(ModelExistsError, match=card.version):
        store.save(*trained, trained_on=[], created_at=NOW)
    with pytest.raises(ValueError, match="time zone"):
        store.save(*trained, trained_on=[], created_at=NOW.replace(tzinfo=None))


def test_the_current_model_is_the_promoted_one(store: ModelStore, card: ModelCard) -> None:
    with pytest.raises(ModelNotFoundError, match="promoted"):
        store.load()

    store.promote(card.version)

    assert store.current() == card.version
    assert store.load().version == card.version
    names = sorted(path.name for path in Path(store.place).iterdir())
    assert names == [".lock", card.version, "current"]


def test_a_model_that_would_not_load_is_not_promoted(store: ModelStore, card: ModelCard) -> None:
    (Path(store.place) / card.version / MODEL_FILE).write_bytes(b"")

    with pytest.raises(ModelRefusedError):
        store.promote(card.version)
    with pytest.raises(ModelNotFoundError):
        store.current()


@pytest.mark.parametrize("version", ["", "..", "../other", "20261121T233000Z-00000000", "current"])
def test_what_is_not_a_stored_version_is_not_found(store: ModelStore, version: str) -> None:
    assert store.versions() == []
    with pytest.raises(ModelNotFoundError):
        store.load(version)
    with pytest.raises(ModelNotFoundError):
        store.promote(version)


def test_a_changed_byte_is_refused(store: ModelStore, card: ModelCard) -> None:
    path = Path(store.place) / card.version / MODEL_FILE
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)

    with pytest.raises(ModelRefusedError, match="not what its card describes"):
        store.load(card.version)


def test_a_type_that_is_not_trusted_is_refused_even_if_the_card_agrees(
    store: ModelStore, card: ModelCard, model: Model
) -> None:
    planted = {"text": model.text, **model.heads(), "extra": FunctionTransformer(hashlib.sha256)}
    rewrite(store, card, skops_io.dumps(planted))

    with pytest.raises(ModelRefusedError, match=r"not trusted.*sha256"):
        store.load(card.version)


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip"])
def test_a_file_that_is_no_model_is_refused(
    store: ModelStore, card: ModelCard, content: bytes
) -> None:
    rewrite(store, card, content)

    with pytest.raises(ModelRefusedError, match=MODEL_FILE):
        store.load(card.version)


@pytest.mark.parametrize("missing", ["text", "intent"])
def test_a_model_without_a_part_is_refused(
    store: ModelStore, card: ModelCard, model: Model, missing: str
) -> None:
    parts = {"text": model.text, **model.heads()}
    del parts[missing]
    rewrite(store, card, skops_io.dumps(parts, compression=zipfile.ZIP_DEFLATED))

    with pytest.raises(ModelRefusedError):
        store.load(card.version)


def test_a_missing_model_file_is_refused(store: ModelStore, card: ModelCard) -> None:
    (Path(store.place) / card.version / MODEL_FILE).unlink()

    with pytest.raises(ModelRefusedError, match="No such file"):
        store.load(card.version)


def test_what_it_learnt_from_is_kept_and_checked(
    store: ModelStore, card: ModelCard, trained: tuple[Model, TrainingReport]
) -> None:
    seen = {fingerprint("Lo  quiero"), fingerprint("otra cosa")}
    later = NOW + timedelta(hours=1)

    noted = store.save(*trained, trained_on=[], created_at=later, learnt=seen)

    assert store.learnt(card.version) == frozenset()  # not noted
    assert store.learnt(noted.version) == seen
    assert fingerprint("lo quiero\n") in store.learnt(noted.version)
    path = Path(store.place) / noted.version / LEARNT_FILE
    path.write_bytes(path.read_bytes()[:17])
    with pytest.raises(ModelRefusedError, match="learnt is not what its card describes"):
        store.learnt(noted.version)
    path.unlink()
    with pytest.raises(ModelRefusedError, match="No such file"):
        store.learnt(noted.version)


@pytest.mark.parametrize("content", [b"", b"{}", b"[" * 100_000, b"\xff"])
def test_a_damaged_card_is_refused(store: ModelStore, card: ModelCard, content: bytes) -> None:
    (Path(store.place) / card.version / CARD_FILE).write_bytes(content)

    with pytest.raises(ModelRefusedError, match=CARD_FILE):
        store.load(card.version)


def test_another_models_card_or_classes_are_refused(store: ModelStore, card: ModelCard) -> None:
    path = Path(store.place) / card.version / CARD_FILE
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(card, version="other")))
    with pytest.raises(ModelRefusedError, match="that of other"):
        store.load(card.version)

    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(card, classes={"intent": ["x"]})))
    with pytest.raises(ModelRefusedError, match="other classes"):
        store.load(card.version)


def test_a_version_of_another_store_is_taken_over_as_it_is(
    store: ModelStore, card: ModelCard, tmp_path: Path
) -> None:
    other = ModelStore(tmp_path / "other")

    for _ in range(2):
        assert other.adopt(store, card.version) == store.card(card.version)

    assert other.versions() == [card.version]
    np.testing.assert_array_equal(
        other.load(card.version).predict(TEXTS).probabilities["intent"],
        store.load(card.version).predict(TEXTS).probabilities["intent"],
    )


def test_a_version_that_is_not_what_its_card_says_is_not_taken_over(
    store: ModelStore, card: ModelCard, tmp_path: Path
) -> None:
    (Path(store.place) / card.version / MODEL_FILE).write_bytes(b"PK other")
    other = ModelStore(tmp_path / "other")

    with pytest.raises(ModelRefusedError):
        other.adopt(store, card.version)

    assert other.versions() == []


def test_a_model_from_before_parents_and_languages_is_read_as_it_was(
    store: ModelStore, card: ModelCard, model: Model
) -> None:
    heads = model.heads()
    for head in heads.values():
        head.coef_ = head.coef_[:, : model.text.n_features]
        head.n_features_in_ = model.text.n_features
    rewrite(store, card, skops_io.dumps({"text": model.text, **heads}))

    loaded = store.load(card.version)

    assert loaded.parent is None
    assert loaded.languages.names == ()
    answering = Texts(TEXTS.texts, TEXTS.langs, ["¿cuál?"] * len(TEXTS))
    for name in HEADS:
        np.testing.assert_array_equal(
            loaded.predict(answering).probabilities[name], model.predict(TEXTS).probabilities[name]
        )


def test_parts_that_are_no_readers_or_languages_are_refused(
    store: ModelStore, card: ModelCard, model: Model
) -> None:
    parts = {"text": model.text, "parent": model.parent, "languages": model.languages.arrays()}
    for name, wrong in (("parent", [1]), ("languages", {"names": []}), ("languages", [1])):
        rewrite(store, card, skops_io.dumps({**parts, name: wrong, **model.heads()}))
        with pytest.raises(ModelRefusedError):
            store.load(card.version)
