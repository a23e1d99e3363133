"""What the detector finds and how soon, beside usual alarms at the same rate of false alarms."""

from collections.abc import Sequence

import msgspec
import numpy as np

from streams.signals.emerging.background import Background
from streams.signals.emerging.bursts import SIZES, Burst
from streams.signals.emerging.points import HOUR_SEC, WEEK_SEC, Bools, Floats, Ints, Points
from streams.signals.emerging.rivals import Method

# The same for every method: an alarm is over when its series was calm for so long, and one that
# lasts counts again each day. A burst within an alarm that lasts is not found.
COOL_DOWN_SEC = 6 * HOUR_SEC
REMINDER_SEC = 24 * HOUR_SEC
GRACE_SEC = HOUR_SEC  # a burst may still be found so long after its end
HISTORY_SEC = 8 * WEEK_SEC


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One method in one stratum at one rate of false alarms."""

    method: str
    stratum: str
    target: float  # false alarms per series-week
    false_alarms: float  # as counted on the half that is reported
    false_alarms_carried: float  # there too, at the threshold of the other half
    threshold: float
    bursts: int
    recall: dict[str, float]  # by size
    delay_min: dict[str, float | None]  # median by size, of all bursts; None: half are not found
    delays_min: tuple[float | None, ...]  # of each burst; None: not found
    hours: tuple[float, ...]  # how long each burst lasts
    sizes: tuple[str, ...]


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """One method over all strata at one rate of false alarms, each stratum counting the same."""

    method: str
    target: float
    false_alarms: float
    recall: float
    small_recall: float
    median_delay_min: float | None  # of all bursts, those not found being never; None: never
    by_hours: dict[str, tuple[float, float | None]]  # recall and median delay by duration


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """What the detector says of itself, beside what is counted."""

    stratum: str
    stated: float  # false alarms per series-week, at most
    counted: float


def run(
    background: Background, contenders: Sequence[Method], bursts: Sequence[Burst], target: float
) -> list[Found]:
    """Every method in every stratum, each at the threshold that gives at most `target`."""
    found = []
    for method in contenders:
        series, at, scores = _whole(background, method)
        for stratum in background.strata:
            members = np.isin(series, background.of(stratum))
            halves = {
                reported: members & background.inside(series, at, reported=reported)
                for reported in (False, True)
            }
            weeks = {r: background.weeks(stratum, reported=r) for r in (False, True)}
            limits = {
                r: _threshold(series[half], at[half], scores[half], target * weeks[r])
                for r, half in halves.items()
            }
            reported = halves[True]
            own = [b for b in bursts if background.stratum[b.series] == stratum]
            delays = [
                (burst.size, _delay(background, method, limits[True], burst, series, at, scores))
                for burst in own
            ]
            found.append(
                Found(
                    method=method.name,
                    stratum=stratum,
                    target=target,
                    false_alarms=_count(series, at, scores, reported, limits[True]) / weeks[True],
                    false_alarms_carried=_count(series, at, scores, reported, limits[False])
                    / weeks[True],
                    threshold=limits[True],
                    bursts=len(delays),
                    recall={s: _recall([d for size, d in delays if size == s]) for s in SIZES},
                    delay_min={s: _median([d for size, d in delays if size == s]) for s in SIZES},
                    delays_min=tuple(d if np.isfinite(d) else None for _, d in delays),
                    hours=tuple(burst.duration_sec / HOUR_SEC for burst in own),
                    sizes=tuple(burst.size for burst in own),
                )
            )
    return found


def merged(parts: Sequence[Found]) -> list[Found]:
    """One of each method, stratum and rate, out of those that each saw only some bursts."""
    made = []
    for key in dict.fromkeys((f.method, f.stratum, f.target) for f in parts):
        own = [f for f in parts if (f.method, f.stratum, f.target) == key]
        sizes = [size for f in own for size in f.sizes]
        delays = [np.inf if d is None else d for f in own for d in f.delays_min]
        of_size = {
            s: [d for d, size in zip(delays, sizes, strict=True) if size == s] for s in SIZES
        }
        made.append(
            msgspec.structs.replace(
                own[0],
                false_alarms=float(np.mean([f.false_alarms for f in own])),
                false_alarms_carried=float(np.mean([f.false_alarms_carried for f in own])),
                threshold=float(np.mean([f.threshold for f in own])),
                bursts=len(delays),
                recall={s: _recall(of_size[s]) for s in SIZES},
                delay_min={s: _median(of_size[s]) for s in SIZES},
                delays_min=tuple(d if np.isfinite(d) else None for d in delays),
                hours=tuple(h for f in own for h in f.hours),
                sizes=tuple(sizes),
            )
        )
    return made


def summaries(found: Sequence[Found]) -> list[Summary]:
    """Each method at each rate, over all strata."""
    made = []
    for method, target in dict.fromkeys((f.method, f.target) for f in found):
        parts = [f for f in found if (f.method, f.target) == (method, target)]
        delays = np.array([np.inf if d is None else d for f in parts for d in f.delays_min])
        hours = np.array([h for f in parts for h in f.hours])
        made.append(
            Summary(
                method=method,
                target=target,
                false_alarms=float(np.mean([f.false_alarms for f in parts])),
                recall=_recall(list(delays)),
                small_recall=float(np.mean([f.recall["small"] for f in parts])),
                median_delay_min=_median(list(delays)),
                by_hours={
                    f"{h:.0f}": (
                        _recall(list(delays[hours == h])),
                        _median(list(delays[hours == h])),
                    )
                    for h in sorted(set(hours.tolist()))
                },
            )
        )
    return made


def stated(background: Background, detector: Method, rates: Sequence[float]) -> list[Stated]:
    """False alarms that the detector states, and those that are counted on the reported half."""
    series, at, scores = _whole(background, detector)
    return [
        Stated(
            stratum=stratum,
            stated=rate,
            counted=_count(
                series,
                at,
                scores,
                np.isin(series, background.of(stratum))
                & background.inside(series, at, reported=True),
                float(-np.log(rate)),
            )
            / background.weeks(stratum, reported=True),
        )
        for stratum in background.strata
        for rate in rates
    ]


def alarms(series: Ints, at_sec: Floats, is_high: Bools) -> list[int]:
    """Indices of the alarms. One lasts until its series was calm for a cool-down, and rings anew
    each day that it lasts.
    """
    rung: list[int] = []
    last = -1
    for index in np.flatnonzero(is_high):
        if (
            last < 0
            or series[index] != series[last]
            or at_sec[index] >= at_sec[last] + COOL_DOWN_SEC
            or at_sec[index] >= at_sec[rung[-1]] + REMINDER_SEC
        ):
            rung.append(int(index))
        last = int(index)
    return rung


def _whole(background: Background, method: Method) -> tuple[Ints, Floats, Floats]:
    points = background.points
    parts = [
        (k, method.moments(points.at_sec[points.series == k])) for k in range(len(points.names))
    ]
    series = np.repeat([k for k, _ in parts], [len(at) for _, at in parts])
    at = np.concatenate([at for _, at in parts])
    return series, at, method.score(points, series, at)


def _count(series: Ints, at: Floats, scores: Floats, which: Bools, threshold: float) -> int:
    return len(alarms(series[which], at[which], scores[which] >= threshold))


def _threshold(series: Ints, at: Floats, scores: Floats, at_most: float) -> float:
    """The lowest threshold from which on the alarms stay at or under `at_most`."""
    levels = np.unique(scores[np.isfinite(scores)])[::-1]
    low, high, best = 0, len(levels) - 1, np.inf
    while low <= high:
        middle = (low + high) // 2
        if len(alarms(series, at, scores >= levels[middle])) <= at_most:
            best, low = float(levels[middle]), middle + 1
        else:
            high = middle - 1
    return float(best)


def _delay(
    background: Background,
    method: Method,
    threshold: float,
    burst: Burst,
    series: Ints,
    at: Floats,
    scores: Floats,
) -> float:
    """Minutes from the burst's begin to the first alarm; infinite when there is none."""
    near = (series == burst.series) & (at <= burst.begin_sec) & (at > burst.begin_sec - WEEK_SEC)
    points = background.points
    end = burst.begin_sec + burst.duration_sec + GRACE_SEC
    own = points.at_sec[points.series == burst.series]
    own = own[(own > burst.begin_sec - HISTORY_SEC) & (own <= end + HOUR_SEC)]
    merged = np.sort(np.concatenate([own, burst.at_sec]))
    same = np.full(len(merged), burst.series)
    with_burst = Points.make(same, merged, points.names, points.groups)
    moments = method.moments(merged[merged > burst.begin_sec])
    moments = moments[(moments > burst.begin_sec) & (moments <= end)]
    after = method.score(with_burst, np.full(len(moments), burst.series), moments)
    whole = np.concatenate([at[near], moments])
    high = np.concatenate([scores[near], after]) >= threshold
    rings = whole[alarms(np.full(len(whole), burst.series), whole, high)]
    rings = rings[rings > burst.begin_sec]
    return float((rings[0] - burst.begin_sec) / 60) if len(rings) else np.inf


def _recall(delays: Sequence[float]) -> float:
    return float(np.isfinite(delays).mean()) if delays else 0.0


def _median(delays: Sequence[float]) -> float | None:
    middle = float(np.median(delays)) if delays else np.inf
    return middle if np.isfinite(middle) else None
