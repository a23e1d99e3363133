"""What was found of drift, as rows of ClickHouse and back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
from clickhouse_connect.driver.client import Client

from models.drift import WATCHED, Moved, Shift
from models.fresh_labels import FreshCalibration, Rate


@dataclass(frozen=True, slots=True)
class Drift:
    """One series of one day against the reference; scope "all", or a "lang" or "source" by name."""

    model_version: str
    day: date
    scope: str
    name: str
    what: str
    shift: Shift

    @property
    def series(self) -> tuple[str, ...]:
        """What it is of, whatever the day."""
        return self.model_version, self.scope, self.name, self.what


@dataclass(frozen=True, slots=True)
class Calibrated:
    """One head's chances against the fresh labels up to a day."""

    model_version: str
    day: date
    head: str
    scope: str
    name: str
    found: FreshCalibration

    @property
    def series(self) -> tuple[str, ...]:
        """What it is of, whatever the day."""
        return self.model_version, self.scope, self.name, f"calibration of {self.head}"


@dataclass(frozen=True, slots=True)
class Found:
    """What there is to say of some days."""

    drifts: Sequence[Drift]
    calibrations: Sequence[Calibrated]

    @property
    def alarms(self) -> list[Drift | Calibrated]:
        """What a person should look at."""
        shifts = [one for one in self.drifts if one.shift.is_alarm]
        return [*shifts, *(one for one in self.calibrations if one.found.is_alarm)]


def latest_version(client: Client) -> str:
    """Return the model whose judgements were counted last; empty when none was."""
    rows = client.query(
        "SELECT toString(model_version) FROM drift_counts WHERE what = '' AND scope = 'all'"
        " GROUP BY model_version ORDER BY max(hour) DESC, sum(counts['mentions']) DESC LIMIT 1"
    ).result_rows
    return str(rows[0][0]) if rows else ""


def versions(client: Client) -> list[str]:
    """Return the models whose judgements were counted, newest first, profiles by their names."""
    rows = client.query(
        "SELECT toString(model_version) FROM drift_counts WHERE what = '' AND scope = 'all'"
        " GROUP BY model_version ORDER BY max(hour) DESC, model_version DESC"
    ).result_rows
    return [str(version) for (version,) in rows]


def read(client: Client, version: str, since: date) -> Found:
    """Return what is kept of a model from a day on, and its newest calibration."""
    given = {"version": version, "since": since}
    drifts = [_drift_of(version, *row) for row in client.query(_DRIFTS, given).result_rows]
    calibrations = [
        _calibrated_of(version, *row) for row in client.query(_CALIBRATIONS, given).result_rows
    ]
    return Found(drifts, calibrations)


def write(client: Client, drifts: Sequence[Drift], calibrations: Sequence[Calibrated]) -> None:
    """Keep what was found; rows of the same day and series take the place of earlier ones."""
    if drifts:
        rows = [_drift_row(one) for one in drifts]
        client.insert("model_drift", [list(r.values()) for r in rows], column_names=list(rows[0]))
    if calibrations:
        rows = [_calibration_row(one) for one in calibrations]
        client.insert(
            "model_calibration", [list(r.values()) for r in rows], column_names=list(rows[0])
        )


def _drift_row(one: Drift) -> dict[str, Any]:
    shift = one.shift
    return {
        "model_version": one.model_version,
        "day": one.day,
        "scope": one.scope,
        "name": one.name,
        "what": one.what,
        "kind": WATCHED[one.what].kind,
        "draws": shift.draws,
        "reference_draws": shift.reference_draws,
        "bins": shift.bins,
        "psi": shift.psi,
        "noise": shift.noise,
        "floor": shift.floor,
        "is_enough": int(shift.is_enough),
        "is_alarm": int(shift.is_alarm),
        "moved": [(moved.bin, moved.before, moved.now) for moved in shift.moved],
    }


def _calibration_row(one: Calibrated) -> dict[str, Any]:
    found = one.found
    return {
        "model_version": one.model_version,
        "day": one.day,
        "head": one.head,
        "scope": one.scope,
        "name": one.name,
        "labels": found.labels,
        "positives": found.positives,
        "ece": found.ece,
        "ece_low": found.ece_low,
        "ece_high": found.ece_high,
        "noise": found.noise,
        "floor": found.floor,
        **_rate("precision", found.precision),
        **_rate("recall", found.recall),
        "is_alarm": int(found.is_alarm),
    }


def _rate(name: str, rate: Rate) -> dict[str, float | None]:
    values = {name: rate.value, f"{name}_low": rate.low, f"{name}_high": rate.high}
    return {key: None if np.isnan(value) else value for key, value in values.items()}


def _drift_of(
    version: str, day: date, scope: str, name: str, what: str, moved: Any, *figures: Any
) -> Drift:
    bins = tuple(Moved(*one) for one in moved)
    return Drift(version, day, scope, name, what, Shift(*(*figures, bins)))


def _calibrated_of(
    version: str, day: date, head: str, scope: str, name: str, *row: Any
) -> Calibrated:
    figures, precision, recall = row[:-6], _rate_of(*row[-6:-3]), _rate_of(*row[-3:])
    found = FreshCalibration(*(*figures, precision, recall))
    return Calibrated(version, day, head, scope, name, found)


def _rate_of(value: float | None, low: float | None, high: float | None) -> Rate:
    return Rate(*(np.nan if one is None else one for one in (value, low, high)))


_DRIFTS: Final = """
SELECT day, toString(scope), toString(name), toString(what),
    moved, draws, reference_draws, bins, psi, noise, floor
FROM model_drift FINAL
WHERE model_version = {version:String} AND day >= {since:Date}
ORDER BY day, scope, name, what
"""
_CALIBRATIONS: Final = """
SELECT day, toString(head), toString(scope), toString(name),
    labels, positives, ece, ece_low, ece_high, noise, floor,
    precision, precision_low, precision_high, recall, recall_low, recall_high
FROM model_calibration FINAL
WHERE model_version = {version:String} AND day >= {since:Date}
ORDER BY head, scope, name, day DESC
LIMIT 1 BY head, scope, name
"""
