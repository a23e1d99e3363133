"""The chance that an author buys within some days, from what is known of them at a moment.

A state is an author at a moment: what they said, did and bought before it, never after. The same
author has states at several moments, so they are split by author and not by state, and what is
uncertain is counted by author too.

A logistic regression over few columns, since orders are few: it needs ten buyers for each column
(P. Peduzzi et al., A simulation study of the number of events per variable in logistic regression
analysis, Journal of Clinical Epidemiology 49, 1996). With fewer nothing is claimed. Its scores are
calibrated on authors it has not seen (J. Platt, 1999). Intervals are of the chance itself, from a
covariance that knows that states of one author belong together (K.-Y. Liang and S. Zeger,
Longitudinal data analysis using generalized linear models, Biometrika 73, 1986).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, log_loss
from sklearn.model_selection import GroupKFold
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from models.errors import ModelRejectedError

Values = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# What is known of an author at a moment, as the query of streams/modelling gives it.
STATE: Final = (
    "mentions_7d",
    "mentions_90d",
    "active_7d",
    "active_30d",
    "latent_30d",
    "strongest_30d",
    "days_since_active",
    "days_since_mention",
    "considering_30d",
    "deciding_30d",
    "using_90d",
    "asking_30d",
    "replies_30d",
    "interactions_30d",
    "orders_365d",
    "days_since_order",
)
# What is made of it: recency fades, counts count less the more there are.
COLUMNS: Final = (
    "mentioned_lately",
    "active_lately",
    "active_within_month",
    "strongest_30d",
    "mentions_90d",
    "active_30d",
    "latent_30d",
    "considering_30d",
    "deciding_30d",
    "using_90d",
    "asking_30d",
    "replies_30d",
    "interactions_30d",
    "orders_365d",
    "ordered_lately",
)
BUYERS_PER_COLUMN: Final = 10
MIN_BUYERS: Final = BUYERS_PER_COLUMN * len(COLUMNS)
FOLDS: Final = 5
TOO_FEW: Final = "too few orders"
KNOWN: Final = "probability"
_C: Final = 1.0  # of standardised columns
_Z: Final = 1.96


@dataclass(frozen=True, slots=True)
class States:
    """Authors at moments: what is known (n, len(STATE)), who it is, and whether they bought.

    Attributes:
        weights: how many authors each one stands for, where only some were drawn.
    """

    known: Values
    authors: npt.NDArray[np.str_]
    bought: Flags
    weights: Values

    @property
    def buyers(self) -> int:
        """Authors who bought after one of their moments."""
        return len(np.unique(self.authors[self.bought]))


class PropensityReport(msgspec.Struct, frozen=True, kw_only=True):
    """How well chances came true for authors that were not learnt from.

    The baseline says the share of buyers among those with active intent in the last week, and the
    share among the others. `lift_10` is how many times more buyers are among the tenth with the
    highest chance than among as many drawn blindly.
    """

    states: int
    positives: int
    share: float  # of positives, by weight
    log_loss: float
    share_log_loss: float
    baseline_log_loss: float
    average_precision: float
    baseline_average_precision: float
    ece: float
    lift_10: float
    weights: dict[str, float]  # of each standardised column, after calibration


@dataclass(frozen=True, slots=True)
class Propensity:
    """A fitted and calibrated model; see `chances`."""

    scaler: StandardScaler
    head: LogisticRegression
    covariance: Values  # of intercept and coefficients

    def chances(self, known: Values) -> tuple[Values, Values, Values]:
        """Return the chance of each state, and its 95 % interval."""
        rows = self.scaler.transform(columns(known))
        scores = self.head.decision_function(rows)
        full = np.column_stack([np.ones(len(rows)), rows])
        reach = _Z * np.sqrt(np.einsum("ij,jk,ik->i", full, self.covariance, full))
        return expit(scores), expit(scores - reach), expit(scores + reach)


def columns(known: Values) -> Values:
    """Return what the model reads of states, shape (n, len(COLUMNS))."""
    of = {name: known[:, at] for at, name in enumerate(STATE)}
    made = {
        "mentioned_lately": np.exp(-of["days_since_mention"] / 7),
        "active_lately": np.exp(-of["days_since_active"] / 7),
        "active_within_month": np.exp(-of["days_since_active"] / 30),
        "strongest_30d": of["strongest_30d"],
        "ordered_lately": np.exp(-of["days_since_order"] / 30),
    }
    rows = [made[name] if name in made else np.log1p(of[name]) for name in COLUMNS]
    return np.column_stack(rows)


def train(states: States, *, seed: int = 7) -> tuple[Propensity, PropensityReport]:
    """Return a calibrated model and how well it does on authors it has not seen.

    The same states and seed give the same model. Raises ModelRejectedError when there are too few
    buyers, or when it is no better than the share of buyers among those with intent last week.
    """
    if states.buyers < MIN_BUYERS:
        raise ModelRejectedError(f"{TOO_FEW}: {states.buyers} buyers of {MIN_BUYERS} needed")
    rows, folds = columns(states.known), GroupKFold(FOLDS, shuffle=True, random_state=seed)
    scores, baseline = np.empty(len(rows)), np.empty(len(rows))
    fold_of = np.empty(len(rows), dtype=np.intp)
    wanted = has_intent(states.known)
    with threadpool_limits(limits=1):
        for fold, (learnt, held_out) in enumerate(folds.split(rows, groups=states.authors)):
            scaler, head = _fit(rows[learnt], states.bought[learnt], states.weights[learnt])
            scores[held_out] = head.decision_function(scaler.transform(rows[held_out]))
            baseline[held_out] = _shares(states, wanted, learnt)[wanted[held_out].astype(int)]
            fold_of[held_out] = fold
        # Each fold is calibrated by the others, so none is judged by its own outcomes.
        chances = np.empty(len(rows))
        for fold in range(FOLDS):
            own = fold_of == fold
            slope, offset = _calibrate(scores[~own], states.bought[~own], states.weights[~own])
            chances[own] = expit(slope * scores[own] + offset)
        slope, offset = _calibrate(scores, states.bought, states.weights)
        scaler, head = _fit(rows, states.bought, states.weights)
    covariance = _covariance(scaler.transform(rows), head, states)
    head.coef_ *= slope
    head.intercept_ = slope * head.intercept_ + offset
    model = Propensity(scaler, head, covariance * slope**2)
    report = _measure(states, chances, baseline, model)
    if report.log_loss >= min(report.baseline_log_loss, report.share_log_loss):
        raise ModelRejectedError(
            f"log loss {report.log_loss:.4f}, by intent in the last week alone"
            f" {report.baseline_log_loss:.4f}"
        )
    return model, report


def has_intent(known: Values) -> Flags:
    """Return who showed active intent in the last week: the baseline, and the fallback."""
    flags: Flags = known[:, STATE.index("active_7d")] > 0
    return flags


def evidence(known: Values) -> Sequence[str]:
    """Return the strongest sign of intent of each state, in a word; no chance is claimed."""
    at = {name: known[:, place] for place, name in enumerate(STATE)}
    choices = [at["active_7d"] > 0, at["active_30d"] > 0, at["latent_30d"] > 0]
    words = ["active this week", "active this month", "latent this month"]
    found: Sequence[str] = np.select(choices, words, "none").tolist()
    return found


def _fit(rows: Values, bought: Flags, weights: Values) -> tuple[StandardScaler, LogisticRegression]:
    scaler = StandardScaler().fit(rows)
    head = LogisticRegression(C=_C, max_iter=1_000)
    return scaler, head.fit(scaler.transform(rows), bought, weights)


def _shares(states: States, wanted: Flags, of: npt.NDArray[np.intp]) -> Values:
    """The share of buyers among those without and with intent, half a buyer added to each."""
    bought, weights, kind = states.bought[of], states.weights[of], wanted[of].astype(int)
    some = np.bincount(kind, weights * bought, 2) + 0.5
    return some / (np.bincount(kind, weights, 2) + 1)


def _calibrate(scores: Values, bought: Flags, weights: Values) -> tuple[float, float]:
    """Slope and offset that make scores of unseen authors honest."""
    platt = LogisticRegression(C=1e6, max_iter=1_000).fit(scores[:, None], bought, weights)
    return float(platt.coef_[0, 0]), float(platt.intercept_[0])


def _covariance(rows: Values, head: LogisticRegression, states: States) -> Values:
    """The sandwich: curvature, around the squares of what each author pulls."""
    full = np.column_stack([np.ones(len(rows)), rows])
    chances = expit(head.decision_function(rows))
    penalty = np.diag([0.0, *np.full(rows.shape[1], 1 / head.C)])
    curvature = (full * (states.weights * chances * (1 - chances))[:, None]).T @ full + penalty
    pulls = full * (states.weights * (states.bought - chances))[:, None]
    _, of_author = np.unique(states.authors, return_inverse=True)
    by_author = np.zeros((of_author.max() + 1, full.shape[1]))
    np.add.at(by_author, of_author, pulls)
    inverse = np.linalg.inv(curvature)
    covariance: Values = inverse @ (by_author.T @ by_author) @ inverse
    return covariance


def _measure(
    states: States, chances: Values, baseline: Values, model: Propensity
) -> PropensityReport:
    bought, weights = states.bought, states.weights
    share = float(np.average(bought, weights=weights))
    bins = _equal_bins(chances, weights)
    promised, came, mass = (
        np.bincount(bins, weights * values, 10) for values in (chances, bought, np.ones(len(bins)))
    )
    order = np.argsort(-chances, kind="stable")
    top = np.cumsum(weights[order]) <= weights.sum() / 10
    lift = np.average(bought[order][top], weights=weights[order][top]) / share if top.any() else 1
    return PropensityReport(
        states=len(bought),
        positives=int(bought.sum()),
        share=share,
        log_loss=float(log_loss(bought, chances, sample_weight=weights)),
        share_log_loss=float(log_loss(bought, np.full(len(bought), share), sample_weight=weights)),
        baseline_log_loss=float(log_loss(bought, baseline, sample_weight=weights)),
        average_precision=float(
            average_precision_score(bought, logit(chances), sample_weight=weights)
        ),
        baseline_average_precision=float(
            average_precision_score(bought, has_intent(states.known), sample_weight=weights)
        ),
        ece=float(np.abs(promised - came).sum() / mass.sum()),
        lift_10=float(lift),
        weights=dict(zip(COLUMNS, model.head.coef_[0].round(4).tolist(), strict=True)),
    )


def _equal_bins(chances: Values, weights: Values) -> npt.NDArray[np.intp]:
    """Tenths by chance: buying is so rare that bins of equal width would be one."""
    order = np.argsort(chances, kind="stable")
    bins = np.empty(len(chances), dtype=np.intp)
    bins[order] = np.minimum(10 * np.cumsum(weights[order]) / weights.sum(), 9).astype(np.intp)
    return bins
