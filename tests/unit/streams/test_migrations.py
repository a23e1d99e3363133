"""Migrations as files: one line of numbers, whole statements, and safe to run twice."""

import re
from pathlib import Path

import pytest

from streams.errors import MigrationError
from streams.ledger import TABLES
from streams.migrate import MIGRATIONS, _statements, migrations


def folder_of(folder: Path, *names: str, last: str | None) -> Path:
    for name in names:
        (folder / name).write_text("SELECT 1;\n")
    if last is not None:
        (folder / "last_migration.txt").write_text(f"{last}\n")
    return folder


def test_ours_are_in_order() -> None:
    found = migrations()
    assert [int(m.name[:4]) for m in found] == list(range(1, len(found) + 1))
    assert all(m.statements for m in found)


def test_files_are_taken_by_number(tmp_path: Path) -> None:
    folder_of(tmp_path, "0002_b.sql", "0001_a.sql", last="0002_b")
    (tmp_path / "notes.md").write_text("no migration")
    assert [m.name for m in migrations(tmp_path)] == ["0001_a", "0002_b"]


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        (("0002_b.sql",), "0002_b.sql should be number 0001"),
        (("0001_a.sql", "0003_c.sql"), "0003_c.sql should be number 0002"),
        (("0001_a.sql", "0001_b.sql"), "0001_b.sql should be number 0002"),
        (("1_a.sql",), "1_a.sql should be number 0001"),
        (("0001-a.sql",), "should be number 0001"),
        (("0001_A.sql",), "should be number 0001"),
        (("0001_.sql",), "should be number 0001"),
        (("0000_a.sql",), "should be number 0001"),
        (("a.sql",), "should be number 0001"),
    ],
)
def test_numbers_without_a_line_are_refused(
    tmp_path: Path, names: tuple[str, ...], complaint: str
) -> None:
    folder_of(tmp_path, *names, last=Path(names[-1]).stem)
    with pytest.raises(MigrationError, match=re.escape(complaint)):
        migrations(tmp_path)


@pytest.mark.parametrize(
    ("names", "last"),
    [
        (("0001_a.sql", "0002_b.sql"), "0001_a"),
        (("0001_a.sql",), "0002_b"),
        (("0001_a.sql",), ""),
        (("0001_a.sql",), None),
        ((), "0001_a"),
        ((), None),
    ],
)
def test_the_last_one_has_to_be_the_one_that_is_named(
    tmp_path: Path, names: tuple[str, ...], last: str | None
) -> None:
    with pytest.raises(MigrationError, match=r"last_migration.txt says"):
        migrations(folder_of(tmp_path, *names, last=last))


def test_statements_end_at_a_semicolon_that_ends_a_line() -> None:
    sql = """-- About; this
CREATE TABLE a
(
    x String DEFAULT 'a;b', -- not here; nor there
    y String
);

  -- indented comments stay where they are
SELECT 1;
-- the end;
"""
    first, second = _statements(sql)
    assert first.startswith("CREATE TABLE a")
    assert "'a;b', -- not here; nor there" in first
    assert first.endswith(")")
    assert second.endswith("SELECT 1")


def test_a_file_of_comments_has_no_statements() -> None:
    assert _statements("-- nothing;\n\n--;\n") == ()


def test_a_last_statement_without_semicolon_counts() -> None:
    assert _statements("SELECT 1;\nSELECT 2") == ("SELECT 1", "SELECT 2")


@pytest.mark.parametrize("path", sorted(MIGRATIONS.glob("*.sql")), ids=lambda path: path.stem)
def test_ours_can_be_run_again_and_keep_what_is_there(path: Path) -> None:
    """A migration that broke off half way is simply run again."""
    for statement in _statements(path.read_text(encoding="utf-8")):
        assert re.match(
            r"(CREATE (TABLE|MATERIALIZED VIEW|VIEW) IF NOT EXISTS"
            r"|CREATE OR REPLACE VIEW"
            r"|ALTER TABLE \w+\s+(ADD|DROP|MODIFY) (COLUMN|INDEX|PROJECTION) IF (NOT )?EXISTS)\b"
            # Rollups that could be made again or were copied, and that nothing reads any more.
            r"|DROP (VIEW|TABLE) IF EXISTS (brand_)?mentions_hourly(_view)?$"
            # What only said what a kept table is made of, which its own view says now, or was asked
            # by tests alone.
            r"|DROP VIEW IF EXISTS (engagement_weeks_now|conversation_depth|first_contacts"
            r"|intent_signals_now|journey_steps_now|author_journeys_now|returning_authors|reciprocity)$"
            # Defaults of 1970, of which the table keeps one of each name.
            r"|INSERT INTO value_settings \(name, number, text, about, set_at\)"
            # A copy that is dropped when it comes twice.
            r"|INSERT INTO mentions_by_hour [^;]*\sSETTINGS insert_deduplication_token = '0008"
            # Rows that replace themselves when they come twice.
            r"|INSERT INTO near_duplicates_by_time \(published_at, mention_id, original, parent, "
            r"|ALTER TABLE \w+\s+MODIFY (SETTING|TTL|COMMENT|QUERY|COLUMN)",
            statement,
        ), statement.splitlines()[0]


def test_every_table_rows_are_inserted_into_remembers_tokens() -> None:
    """Without a window insert_deduplication_token does nothing, and nobody says so."""
    sql = "\n".join(p.read_text(encoding="utf-8") for p in sorted(MIGRATIONS.glob("*.sql")))
    tables = {s.split()[5]: s for s in _statements(sql) if s.startswith("CREATE TABLE")}
    views = [s for s in _statements(sql) if s.startswith("CREATE MATERIALIZED VIEW")]
    targets = {re.search(r" TO (\w+)", s)[1] for s in views}  # type: ignore[index]
    written = {*TABLES, "ledger", "backfills", "rule_versions"} | targets
    for table in written & set(tables):
        assert re.search(r"non_replicated_deduplication_window = [1-9]", tables[table]), table
    assert written <= set(tables)
