"""Folders and fsspec addresses behave alike: whole files, checksums, and nothing half."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from streams.errors import InputError
from streams.operate.manifest import packed, unpacked, without_secrets
from streams.operate.vault import Vault, open_vault
from streams.settings import Settings


@pytest.fixture(params=["folder", "file", "memory"])
def vault(request: pytest.FixtureRequest, tmp_path: Path) -> Vault:
    return open_vault(
        {
            "folder": str(tmp_path / "place"),
            "file": f"file://{tmp_path}/an%20address",
            "memory": f"memory://{uuid4()}",
        }[request.param]
    )


def test_what_was_written_is_read_and_its_checksum_is_told(vault: Vault) -> None:
    written = vault.write("tables/a/1.bin", [b"one", b"two"])
    assert b"".join(vault.read("tables/a/1.bin")) == b"onetwo"
    assert (written.size, written.sha256) == (6, hashlib.sha256(b"onetwo").hexdigest())
    vault.write("tables/a/1.bin", [b"other"])
    assert b"".join(vault.read("tables/a/1.bin")) == b"other"


def test_a_write_that_breaks_off_leaves_what_was_there(vault: Vault) -> None:
    def breaks() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionError("gone")

    vault.write("a", [b"whole"])
    with pytest.raises(ConnectionError):
        vault.write("a", breaks())
    assert b"".join(vault.read("a")) == b"whole"


def test_what_is_not_there_is_told(vault: Vault) -> None:
    with pytest.raises(FileNotFoundError):
        b"".join(vault.read("nothing"))


def test_an_address_of_a_kind_that_nobody_knows() -> None:
    with pytest.raises(InputError, match="nosuch://x"):
        open_vault("nosuch://x")


def test_packing_is_undone() -> None:
    blocks = [b"a" * 100_000, b"", b"b" * 7]
    small = b"".join(packed(blocks))
    assert len(small) < 1_000
    assert b"".join(unpacked([small[:5], small[5:]])) == b"".join(blocks)
    assert b"".join(unpacked(packed([]))) == b""


def test_settings_are_kept_without_secrets() -> None:
    kept = without_secrets(
        Settings(
            clickhouse_password="hunter2x",  # noqa: S106
            clickhouse_reader_password="hunter2x",  # noqa: S106
            author_keys="1:hunter2x",
        )
    )
    assert "hunter2x" not in str(kept)
    assert kept["clickhouse_user"] == "escucha"
    assert kept["metrics_port"] is None
