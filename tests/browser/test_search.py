"""Search as people do it: what is found, mistakes, and the files, all beside ClickHouse."""

import asyncio
import csv
import io
import itertools
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Page, expect

from dashboards.console import ConsoleConfig, Writers
from deploy.local.handles import ClickHouseHandle
from deploy.local.ports import free_ports
from schemas.search import Ask, Place, Step
from streams.listening.export_columns import COLUMNS
from streams.listening.searching import Searching
from streams.settings import Settings
from tests.browser.data import HOSTILE_TEXT
from tests.browser.mentions import card, cards, ids, say, visiting
from tests.browser.serving import running

pytestmark = pytest.mark.browser

CONTRAST = Path(__file__).with_name("contrast.js").read_text()
PATIENCE_MS = 60_000
PHONE = {
    "locale": "en-GB",
    "viewport": {"width": 360, "height": 780},
    "has_touch": True,
    "is_mobile": True,
}
MONTH = "from=now-30d&to=now"
RULE = 'recomienda OR "looking for"'
# The same by other means: ClickHouse's own search in texts.
ORACLE = "(positionCaseInsensitiveUTF8(text, 'recomienda') > 0 OR text LIKE '%Looking for%')"
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


def settings_of(clickhouse: ClickHouseHandle, **more: Any) -> Settings:
    """As the console has them; the pipeline's own password is not among them."""
    return Settings(
        clickhouse_url=clickhouse.url,
        clickhouse_reader_user=clickhouse.reader_user,
        clickhouse_reader_password=clickhouse.reader_password,
        clickhouse_database=clickhouse.database,
        **more,
    )


@pytest.fixture(scope="module")
def url(clickhouse: ClickHouseHandle, config: ConsoleConfig) -> Iterator[str]:
    """A console that searches, wired as `escucha console` wires it."""
    search = Searching(settings_of(clickhouse))
    with running(replace(config, port=free_ports(1)[0]), Writers(search=search)) as url:
        yield url


@pytest.fixture
def people(writer: Client) -> Iterator[Client]:
    with visiting(writer) as client:
        yield client


def stored(client: Client, condition: str, columns: str = "mention_id") -> list[tuple[Any, ...]]:
    rows = client.query(
        f"SELECT {columns} FROM mentions FINAL WHERE NOT is_deleted AND {condition}"
        " AND published_at > now() - INTERVAL 30 DAY ORDER BY published_at DESC, mention_id DESC"
    )
    return [tuple(row) for row in rows.result_rows]


def count(page: Page) -> Any:
    return page.locator("#count")


def test_a_search_finds_what_clickhouse_has(
    page: Page, url: str, writer: Client, complaints: list[str]
) -> None:
    page.goto(f"{url}/search")
    page.get_by_label("Qué buscar").fill(RULE)
    page.get_by_label("Periodo").select_option("now-30d")
    page.get_by_label("Qué buscar").press("Enter")
    expected = [row[0] for row in stored(writer, ORACLE)]
    assert len(expected) > 110

    expect(count(page)).to_have_text(f"{len(expected)} menciones", timeout=PATIENCE_MS)
    expect(cards(page)).to_have_count(50)
    assert list(ids(page)) == expected[:50]
    marks = cards(page).locator(".text mark").all_text_contents()
    assert len(marks) == 50
    assert {mark.lower() for mark in marks} == {"recomienda", "looking for"}
    assert "from=now-30d" in page.url
    assert complaints == []


def test_pages_go_on_where_the_last_one_ended(page: Page, url: str, people: Client) -> None:
    page.goto(f"{url}/search?q={RULE}&{MONTH}")
    expect(cards(page)).to_have_count(50, timeout=PATIENCE_MS)
    expected = [row[0] for row in stored(people, ORACLE)]
    say(people, {"text": "¿quién me recomienda algo?"})  # newer than the search

    more = page.get_by_role("button", name="Mostrar más")
    for shown in (100, min(150, len(expected))):
        more.click()
        expect(cards(page)).to_have_count(shown, timeout=PATIENCE_MS)
    while more.is_visible():
        before = cards(page).count()
        more.click()
        expect(cards(page).nth(before)).to_be_attached(timeout=PATIENCE_MS)
        expect(page.locator("#more:disabled")).to_have_count(0)

    assert list(ids(page)) == expected


