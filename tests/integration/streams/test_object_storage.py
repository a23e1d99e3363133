"""Backups and models in a storage that speaks S3, over a real socket."""

import os
from collections.abc import Iterator

import pytest

from models.errors import StoreUnavailableError
from models.storage import open_storage
from streams.errors import InputError
from streams.operate.vault import open_vault
from tests.integration.streams.object_storage import BUCKET, ObjectStorage

MEBIBYTE = 1 << 20


@pytest.fixture(autouse=True)
def _keys(storage: ObjectStorage, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    import s3fs

    for name, value in storage.environment.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()  # each reads the environment when it is made
    yield
    s3fs.S3FileSystem.clear_instance_cache()


def test_a_file_of_many_parts_is_read_as_it_was_written() -> None:
    blocks = [os.urandom(MEBIBYTE) for _ in range(64)]  # s3fs uploads parts of 50 MiB
    vault = open_vault(f"s3://{BUCKET}/parts")
    written = vault.write("tables/mentions/1.zst", blocks)
    assert written.size == 64 * MEBIBYTE
    assert b"".join(vault.read("tables/mentions/1.zst")) == b"".join(blocks)
    vault.write("tables/mentions/1.zst", [b"anew"])
    assert b"".join(vault.read("tables/mentions/1.zst")) == b"anew"
    with pytest.raises(FileNotFoundError):
        list(vault.read("tables/mentions/2.zst"))


def test_an_upload_that_is_broken_off_leaves_what_was_there() -> None:
    def breaks_off() -> Iterator[bytes]:
        yield os.urandom(60 * MEBIBYTE)  # more than one part: the upload has begun
        raise ConnectionError("ClickHouse is gone")

    vault = open_vault(f"s3://{BUCKET}/broken")
    vault.write("one", [b"before"])
    for name in ("one", "two"):
        with pytest.raises(ConnectionError, match="ClickHouse is gone"):  # not the place's trouble
            vault.write(name, breaks_off())
    assert b"".join(vault.read("one")) == b"before"
    with pytest.raises(FileNotFoundError):
        list(vault.read("two"))


def test_a_mistyped_bucket_is_told_and_not_made(storage: ObjectStorage) -> None:
    with pytest.raises(InputError, match=r"s3://escuhca/x cannot be written: .*is the bucket"):
        open_vault("s3://escuhca/x").write("manifest.json", [b"{}"])
    with pytest.raises(StoreUnavailableError, match="s3://escuhca/models cannot be"):
        open_storage("s3://escuhca/models").add_folder("one", {"card.json": b"{}"})
    assert storage.buckets() == {BUCKET}


def test_keys_that_are_refused_are_told_without_the_secret(storage: ObjectStorage) -> None:
    vault, models = open_vault(f"s3://{BUCKET}/x"), open_storage(f"s3://{BUCKET}/models")
    with storage.lets_nobody_in():
        with pytest.raises(InputError, match="cannot be written") as writing:
            vault.write("manifest.json", [b"{}"])
        with pytest.raises(InputError, match="cannot be read") as reading:
            list(vault.read("manifest.json"))
        with pytest.raises(StoreUnavailableError, match="cannot be read or written") as models_:
            models.folders("card.json")
    for caught in (writing, reading, models_):
        assert "a-secret-of-storage" not in str(caught.value)


def test_models_appear_once_they_are_whole() -> None:
    models = open_storage(f"s3://{BUCKET}/small-models")
    assert models.folders("card.json") == []
    models.add_folder("one", {"model.skops": b"weights"})  # its last file is not there yet
    assert models.folders("card.json") == []
    models.add_folder("one", {"model.skops": b"weights", "card.json": b"{}"})
    assert models.folders("card.json") == ["one"]
    assert models.read("one", "model.skops") == b"weights"
    with pytest.raises(FileExistsError):
        models.add_folder("one", {"card.json": b"{}"})
    for content in (b"one", b"two"):
        models.replace("current", content)
        assert models.read("current") == content
    with pytest.raises(FileNotFoundError):
        models.read("two", "card.json")
