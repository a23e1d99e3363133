"""What would change if another model were promoted: stored mentions, judged by it beside."""

import asyncio
import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa

from models.predictions import HEADS, Classifier, Predictions
from streams.listening import stored
from streams.modelling import replay_leads
from streams.modelling.replay_alerts import AlertsReplayed, replay_alerts
from streams.modelling.replay_leads import Leads, LeadTally
from streams.modelling.rescore import Pace, texts_of
from streams.sinks.clickhouse import ClickHouse

COMPARED: Final = ("intent", "stage", "needs_reply")
ALERT_THRESHOLD: Final = 0.5
EXAMPLE_CHARS: Final = 200
MOST_NAMED: Final = 1_000  # of the mentions that enter or leave
NO_BRAND: Final = ""

_COLUMNS: Final = (
    *("mention_id", "published_at", "text", "lang", "parent_text"),
    *("brands", "topics", "model_version"),
    *("intent", "intent_active", "stage", "stage_probability"),
    *("needs_reply", "needs_reply_probability"),
    *replay_leads.COLUMNS,
)
_LATENT: Final = HEADS["intent"].classes.index("latent")
# Beside the label of a head, the probability that goes with it.
_CHANCE_OF: Final = {
    "intent": "intent_active",
    "stage": "stage_probability",
    "needs_reply": "needs_reply_probability",
}


class Judgement(msgspec.Struct, frozen=True):
    """A label, and the probability of it; for intent and needs_reply that of active and yes."""

    label: str
    probability: float


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """A mention under both models."""

    mention_id: str
    lang: str
    brands: list[str]
    text: str
    before: Judgement
    after: Judgement


class Direction(msgspec.Struct, kw_only=True):
    """Mentions whose label goes from one to another."""

    head: str
    before: str
    after: str
    mentions: int
    examples: list[Example]


class Group(msgspec.Struct, kw_only=True):
    """Mentions of a language or brand, and how many of them change, and pass the threshold."""

    kind: str
    name: str
    mentions: int
    changed: dict[str, int]
    entering: int
    leaving: int


class Alerts(msgspec.Struct, kw_only=True):
    """Mentions whose chance of active intent reaches the threshold, before and after.

    `entering` and `leaving` name those that move most, up to `MOST_NAMED` each.
    """

    threshold: float
    before: int
    after: int
    entering_mentions: int
    leaving_mentions: int
    entering: list[Example]
    leaving: list[Example]


class Replay(msgspec.Struct, kw_only=True):
    """What a challenger would change; nothing was changed."""

    challenger: str
    judged_by: dict[str, int]  # which models the stored judgements are of
    since: datetime
    until: datetime
    mentions: int
    changed: dict[str, int]  # by head
    changed_at_all: int
    directions: list[Direction]
    groups: list[Group]
    alerts: Alerts
    leads: Leads
    emerging: AlertsReplayed


class _Most:
    """The examples that weigh most, of any number."""

    def __init__(self, at_most: int) -> None:
        self._at_most = at_most
        self._heap: list[tuple[float, int, Example]] = []
        self._seen = 0

    def offer(self, weight: float, make: Callable[[], Example]) -> None:
        """Keep an example if it is among them; of equal ones the first."""
        self._seen += 1
        if len(self._heap) < self._at_most:
            heapq.heappush(self._heap, (weight, -self._seen, make()))
        elif self._heap and weight > self._heap[0][0]:
            heapq.heapreplace(self._heap, (weight, -self._seen, make()))

    def sorted(self) -> list[Example]:
        """Weightiest first."""
        return [example for _, _, example in sorted(self._heap, key=lambda e: (-e[0], -e[1]))]


@dataclass
class _Tally:
    """Counts over pages."""

    threshold: float
    examples: int
    mentions: int = 0
    at_all: int = 0
    before_alerts: int = 0
    after_alerts: int = 0
    judged_by: Counter[str] = field(default_factory=Counter)
    directions: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    shown: dict[tuple[str, str, str], _Most] = field(default_factory=dict)
    moved: dict[str, _Most] = field(default_factory=dict)
    groups: Counter[tuple[str, str]] = field(default_factory=Counter)
    in_groups: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    alerts: Counter[str] = field(default_factory=Counter)
    leads: LeadTally = field(default_factory=LeadTally)
    # Of the mentions that belong to a series that the detector watches.
    has_intent: dict[str, bool] = field(default_factory=dict)

    def add(
        self, rows: pa.Table, judged: Mapping[str, Sequence[Judgement]], latent: Sequence[float]
    ) -> None:
        """Compare a page; `judged` has the challenger's word by head, `latent` its chances."""
        stored_rows = rows.to_pylist()
        self.mentions += len(stored_rows)
        for at, row in enumerate(stored_rows):
            names = list(_groups_of(row))
            self.groups.update(names)
            self.judged_by[row["model_version"]] += 1
            changed = False
            for head in COMPARED:
                before, after = _stored(row, head), judged[head][at]
                if before.label != after.label:
                    changed = True
                    self._changed(row, head, before, after)
                    self.in_groups.update((*name, head) for name in names)
            self.at_all += changed
            intent = judged["intent"][at]
            self._alert(row, _stored(row, "intent"), intent, names)
            has_intent = intent.label != "none"
            self.leads.add(row, has_intent, intent.probability, latent[at])
            if row["brands"] or row["topics"]:
                self.has_intent[row["mention_id"]] = has_intent

    def _changed(self, row: Mapping[str, Any], head: str, was: Judgement, now: Judgement) -> None:
        name = (head, was.label, now.label)
        self.directions[name] += 1
        most = self.shown.setdefault(name, _Most(self.examples))
        weight = now.probability if head == "stage" else abs(now.probability - was.probability)
        most.offer(weight, lambda: _example(row, was, now))

    def _alert(
        self, row: Mapping[str, Any], was: Judgement, now: Judgement, names: list[tuple[str, str]]
    ) -> None:
        before, after = was.probability >= self.threshold, now.probability >= self.threshold
        self.before_alerts += before
        self.after_alerts += after
        if before != after:
            way = "entering" if after else "leaving"
            self.alerts[way] += 1
            self.in_groups.update((*name, way) for name in names)
            self.moved.setdefault(way, _Most(MOST_NAMED)).offer(
                abs(now.probability - was.probability), lambda: _example(row, was, now)
            )


