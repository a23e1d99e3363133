"""Which alerts would open or not open if another model judged.

The detector is run twice over the same mentions, by what is stored of their intent and by what the
challenger says, with the pure functions that run live. What that rests on stands in `RESTS_ON`,
and is told with the answer.
"""

import asyncio
import textwrap
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
import numpy as np

from streams.signals.emerging import store
from streams.signals.emerging.rehearsal import Rehearsed, Said, reach_sec, rehearse
from streams.signals.emerging.settings import DetectorSettings
from streams.sinks.clickhouse import ClickHouse

RESTS_ON: Final = (
    "Both sides are made anew from what is stored now, at the times of publication, looking every"
    " five minutes; alerts that people were shown may differ, where mentions came late or rules"
    " or deletions changed since.",
    "Mentions from before the replayed days keep their stored judgement on both sides, as after a"
    " promotion without rescoring: a challenger that finds more intent everywhere opens alerts"
    " until the baseline has learnt it. More --days show what remains then.",
)


class BothOpen(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that opens under either model."""

    before: Rehearsed
    after: Rehearsed


class AlertsReplayed(msgspec.Struct, frozen=True, kw_only=True):
    """Alerts of the replayed days under what is stored, and under the challenger."""

    before: int
    after: int
    opening: list[Rehearsed]  # only the challenger opens them
    not_opening: list[Rehearsed]  # only what is stored opens them
    both: list[BothOpen]
    settings_version: str
    rests_on: tuple[str, ...] = RESTS_ON


async def replay_alerts(
    clickhouse: ClickHouse,
    has_intent: Mapping[str, bool],
    *,
    since: datetime,
    until: datetime,
    settings: DetectorSettings | None = None,
) -> AlertsReplayed:
    """Run the detector by stored intent and by `has_intent`, which is by mention of the days."""
    detector = settings or DetectorSettings()
    begin = since - timedelta(seconds=reach_sec(detector))
    table = await clickhouse.columns(*store.said_query(begin, until, since, detector))
    said = store.said_of(table)
    return await asyncio.to_thread(compared, said, has_intent, since, until, detector)


def compared(
    said: Said,
    has_intent: Mapping[str, bool],
    since: datetime,
    until: datetime,
    settings: DetectorSettings,
) -> AlertsReplayed:
    """The alerts of both sides, those of one series that overlap being the same one.

    Mentions of the days that `has_intent` does not know came meanwhile, and count on no side.
    """
    replayed = said.at_sec >= since.timestamp()
    unknown = [
        inside and mention not in has_intent
        for inside, mention in zip(replayed.tolist(), said.mention, strict=True)
    ]
    said = said.without(np.array(unknown, np.bool_))
    replayed = said.at_sec >= since.timestamp()
    challenged = said.judged(
        np.where(
            replayed,
            np.array([has_intent.get(one, False) for one in said.mention], np.bool_),
            said.has_intent,
        )
    )
    sides = [
        rehearse(side, since.timestamp(), until.timestamp(), settings)
        for side in (said, challenged)
    ]
    both = list(_pairs(*sides))
    paired = [{id(pair.before) for pair in both}, {id(pair.after) for pair in both}]
    not_opening, opening = (
        [one for one in side if id(one) not in known]
        for side, known in zip(sides, paired, strict=True)
    )
    return AlertsReplayed(
        before=len(sides[0]),
        after=len(sides[1]),
        opening=opening,
        not_opening=not_opening,
        both=both,
        settings_version=settings.version,
    )


def lines(alerts: AlertsReplayed) -> Iterator[str]:
    """The answer for people."""
    yield (
        f"alerts of emerging intent: {alerts.before:,} now, {alerts.after:,} then;"
        f" {len(alerts.opening):,} would open, {len(alerts.not_opening):,} would not open,"
        f" {len(alerts.both):,} in both"
    )
    yield from (f"  would open      {_told(one)}" for one in alerts.opening)
    yield from (f"  would not open  {_told(one)}" for one in alerts.not_opening)
    for pair in alerts.both:
        moved = (pair.after.opened_at - pair.before.opened_at).total_seconds() / 60
        when = f", {abs(moved):.0f} min {'later' if moved > 0 else 'sooner'}" if moved else ""
        yield f"  in both         {_told(pair.before)} → severity {pair.after.severity}{when}"
    for sentence in alerts.rests_on:
        yield textwrap.fill(sentence, 108, initial_indent="  ", subsequent_indent="  ")


def _told(one: Rehearsed) -> str:
    return (
        f"{one.kind} {one.name} ({one.lang}) since {one.since:%Y-%m-%d %H:%M} UTC, opened"
        f" {one.opened_at:%H:%M}: {one.observed:,} heard, {one.expected:.1f} usual,"
        f" severity {one.severity}"
    )


def _pairs(before: Sequence[Rehearsed], after: Sequence[Rehearsed]) -> Iterator[BothOpen]:
    """Each alert with the first of the other side that stands at some moment with it."""
    others: dict[tuple[str, str, str], list[Rehearsed]] = defaultdict(list)
    for one in after:
        others[one.kind, one.name, one.lang].append(one)
    for one in before:
        own = others[one.kind, one.name, one.lang]
        found = next((other for other in own if _overlap(one, other)), None)
        if found is not None:
            own.remove(found)
            yield BothOpen(before=one, after=found)


def _overlap(one: Rehearsed, other: Rehearsed) -> bool:
    return (one.closed_at is None or other.opened_at <= one.closed_at) and (
        other.closed_at is None or one.opened_at <= other.closed_at
    )
