"""The weekly report of the command, held against ClickHouse, as HTML and as PDF."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_string
from pathlib import Path
from typing import Any

import pypdf
import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Page, expect

from deploy.local.handles import ClickHouseHandle
from streams.signals.emerging import store
from streams.signals.emerging.lifecycle import Change, Series
from streams.signals.emerging.notify.channels import signature
from streams.signals.emerging.settings import DetectorSettings
from tests.browser.axe import findings
from tests.browser.data import HOSTILE_TEXT, HOSTILE_URL, insert_mention, refresh_kept
from tests.fakes.receivers import http_receiver, smtp_receiver
from tests.integration.streams.helpers import clean_environment, escucha, one_line_of
from tests.report_reading import (
    Oracle,
    Spanish,
    assert_pdf_says_the_same,
    assert_true,
    monday_of_last_week,
    read_page,
    read_pdf,
    squeezed,
)

NOW = datetime.now(UTC).replace(microsecond=0)
MONDAY = monday_of_last_week(NOW)
YEAR, NUMBER, _ = MONDAY.isocalendar()
WEEK = f"{YEAR}-W{NUMBER:02}"
SECRET = "a secret of the receiver's own"  # noqa: S105
SPOKEN = "¿Alguien tiene ya el Nimbus? 😀 Me lo compro hoy"
TAKEN_BACK = "esto ya lo borré"
AT = MONDAY + timedelta(days=2, hours=10)


@pytest.fixture(scope="module", autouse=True)
def week(writer: Client) -> Iterator[None]:
    """An alert with evidence, hostile and taken back, and edges of the week to the millisecond."""
    edges = {
        "first": MONDAY,
        "before": MONDAY - timedelta(milliseconds=1),
        "last": MONDAY + timedelta(days=7, milliseconds=-1),
        "after": MONDAY + timedelta(days=7),
    }
    for number, (name, at) in enumerate(edges.items()):
        told: dict[str, Any] = {"mention_id": f"csv:report-{name}", "author_id": "report-edge"}
        insert_mention(writer, 990_000 + number, at, source="csv", **told)
    said = {"spoken": SPOKEN, "hostile": HOSTILE_TEXT, "back": TAKEN_BACK}
    for number, (name, text) in enumerate(said.items()):
        told = {"mention_id": f"csv:report-{name}", "author_id": f"report-{name}", "text": text}
        insert_mention(writer, 990_100 + number, AT, source="csv", url=HOSTILE_URL, **told)
    alert = Change(
        series=Series("brand", "Nimbus", "es"), change=1, alert_id="report-alert", event="opened",
        state="open", at=AT, opened_at=AT, since=AT - timedelta(minutes=9), severity=8,
        observed=1_021, expected=2.4, window_min=20, false_per_week=1e-9, sure=0.99999, watched=40,
        before_contact=0.75, words=("comprar", "<b>hoy</b>"), link="https://example.org/",
        notice=True, evidence=tuple(f"csv:report-{name}" for name in said),
    )  # fmt: skip
    store.append(writer, alert, DetectorSettings())
    writer.command("DELETE FROM mentions WHERE mention_id = 'csv:report-back'")
    refresh_kept(writer)
    yield
    writer.command("DELETE FROM mentions WHERE mention_id LIKE 'csv:report-%'")
    for table in ("alerts", "alert_evidence"):
        writer.command("TRUNCATE TABLE {name:Identifier}", {"name": table})


@pytest.fixture(scope="module")
def environment(
    clickhouse: ClickHouseHandle, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    return clean_environment(
        clickhouse_url=clickhouse.url,
        clickhouse_user=clickhouse.user,
        clickhouse_password=clickhouse.password,
        clickhouse_database=clickhouse.database,
        clickhouse_reader_user=clickhouse.reader_user,
        clickhouse_reader_password=clickhouse.reader_password,
        run_dir=tmp_path_factory.mktemp("report"),
    )


@pytest.fixture(scope="module")
def spanish(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(environment, tmp_path_factory.mktemp("es"), "--week", WEEK)


def made(environment: dict[str, str], folder: Path, *options: str) -> Path:
    """Run the command; return the page, the PDF lies beside it."""
    told = escucha("report", "--out", "reports", *options, environment=environment, cwd=folder)
    assert told.returncode == 0, told.stderr.decode()
    page, pdf = (folder / line for line in told.stdout.decode().splitlines())
    assert (page.suffix, pdf.suffix) == (".html", ".pdf")
    assert {path.stat().st_mode & 0o077 for path in (page, pdf)} == {0}
    return page


def test_every_figure_is_what_is_stored_and_the_pdf_says_the_same(
    spanish: Path, writer: Client
) -> None:
    page = read_page(spanish)

    assert page.language == "es"
    assert_true(page, Oracle(writer, MONDAY))
    # No font of a report has emoji; the PDF has their names.
    pdf = read_pdf(spanish.with_suffix(".pdf")).replace(":cara_sonriendo:", "😀")
    assert_pdf_says_the_same(page, pdf)


def test_the_pdf_is_tagged_numbered_and_drawn_as_vectors(spanish: Path) -> None:
    pdf = pypdf.PdfReader(spanish.with_suffix(".pdf"))
    catalog = pdf.root_object

    assert catalog["/MarkInfo"]["/Marked"]
    assert str(catalog["/Lang"]).startswith("es")
    assert "/StructTreeRoot" in catalog
    assert "pdfuaid" in pdf.xmp_metadata.stream.get_data().decode()
    for number, page in enumerate(pdf.pages, start=1):
        assert squeezed(f"Página {number} de {len(pdf.pages)}") in squeezed(page.extract_text())
        assert list(page.images) == []


def test_what_people_said_stays_text_and_what_they_took_back_is_gone(spanish: Path) -> None:
    html, pdf = spanish.read_text("utf-8"), read_pdf(spanish.with_suffix(".pdf"))

    assert read_page(spanish).sentences.count(" ".join(HOSTILE_TEXT.split())) == 1
    assert squeezed(HOSTILE_TEXT) in pdf
    assert SPOKEN in html
    for never in ("<script", "<img", "javascript:", "<b>hoy", TAKEN_BACK):
        assert never not in html
    assert squeezed(TAKEN_BACK) not in pdf


@pytest.mark.browser
@pytest.mark.parametrize(
    "page",
    [
        {},
        {"color_scheme": "dark", "viewport": {"width": 390, "height": 800}},
    ],
    indirect=True,
    ids=["light", "dark on a phone"],
)
def test_a_browser_shows_it_without_complaint(
    page: Page, spanish: Path, complaints: list[str]
) -> None:
    page.goto(spanish.as_uri())
    expect(page.get_by_role("heading", level=1)).to_have_text("Informe semanal")
    summary = page.locator("summary").first
    summary.press("Enter")
    expect(page.get_by_role("table", name="Menciones por día")).to_be_visible()

    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert complaints == []


def test_in_english_about_one_brand(
    environment: dict[str, str], tmp_path: Path, writer: Client
) -> None:
    said = made(environment, tmp_path, "--week", WEEK, "--lang", "en", "--brand", "Volta")
    page = read_page(said)

    assert said.name == f"escucha-{WEEK}-volta-en.html"
    of_brand = Oracle(writer, MONDAY).mentions("has(brands, 'Volta')")
    assert page.cards["Mentions"] == f"{of_brand:,}"
    assert [row[0] for row in page.tables["Mentions by brand, by intent"]] == ["Volta"]
    assert any("Only the brand Volta." in sentence for sentence in page.sentences)
    assert_pdf_says_the_same(page, read_pdf(said.with_suffix(".pdf")))


def test_an_empty_week_says_so(environment: dict[str, str], tmp_path: Path) -> None:
    said = made(environment, tmp_path, "--week", "2020-W05")
    page = read_page(said)

    assert "Esta semana no se oyó ninguna mención." in page.sentences
    assert page.cards["Menciones"] == "0"
    assert page.cards["Oportunidades nuevas"] == "—"  # the queue does not reach back so far
    assert_pdf_says_the_same(page, read_pdf(said.with_suffix(".pdf")))


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        (("--week", "48"), "write it as 2026-W48"),
        (("--week", "2099-W01"), "has not begun"),
        (("--brand", "Nadie"), "brands that are spoken of: "),
        (("--send",), "set ESCUCHA_ALERTS_TO"),
    ],
)
def test_what_cannot_be_is_refused_with_the_remedy(
    environment: dict[str, str], tmp_path: Path, options: tuple[str, ...], remedy: str
) -> None:
    told = escucha("report", *options, environment=environment, cwd=tmp_path)

    assert told.returncode == 1
    assert remedy in one_line_of(told)


def test_it_is_sent_where_notices_go_once(
    environment: dict[str, str], tmp_path: Path, writer: Client
) -> None:
    with smtp_receiver() as box, http_receiver() as hook:
        hook.answers = [500, 204]  # at first it cannot
        environment = environment | {
            "ESCUCHA_ALERTS_TO": f"mailto://127.0.0.1:{box.port}"
            "?from=escucha@example.org&to=ana@example.org&mode=insecure",
            "ESCUCHA_ALERTS_WEBHOOK": f"http://127.0.0.1:{hook.port}/hook",
            "ESCUCHA_ALERTS_WEBHOOK_SECRET": SECRET,
        }
        options = ("report", "--week", WEEK, "--send")
        first = escucha(*options, environment=environment, cwd=tmp_path)
        second = escucha(*options, environment=environment, cwd=tmp_path)

    assert (first.returncode, second.returncode) == (0, 0), first.stderr.decode()
    assert second.stderr.decode().count("had it already") == 2
    assert b"example.org" not in first.stderr
    [mail] = map(message_from_string, box.messages)
    parts = {part.get_filename(): part.get_payload(decode=True) for part in mail.walk()}
    for name in (f"escucha-{WEEK}-es.html", f"escucha-{WEEK}-es.pdf"):
        attached = parts[name]
        assert isinstance(attached, bytes)
        assert attached[:15] in (b"<!doctype html>", b"%PDF-1.7\n%\x80\x80\x80\x80\n")
    assert [request.path for request in hook.requests] == ["/hook"] * 2
    refused, taken = hook.requests
    assert refused.body == taken.body
    stamp = taken.headers["Escucha-Timestamp"]
    assert taken.headers["Escucha-Signature"] == signature(SECRET, stamp, taken.body)
    told = json.loads(taken.body)
    assert (told["event"], told["week"]) == ("report", WEEK)
    mentions = Spanish.count(Oracle(writer, MONDAY).mentions())
    assert told["figures"][0]["value"] == mentions
    assert SPOKEN.encode() not in taken.body
    writer.command("DELETE FROM alert_deliveries WHERE alert_id LIKE 'report/%'")