def test_an_address_holds_the_search(page: Page, url: str, writer: Client) -> None:
    query = f"q=~comprar+OR+lang:en&brand=Volta&lang=es&source=reddit&intent=yes&{MONTH}"
    page.goto(f"{url}/search?{query}")
    condition = (
        "match(text, '(?i)\\\\bcompro\\\\b') AND has(brands, 'Volta') AND lang = 'es'"
        " AND source = 'reddit' AND intent != 'none'"
    )
    expected = [row[0] for row in stored(writer, condition)]

    assert expected
    expect(count(page)).to_contain_text(str(len(expected)), timeout=PATIENCE_MS)
    assert list(ids(page)) == expected
    expect(page.get_by_label("Qué buscar")).to_have_value("~comprar OR lang:en")
    expect(page.get_by_label("Marca")).to_have_value("Volta")
    page.get_by_label("Fuente").select_option("")
    expect(count(page)).not_to_have_text(f"{len(expected)} menciones", timeout=PATIENCE_MS)
    page.go_back()
    expect(count(page)).to_contain_text(str(len(expected)), timeout=PATIENCE_MS)
    expect(page.get_by_label("Fuente")).to_have_value("reddit")


def test_fields_and_the_empty_search(url: str, people: Client) -> None:
    say(people, {"kind": "reply", "parent_id": "bluesky:p", "hashtags": ["Oferta"]}, first=30)
    say(people, {"followers": 5_000, "links": ["https://example.org"]}, first=31)
    for rule, condition in (
        ("type:reply", "kind = 'reply'"),
        ("followers:>1000 has:link", "followers > 1000 AND notEmpty(links)"),
        ("#oferta", "has(hashtags, 'Oferta')"),
        ("author:@voz31", "author_handle = 'voz31'"),
        ("lang:pt", "lang = 'pt'"),
        ("", "1"),
    ):
        steps = asked(url, q=rule, count="yes", **{"from": "now-30d"})
        assert steps[-1]["is_exact"]
        assert steps[-1]["found"] == len(stored(people, condition)), rule


def asked(url: str, **query: str) -> list[dict[str, Any]]:
    """All steps of a search."""
    with httpx.stream("GET", f"{url}/api/search", params=query, timeout=60) as answer:
        assert answer.status_code == 200, answer.read()
        lines = [line[6:] for line in answer.iter_lines() if line.startswith("data: ")]
    return [httpx.Response(200, content=line).json() for line in lines]


def test_a_mistake_is_shown_at_its_place(page: Page, url: str, complaints: list[str]) -> None:
    page.goto(f"{url}/search")
    page.get_by_label("Qué buscar").fill("😀 móvil or lnag:es")
    page.get_by_role("button", name="Buscar").click()

    first, second = page.locator(".problem").all()
    expect(first).to_contain_text("Línea 1, columna 9: or en minúsculas no es un operador")
    expect(first).to_contain_text('escribe OR, o "or" entre comillas')
    expect(first.locator("mark")).to_have_text("or")
    expect(second).to_contain_text("no existe el campo lnag:")
    expect(second).to_contain_text("¿querías decir lang:?")
    expect(page.locator("#found")).to_be_hidden()
    second.get_by_role("button", name="Ir al sitio").click()
    assert page.evaluate("getSelection().toString()") == "lnag:"

    page.get_by_role("button", name="English").click()
    expect(first).to_contain_text("or in lower case is no operator")
    page.get_by_label("What to search for").fill("móvil")
    page.get_by_label("What to search for").press("Enter")
    expect(count(page)).to_contain_text("mention", timeout=PATIENCE_MS)
    expect(page.locator(".problem")).to_have_count(0)
    assert complaints == []


def test_examples_are_tried_with_a_click(page: Page, url: str, complaints: list[str]) -> None:
    page.goto(f"{url}/search")
    for button in page.locator(".example").all():
        button.click()
        expect(count(page)).to_have_text(
            re.compile("^(Ninguna mención|[0-9.]+ menci)"), timeout=PATIENCE_MS
        )
        expect(page.get_by_label("Qué buscar")).to_have_value(button.text_content() or "")
        expect(page.locator(".problem")).to_have_count(0)
    assert complaints == []


class Gated:
    """Searches for real, and waits before each step until it is let on."""

    def __init__(self, searching: Searching) -> None:
        self._searching = searching
        self.go_on = asyncio.Event()
        self.ended = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._searching, name)

    async def search(
        self, ask: Ask, after: Place | None, *, counts_all: bool
    ) -> AsyncIterator[Step]:
        try:
            async for step in self._searching.search(ask, after, counts_all=counts_all):
                yield step
                await self.go_on.wait()
        finally:
            self.ended += 1


