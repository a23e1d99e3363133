"""Keeps what people decide about leads and about what waits for a reply, each change an event.

Two people at once do not overwrite each other: a change names the version it was made in sight of
and becomes the next one. The insert carries a token made of item and version, so of two that are
the same version ClickHouse keeps one; whoever reads back somebody else's event was second.
"""

import asyncio
import threading
import uuid
from collections.abc import Callable
from types import TracebackType
from typing import Self

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from schemas.desk import Change, Outcome, Queue, Target
from streams.errors import SinkUnavailableError
from streams.migrate import connect
from streams.settings import Settings
from streams.tokens import until_kept

_COLUMNS = ("source", "version", "event_id", "kind", "value", "made_by")


class Desk:
    """Saves changes; connects at the first one, so that a console starts without ClickHouse."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: Client | None = None
        self._lock = threading.Lock()  # one session, which takes one statement at a time

    async def save(self, queue: Queue, change: Change) -> Outcome:
        """Return once the change is stored, or what hindered it; never raises for ClickHouse."""
        save = _save_lead if queue == "leads" else _save_care
        return await asyncio.to_thread(self._with_client, lambda client: save(client, change))

    async def set_target(self, target: Target) -> Outcome:
        """The same for how soon a first reply is due."""
        return await asyncio.to_thread(
            self._with_client, lambda client: _save_target(client, target)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leave()

    def _with_client(self, work: Callable[[Client], Outcome]) -> Outcome:
        with self._lock:
            try:
                if self._client is None:
                    self._client = connect(self._settings, in_database=True)
                return work(self._client)
            except SinkUnavailableError as error:
                return Outcome("away", reason=str(error))
            except (ClickHouseError, OSError) as error:
                self._leave()
                return Outcome("away", reason=f"ClickHouse says: {str(error)[:200]}")

    def _leave(self) -> None:
        if self._client is not None:
            client, self._client = self._client, None
            client.close()


def _save_lead(client: Client, change: Change) -> Outcome:
    known = client.query(
        "SELECT 1 FROM mentions WHERE author_id = {subject:String} AND source = {source:String}"
        " LIMIT 1",
        {"subject": change.subject, "source": change.source},
    ).result_rows
    if not known:
        return Outcome("gone")
    return _append(client, "lead_events", change, {"author_id": change.subject})


def _save_care(client: Client, change: Change) -> Outcome:
    known = client.query(
        "SELECT author_id FROM mentions WHERE mention_id = {subject:String}"
        " AND source = {source:String} LIMIT 1",
        {"subject": change.subject, "source": change.source},
    ).result_rows
    if not known:
        return Outcome("gone")
    item = {"mention_id": change.subject, "author_id": str(known[0][0])}
    return _append(client, "care_events", change, item)


def _save_target(client: Client, target: Target) -> Outcome:
    row = ["care_target_minutes", target.minutes, target.made_by]
    client.insert("signal_settings", [row], column_names=["name", "value", "set_by"])
    return Outcome("saved")


def _append(client: Client, table: str, change: Change, item: dict[str, str]) -> Outcome:
    """Write the change as the next version of an item, unless there is one already."""
    key, subject = next(iter(item.items()))
    asked = {"table": table, "key": key, "subject": subject, "source": change.source}
    where = "{key:Identifier} = {subject:String} AND source = {source:String}"
    [[version]] = client.query(
        f"SELECT max(version) FROM {{table:Identifier}} WHERE {where}",  # noqa: S608
        asked,
    ).result_rows
    if version != change.expected_version:
        return Outcome("changed_meanwhile", version)
    event_id, new = str(uuid.uuid4()), version + 1
    row = [change.source, new, event_id, change.kind, change.value, change.made_by, *item.values()]
    token = f"{change.source}/{subject}/{new}"

    def write(name: str) -> str:
        client.insert(
            table,
            [row],
            column_names=[*_COLUMNS, *item],
            settings={"insert_deduplication_token": name},
        )
        [[kept]] = client.query(
            "SELECT argMin(event_id, (made_at, event_id)) FROM {table:Identifier}"  # noqa: S608
            f" WHERE {where} AND version = {{new:UInt32}}",
            {**asked, "new": new},
        ).result_rows
        return str(kept)

    if kept := until_kept(token, write):
        return Outcome("saved" if kept == event_id else "changed_meanwhile", new)
    return Outcome("away", reason="ClickHouse kept nothing of what it took")
