"""How often chance alone would bring so many: the false-alarm rate of a scan, in closed form.

Counts in a window of length w are taken for negative binomial: Poisson with a rate that is itself
Gamma, of mean m and size r (r without bound is Poisson). A window that slides over such events
comes to hold k of them, from k - 1, this often per unit of time:

    E[rate * P(N = k - 1 | rate)] = (k / w) * NB(k; m, r)

Those moments come in clumps. The first of a clump is the share 1 - m' / k of them, m' = m (r + k -
1) / (r + m) being what the window is expected to hold given that it holds k - 1 (Alm 1983, On the
distribution of the scan statistic of a Poisson process; Naus 1982; Glaz, Naus and Wallenstein 2001,
chapter 3; here with m' in place of m for the mixture). So

    rate(k) = (k - m') / w * NB(k; m, r)

is how often an alarm at "k or more" starts when nothing has happened. The expected number of false
alarms is the sum of that over windows and series, however they depend on one another.
"""

import numpy as np

from streams.signals.emerging.points import Floats

_SHIFT = 8.0


def log_gamma(x: Floats) -> Floats:
    """Natural logarithm of the gamma function for x > 0, to 1e-11 of its size."""
    x = np.asarray(x, np.float64)
    product = np.ones_like(x)
    for step in range(int(_SHIFT)):
        product = product * (x + step)
    y = x + _SHIFT
    inverse = 1.0 / y
    square = inverse * inverse
    series = inverse * (
        1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188)))
    )
    stirling = (y - 0.5) * np.log(y) - y + 0.5 * np.log(2 * np.pi) + series
    return np.asarray(stirling - np.log(product))


def log_negative_binomial(k: Floats, mean: Floats, size: Floats) -> Floats:
    """Log-probability of exactly k; mean and size above 0."""
    return np.asarray(
        log_gamma(k + size)
        - log_gamma(size)
        - log_gamma(k + 1.0)
        - size * np.log1p(mean / size)
        + k * (np.log(mean) - np.log(size + mean))
    )


def log_alarm_rate(k: Floats, mean: Floats, size: Floats, window: Floats) -> Floats:
    """Log of the false alarms per unit of `window` at a threshold of k; infinite up to the mean."""
    k, mean, size = (np.asarray(value, np.float64) for value in (k, mean, size))
    excess = k - mean * (size + k - 1.0) / (size + mean)
    is_above = (k > mean) & (excess > 0)
    safe_k = np.where(is_above, k, 1.0)
    log_p = log_negative_binomial(safe_k, mean, size)
    rate = np.log(np.where(is_above, excess, 1.0)) - np.log(window) + log_p
    return np.where(is_above, rate, np.inf)
