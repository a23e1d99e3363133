"""What is put back of definitions that a full disk emptied, and what is left for people."""

from pathlib import Path

import pytest

from deploy.local.clickhouse_definitions import Definitions
from deploy.local.errors import LocalStackError

DATABASE = "11111111-0000-0000-0000-000000000000"
TABLE = "22222222-0000-0000-0000-000000000000"
OTHER = "33333333-0000-0000-0000-000000000000"
WHOLE = f"ATTACH TABLE _ UUID '{TABLE}'\n(\n    `n` UInt64\n)\nENGINE = MergeTree\nORDER BY n\n"
VIEW = (
    f"ATTACH MATERIALIZED VIEW _ UUID '{OTHER}'\nREFRESH EVERY 1 DAY TO escucha.kept\nAS SELECT 1\n"
)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """The folder of a database's definitions, as ClickHouse makes it."""
    metadata = tmp_path / "data" / "metadata"
    metadata.mkdir(parents=True)
    (metadata / "escucha.sql").write_text(f"ATTACH DATABASE _ UUID '{DATABASE}'\nENGINE = Atomic\n")
    store = tmp_path / "data" / "store" / DATABASE[:3] / DATABASE
    store.mkdir(parents=True)
    return store


def give_rows(folder: Path, table: str, identity: str) -> None:
    (folder / "data" / "store" / identity[:3] / identity / "all_1_1_0").mkdir(parents=True)
    links = folder / "data" / "data" / "escucha"
    links.mkdir(parents=True, exist_ok=True)
    (links / table).symlink_to(f"data/store/{identity[:3]}/{identity}/")


def test_a_definition_comes_back_and_tells_of_the_rows_that_there_are(
    store: Path, tmp_path: Path
) -> None:
    (store / "kept.sql").write_text(WHOLE)
    definitions = Definitions(tmp_path)
    assert definitions.look() == []
    give_rows(tmp_path, "kept", OTHER)  # as a refresh does: another table under the same name
    for harm in ("", WHOLE[:40]):
        (store / "kept.sql").write_text(harm)
        assert definitions.look() == [store / "kept.sql"]
        Definitions(tmp_path).restore()
        assert (store / "kept.sql").read_text() == WHOLE.replace(TABLE, OTHER)


def test_a_kept_table_whose_rows_nobody_finds_begins_anew(store: Path, tmp_path: Path) -> None:
    (store / "kept.sql").write_text(WHOLE)
    (store / "kept_view.sql").write_text(VIEW)
    Definitions(tmp_path).look()
    (store / "kept.sql").write_text("")
    Definitions(tmp_path).restore()
    assert (store / "kept.sql").read_text() != WHOLE
    assert (store / "kept.sql").read_text().endswith("ORDER BY n\n")


def test_a_table_of_stored_rows_is_never_begun_anew(store: Path, tmp_path: Path) -> None:
    (store / "mentions.sql").write_text(WHOLE)
    Definitions(tmp_path).look()
    (store / "mentions.sql").write_text("")
    with pytest.raises(LocalStackError, match=r"where its rows lie is not known.*RUNBOOK"):
        Definitions(tmp_path).restore()


def test_rows_without_any_definition_are_left_for_people(store: Path, tmp_path: Path) -> None:
    (store / "mentions.sql").write_text("")
    give_rows(tmp_path, "mentions", TABLE)
    with pytest.raises(LocalStackError, match=rf"no copy of it was kept.*{TABLE}"):
        Definitions(tmp_path).restore()
    assert (store / "mentions.sql").exists()


def test_what_was_made_on_the_full_disk_or_being_filled_goes(store: Path, tmp_path: Path) -> None:
    (store / "new.sql").write_text("")
    (store / "%2Etmp%2Einner_id%2E1.sql").write_text("")
    (store / "%2Etmp%2Einner_id%2E2.sql").write_text(WHOLE)
    Definitions(tmp_path).restore()
    assert [path.name for path in store.iterdir()] == ["%2Etmp%2Einner_id%2E2.sql"]


def test_another_uuid_alone_is_not_written_again(store: Path, tmp_path: Path) -> None:
    (store / "kept.sql").write_text(WHOLE)
    definitions = Definitions(tmp_path)
    definitions.look()
    copy = tmp_path / "definitions" / DATABASE / "kept.sql"
    first = copy.stat().st_mtime_ns, copy.stat().st_ino
    (store / "kept.sql").unlink()
    (store / "kept.sql").write_text(WHOLE.replace(TABLE, OTHER))
    definitions.look()
    assert (copy.stat().st_mtime_ns, copy.stat().st_ino) == first
    (store / "kept.sql").write_text(WHOLE.replace("UInt64", "UInt32"))
    definitions.look()
    assert "UInt32" in copy.read_text()
