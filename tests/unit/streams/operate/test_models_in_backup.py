"""All of a model store is in a backup: heads of the accurate profile, models of older classes."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.accurate_store import AccurateStore
from models.errors import ModelRefusedError
from models.store import ModelStore
from streams.errors import InputError
from streams.operate import backup, restore
from streams.operate.manifest import Manifest, save
from streams.operate.vault import Folder
from streams.settings import Settings
from streams.training import SHIPPED

NEWER = ModelStore(SHIPPED).versions()[-1]
OLDER = "20250101T000000Z-0a1b2c3d"


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    """The model that comes along with its heads in force, and one that an older Escucha made."""
    place = tmp_path / "models"
    shutil.copytree(SHIPPED, place)
    shutil.copytree(place / NEWER, place / OLDER)
    card = json.loads((place / OLDER / "card.json").read_bytes()) | {"version": OLDER}
    card["classes"] = {"intent": ["no", "yes"]}
    (place / OLDER / "card.json").write_text(json.dumps(card), encoding="utf-8")
    store = ModelStore(place)
    store.promote(NEWER)
    return store


@pytest.fixture
def vault(store: ModelStore, tmp_path: Path) -> Folder:
    vault = Folder(tmp_path / "backup")
    settings = Settings(model_store=Path(store.place))
    versions, heads = backup._copy_models(settings, vault, lambda _: None)
    save(
        vault,
        Manifest(
            created_at=datetime(2026, 7, 4, tzinfo=UTC),
            complete=True,
            clickhouse="26.9",
            migrations=[],
            group="g",
            positions=[],
            chunks=[],
            models=versions,
            heads=heads,
        ),
    )
    return vault


def test_what_is_restored_is_the_store(store: ModelStore, vault: Folder, tmp_path: Path) -> None:
    lines: list[str] = []
    manifest = restore.verify(vault, say=lines.append)
    assert "2 models" in lines[0]
    assert (manifest.models, manifest.heads) == ([OLDER, NEWER], [NEWER])

    place = tmp_path / "restored"
    assert restore._put_models(place, vault, manifest) == 2
    again = ModelStore(place)
    assert again.current() == NEWER
    assert {version: again.files(version) for version in again.versions()} == {
        version: store.files(version) for version in store.versions()
    }
    accurate = AccurateStore(place)
    assert accurate.files(NEWER) == AccurateStore(store.place).files(NEWER)
    assert not accurate.has(OLDER)
    with pytest.raises(ModelRefusedError, match="other classes"):  # as it was before
        again.load(OLDER)


@pytest.mark.parametrize("file", [f"{NEWER}/model.skops", f"{NEWER}+accurate/heads.skops"])
def test_a_model_that_is_not_whole_is_told(vault: Folder, tmp_path: Path, file: str) -> None:
    path = tmp_path / "backup" / "models" / file
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelRefusedError, match="is not what its card describes"):
        restore.verify(vault, say=lambda _: None)
    path.unlink()
    with pytest.raises(InputError, match=r"is missing|is not whole"):
        restore.verify(vault, say=lambda _: None)