def test_a_long_search_shows_progress_and_can_be_cancelled(
    page: Page, clickhouse: ClickHouseHandle, config: ConsoleConfig, complaints: list[str]
) -> None:
    gated = Gated(Searching(settings_of(clickhouse)))
    with running(replace(config, port=free_ports(1)[0]), Writers(search=gated)) as url:
        page.goto(f"{url}/search?q=compro&{MONTH}")
        expect(page.locator("#progress")).to_be_visible(timeout=PATIENCE_MS)
        expect(page.locator("#reach")).to_contain_text("Miradas 0 de unas")
        page.get_by_role("button", name="Cancelar").press("Enter")

        expect(page.locator("#reach")).to_contain_text("Cancelada: miradas 0")
        expect(page.locator("#progress")).to_be_hidden()
        page.get_by_role("button", name="Buscar").click()
        expect(page.locator("#progress")).to_be_visible(timeout=PATIENCE_MS)
        assert gated.ended == 1  # the console stopped, too
        page.goto("about:blank")
    assert complaints == []


def test_when_the_time_is_over_it_says_at_least(
    page: Page, clickhouse: ClickHouseHandle, config: ConsoleConfig, writer: Client
) -> None:
    hours = itertools.count(step=3_600)  # an hour between two looks at the clock
    search = Searching(settings_of(clickhouse), elapsed_sec=lambda: next(hours))
    with running(replace(config, port=free_ports(1)[0]), Writers(search=search)) as url:
        say(writer, *[{"text": "compro"}] * 4_500, first=1_000)
        try:
            page.goto(f"{url}/search?q=compro&{MONTH}")
            expect(count(page)).to_have_text(
                re.compile(r"^Al menos [0-9.]+ menciones$"), timeout=PATIENCE_MS
            )
            expect(page.locator("#reach")).to_contain_text("Se acabó el tiempo: miradas")
            end = asked(url, q="compro", count="yes", **{"from": "now-30d"})[-1]
            assert not end["is_exact"]
            assert 4_500 <= end["found"] <= end["looked_at"] < end["total"]
        finally:
            writer.command("DELETE FROM mentions WHERE author_id LIKE 'stream-%'")


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
    import numpy as np

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
    search = Searching(settings_of(clickhouse, export_max_rows=7))
    with running(replace(config, port=free_ports(1)[0]), Writers(search=search)) as url:
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


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"q": "NOT x"}, 400, "bad_rule"),
        ({"q": "x" * 2_001}, 400, "bad_request"),
        ({"from": "yesterday"}, 400, "bad_request"),
        ({"from": "now", "to": "now-1d"}, 400, "bad_request"),
        ({"after": "here"}, 400, "bad_request"),
        ({"least": "7"}, 400, "bad_request"),
        ({"format": "xls"}, 400, "bad_request"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    url: str, query: dict[str, str], status: int, code: str
) -> None:
    path = "/api/search/export" if "format" in query else "/api/search"
    answer = httpx.get(url + path, params=query, timeout=60)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    if code == "bad_rule":
        assert answer.json()["problems"][0]["remedy"]


def test_a_console_without_a_searcher_says_so(page: Page, console_url: str) -> None:
    page.goto(f"{console_url}/search")

    expect(page.locator("#notice")).to_contain_text("no tiene con qué buscar")
    assert httpx.get(f"{console_url}/api/search?q=x").status_code == 403


@pytest.mark.parametrize(
    "page", [{"color_scheme": "light"}, {"color_scheme": "dark"}], indirect=True
)
def test_everything_can_be_read(page: Page, url: str) -> None:
    page.goto(f"{url}/search?q=compro&{MONTH}")
    expect(count(page)).to_contain_text("menciones", timeout=PATIENCE_MS)
    page.locator("#save summary").click()
    page.get_by_label("Qué buscar").fill("a or b")

    assert page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_it_fits_a_phone_and_speaks_english(page: Page, url: str, people: Client) -> None:
    [mention_id] = say(people, {"text": "compro https://example.org/" + "x" * 200})
    page.goto(f"{url}/search?q=compro&{MONTH}")
    expect(card(page, mention_id)).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_role("link", name="Parquet")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
