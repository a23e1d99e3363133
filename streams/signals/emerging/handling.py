"""What people do about alerts: look at them, take them in hand, silence them."""

import getpass
from collections.abc import Callable, Sequence
from datetime import datetime

from clickhouse_connect.driver.client import Client

from streams import clock
from streams.errors import InputError
from streams.signals.emerging import store
from streams.signals.emerging.lifecycle import EPOCH, Change
from streams.signals.emerging.settings import DetectorSettings

_TRIES = 5  # of writing between changes of others


def current(client: Client, *, every: bool) -> list[Change]:
    """The newest change of each alert, the newest first; closed ones only with `every`."""
    return [c for c in store.standing(client) if every or not c.is_over]


def text(alerts: Sequence[Change]) -> str:
    """A line for each."""
    if not alerts:
        return "no alerts"
    return "\n".join(
        f"{a.alert_id[:10]}  {a.state:8} severity {a.severity:>2}  since {a.since:%Y-%m-%d %H:%M}"
        f"  {a.observed:>4} against {a.expected:.1f}  {a.series.kind} {a.series.name}"
        f" ({a.series.lang or '?'}){_handled(a)}"
        for a in alerts
    )


def handle(
    client: Client,
    alert_id: str,
    by: str,
    change: Callable[[Change, datetime, str], Change],
) -> str:
    """Store what `change` makes of the alert and say so; raises InputError when there is none.

    When somebody else changes it at the same moment, it is done upon what they made of it.
    """
    found = [c for c in store.standing(client) if c.alert_id.startswith(alert_id)]
    if len(found) != 1 or not alert_id:
        raise InputError(
            f"{len(found)} alerts have an id that begins with {alert_id!r};"
            " see `escucha alerts list --all`"
        )
    for _ in range(_TRIES):
        last = store.newest(client, found[0].alert_id)[found[0].series]
        if last.alert_id != found[0].alert_id:
            raise InputError("the series has another alert since; see `escucha alerts list`")
        wanted = change(last, clock.now(), by)
        if is_ours(store.append(client, wanted, DetectorSettings()), wanted):
            return f"{wanted.alert_id[:10]} {wanted.event}"
    raise InputError("others change this alert all the time; try again")


def is_ours(kept: Change, wanted: Change) -> bool:
    """Whether what stands is what was to be stored, and not what somebody else made meanwhile."""
    return (kept.alert_id, kept.event, kept.by, kept.note, kept.snoozed_until) == (
        wanted.alert_id,
        wanted.event,
        wanted.by,
        wanted.note,
        _to_milliseconds(wanted.snoozed_until),
    ) and kept.at == _to_milliseconds(wanted.at)


def _to_milliseconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def user() -> str:
    """Who is at the keyboard, as far as the system knows."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody"


def _handled(alert: Change) -> str:
    parts = []
    if alert.acknowledged_by:
        parts.append(f"in hand: {alert.acknowledged_by}")
    if alert.snoozed_until > EPOCH:
        parts.append(f"silent until {alert.snoozed_until:%Y-%m-%d %H:%M}")
    return f"  [{'; '.join(parts)}]" if parts else ""
