"""What a search found as a file: read back, and compared with ClickHouse."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np
import pyarrow.parquet as pq
import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Page, expect

from dashboards.console import ConsoleConfig
from deploy.local.handles import ClickHouseHandle
from streams.listening.export_columns import COLUMNS
from tests.browser.data import HOSTILE_TEXT
from tests.browser.mentions import say, visiting
from tests.browser.searching import MONTH, ORACLE, PATIENCE_MS, RULE, asked, searching, stored

pytestmark = pytest.mark.browser

FORMULAS = (
    '=HYPERLINK("https://evil.example","tienda")',
    "+34 600 000 000",
    "-1+cmd",
    "@nimbara hola",
    "\tuno",
    "\r\n=2",
    "＝1+1",
    "  =1+1",
)


@pytest.fixture(scope="module")
def url(clickhouse: ClickHouseHandle, config: ConsoleConfig) -> Iterator[str]:
    """A console that searches."""
    with searching(config, clickhouse) as url:
        yield url


@pytest.fixture
def people(writer: Client) -> Iterator[Client]:
    with visiting(writer) as client:
        yield client


def test_a_file_of_csv_holds_what_was_found(page: Page, url: str, people: Client) -> None:
    say(people, *({"text": f"{text} recomienda"} for text in FORMULAS), first=50)
    awkward = f'recomienda, "a"\ny {HOSTILE_TEXT}'
    say(people, {"text": awkward, "brands": ["Volta", "=1"]}, first=70)
    page.goto(f"{url}/search?q={RULE}&{MONTH}")
    with page.expect_download(timeout=PATIENCE_MS) as begun:
        page.get_by_role("link", name="CSV").click(timeout=PATIENCE_MS)
    content = Path(begun.value.path()).read_bytes()

    today = datetime.now(UTC)
    assert re.fullmatch(
        rf"escucha_\d{{4}}-\d\d-\d\dT\d{{4}}Z_{today:%Y-%m-%d}T\d{{4}}Z\.csv",
        begun.value.suggested_filename,
    )
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    names = [column.name for column in COLUMNS]
    expected = stored(people, ORACLE, ", ".join(names))
    assert [row["mention_id"] for row in rows] == [one[0] for one in expected]
    for row, one in zip(rows, expected, strict=True):
        for name, value in zip(names, one, strict=True):
            assert row[name] == in_csv(value), (row["mention_id"], name)
    texts = {row["mention_id"]: row["text"] for row in rows}
    for number, text in enumerate(FORMULAS, 50):
        assert texts[f"bluesky:stream-{number}"] == f"'{text} recomienda"
    # No cell begins as a formula does, however a spreadsheet reads it.
    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if cell.lstrip()[:1] in set("=+-@＝＋－＠")]


def in_csv(value: object) -> str:
    """A stored value as it has to stand in the file."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.") + f"{value.microsecond // 1_000:03}"
    if isinstance(value, float):
        return repr_of(value)
    text = "; ".join(value) if isinstance(value, list | tuple) else str(value)
    risky = re.match(r"\s*[=+\-@＝＋－＠]|[\t\r\n]", text)
    return "'" + text if risky and not isinstance(value, int) else text


def repr_of(value: float) -> str:
    """The shortest way to write a 32-bit float."""
    text = str(np.float32(value))
    return text.removesuffix(".0")


def test_a_file_of_parquet_is_what_clickhouse_has(url: str, people: Client) -> None:
    say(people, *({"text": text + " recomienda"} for text in FORMULAS), first=80)
    query = {"q": RULE, "from": "2020-01-01T00:00:00Z", "to": "2020-12-31T00:00:00Z"}
    answer = httpx.get(f"{url}/api/search/export", params=query | {"format": "parquet"}, timeout=60)
    assert answer.headers["content-disposition"] == (
        'attachment; filename="escucha_2020-01-01_2020-12-31.parquet"'
    )
    assert pq.read_table(io.BytesIO(answer.content)).num_rows == 0

    query |= {"from": "now-30d", "to": "now", "format": "parquet"}
    answer = httpx.get(f"{url}/api/search/export", params=query, timeout=60)
    table = pq.read_table(io.BytesIO(answer.content))

    names = [column.name for column in COLUMNS]
    assert table.column_names == names
    expected = stored(people, ORACLE, ", ".join(names))
    found = [tuple(row.values()) for row in table.to_pylist()]
    assert len(found) == len(expected)
    for row, one in zip(found, expected, strict=True):
        assert [like_arrow(value) for value in row] == [like_arrow(value) for value in one]
    about = {field.name: (field.metadata or {})[b"description"] for field in table.schema}
    assert about["published_at"].startswith(b"When it was published")


def like_arrow(value: object) -> object:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC)  # which both are in, and one says
    return list(value) if isinstance(value, tuple) else value


def test_a_file_ends_at_the_row_limit_and_says_so(
    page: Page, clickhouse: ClickHouseHandle, config: ConsoleConfig, writer: Client
) -> None:
    with searching(config, clickhouse, export_max_rows=7) as url:
        query = {"q": RULE, "from": "now-30d", "format": "parquet"}
        answer = httpx.get(f"{url}/api/search/export", params=query, timeout=60)
        file = pq.ParquetFile(io.BytesIO(answer.content))
        page.goto(f"{url}/search?q=compro&{MONTH}")
        expect(page.locator("#save")).to_contain_text("como mucho 7 filas", timeout=PATIENCE_MS)

    assert file.metadata.metadata[b"escucha.cut_at_row_limit"] == b"true"
    newest = [row[0] for row in stored(writer, ORACLE)][:7]
    assert file.read()["mention_id"].to_pylist() == newest


def test_who_was_erased_never_appears(url: str, people: Client) -> None:
    gone, back = say(people, {"text": "zarzaparrilla"}, {"text": "zarzaparrilla"}, first=90)
    query = {"q": "zarzaparrilla", "from": "now-30d", "count": "yes"}
    assert asked(url, **query)[-1]["found"] == 2
    people.command("DELETE FROM mentions WHERE author_id = 'stream-90'")  # as `forget` does
    say(people, {"text": "zarzaparrilla", "is_deleted": 1, "version": 9, "counted": 0}, first=91)

    steps = asked(url, **query)
    files = [
        httpx.get(f"{url}/api/search/export", params=query | {"format": form}, timeout=60).content
        for form in ("csv", "parquet")
    ]

    assert steps[-1]["found"] == 0
    assert [step["mentions"] for step in steps if step["step"] == "page"] == [[]]
    assert len(files[0].splitlines()) == 1
    assert pq.read_table(io.BytesIO(files[1])).num_rows == 0
    assert not any(one.encode() in file for one in (gone, back) for file in files)
