"""How often chance alone would bring as much: one rate for all begins and sizes of a burst.

For each moment s at which a burst may have begun, how many times likelier is what was heard since
then if a burst came on top of the usual? Counts are Poisson with a rate that is itself Gamma, of
mean m and size r (r without bound is Poisson), so for a burst of M more than the m that are usual

    LR = NB(n; m + M, r) / NB(n; m, r) = (1 + M / m)^n / (1 + M / (m + r))^(n + r)

and the mean of it over some sizes of burst. Added up over all begins,

    R(t) = integral over s < t of LR(s, t) ds

is the statistic of Shiryaev (1963) and Roberts (1966), which finds a change soonest, or next to it,
of all rules with as few false alarms (Pollak 1985). While nothing happens R(t) - t keeps its mean,
whatever sizes are mixed, so that R reaches A not sooner than after a time A on average (Pollak
1987). Hence the false alarms per week of alarms at R = A are at most

    rate = week / A

which is what is stated of a moment at which R is A. The integral is a sum over windows that end
now, each standing for the begins nearer to its own than to others. It leaves out older begins,
which makes R smaller and the rate larger.
"""

from collections.abc import Sequence

import numpy as np

from streams.signals.emerging.points import WEEK_SEC, Floats

_LARGEST = 600.0  # of a logarithm, so that its exponential is still a number


def begins_sec(windows_sec: Floats) -> Floats:
    """How long the begins last for which each window stands, shortest window first."""
    between = np.sqrt(windows_sec[1:] * windows_sec[:-1])
    return np.diff(np.concatenate([[0.0], between, windows_sec[-1:]]))


def log_likelihood_ratio(heard: Floats, mean: Floats, size: Floats, more: Floats) -> Floats:
    """How many times likelier `heard` is when `more` than `mean` come; mean and size above 0."""
    return np.asarray(
        heard * np.log1p(more / mean) - (heard + size) * np.log1p(more / (mean + size))
    )


def log_evidence(heard: Floats, mean: Floats, size: Floats, deviations: Sequence[float]) -> Floats:
    """Log of the mean ratio over bursts of so many deviations of a count, as if it were 2 more."""
    deviation = np.sqrt(mean + 2.0)
    ratios = [log_likelihood_ratio(heard, mean, size, d * deviation) for d in deviations]
    total = sum(np.exp(np.minimum(ratio, _LARGEST)) for ratio in ratios)
    return np.asarray(np.log(total / len(ratios)))


def log_alarm_rate(log_evidences: Sequence[Floats], windows_sec: Floats) -> Floats:
    """Log of the false alarms per week; infinite where no window has any evidence."""
    parts = np.stack(
        [
            evidence + np.log(begins)
            for evidence, begins in zip(log_evidences, begins_sec(windows_sec), strict=True)
        ]
    )
    return np.asarray(np.log(WEEK_SEC) - np.logaddexp.reduce(parts, axis=0))
