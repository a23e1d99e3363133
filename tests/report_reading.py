"""A weekly report as its readers find it, and the same figures counted by plain SQL beside it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pypdf
from clickhouse_connect.driver.client import Client
from selectolax.lexbor import LexborHTMLParser

WEEK = "published_at >= {since:DateTime64(3)} AND published_at < {until:DateTime64(3)}"
_COPIES = "(SELECT mention_id FROM near_duplicates FINAL WHERE original != mention_id)"


@dataclass(frozen=True)
class Reading:
    """What stands on the page: headline figures, tables by their captions, all of it as text."""

    language: str
    cards: dict[str, str]
    tables: dict[str, list[list[str]]]
    sentences: list[str]


def read_page(path: Path) -> Reading:
    """Read the HTML as a parser that knows nothing of how it was made."""
    tree = LexborHTMLParser(path.read_text("utf-8"))
    tables = {}
    for table in tree.css("table"):
        caption = table.css_first("caption")
        assert caption is not None
        tables[caption.text()] = [
            [cell.text() for cell in row.css("th, td")] for row in table.css("tbody tr")
        ]
    cards = {}
    for card in tree.css("ul.cards li"):
        label, value = card.css_first("h3"), card.css_first("p.value")
        assert label is not None
        assert value is not None
        cards[label.text()] = value.text()
    root = tree.css_first("html")
    assert root is not None
    sentences = [node.text() for node in tree.css("p, dt, dd")]
    return Reading(str(root.attributes["lang"]), cards, tables, sentences)


def read_pdf(path: Path) -> str:
    """All text of a PDF, without the spaces that depend on where lines end."""
    pages = [page.extract_text() for page in pypdf.PdfReader(path).pages]
    return squeezed("\n".join(pages))


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def assert_pdf_says_the_same(page: Reading, pdf: str) -> None:
    """Every headline figure, table row and sentence of the page stands in the PDF as text."""
    for label, value in page.cards.items():
        assert squeezed(label + value) in pdf, label
    for caption, rows in page.tables.items():
        assert squeezed(caption) in pdf
        for row in rows:
            assert squeezed("".join(row)) in pdf, (caption, row)
    for sentence in page.sentences:
        assert squeezed(sentence) in pdf, sentence


@dataclass(frozen=True)
class Oracle:
    """Counts in plain SQL over stored rows; shares no query with panels or report."""

    client: Client
    monday: datetime

    def one(self, sql: str, **more: Any) -> Any:
        return self.rows(sql, **more)[0][0]

    def rows(self, sql: str, **more: Any) -> list[tuple[Any, ...]]:
        period = {"since": self.monday, "until": self.monday + timedelta(days=7)}
        return [tuple(row) for row in self.client.query(sql, period | more).result_rows]

    def mentions(self, where: str = "1") -> int:
        return int(self.one(f"SELECT count() FROM mentions FINAL WHERE {WEEK} AND {where}"))

    def by_day(self, *wheres: str) -> list[tuple[int, ...]]:
        """Counts of each of the seven days."""
        return [
            tuple(
                int(
                    self.one(
                        f"SELECT count() FROM mentions FINAL WHERE {WEEK} AND {where}",
                        since=self.monday + timedelta(days=day),
                        until=self.monday + timedelta(days=day + 1),
                    )
                )
                for where in wheres
            )
            for day in range(7)
        ]

    def named(self, column: str) -> dict[str, tuple[int, int, int]]:
        """Mentions of each brand or topic: active, latent, without intent."""
        rows = self.rows(f"SELECT {column}, intent FROM mentions FINAL WHERE {WEEK}")
        places = {"active": 0, "latent": 1}
        counts: dict[str, list[int]] = {}
        for names, intent in rows:
            for name in names:
                counts.setdefault(name, [0, 0, 0])[places.get(intent, 2)] += 1
        most = sorted(counts.items(), key=lambda item: (-sum(item[1]), item[0]))[:10]
        return {name: (a, b, c) for name, (a, b, c) in most}


class Spanish:
    """Figures as the Spanish page writes them."""

    @staticmethod
    def count(value: int) -> str:
        return f"{value:,}".replace(",", ".")

    @staticmethod
    def share(value: float | None) -> str:
        return "—" if value is None else f"{100 * value:.1f}".replace(".", ",") + "\xa0%"


def assert_true(page: Reading, oracle: Oracle) -> None:
    """Each figure of a Spanish page about all brands is what is stored."""
    write = Spanish()
    without_copies = f"mention_id NOT IN {_COPIES}"
    mentions = oracle.mentions()
    intent = oracle.mentions("intent IN ('active', 'latent')")
    signals = oracle.rows(
        "SELECT count(), countIf(is_proactive) FROM intent_signals"
        " WHERE at >= {since:DateTime64(3)} AND at < {until:DateTime64(3)}"
    )[0]
    care = oracle.rows(
        "SELECT account, within_target, stopped_at IS NULL FROM care_items"
        " WHERE asked_at >= {since:DateTime64(3)} AND asked_at < {until:DateTime64(3)}"
    )
    leads = oracle.rows(
        "SELECT lead_kind, status FROM leads"
        " WHERE first_at >= {since:DateTime64(3)} AND first_at < {until:DateTime64(3)}"
    )
    alerts = oracle.rows(
        "SELECT alert_id, argMax(series, change), argMax(observed, change) FROM alerts FINAL"
        " WHERE opened_at >= {since:DateTime64(3)} AND opened_at < {until:DateTime64(3)}"
        " GROUP BY alert_id"
    )
    won = [status for _, status in leads if status in ("ordered", "won")]
    in_time = [bool(within) for _, within, _ in care]
    assert page.cards == {
        "Menciones": write.count(mentions),
        "Sin copias": write.count(oracle.mentions(without_copies)),
        "Con intención de compra": write.share(intent / mentions if mentions else None),
        "Intención oída a tiempo": write.share(signals[1] / signals[0] if signals[0] else None),
        "Oportunidades nuevas": write.count(len(leads)),
        "De ellas, ganadas": write.count(len(won)),
        "Atendidas a tiempo": write.share(sum(in_time) / len(care) if care else None),
        "Alertas de intención": write.count(len(alerts)),
    }
    days = [row[1:] for row in page.tables["Menciones por día"]]
    assert days == [list(map(write.count, row)) for row in oracle.by_day("1", without_copies)]
    days = [row[1:] for row in page.tables["Menciones con intención por día"]]
    wheres = ("intent = 'active'", "intent = 'latent'")
    assert days == [list(map(write.count, row)) for row in oracle.by_day(*wheres)]
    for caption, column in (
        ("Menciones por marca, según su intención", "brands"),
        ("Menciones por tema, según su intención", "topics"),
    ):
        named = oracle.named(column)
        whole = sum(map(sum, named.values()))
        assert page.tables.get(caption, []) == [
            [
                name,
                *map(write.count, counts),
                write.count(sum(counts)),
                write.share(sum(counts) / whole),
            ]
            for name, counts in named.items()
        ]
    assert_leads(page, leads)
    assert_care(page, care)
    shown = {(row[1], row[4]) for row in page.tables.get("Alertas de intención", [])}
    assert shown == {(series, write.count(observed)) for _, series, observed in alerts}


def assert_leads(page: Reading, leads: list[tuple[Any, ...]]) -> None:
    """New leads by kind, with a sum below."""
    rows = page.tables.get("Oportunidades nuevas", [])
    columns = (("ordered", "won"), ("working",), ("new",), ("lost", "dismissed"))
    expected = [
        [
            str(len(statuses)),
            *(str(sum(status in column for status in statuses)) for column in columns),
        ]
        for kind in {kind for kind, _ in leads}
        for statuses in [[status for of, status in leads if of == kind]]
    ]
    assert sorted(row[1:] for row in rows[:-1]) == sorted(expected)
    if leads:
        assert [int(cell) for cell in rows[-1][1:]] == [
            sum(int(row[k]) for row in expected) for k in range(5)
        ]


def assert_care(page: Reading, care: list[tuple[Any, ...]]) -> None:
    """What needed a reply, by account and by what became of it."""
    rows = page.tables.get("Lo que pedía respuesta, por cuenta", [])
    expected = {}
    for account in {account for account, _, _ in care}:
        mine = [(within, waits) for of, within, waits in care if of == account]
        in_time = sum(bool(within) for within, _ in mine)
        waiting = sum(bool(waits) for _, waits in mine)
        fates = (in_time, len(mine) - in_time - waiting, waiting, len(mine))
        expected[account or "sin cuenta"] = list(map(Spanish.count, fates))
    assert {row[0]: row[1:5] for row in rows} == expected


def monday_of_last_week(now: datetime) -> datetime:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC)
    return midnight - timedelta(days=now.weekday() + 7)
