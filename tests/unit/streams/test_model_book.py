"""The models in force follow the store and the shadow, and a bad one never replaces a good one."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from models.accurate_store import CARD_FILE, AccurateStore
from models.errors import ModelRefusedError
from models.predictions import Predictions, Texts
from models.promotions import Promotion, Promotions
from models.store import CURRENT_FILE, ModelStore
from streams import model_book
from streams.errors import SettingsError
from streams.model_book import ModelBook, put_in_shadow
from streams.training import SHIPPED
from tests.builders import FakeModel

SINCE = datetime(2026, 7, 4, 10, tzinfo=UTC)


class Tables:
    """The tables of the book; rows in the order they came."""

    def __init__(self) -> None:
        self.tables: dict[str, list[dict[str, Any]]] = {}

    async def put(self, table: str, block: pa.Table) -> None:
        self.tables.setdefault(table, []).extend(block.to_pylist())

    async def rows(self, query: str, given: Mapping[str, Any] | None = None) -> list[list[Any]]:
        if query == model_book._VERSIONS_BEFORE:
            assert given is not None
            found = [row["version"] for row in self.tables.get("model_versions", [])]
            return [[v] for v in reversed(found) if v != given["version"]]
        if query == model_book._FIRST_HASHES:
            assert given is not None
            cards = [
                msgspec.json.decode(row["card"])
                for row in self.tables.get("model_versions", [])
                if row["version"] == given["version"]
            ]
            kept = [[card[name] for card in cards if card[name]] for name in model_book._PARTS]
            return [[one[0] if one else "" for one in kept]]
        assert "FROM shadow_models" in query
        return [[row["version"]] for row in self.tables.get("shadow_models", [])[-1:]]

    @property
    def state(self) -> tuple[str, str, str]:
        last = self.tables["worker_models"][-1]
        return last["model_version"], last["shadow_version"], last["trouble"]

    @property
    def promoted(self) -> list[tuple[str, datetime]]:
        return [(row["version"], row["since"]) for row in self.tables.get("model_versions", [])]


class Card(msgspec.Struct):
    version: str
    model_sha256: str = ""


class Store(ModelStore):
    """Versions without files: what cannot be loaded is in `bad`."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        directory.mkdir()
        self.bad: dict[str, Any] = {}
        self.loads: list[str] = []
        self.hashes: dict[str, str] = {}  # where not that of what was saved

    def point_at(self, version: str, minute: int) -> None:
        path = Path(self.place) / CURRENT_FILE
        before = Promotions.decode(path.read_bytes()) if path.exists() else Promotions("", [])
        since = SINCE + timedelta(minutes=minute)
        after = before.then(Promotion(version=version, since=since, how="promoted"))
        path.write_bytes(after.encode())

    def card(self, version: str | None = None) -> Any:
        name = version or ""
        return Card(name, self.hashes.get(name, f"hash of {name}"))

    def put_heads(self, version: str, sha256: str) -> None:
        """A card of heads, of which only the hash counts here."""
        shipped = ModelStore(SHIPPED)
        card = AccurateStore(shipped.place).card(shipped.versions()[-1])
        card = msgspec.structs.replace(card, version=version, heads_sha256=sha256)
        folder = Path(self.place) / f"{version}+accurate"
        folder.mkdir(exist_ok=True)
        (folder / CARD_FILE).write_bytes(msgspec.json.encode(card))

    def load(self, version: str | None = None) -> Any:
        assert version is not None
        self.loads.append(version)
        bad = self.bad.get(version)
        if isinstance(bad, Exception):
            raise bad
        return bad or FakeModel(version)


@pytest.fixture
def tables() -> Tables:
    return Tables()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "models")
    store.point_at("one", 0)
    return store


@pytest.fixture
async def book(tables: Tables, store: Store) -> ModelBook:
    book = ModelBook(tables, store, worker="w")  # type: ignore[arg-type]
    await book.open()
    return book


def names(book: ModelBook) -> tuple[str, str]:
    shadow = book.in_force.shadow
    return book.in_force.current.version, shadow.version if shadow else ""


