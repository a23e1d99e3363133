"""The store elsewhere than in a directory, which model was current when, and the way back."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import fsspec
import msgspec
import numpy as np
import pytest

from models.errors import (
    CurrentChangedError,
    ModelExistsError,
    ModelNotFoundError,
    ModelRefusedError,
    ModelStoreError,
    StoreUnavailableError,
)
from models.heads import Model
from models.predictions import Texts
from models.promotions import KEPT, Asked, Promotion, Promotions
from models.storage import Bucket
from models.store import CARD_FILE, CURRENT_FILE, MODEL_FILE, ModelStore
from models.training import TrainingReport

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
Trained = tuple[Model, TrainingReport]


@pytest.fixture(params=["directory", "file", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    if request.param == "directory":
        return tmp_path / "with space"
    if request.param == "file":
        return (tmp_path / "with space").as_uri()
    return f"memory://{tmp_path.name}/models"


@pytest.fixture
def store(place: Path | str) -> ModelStore:
    return ModelStore(place)


def save(store: ModelStore, trained: Trained, number: int) -> str:
    created_at = NOW + timedelta(minutes=number)
    return store.save(*trained, trained_on=["made up"], created_at=created_at).version


def test_every_place_keeps_models_alike(
    store: ModelStore, place: Path | str, trained: Trained
) -> None:
    assert (store.versions(), store.history()) == ([], [])
    with pytest.raises(ModelNotFoundError, match="promoted"):
        store.promotion()
    with pytest.raises(ModelNotFoundError, match="promoted"):
        store.current()

    version = save(store, trained, 0)
    with pytest.raises(ModelExistsError, match=version):
        save(store, trained, 0)
    store.promote(version, at=NOW)

    other = ModelStore(place)  # as another process would open it
    assert (other.versions(), other.current()) == ([version], version)
    texts = Texts.plain(["voy a comprar un portátil"])
    np.testing.assert_array_equal(
        other.load().predict(texts).probabilities["intent"],
        trained[0].predict(texts).probabilities["intent"],
    )
    with pytest.raises(ModelNotFoundError):
        other.load("20261121T233000Z-00000000")


def test_a_changed_object_is_refused(tmp_path: Path, trained: Trained) -> None:
    store = ModelStore(f"memory://{tmp_path.name}/models")
    version = save(store, trained, 0)
    files = fsspec.filesystem("memory")
    path = f"/{tmp_path.name}/models/{version}/{MODEL_FILE}"
    content = bytearray(files.cat_file(path))
    content[-1] ^= 1
    files.pipe_file(path, bytes(content))

    with pytest.raises(ModelRefusedError, match="not what its card describes"):
        store.promote(version)


def test_a_folder_without_its_last_object_does_not_count(tmp_path: Path, trained: Trained) -> None:
    store = ModelStore(f"memory://{tmp_path.name}/models")
    version = save(store, trained, 0)
    fsspec.filesystem("memory").rm_file(f"/{tmp_path.name}/models/{version}/{CARD_FILE}")

    assert store.versions() == []
    assert save(store, trained, 0) == version  # whoever was interrupted may try again
    assert store.versions() == [version]


def test_an_address_nobody_knows_is_named() -> None:
    with pytest.raises(ModelStoreError, match="nosuch://models"):
        ModelStore("nosuch://models")


def test_a_place_that_cannot_be_read_or_written_is_told_with_what_to_look_at(
    tmp_path: Path, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    class UnpluggedError(Exception):
        """What a storage raises of its own kind, no OSError."""

    def unplugged(self: object, *path: str) -> bytes:
        raise UnpluggedError("no route to host")

    (tmp_path / "file").touch()
    for place in (tmp_path / "file", "/proc/nowhere"):
        store = ModelStore(place)
        with pytest.raises(StoreUnavailableError, match="ESCUCHA_MODEL_STORE"):
            save(store, trained, 0)
    with pytest.raises(StoreUnavailableError, match="Not a directory"):
        ModelStore(tmp_path / "file").current()
    monkeypatch.setattr(Bucket, "read", unplugged)
    with pytest.raises(StoreUnavailableError, match=r"memory://x .* no route to host"):
        ModelStore("memory://x").promotion()


def test_without_fsspec_the_remedy_is_said_and_a_directory_works(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['fsspec'] = None\n"
        "from models.errors import ModelStoreError\n"
        "from models.store import ModelStore\n"
        "print(ModelStore(sys.argv[1]).versions())\n"
        "try: ModelStore('memory://x')\n"
        "except ModelStoreError as error: print(error)\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True
    )
    assert answer.stdout.splitlines() == [
        "[]",
        "memory://x: needs fsspec: pip install '.[object-storage]' in the checkout",
    ]


def test_rolling_back_goes_back_one_promotion_each_time(
    store: ModelStore, trained: Trained
) -> None:
    one, two, three = (save(store, trained, number) for number in range(3))
    with pytest.raises(ModelNotFoundError, match="current before"):
        store.rollback()
    for version in (one, two, two, three):  # the same twice is no step
        store.promote(version, at=NOW, gate="fits")

    assert [store.rollback(), store.rollback()] == [two, one]
    with pytest.raises(ModelNotFoundError, match="current before"):
        store.rollback()
    store.promote(three, forced=True, gate="worse")
    assert store.rollback() == one

    history = store.history()
    assert [(entry.version, entry.how) for entry in history[:3]] == [
        (one, "rolled back"),
        (three, "promoted"),
        (one, "rolled back"),
    ]
    assert (history[1].forced, history[1].gate) == (True, "worse")
    assert (history[-1].since, history[-1].gate) == (NOW, "fits")


def test_a_model_that_would_not_load_is_not_rolled_back_to(
    tmp_path: Path, trained: Trained
) -> None:
    store = ModelStore(tmp_path)
    one, two = save(store, trained, 0), save(store, trained, 1)
    store.promote(one)
    store.promote(two)
    (tmp_path / one / MODEL_FILE).write_bytes(b"")

    with pytest.raises(ModelRefusedError):
        store.rollback()
    assert store.current() == two


def test_a_store_from_before_there_was_a_history(tmp_path: Path, trained: Trained) -> None:
    store = ModelStore(tmp_path)
    one, two = save(store, trained, 0), save(store, trained, 1)
    (tmp_path / CURRENT_FILE).write_text(f"{one}\n")

    assert store.current() == one
    assert store.promotion() == Promotion(version=one, since=NOW, how="promoted")
    store.promote(two)
    assert store.promotion().version == two
    assert store.promotion().promoted_by
    assert store.rollback() == one


def test_a_damaged_history_leaves_the_current_model_readable(
    tmp_path: Path, trained: Trained
) -> None:
    store = ModelStore(tmp_path)
    one = save(store, trained, 0)
    (tmp_path / CURRENT_FILE).write_bytes(f"{one}\nnot json\n".encode())

    assert store.current() == one
    with pytest.raises(ModelRefusedError, match=r"current: .* delete the lines below it"):
        store.promote(one)
    (tmp_path / CURRENT_FILE).write_bytes(f"{one}\n".encode())
    store.promote(one)


def test_an_emptied_current_file_is_no_promotion(tmp_path: Path, trained: Trained) -> None:
    store = ModelStore(tmp_path)
    one = save(store, trained, 0)
    (tmp_path / CURRENT_FILE).write_bytes(b"")

    assert store.history() == []
    with pytest.raises(ModelNotFoundError, match="no model was promoted"):
        store.current()
    store.promote(one)
    assert (store.current(), len(store.history())) == (one, 1)


def test_promotions_at_once_are_all_noted(tmp_path: Path, trained: Trained) -> None:
    store = ModelStore(tmp_path)
    versions = [save(store, trained, number) for number in range(4)]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(store.promote, versions * 3))

    noted = [entry.version for entry in store.history()]
    assert sorted(noted) == sorted(versions * 3)
    assert store.current() == noted[0]


def test_who_had_seen_another_current_version_changes_nothing(
    store: ModelStore, trained: Trained
) -> None:
    one, two = save(store, trained, 0), save(store, trained, 1)
    first = Asked(by="Ana", reason="the first", instead_of="")
    store.promote(one, asked=first)
    with pytest.raises(CurrentChangedError, match=one):
        store.promote(two, asked=first)
    store.promote(two, gate="it may", asked=Asked(by="Ana", reason="better", instead_of=one))
    with pytest.raises(CurrentChangedError, match=two):
        store.rollback(asked=Asked(by="Ben", instead_of=one))
    assert (store.current(), store.before()) == (two, one)
    store.rollback(asked=Asked(by="Ben", reason="worse", instead_of=two))
    assert [(p.version, p.promoted_by, p.reason, p.how) for p in store.history()] == [
        (one, "Ben", "worse", "rolled back"),
        (two, "Ana", "better", "promoted"),
        (one, "Ana", "the first", "promoted"),
    ]
    assert store.before() is None


def test_the_history_is_kept_small() -> None:
    promotions = Promotions("", [])
    for number in range(KEPT + 5):
        promotions = promotions.then(Promotion(version=str(number), since=NOW, how="promoted"))

    read = Promotions.decode(promotions.encode())

    assert read == promotions
    assert (len(read.history), read.current) == (KEPT, str(KEPT + 4))
    assert read.before() == str(KEPT + 3)
    lines = promotions.encode().decode().splitlines()
    assert json.loads(lines[1])["version"] == lines[0]


def test_a_rollback_to_what_was_forgotten_starts_anew() -> None:
    entry = Promotion(version="old", since=NOW, how="rolled back")
    assert Promotions("old", [entry]).before() is None
    newer = msgspec.structs.replace(entry, version="new", how="promoted")
    assert Promotions("new", [newer, entry]).before() == "old"
