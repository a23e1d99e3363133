"""What the rules in force name, as rows: SQL has to know brands, accounts and campaigns."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from clickhouse_connect.driver.client import Client

from streams.settings import Settings

if TYPE_CHECKING:
    from streams.rules.listening import Listening

_COLUMNS = ("sequence", "version", "section", "name", "brand", "own", "since", "until")
_Row = tuple[str, str, str, int, date | None, date | None]


def are_new(client: Client) -> bool:
    """Whether `listened` does not tell of the newest rules yet."""
    return bool(_newest(client))


def note(_settings: Settings, client: Client, _since: datetime) -> int:
    """`note_rules` for upkeep."""
    return note_rules(client)


def note_rules(client: Client) -> int:
    """Make `listened` tell of the newest rules; returns how many rows that took, 0 when it did.

    Raises ListeningError for rules that this program cannot read.
    """
    # Here, since it brings compiled code along, and upkeep itself only asks whether they are new.
    from streams.rules.loading import read_listening

    rows: list[list[Any]] = []
    for sequence, version, text in _newest(client):
        listening = read_listening(text, f"listening rules {sequence}")
        rows = [[sequence, version, *row] for row in _rows(listening)]
        client.insert("listened", rows, column_names=_COLUMNS)
    return len(rows)


def _newest(client: Client) -> Sequence[Sequence[Any]]:
    """Number, version and text of the newest rules; nothing when they are noted."""
    newest = client.query(
        "SELECT sequence, version, listening FROM rule_versions FINAL"
        " ORDER BY sequence DESC, applied_at DESC LIMIT 1"
    ).result_rows
    noted = client.query(
        "SELECT sequence, version FROM listened ORDER BY sequence DESC, noted_at DESC LIMIT 1"
    ).result_rows
    is_noted = [tuple(row[:2]) for row in newest] == [tuple(row) for row in noted]
    return [] if is_noted else newest


def _rows(listening: "Listening") -> Iterator[_Row]:
    yield "rules", "", "", 0, None, None  # also rules that name nothing have been noted
    for brand in listening.brands:
        own = int(brand.own)
        yield "brand", brand.name, brand.name, own, None, None
        for product in brand.products:
            for name in (product.name, *product.names):
                yield "product", name, brand.name, own, None, None
        for handle in brand.handles:
            yield "account", handle.lstrip("@"), brand.name, own, None, None
    # After the brands: of two rows for one account the later one holds.
    for handle in (*listening.care_accounts, *listening.employees):
        yield "account", handle.lstrip("@"), "", 1, None, None
    for campaign in listening.campaigns:
        yield "campaign", campaign.name, campaign.brand, 0, campaign.start, campaign.end