async def test_a_promoted_model_is_taken_up_and_recorded_once(
    tables: Tables, store: Store, book: ModelBook
) -> None:
    store.point_at("two", 1)
    for _ in range(3):
        await book.refresh()
    assert names(book) == ("two", "")
    assert tables.promoted == [("one", SINCE), ("two", SINCE + timedelta(minutes=1))]
    assert tables.state == ("two", "", "")
    assert store.loads == ["one", "two"]


async def test_a_version_whose_file_and_card_were_exchanged_is_refused(
    tables: Tables, store: Store, book: ModelBook
) -> None:
    store.point_at("two", 1)
    await book.refresh()
    kept = list(tables.tables["model_versions"])
    store.hashes["one"] = "hash of another"

    store.point_at("one", 2)
    await book.refresh()

    assert names(book) == ("two", "")
    assert "one: its file and its card are not those that were first in force" in book.trouble
    assert tables.tables["model_versions"] == kept
    await put_in_shadow(tables, "one", by="test")  # type: ignore[arg-type]
    await book.refresh()
    assert names(book) == ("two", "")
    assert "shadow one is not taken up" in book.trouble

    started = ModelBook(tables, store, worker="w2")  # type: ignore[arg-type]
    await started.open()
    assert names(started) == ("two", "")
    assert tables.tables["model_versions"] == kept


async def test_heads_that_were_exchanged_with_their_card_are_refused(
    tables: Tables, store: Store
) -> None:
    """The first heads that judged are kept, whichever profile notes the promotion later."""

    def load(name: str) -> FakeModel:
        return FakeModel(name if "+" in name else f"{name}+accurate")

    def book(**given: Any) -> ModelBook:
        return ModelBook(tables, store, worker="w", **given)  # type: ignore[arg-type]

    await book().open()  # the fast profile notes none, so some may still be made
    store.put_heads("one", "first")
    accurate = {"profile": "accurate", "load": load}
    await book(**accurate).open()
    store.put_heads("one", "exchanged")

    with pytest.raises(ModelRefusedError, match="one: its heads and its card are not those"):
        await book(**accurate).open()
    fast = book()
    await fast.open()
    assert names(fast) == ("one", "")
    noted = msgspec.json.decode(tables.tables["model_versions"][-1]["card"])
    assert noted["heads_sha256"] == "first"
    await put_in_shadow(tables, "one+cascade", by="test")  # type: ignore[arg-type]
    await fast.refresh()
    assert names(fast) == ("one", "")
    assert "shadow one+cascade is not taken up" in fast.trouble

    store.put_heads("one", "first")  # put back
    again = book(**accurate)
    await again.open()
    assert names(again) == ("one+accurate", "one+cascade")


async def test_a_rollback_is_a_change_of_its_own(
    tables: Tables, store: Store, book: ModelBook
) -> None:
    for minute, version in ((1, "two"), (2, "one")):
        store.point_at(version, minute)
        await book.refresh()
    assert names(book) == ("one", "")
    assert [version for version, _ in tables.promoted] == ["one", "two", "one"]


@pytest.mark.parametrize(
    "bad",
    [
        ModelRefusedError("two: not what its card describes"),
        ValueError("something that nobody thought of"),
        OSError("the disk is away"),
    ],
)
async def test_a_refused_model_leaves_the_old_one_and_says_so(
    tables: Tables,
    store: Store,
    book: ModelBook,
    bad: Exception,
    caplog: pytest.LogCaptureFixture,
) -> None:
    store.bad["two"] = bad
    store.point_at("two", 1)
    for _ in range(3):
        await book.refresh()
    assert names(book) == ("one", "")
    assert tables.state[0] == "one"
    assert "model two is not taken up" in tables.state[2]
    assert [version for version, _ in tables.promoted] == ["one"]
    said = [record for record in caplog.records if "not taken up" in record.message]
    assert len(said) == 1
    assert store.loads == ["one", "two"]  # not again with every look

    store.point_at("one", 2)
    await book.refresh()
    assert tables.state == ("one", "", "")


async def test_what_was_refused_is_tried_again_after_a_while(
    tables: Tables, store: Store, book: ModelBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_book, "RETRY_SEC", 0.0)
    store.bad["two"] = ModelRefusedError("two: half copied")
    store.point_at("two", 1)
    await book.refresh()
    store.bad.clear()
    await book.refresh()
    assert names(book) == ("two", "")
    assert tables.state == ("two", "", "")


