"""What the rules in force name, as rows: SQL has to know brands, accounts and campaigns."""

from collections.abc import Iterator
from datetime import date

from clickhouse_connect.driver.client import Client

from streams.rules.listening import Listening
from streams.rules.loading import read_listening

_COLUMNS = ("sequence", "version", "section", "name", "brand", "own", "since", "until")
_Row = tuple[str, str, str, int, date | None, date | None]


def note_rules(client: Client) -> int:
    """Make `listened` tell of the newest rules; returns how many rows that took, 0 when it did.

    Raises ListeningError for rules that this program cannot read.
    """
    newest = client.query(
        "SELECT sequence, version, listening FROM rule_versions FINAL"
        " ORDER BY sequence DESC, applied_at DESC LIMIT 1"
    ).result_rows
    if not newest:
        return 0
    [(sequence, version, text)] = newest
    noted = client.query(
        "SELECT sequence, version FROM listened ORDER BY sequence DESC, noted_at DESC LIMIT 1"
    ).result_rows
    if [tuple(row) for row in noted] == [(sequence, version)]:
        return 0
    listening = read_listening(text, f"listening rules {sequence}")
    rows = [[sequence, version, *row] for row in _rows(listening)]
    client.insert("listened", rows, column_names=_COLUMNS)
    return len(rows)


def _rows(listening: Listening) -> Iterator[_Row]:
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
