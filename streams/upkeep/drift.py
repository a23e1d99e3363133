"""Watches over the models in force: counts what they are given and say, and compares it.

The reference of a model is its first seven days in force, as they were counted, and not what it
was trained on: a corpus has every class well filled and no sources, so the distance from it says
how the corpus was made, and an alarm that always rings is none. Seven days hold every hour and
weekday. Until they are full, each day is compared with those before it.

Everything may be run again: hours are counted anew as a whole, and rows of a key replace another.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
from clickhouse_connect.driver.client import Client

from models.drift import WATCHED, compare
from models.errors import ModelStoreError
from models.fresh_labels import calibration
from models.storage import open_storage
from streams.upkeep import drift_queries as queries
from streams.upkeep import marks
from streams.upkeep.drift_store import Calibrated, Drift, Found, write

REFERENCE: Final = timedelta(days=7)
LABELS: Final = timedelta(days=30)  # how long a label is fresh
LOOK_BACK_DAYS: Final = 2  # what is stored later than that is not counted any more
FIRST_LOOK_BACK_DAYS: Final = 35
HOURS_AT_ONCE: Final = 24

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept(Found):
    """What one run counted and found."""

    hours: int


@dataclass(frozen=True, slots=True)
class _Window:
    """A day: from its midnight to the next, or the 24 hours up to now."""

    day: date
    start: datetime
    end: datetime


def keep(client: Client, since: datetime, store: Path | str) -> Kept:
    """Bring the tables of drift up to date with what was stored since; may be run again.

    `store` is where models are: what a text has that its model never met is counted on a sample,
    if the model is there.
    """
    days = LOOK_BACK_DAYS if since > marks.EPOCH else FIRST_LOOK_BACK_DAYS
    hours = [
        hour
        for (hour,) in client.query(
            queries.HOURS, {"since_ms": int(since.timestamp() * 1000), "days": days}
        ).result_rows
    ]
    for at in range(0, len(hours), HOURS_AT_ONCE):
        _count(client, hours[at : at + HOURS_AT_ONCE], store)
    drifts: list[Drift] = []
    calibrations: list[Calibrated] = []
    now = marks.server_time(client)
    windows = _windows(hours, now)
    first = int(min(window.start for window in windows).timestamp())
    for version, begin in client.query(queries.VERSIONS, {"first": first}).result_rows:
        for window in windows:
            drifts += _drifts(client, version, begin.replace(tzinfo=UTC), window)
        calibrations += _calibrations(client, version, windows[-1])
    write(client, drifts, calibrations)
    return Kept(drifts, calibrations, len(hours))


def _count(client: Client, hours: Sequence[int], store: Path | str) -> None:
    given = {"hours": list(hours), "first": hours[0]}
    client.command(queries.COUNT, given)
    client.command(queries.COUNT_VOICES, given)
    sample: dict[str, list[tuple[int, str, str, str]]] = defaultdict(list)
    for version, *rest in client.query(queries.SAMPLE, given).result_rows:
        sample[version].append(tuple(rest))
    rows = [
        row
        for version, sampled in sample.items()
        for row in _unseen(version, sampled, _shares(store, version, sampled))
    ]
    if rows:
        names = ["model_version", "hour", "scope", "name", "what", "counts"]
        client.insert("drift_counts", rows, column_names=names)


def _shares(
    store: Path | str, version: str, sample: Sequence[tuple[int, str, str, str]]
) -> list[float]:
    """How much of each text the model never met; nothing where that cannot be told.

    What is watched beside it matters more than to stop here: it is said, and the rest goes on.
    """
    try:
        if version not in open_storage(store).folders("card.json"):
            return []
        from models.unseen import unseen_shares_of  # compiled code, only for a model that is there

        shares: list[float] = unseen_shares_of(store, version, [one[3] for one in sample]).tolist()
        return shares
    except (ModelStoreError, OSError) as error:
        log.warning("what is new to model %s is not counted: %s", version, error)
        return []


def _unseen(
    version: str, sample: Sequence[tuple[int, str, str, str]], shares: Sequence[float]
) -> Iterator[list[Any]]:
    """Rows for the sampled texts; none where their shares are not known."""
    counts: dict[tuple[int, str, str], Counter[str]] = defaultdict(Counter)
    for (hour, lang, source, _), share in zip(sample, shares, strict=False):
        label = WATCHED["unseen"].bin(share)
        for scope, name in (("all", ""), ("lang", lang), ("source", source)):
            counts[hour, scope, name][label] += 1
    for (hour, scope, name), found in counts.items():
        yield [version, datetime.fromtimestamp(hour, UTC), scope, name, "unseen", dict(found)]


def _windows(hours: Sequence[int], now: datetime) -> list[_Window]:
    """The days that these hours touch, and the last 24 hours, which stand for today."""
    today = now.date()
    touched = {datetime.fromtimestamp(hour, UTC).date() for hour in hours} - {today}
    windows = []
    for day in sorted(touched):
        start = datetime.combine(day, time(), UTC)
        windows.append(_Window(day, start, start + timedelta(days=1)))
    end = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return [*windows, _Window(today, end - timedelta(days=1), end)]


def _drifts(client: Client, version: str, begin: datetime, window: _Window) -> Iterator[Drift]:
    reference_to = min(begin + REFERENCE, window.start)
    if reference_to <= begin:
        return  # its first day: there is nothing before it
    moments = {
        "from": window.start,
        "to": window.end,
        "reference_from": begin,
        "reference_to": reference_to,
    }
    given = {name: int(moment.timestamp()) for name, moment in moments.items()}
    rows = client.query(queries.BOTH, {"version": version, **given}).result_rows
    voices = {(scope, name): (f, r) for scope, name, what, f, r in rows if not what}
    for scope, name, what, fresh, reference in rows:
        if not what or not fresh:
            continue
        now, then = voices.get((scope, name), ({}, {}))
        shift = compare(
            reference,
            fresh,
            draws=min(_total(fresh), now.get("voices", 0)),
            reference_draws=min(_total(reference), then.get("voices", 0)),
        )
        yield Drift(version, window.day, scope, name, what, shift)


def _total(counts: Mapping[str, int]) -> int:
    return sum(counts.values())


def _calibrations(client: Client, version: str, window: _Window) -> Iterator[Calibrated]:
    given = {
        "from": int((window.end - LABELS).timestamp()),
        "to": int(window.end.timestamp()),
        "version": version,
    }
    groups: dict[tuple[str, str, str], list[tuple[float, bool, bool]]] = defaultdict(list)
    for head, lang, source, came, chance, decided in client.query(
        queries.FRESH_LABELS, given
    ).result_rows:
        for scope, name in (("all", ""), ("lang", lang), ("source", source)):
            groups[head, scope, name].append((chance, bool(came), bool(decided)))
    for (head, scope, name), rows in sorted(groups.items()):
        chances, came_true, yes = (np.array(column) for column in zip(*rows, strict=True))
        found = calibration(chances.astype(np.float64), came_true, yes)
        yield Calibrated(version, window.day, head, scope, name, found)
