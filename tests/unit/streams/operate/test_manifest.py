"""A backup's manifest may have been in other hands: what it names leads nowhere else."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from streams.errors import InputError
from streams.operate.manifest import FILE, Chunk, Manifest, load, save
from streams.operate.vault import Folder

CHUNK = Chunk(
    table="mentions", partition_id="202607", file="mentions/202607.zst", rows=1, size=1, sha256="00"
)


def manifest(**changes: object) -> Manifest:
    whole = Manifest(
        created_at=datetime(2026, 7, 4, tzinfo=UTC),
        clickhouse="26.9",
        migrations=[],
        group="g",
        positions=[],
        chunks=[CHUNK],
        models=["20261121T233000Z-0a1b2c3d"],
    )
    return msgspec.structs.replace(whole, **changes)


def test_one_that_was_written_here_is_read(tmp_path: Path) -> None:
    save(Folder(tmp_path), manifest())
    assert load(Folder(tmp_path)) == manifest()


@pytest.mark.parametrize(
    "changes",
    [
        {"table": "mentions` WHERE 1; DROP TABLE `ledger"},
        {"table": ""},
        {"partition_id": "1' FROM ledger; --"},
        {"file": "../../etc/passwd"},
        {"file": "/etc/passwd"},
        {"file": "mentions/../../x"},
        {"file": "mentions//x"},
        {"file": "mentions/.ssh"},
        {"file": "a\n"},
    ],
)
def test_names_that_are_statements_or_ways_out_are_refused(
    tmp_path: Path, changes: dict[str, str]
) -> None:
    save(Folder(tmp_path), manifest(chunks=[CHUNK, msgspec.structs.replace(CHUNK, **changes)]))
    with pytest.raises(InputError, match="as no backup does"):
        load(Folder(tmp_path))


@pytest.mark.parametrize("version", ["../../x", "/x", "", "a b", "."])
def test_models_that_lead_out_of_the_store_are_refused(tmp_path: Path, version: str) -> None:
    save(Folder(tmp_path), manifest(models=[version]))
    with pytest.raises(InputError, match="as no store does"):
        load(Folder(tmp_path))


@pytest.mark.parametrize("content", [b"[" * 100_000, b"\xff", b"{}", b"null"])
def test_what_is_no_manifest_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(InputError, match="is no manifest of a backup"):
        load(Folder(tmp_path))
