"""What is so and what was predicted, and the figures that come of the two."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from models import measures
from models.labels import LabelledMention
from models.measures import Flags, Indices, Values, Weights
from models.predictions import HEADS, Predictions

ASKED: Final = ("intent", "needs_reply")  # heads whose first class is no and all others yes

Figures = dict[str, Values]  # name to one value for each weighting


@dataclass(frozen=True, slots=True)
class Answers:
    """The settled mentions of a head: where they are, what is so, and what was predicted."""

    head: str
    at: Indices
    truth: Indices  # (n,), or (n, classes) of 0 and 1 of a head with many answers
    decided: Indices
    probabilities: Values  # (n, classes)
    present: Flags  # classes that occur

    def take(self, kept: Flags) -> "Answers":
        """The answers of some mentions; classes absent among them do not count in means."""
        return answers_of(
            self.head,
            self.at[kept],
            self.truth[kept],
            self.decided[kept],
            self.probabilities[kept],
        )


def answers_of(
    head: str, at: Indices, truth: Indices, decided: Indices, probabilities: Values
) -> Answers:
    """Return answers, with the classes that occur in them."""
    many = HEADS[head].many
    counts = truth.sum(axis=0) if many else np.bincount(truth, minlength=len(HEADS[head].classes))
    return Answers(head, at, truth, decided, probabilities, counts > 0)


def answers(items: Sequence[LabelledMention], predictions: Predictions, head: str) -> Answers:
    """Return truth and prediction of the mentions whose label of a head is settled."""
    classes = HEADS[head].classes
    probabilities = predictions.probabilities[head].astype(np.float64)
    if HEADS[head].many:
        settled = [n for n, item in enumerate(items) if item.acts is not None]
        rows = [[int(act in (items[n].acts or ())) for act in classes] for n in settled]
        truth = np.array(rows, dtype=np.intp).reshape(-1, len(classes))
        decided = predictions.acts.astype(np.intp)
    else:
        settled = [n for n, item in enumerate(items) if getattr(item, head)]
        truth = np.array([classes.index(getattr(items[n], head)) for n in settled], dtype=np.intp)
        decided = predictions.labels[head]
    at = np.array(settled, dtype=np.intp)
    return answers_of(head, at, truth, decided[at], probabilities[at])


def figures_of(found: Answers, weights: Weights, threshold: float) -> Figures:
    """Return the figures of a head for each weighting, by name; weights are of its mentions."""
    if HEADS[found.head].many:
        each = [
            measures.yes_or_no(weights, found.truth[:, k] == 1, found.decided[:, k] == 1).f1
            for k in np.flatnonzero(found.present)
        ]
        f1 = np.column_stack(each) if each else np.full((len(weights), 1), np.nan)
    else:
        classes = len(HEADS[found.head].classes)
        table = measures.confusion(weights, found.truth, found.decided, classes)
        f1 = measures.agreement(table).f1[:, found.present]
    out = {"macro_f1": _mean(f1)}
    if found.head in ASKED:
        yes, chance = found.truth > 0, 1 - found.probabilities[:, 0]
        out |= measures.yes_or_no(weights, yes, chance >= threshold)._asdict()
        out["decided_f1"] = measures.yes_or_no(weights, yes, found.decided > 0).f1
        out["average_precision"] = measures.average_precision(weights, yes, chance)
        out["ece"] = measures.reliability(weights, chance, yes).error()
    else:
        each = [
            measures.average_precision(weights, *one_class(found, k))
            for k in np.flatnonzero(found.present).tolist()
        ]
        out["average_precision"] = _mean(np.column_stack(each)) if each else out["macro_f1"]
        out["ece"] = promises(found, weights).error()
    return out


def one_class(found: Answers, k: int) -> tuple[Flags, Values]:
    """Return whether each mention has class k, and the probability of it."""
    so = found.truth[:, k] == 1 if HEADS[found.head].many else found.truth == k
    return so, found.probabilities[:, k]


def _mean(columns: Values) -> Values:
    known = ~np.isnan(columns)
    return measures.ratio(np.where(known, columns, 0).sum(axis=1), known.sum(axis=1).astype(float))


def promises(found: Answers, weights: Weights) -> measures.Reliability:
    """Of one answer, how sure the most probable class was; of many, each yes by itself."""
    if not HEADS[found.head].many:
        right = found.probabilities.argmax(axis=1) == found.truth
        return measures.reliability(weights, found.probabilities.max(axis=1), right)
    parts = []
    for k in range(found.probabilities.shape[1]):
        so, chance = one_class(found, k)
        parts.append(measures.reliability(weights, chance, so))
    return measures.Reliability(*(sum(column) for column in zip(*parts, strict=True)))
