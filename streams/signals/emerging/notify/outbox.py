"""What is still to be told to whom, kept in ClickHouse: a dead receiver or a kill loses nothing.

What was sent is noted after it has arrived, so it is delivered at least once; a kill in between
delivers it again, with the same key. Each channel has a thread and goes in the order of changes.
What a receiver refuses for hours is passed by, and noted as that; nothing else ever is.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from schemas.business import Alert
from streams.errors import SinkUnavailableError
from streams.signals.emerging.notify.channels import (
    Channel,
    Letter,
    Messenger,
    RefusedError,
    UndeliveredError,
    key_of,
)

LOOK_EVERY_SEC: Final = 2.0
LONGEST_PAUSE_SEC: Final = 300.0
# How long what a receiver refuses holds up what comes after it. An alert of which nothing more is
# heard closes after six hours, so by then the notice may tell of what is over; and whoever runs a
# receiver that refuses everything has as long to mend it before the first notice is lost.
REFUSED_FOR_HOURS: Final = 6
_AT_ONCE: Final = 100

_PENDING: Final = """
SELECT
    a.alert_id, a.change, a.event, a.state, a.kind, a.series, a.lang, a.opened_at, a.since,
    a.severity, a.observed, a.expected, a.sure, a.words, a.before_contact, a.link,
    a.settings_version, e.ids
