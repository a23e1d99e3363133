"""Which alerts would open or not open if another model judged.

The detector is run twice over the same mentions, by what is stored of their intent and by what the
challenger says, with the pure functions that run live. What that rests on stands in `RESTS_ON`,
and is told with the answer.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
import numpy as np

from streams.modelling import replay_words
from streams.modelling.replay_words import REPLAY_WORDS
from streams.signals.emerging import store
from streams.signals.emerging.rehearsal import Rehearsed, Said, reach_sec, rehearse
from streams.signals.emerging.settings import DetectorSettings
from streams.sinks.clickhouse import ClickHouse

# Programs read it in English, people in their language.
RESTS_ON: Final = tuple(REPLAY_WORDS[key][0] for key in replay_words.RESTS_ON)


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