async def replay(
    clickhouse: ClickHouse,
    challenger: Classifier,
    *,
    since: datetime,
    until: datetime,
    threshold: float = ALERT_THRESHOLD,
    examples: int = 3,
    progress: Callable[[int], None] = lambda done: None,
) -> Replay:
    """Judge stored mentions of the period by the challenger, beside what is stored of them."""
    tally = _Tally(threshold, examples)
    pace = Pace()
    pages = stored.rows(clickhouse, since, until, columns=_COLUMNS, page_rows=pace.start)
    async for rows in pages:
        predictions = await asyncio.to_thread(challenger.predict, texts_of(rows))
        latent = predictions.probabilities["intent"][:, _LATENT].tolist()
        tally.add(rows, {head: _judgements(predictions, head) for head in COMPARED}, latent)
        pace.done(rows.num_rows)
        progress(tally.mentions)
    emerging = await replay_alerts(clickhouse, tally.has_intent, since=since, until=until)
    return _report(tally, emerging, challenger.version, since, until)


def _report(
    tally: _Tally, emerging: AlertsReplayed, version: str, since: datetime, until: datetime
) -> Replay:
    changed = dict.fromkeys(COMPARED, 0)
    for (head, _, _), mentions in tally.directions.items():
        changed[head] += mentions
    return Replay(
        challenger=version,
        judged_by=dict(tally.judged_by.most_common()),
        since=since,
        until=until,
        mentions=tally.mentions,
        changed=changed,
        changed_at_all=tally.at_all,
        directions=[
            Direction(
                head=name[0],
                before=name[1],
                after=name[2],
                mentions=mentions,
                examples=tally.shown[name].sorted(),
            )
            for name, mentions in sorted(
                tally.directions.items(), key=lambda one: (COMPARED.index(one[0][0]), -one[1])
            )
        ],
        groups=[
            Group(
                kind=kind,
                name=name,
                mentions=mentions,
                changed={head: tally.in_groups[kind, name, head] for head in COMPARED},
                entering=tally.in_groups[kind, name, "entering"],
                leaving=tally.in_groups[kind, name, "leaving"],
            )
            for (kind, name), mentions in sorted(
                tally.groups.items(), key=lambda one: (one[0][0] != "lang", -one[1], one[0])
            )
        ],
        alerts=Alerts(
            threshold=tally.threshold,
            before=tally.before_alerts,
            after=tally.after_alerts,
            entering_mentions=tally.alerts["entering"],
            leaving_mentions=tally.alerts["leaving"],
            entering=_named(tally, "entering"),
            leaving=_named(tally, "leaving"),
        ),
        leads=tally.leads.found(),
        emerging=emerging,
    )


def _named(tally: _Tally, way: str) -> list[Example]:
    return tally.moved[way].sorted() if way in tally.moved else []


def _groups_of(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "lang", row["lang"]
    for brand in row["brands"] or [NO_BRAND]:
        yield "brand", brand


def _stored(row: Mapping[str, Any], head: str) -> Judgement:
    label = row[head]
    if head == "needs_reply":
        label = HEADS[head].classes[label]
    return Judgement(label, row[_CHANCE_OF[head]])


def _judgements(predictions: Predictions, head: str) -> list[Judgement]:
    """The challenger's word in the terms of the columns of `mentions`."""
    chances, labels = predictions.probabilities[head], predictions.labels[head]
    column = labels if head == "stage" else np.full(len(labels), len(HEADS[head].classes) - 1)
    values = chances[np.arange(len(labels)), column].tolist()
    return [
        Judgement(HEADS[head].classes[label], value)
        for label, value in zip(labels.tolist(), values, strict=True)
    ]


def _example(row: Mapping[str, Any], before: Judgement, after: Judgement) -> Example:
    text = " ".join(row["text"].split())
    return Example(
        mention_id=row["mention_id"],
        lang=row["lang"],
        brands=list(row["brands"]),
        text=text if len(text) <= EXAMPLE_CHARS else text[: EXAMPLE_CHARS - 1] + "…",
        before=before,
        after=after,
    )