FROM
(
    SELECT * FROM alerts FINAL
    WHERE (notice OR {all:Bool})
        AND stored_at >= (
            SELECT min(delivered_at) FROM alert_deliveries
            WHERE channel = {channel:String} AND alert_id = ''
        )
        AND (alert_id, change) NOT IN
        (
            SELECT alert_id, change FROM alert_deliveries WHERE channel = {channel:String}
            UNION ALL
            SELECT alert_id, change FROM alert_faults FINAL
            WHERE channel = {channel:String} AND passed_at IS NOT NULL
        )
    ORDER BY stored_at, kind, series, lang, change
    LIMIT {limit:UInt32}
) AS a
LEFT JOIN
(
    SELECT alert_id, arraySort(groupArray(mention_id)) AS ids
    FROM
    (
        SELECT alert_id, mention_id
        FROM alert_evidence FINAL
        ORDER BY stored_at DESC, mention_id
        LIMIT 5 BY alert_id
    )
    GROUP BY alert_id
) AS e ON e.alert_id = a.alert_id
ORDER BY a.stored_at, a.kind, a.series, a.lang, a.change
"""

log = logging.getLogger(__name__)


def register(client: Client, channel: Channel) -> None:
    """Note from when on the channel wants to be told; what was before, it is not told."""
    [[known]] = client.query(
        "SELECT count() FROM alert_deliveries WHERE channel = {channel:String} AND alert_id = ''",
        {"channel": channel.name},
    ).result_rows
    if not known:
        _note(client, channel, "", 0)


def pending(client: Client, channel: Channel) -> list[Alert]:
    """The next ones, the oldest first."""
    rows = client.query(
        _PENDING, {"channel": channel.name, "all": channel.wants_all, "limit": _AT_ONCE}
    ).result_rows
    return [_alert(row) for row in rows]


def deliver_letter(client: Client, channel: Messenger, letter: Letter, *, again: bool) -> bool:
    """Send a letter to who does not have it, or to all again; False for who has it already.

    Noted as alerts are, after it has arrived. Raises UndeliveredError.
    """
    [[known]] = client.query(
        "SELECT count() FROM alert_deliveries"
        " WHERE channel = {channel:String} AND alert_id = {key:String}",
        {"channel": channel.name, "key": letter.key},
    ).result_rows
    if known and not again:
        return False
    channel.post(letter)
    _note(client, channel, letter.key, 0)
    return True


def deliver(client: Client, channel: Channel) -> int:
    """Send what is pending, in order; returns how many arrived.

    Raises UndeliveredError, once it is noted for those who look at the alert. What has been refused
    for REFUSED_FOR_HOURS is passed by instead.
    """
    sent = 0
    while waiting := pending(client, channel):
        for alert in waiting:
            try:
                channel.send(alert)
            except UndeliveredError as error:
                _note_fault(client, channel, alert, error)
                if not _is_passed_by(client, channel, alert):
                    raise
                log.error("%s refuses %s for good: %s", channel.name, key_of(alert), error)
                continue
            _note(client, channel, alert.alert_id, alert.change)
            sent += 1
    return sent


class Courier(threading.Thread):
    """Delivers for one channel until `stop`; looks at once when `news` is set."""

    def __init__(
        self, connect: Callable[[], Client], channel: Channel, stop: threading.Event
    ) -> None:
        super().__init__(name=f"courier-{channel.name}", daemon=True)
        self.news = threading.Event()
        self._connect = connect
        self._channel = channel
        self._stop_asked = stop
        self._faults = 0

    def run(self) -> None:
        """Until asked to stop; whatever fails is tried again, with ever longer pauses."""
        client: Client | None = None
        while not self._stop_asked.is_set():
            try:
                if client is None:
                    client = self._connect()
                    register(client, self._channel)
                deliver(client, self._channel)
                self._faults = 0
            except UndeliveredError as error:
                self._fault(error)
            except (ClickHouseError, SinkUnavailableError, OSError) as error:
                client = None
                self._fault(error)
            self.news.wait(self._pause())
            self.news.clear()
        if client is not None:
            client.close()

    def _fault(self, error: Exception) -> None:
        self._faults += 1
        log.warning("%s waits, attempt %d: %s", self._channel.name, self._faults, error)

    def _pause(self) -> float:
        return min(LOOK_EVERY_SEC * 2.0 ** min(self._faults, 12), LONGEST_PAUSE_SEC)


def _note(client: Client, channel: Channel | Messenger, alert_id: str, change: int) -> None:
    # A token where the first row must stay. Elsewhere the table itself keeps one of each, and a
    # token whose row a kill has lost would have the same notice sent again for ever.
    token = {} if alert_id else {"insert_deduplication_token": f"{channel.name}//0"}
    client.insert(
        "alert_deliveries",
        [[channel.name, alert_id, change]],
        column_names=["channel", "alert_id", "change"],
        settings=token,
    )


def _note_fault(client: Client, channel: Channel, alert: Alert, error: UndeliveredError) -> None:
    """One more attempt; refused again after REFUSED_FOR_HOURS it is passed by, from now on."""
    client.command(
        "INSERT INTO alert_faults"
        " (channel, alert_id, change, attempts, reason, refused_at, passed_at)"
        " SELECT {channel:String}, {alert:String}, {change:UInt32}, max(f.attempts) + 1,"
        " {reason:String}, if({refused:Bool}, ifNull(min(f.refused_at), now64(3)),"
        " min(f.refused_at)) AS since,"
        " if({refused:Bool} AND since <= now64(3) - toIntervalHour({hours:UInt32}),"
        " now64(3), max(f.passed_at))"
        " FROM alert_faults AS f WHERE f.channel = {channel:String}"
        " AND f.alert_id = {alert:String} AND f.change = {change:UInt32}",
        _place(channel, alert)
        | {
            "reason": str(error)[:200],
            "refused": isinstance(error, RefusedError),
            "hours": REFUSED_FOR_HOURS,
        },
    )


def _is_passed_by(client: Client, channel: Channel, alert: Alert) -> bool:
    return bool(
        client.query(
            "SELECT 1 FROM alert_faults FINAL WHERE channel = {channel:String}"
            " AND alert_id = {alert:String} AND change = {change:UInt32}"
            " AND passed_at IS NOT NULL",
            _place(channel, alert),
        ).result_rows
    )


def _place(channel: Channel, alert: Alert) -> dict[str, str | int | bool]:
    return {"channel": channel.name, "alert": alert.alert_id, "change": alert.change}


def _alert(row: Sequence[Any]) -> Alert:
    (
        alert_id, change, event, state, kind, series, lang, opened_at, since, severity, observed,
        expected, sure, words, before_contact, link, settings_version, ids,
    ) = row  # fmt: skip
    return Alert(
        alert_id=alert_id,
        change=change,
        event=event,
        state=state,
        kind=kind,
        series=series,
        lang=lang,
        opened_at=_utc(opened_at),
        since=_utc(since),
        severity=severity,
        observed=observed,
        expected=expected,
        sure=sure,
        words=tuple(words),
        before_contact=before_contact,
        link=link,
        settings_version=settings_version,
        evidence=tuple(ids),
    )


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
