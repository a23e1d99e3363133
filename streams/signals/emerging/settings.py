"""Settings of the detector: frozen, and named by a version that every alert carries."""

import hashlib

import msgspec


class DetectorSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What decides whether something is an alert. Equal settings have equal versions."""

    # Windows looked at, in minutes, shortest first; rounded to hours they divide a week.
    windows_min: tuple[int, ...] = (20, 40, 80, 160, 360, 720, 1440)
    burst_deviations: tuple[float, ...] = (2.0, 4.0)  # sizes of burst that are looked for
    # False alarms allowed per week, of one series and of all of them together; the stricter holds.
    per_series_week: float = 0.1
    all_series_week: float = 7.0
    min_authors: int = 3  # fewer different people are never an alert
    author_silence_hours: float = 24.0  # who spoke so lately is not counted again
    max_spam: float = 0.5
    copies_known_after_sec: float = 30.0  # upkeep compares every ten; until then it is done here
    # The baseline.
    history_days: int = 56
    min_history_hours: float = 24.0  # nobody is alerted before so much was heard
    # What is so new may be a burst that goes on: it teaches no more than what was usual before it.
    unsettled_hours: int = 6
    half_life_days: float = 14.0  # after so long a day counts half, for the rhythm
    level_half_life_days: float = 7.0  # the same for how busy a series is
    rhythm_prior: float = 20.0  # events' worth of trust in the rhythm that series have in common
    level_prior: float = 0.5  # the same for how busy a series is
    # The lifecycle.
    grow_factor: float = 1.5  # so many times the authors of the last word on it is growing
    quiet_min: float = 120.0  # nothing unusual for so long: fading, for twice as long: closed
    cool_down_min: float = 360.0  # after it closed, before the series may open another
    per_series_day: int = 3  # notices at most, of one series and of all
    all_series_day: int = 50

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits that change with any setting."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:12]

    def rate_allowed(self, series: int) -> float:
        """False alarms per week that one of so many series may give.

        The expected number of false alarms of all is at most the sum of what each may give, however
        they depend on one another (Bonferroni's inequality for the per-family error rate, Spjotvoll
        1972), so an equal share keeps the total.
        """
        return min(self.per_series_week, self.all_series_week / max(series, 1))
