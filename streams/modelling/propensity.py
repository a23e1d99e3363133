"""Learns from stored journeys and orders who will buy, and scores authors; see models/propensity.

Scoring may be stopped and run again at any point: an author who has a row of the same model and
moment is not scored again. It takes turns with `escucha forget`, as all do who write what they
have read before.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa

from models.propensity import KNOWN, MIN_BUYERS, STATE, TOO_FEW, Propensity, States, evidence, train
from models.propensity_store import PropensityCard, PropensityStore
from streams.modelling import propensity_queries as queries
from streams.privacy.turns import PageTooOldError, Rewriting
from streams.sinks.clickhouse import ClickHouse

MOMENTS_AT_MOST: Final = 26
OTHERS_AT_MOST: Final = 50_000  # authors who never bought and are learnt from
_EVIDENCE: Final = ("active_7d", "active_30d", "latent_30d")

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Journeys:
    """What there is to learn from."""

    states: States
    moments: Sequence[datetime]
    orders: int


async def journeys(
    clickhouse: ClickHouse, *, horizon_days: int, until: datetime, progress: Progress
) -> Journeys:
    """Return authors at moments one horizon apart, each with its outcome fully known at `until`."""
    [[orders, last_order, first_said, others]] = await clickhouse.rows(queries.EXTENT)
    moments: list[datetime] = []
    horizon = timedelta(days=horizon_days)
    oldest = datetime.fromtimestamp(first_said / 1000, UTC) if first_said else until
    # Outcomes are known as far as orders reach: an export may end before `until`, and who bought
    # after it would count as one who did not. A pause of a tenth of the horizon is no end.
    newest = datetime.fromtimestamp(last_order / 1000, UTC) if orders else until
    at = min(until, newest + horizon / 10) - horizon
    while at > oldest and len(moments) < MOMENTS_AT_MOST:
        moments.append(at)
        at -= horizon
    one_in = max(1, -(-others // OTHERS_AT_MOST))
    parts = []
    for done, moment in enumerate(moments if orders else (), start=1):
        given = {"at": _milliseconds(moment), "horizon": horizon_days, "one_in": one_in}
        parts.append(await clickhouse.columns(queries.STATES_TO_LEARN, given))
        progress(done)
    return Journeys(_joined(parts), moments[::-1], int(orders))


def _joined(parts: Sequence[pa.Table]) -> States:
    if not parts:
        nothing = np.zeros(0)
        return States(np.zeros((0, len(STATE))), nothing.astype(str), nothing.astype(bool), nothing)
    rows = pa.concat_tables(parts)
    return States(
        _known(rows),
        np.array(_texts(rows), dtype=str),
        rows["bought"].to_numpy().astype(bool),
        rows["weight"].to_numpy().astype(np.float64),
    )


async def learn(
    clickhouse: ClickHouse,
    store: PropensityStore,
    *,
    horizon_days: int,
    until: datetime,
    created_at: datetime,
    seed: int = 7,
    progress: Progress = lambda done: None,
) -> PropensityCard:
    """Train and store a model, or with too few buyers a card that says so; returns the card.

    Raises ModelRejectedError when it is no better than intent in the last week; nothing is stored.
    """
    found = await journeys(clickhouse, horizon_days=horizon_days, until=until, progress=progress)
    states = found.states
    model: Propensity | None = None
    report = None
    notes = [f"{found.orders} orders were stored when it was made"]
    if states.buyers >= MIN_BUYERS:
        model, report = await asyncio.to_thread(train, states, seed=seed)
    else:
        notes.append(
            f"{TOO_FEW}: {states.buyers} authors bought within {horizon_days} days of a moment,"
            f" {MIN_BUYERS} are needed; authors get the evidence of their intent and no chance"
        )
    card = PropensityCard(
        version="",
        created_at=created_at,
        status=KNOWN,
        horizon_days=horizon_days,
        moments=list(found.moments),
        orders=found.orders,
        buyers=states.buyers,
        seed=seed,
        report=report,
        notes=notes,
    )
    return await asyncio.to_thread(store.save, card, model)


@dataclass(slots=True)
class Scored:
    """What a run of scoring did."""

    version: str
    status: str
    as_of: datetime
    authors: int = 0


async def score(
    clickhouse: ClickHouse,
    card: PropensityCard,
    model: Propensity | None,
    *,
    at: datetime,
    progress: Progress = lambda done: None,
    say: Callable[[str], None] = lambda line: None,
) -> Scored:
    """On return every author who spoke in the ninety days before `at` has a row of this model."""
    done = Scored(card.version, KNOWN if model else TOO_FEW, at)
    turns = Rewriting(clickhouse, say)
    given: dict[str, Any] = {
        "at": _milliseconds(at),
        "horizon": card.horizon_days,
        "version": card.version,
    }
    after: str | None = ""
    while after is not None:
        with suppress(PageTooOldError):
            async with turns.page():
                found = await clickhouse.rows(queries.TO_SCORE, {**given, "after": after})
                authors = [author for (author,) in found]
                if authors:
                    states = await clickhouse.columns(
                        queries.STATES_TO_SCORE, {**given, "authors": authors}
                    )
                    await clickhouse.put("propensity", _rows(card, model, states, at), turns.check)
                    done.authors += len(authors)
                after = authors[-1] if authors else None
            progress(done.authors)
    await turns.clean()
    return done


def _rows(
    card: PropensityCard, model: Propensity | None, states: pa.Table, at: datetime
) -> pa.Table:
    known, n = _known(states), states.num_rows
    chances: tuple[Any, ...] = ([None] * n,) * 3 if model is None else model.chances(known)
    probability, low, high = (pa.array(one, pa.float32()) for one in chances)
    return pa.table(
        {
            "author_id": pa.array(_texts(states), pa.string()),
            "horizon_days": pa.array([card.horizon_days] * n, pa.uint16()),
            "as_of": pa.array([at] * n, pa.timestamp("ms", tz="UTC")),
            "model_version": [card.version] * n,
            "status": [TOO_FEW if model is None else KNOWN] * n,
            "probability": probability,
            "probability_low": low,
            "probability_high": high,
            "evidence": pa.array(evidence(known), pa.string()),
            **{name: pa.array(known[:, STATE.index(name)].astype(np.uint32)) for name in _EVIDENCE},
            "strongest_30d": pa.array(known[:, STATE.index("strongest_30d")], pa.float32()),
            "is_fallback": pa.array([int(model is None)] * n, pa.uint8()),
        }
    )


def _known(rows: pa.Table) -> Any:
    return np.column_stack([rows[name].to_numpy().astype(np.float64) for name in STATE])


def _texts(rows: pa.Table) -> list[str]:
    found: list[Any] = rows["author_id"].to_pylist()
    return [one.decode() if isinstance(one, bytes) else str(one) for one in found]


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