async def test_a_model_that_answers_nonsense_is_refused(store: Store, book: ModelBook) -> None:
    class Nonsense(FakeModel):
        def predict(self, texts: Texts) -> Predictions:
            found = super().predict(texts)
            return Predictions.most_probable(
                {**found.probabilities, "stage": found.probabilities["stage"] * np.nan}
            )

    store.bad["two"] = Nonsense("two")
    store.point_at("two", 1)
    await book.refresh()
    assert names(book) == ("one", "")
    assert "stage" in book.trouble


async def test_a_current_file_that_is_gone_or_empty_changes_nothing(
    store: Store, book: ModelBook
) -> None:
    (Path(store.place) / CURRENT_FILE).unlink()
    await book.refresh()
    assert names(book) == ("one", "")
    assert "no model was promoted" in book.trouble


async def test_a_worker_that_starts_under_a_broken_model_goes_back_to_the_one_before(
    tables: Tables, store: Store, book: ModelBook
) -> None:
    store.bad["two"] = ModelRefusedError("two: broken")
    store.point_at("two", 1)
    second = ModelBook(tables, store, worker="w2")  # type: ignore[arg-type]
    await second.open()
    assert names(second) == ("one", "")
    assert "two" in second.trouble


async def test_without_any_model_a_worker_does_not_start(tables: Tables, tmp_path: Path) -> None:
    store = Store(tmp_path / "none")
    with pytest.raises(SettingsError, match="escucha train"):
        await ModelBook(tables, store, worker="w").open()  # type: ignore[arg-type]
    store.bad["one"] = ModelRefusedError("one: broken")
    store.point_at("one", 0)
    with pytest.raises(ModelRefusedError):
        await ModelBook(tables, store, worker="w").open()  # type: ignore[arg-type]


async def test_a_shadow_comes_goes_and_is_none_where_it_is_in_force(
    tables: Tables, store: Store, book: ModelBook
) -> None:
    seen = []
    for wanted in ("two", "one", "two", ""):
        await put_in_shadow(tables, wanted, by="ana")  # type: ignore[arg-type]
        await book.refresh()
        seen.append(names(book))
    assert seen == [("one", "two"), ("one", ""), ("one", "two"), ("one", "")]

    await put_in_shadow(tables, "two", by="ana")  # type: ignore[arg-type]
    await book.refresh()
    store.point_at("two", 1)
    await book.refresh()
    assert names(book) == ("two", "")
    assert tables.tables["shadow_models"][-1] == {"version": "", "set_by": "in force: two"}
    store.point_at("one", 2)
    await book.refresh()
    assert names(book) == ("one", "")  # promoted, and not in shadow again


async def test_a_shadow_stays_with_who_cannot_take_up_what_replaced_it(
    tables: Tables, store: Store, book: ModelBook
) -> None:
    """Somebody rolls back from "one" and watches it in shadow; this worker is not there yet."""
    store.bad["two"] = ModelRefusedError("two: on its way")
    store.point_at("two", 1)
    await book.refresh()
    await put_in_shadow(tables, "one", by="ana")  # type: ignore[arg-type]
    await book.refresh()
    assert names(book) == ("one", "")
    assert [row["version"] for row in tables.tables["shadow_models"]] == ["one"]


async def test_a_shadow_that_cannot_be_loaded_or_fails_is_left_out(
    tables: Tables, store: Store, book: ModelBook
) -> None:
    store.bad["bad"] = ModelRefusedError("bad: broken")
    await put_in_shadow(tables, "bad", by="ana")  # type: ignore[arg-type]
    await book.refresh()
    assert names(book) == ("one", "")
    assert "shadow bad is not taken up" in tables.state[2]

    await put_in_shadow(tables, "two", by="ana")  # type: ignore[arg-type]
    await book.refresh()
    assert names(book) == ("one", "two")
    book.give_up_shadow("two", RuntimeError("stumbled"))
    await book.refresh()
    assert names(book) == ("one", "")
    assert "stumbled" in tables.state[2]

    await put_in_shadow(tables, "", by="ana")  # type: ignore[arg-type]
    await book.refresh()
    assert tables.state == ("one", "", "")
