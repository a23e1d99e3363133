"""The whole backtest, from arrivals to a report."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from streams.errors import InputError
from streams.signals.emerging.background import WARM_UP_SEC, Arrival, Background, background
from streams.signals.emerging.backtest import run, stated, summaries
from streams.signals.emerging.bursts import draw
from streams.signals.emerging.oracle import bound, by_chance, rates_of
from streams.signals.emerging.report import Report
from streams.signals.emerging.rivals import methods
from streams.signals.emerging.settings import DetectorSettings

STATED_RATES = (1.0, 0.3, 0.1)


def measure(
    heard: Iterable[Arrival],
    settings: DetectorSettings,
    *,
    parts: int,
    bursts: int,
    targets: Sequence[float],
    seed: int,
    first_half: bool = False,
    oracle: bool = False,
) -> Report:
    """Bursts put into what was heard, and who finds them; raises InputError without a series.

    `oracle`: beside what one finds who knows the rates and the bursts but not when, on the same
    talk and on talk that chance alone makes of the same rates; there nobody can find more.
    """
    whole = background(heard, settings, parts=parts, seed=seed)
    if not whole.points.names:
        raise InputError("no series is at least five days long with ten mentions a day")
    if first_half:
        whole = _first_half(whole)
    contenders = methods(whole.points, settings)
    injected = draw(whole, bursts, seed, reported=True)
    found = [f for target in targets for f in run(whole, contenders, injected, target)]
    known, chance = [], []
    if oracle:
        rates = rates_of(whole)
        known = [f for target in targets for f in bound(whole, rates, injected, target)]
        made = by_chance(whole, rates, seed)
        others = methods(made.points, settings)
        bursts_there = draw(made, bursts, seed, reported=True)
        for target in targets:
            chance += run(made, others, bursts_there, target)
            chance += bound(made, rates, bursts_there, target)
    return Report(
        settings_version=settings.version,
        series=len(whole.points.names),
        series_weeks={s: whole.weeks(s, reported=True) for s in whole.strata},
        parts=parts,
        left_out=whole.left_out,
        summaries=summaries(found),
        oracle=summaries(known),
        by_chance=summaries(chance),
        found=found,
        stated=stated(whole, contenders[0], STATED_RATES),
    )


def _first_half(whole: Background) -> Background:
    """The same series ended in the middle, so that what is tuned on is what is reported."""
    middle = np.minimum(whole.begin_sec + WARM_UP_SEC, whole.middle_sec)
    return replace(
        whole, begin_sec=middle - WARM_UP_SEC, middle_sec=middle, end_sec=whole.middle_sec
    )
