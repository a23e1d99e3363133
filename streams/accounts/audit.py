"""The log of acts: only added to, and asked how often somebody failed to sign in."""

import uuid
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from schemas.accounts import MAX_DETAIL_CHARS, AuditEntry

WITHIN_MIN: Final = 15
WRONG_BY_NAME, WRONG_BY_PLACE = 8, 30  # of sign-ins within that time; then nobody is let in
_FAILED = """
WITH (
    SELECT max(at) FROM console_audit
    WHERE act = 'sign_in' AND outcome = 'done' AND who = {who:String}
) AS last_right
SELECT
    countIf(who = {who:String} AND at > last_right),
    countIf(place = {place:String})
FROM console_audit
WHERE act = 'sign_in' AND outcome = 'refused' AND detail = 'wrong'
    AND at > now64(3) - INTERVAL {within:UInt32} MINUTE
"""
_COLUMNS = ("who", "role", "act", "thing", "subject", "place", "outcome", "detail")


def note(client: Client, entry: AuditEntry) -> None:
    """Return once the act is noted."""
    said = asdict(entry)
    row = [str(said[name])[:MAX_DETAIL_CHARS] for name in _COLUMNS]
    # A token of its own: ClickHouse takes a second row of the same words for the first one sent
    # twice, and who fails eight times to sign in sends eight of them.
    token = {"insert_deduplication_token": str(uuid.uuid4())}
    client.insert("console_audit", [row], column_names=_COLUMNS, settings=token)


def failed_too_often(client: Client, who: str, place: str) -> bool:
    """Whether too many sign-ins of late failed under this name or from this place."""
    [[by_name, by_place]] = client.query(
        _FAILED, {"who": who, "place": place, "within": WITHIN_MIN}
    ).result_rows
    return bool(by_name >= WRONG_BY_NAME or by_place >= WRONG_BY_PLACE)


def entries(
    client: Client, *, since: datetime, who: str = "", act: str = "", limit: int = 100
) -> Iterator[dict[str, Any]]:
    """What was done since then, the newest first."""
    rows = client.query(
        "SELECT at, who, role, act, thing, subject, place, outcome, detail FROM console_audit"
        " WHERE at >= {since:DateTime64(3)} AND ({who:String} = '' OR who = {who:String})"
        " AND ({act:String} = '' OR act = {act:String})"
        " ORDER BY at DESC LIMIT {limit:UInt32}",
        {"since": since, "who": who, "act": act, "limit": limit},
    )
    for row in rows.result_rows:
        yield dict(zip(rows.column_names, row, strict=True))
