"""Keeps what people do about alerts in the console, each act a change of the alert.

Two people at once do not overwrite each other, nor does a person the detector: an act names the
change it was made in sight of and becomes the next one of the series, under the token that the
detector uses too.
"""

import asyncio
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Final, Self

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from schemas.alert_acts import AlertAct
from schemas.desk import Outcome
from streams import clock
from streams.errors import SinkUnavailableError
from streams.migrate import connect
from streams.settings import Settings
from streams.signals.emerging import store
from streams.signals.emerging.handling import is_ours
from streams.signals.emerging.lifecycle import (
    Change,
    acknowledged,
    noted,
    released,
    snoozed,
    woken,
)
from streams.signals.emerging.settings import DetectorSettings

_MADE: Final[Mapping[str, Callable[[Change, datetime, AlertAct], Change]]] = {
    "acknowledge": lambda last, now, act: acknowledged(last, now, act.made_by),
    "release": lambda last, now, act: released(last, now, act.made_by),
    "snooze": lambda last, now, act: snoozed(last, now, act.until or now, act.made_by),
    "wake": lambda last, now, act: woken(last, now, act.made_by),
    "note": lambda last, now, act: noted(last, now, act.note.strip(), act.made_by),
}


class AlertDesk:
    """Saves acts; connects at the first one, so that a console starts without ClickHouse."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: Client | None = None
        self._lock = threading.Lock()  # one session, which takes one statement at a time

    async def save(self, act: AlertAct) -> Outcome:
        """Return once the act is stored, or what hindered it; never raises for ClickHouse.

        "gone" where there is no such alert, or the series has had another one since.
        """
        return await asyncio.to_thread(self._save, act)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leave()

    def _save(self, act: AlertAct) -> Outcome:
        with self._lock:
            try:
                if self._client is None:
                    self._client = connect(self._settings, in_database=True)
                return _append(self._client, act)
            except SinkUnavailableError as error:
                return Outcome("away", reason=str(error))
            except (ClickHouseError, OSError) as error:
                self._leave()
                return Outcome("away", reason=f"ClickHouse says: {str(error)[:200]}")

    def _leave(self) -> None:
        if self._client is not None:
            client, self._client = self._client, None
            client.close()


def _append(client: Client, act: AlertAct) -> Outcome:
    found = list(store.newest(client, act.alert_id).values())
    if not found or found[0].alert_id != act.alert_id:
        return Outcome("gone")
    last = found[0]
    if last.change != act.expected_change:
        return Outcome("changed_meanwhile", last.change)
    wanted = _MADE[act.act](last, clock.now(), act)
    kept = store.append(client, wanted, DetectorSettings())
    return Outcome("saved" if is_ours(kept, wanted) else "changed_meanwhile", kept.change)
