"""Two classifiers on the same labelled mentions, and whether one may take the other's place.

Both are judged on the same resamples, so that the interval of a difference leaves out how hard
the mentions happen to be.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec
import numpy as np

from models.answers import answers, figures_of
from models.errors import CorpusError
from models.evaluated import Figure
from models.evaluation import ALERT_THRESHOLD
from models.evaluation_set import EvaluationSet
from models.labels import LabelledMention, label_set_hash
from models.measures import Values
from models.predictions import HEADS, Classifier, Predictions
from models.weighting import RESAMPLES, SEED, Weighting, interval

MARGIN: Final = 0.02
FAR: Final = 5  # so many margins are too much, however few the mentions
JUDGED: Final = ("macro_f1", "average_precision")
STEPS: Final = 2 + len(HEADS)
MIN_MENTIONS: Final = 50  # a head with fewer is not judged


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of both, and b minus a with its paired interval."""

    name: str
    a: float | None
    b: float | None
    difference: Figure


class HeadComparison(msgspec.Struct, frozen=True, kw_only=True):
    """A head of both; `disagree` is on how many mentions they decided differently."""

    head: str
    mentions: int
    disagree: int
    differences: list[Difference]


class Disagreement(msgspec.Struct, frozen=True, kw_only=True):
    """A mention on which they decided differently; one of the two may be right."""

    head: str
    id: str
    text: str
    truth: str
    a: str
    b: str


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What was compared on what, and how it came out."""

    a: str
    b: str
    files: list[str]
    label_set_hash: str
    mentions: int
    learnt: int  # mentions left out, because a or b has learnt from them
    prevalence: float | None
    alert_threshold: float
    resamples: int
    seed: int
    heads: list[HeadComparison]
    examples: list[Disagreement]


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether b may take the place of a; `reasons` are why not, with figures."""

    passed: bool
    margin: float
    reasons: list[str]
    not_judged: list[str]  # heads with too few labelled mentions

    def sentence(self) -> str:
        """Return it in one line."""
        if self.reasons:
            return "; ".join(self.reasons)
        left_out = f" (too few mentions to judge {', '.join(self.not_judged)})"
        return f"no head is worse by more than {self.margin:g}" + (
            left_out if self.not_judged else ""
        )


def compare(
    a: Classifier,
    b: Classifier,
    data: EvaluationSet,
    *,
    prevalence: float | None = None,
    alert_threshold: float = ALERT_THRESHOLD,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    examples: int = 0,
    learnt: int = 0,
    progress: Callable[[], None] = lambda: None,
) -> Comparison:
    """Return the figures of both and their differences; the same inputs, the same figures.

    `progress` is called `STEPS` times. `examples` is how many disagreements to keep of each head,
    those first that only one of the two has right. Raises CorpusError as `evaluate` does.
    """
    weighting = Weighting(data.items, prevalence=prevalence, number=resamples, seed=seed)
    texts = data.texts()
    of_a = a.predict(texts)
    progress()
    of_b = b.predict(texts)
    progress()
    heads, shown = [], []
    for head in HEADS:
        found = _compare_head(head, data, of_a, of_b, weighting, alert_threshold)
        progress()
        if found is not None:
            heads.append(found)
            shown += _disagreements(head, data.items, of_a, of_b, examples)
    if not heads:
        raise CorpusError("no mention has a settled label of any head: nothing to compare")
    return Comparison(
        a=a.version,
        b=b.version,
        files=list(data.origins),
        label_set_hash=label_set_hash(data.items),
        mentions=len(data),
        learnt=learnt,
        prevalence=prevalence,
        alert_threshold=alert_threshold,
        resamples=resamples,
        seed=seed,
        heads=heads,
        examples=shown,
    )


def judge(comparison: Comparison, margin: float = MARGIN) -> Verdict:
    """Return whether b may take the place of a.

    A head stands in the way when its macro F1 or average precision is lower by more than the
    margin, and the difference is beyond chance (its interval lies below zero) or far (five
    margins), which is too much to put down to few mentions. Heads with fewer than 50 labelled
    mentions are not judged; when that is all of them, b does not pass.
    """
    reasons, not_judged = [], [name for name in HEADS if name not in _by_head(comparison)]
    for head in comparison.heads:
        if head.mentions < MIN_MENTIONS:
            not_judged.append(head.head)
            continue
        reasons += [
            f"{head.head}: {one.name.replace('_', ' ')} {reason}"
            for one in head.differences
            if one.name in JUDGED and (reason := _worse(one, margin))
        ]
    if len(not_judged) == len(HEADS):
        reasons.append(
            f"too few labelled mentions to judge by: {comparison.mentions}, need {MIN_MENTIONS}"
        )
    return Verdict(passed=not reasons, margin=margin, reasons=reasons, not_judged=not_judged)


def _by_head(comparison: Comparison) -> Mapping[str, HeadComparison]:
    return {head.head: head for head in comparison.heads}


def _worse(one: Difference, margin: float) -> str:
    value, low, high = one.difference.value, one.difference.low, one.difference.high
    if value is None or value >= -margin:
        return ""
    beyond_chance = high is not None and high < 0
    if not beyond_chance and value >= -FAR * margin:
        return ""
    return (
        f"{one.b:.3f}, current {one.a:.3f}: worse by {-value:.3f}"
        f" ({low or 0:+.3f} to {high or 0:+.3f}), allowed {margin:g}"
    )


def _compare_head(
    head: str,
    data: EvaluationSet,
    of_a: Predictions,
    of_b: Predictions,
    weighting: Weighting,
    threshold: float,
) -> HeadComparison | None:
    a, b = answers(data.items, of_a, head), answers(data.items, of_b, head)
    if not len(a.at):
        return None
    both = [figures_of(one, weighting.sample[:, a.at], threshold) for one in (a, b)]
    drawn: dict[str, list[Values]] = {name: [] for name in both[0]}
    for weights in weighting.resamples():
        part = weights[:, a.at]
        one, other = figures_of(a, part, threshold), figures_of(b, part, threshold)
        for name, values in drawn.items():
            values.append(other[name] - one[name])
    differences = []
    for name in both[0]:
        before, after = (float(figures[name][0]) for figures in both)
        differences.append(
            Difference(
                name=name,
                a=None if np.isnan(before) else before,
                b=None if np.isnan(after) else after,
                difference=interval(after - before, np.concatenate(drawn[name])),
            )
        )
    many = HEADS[head].many
    other_way = (a.decided != b.decided).any(axis=1) if many else a.decided != b.decided
    return HeadComparison(
        head=head, mentions=len(a.at), disagree=int(other_way.sum()), differences=differences
    )


def _disagreements(
    head: str,
    items: Sequence[LabelledMention],
    of_a: Predictions,
    of_b: Predictions,
    number: int,
) -> list[Disagreement]:
    found = []
    for n, item in enumerate(items):
        a, b = _decided(head, of_a, n), _decided(head, of_b, n)
        if a == b:
            continue
        if HEADS[head].many:
            truth = "" if item.acts is None else _joined(set(item.acts))
        else:
            truth = getattr(item, head)
        found.append(Disagreement(head=head, id=item.id, text=item.text, truth=truth, a=a, b=b))
    found.sort(key=lambda one: (not one.truth, one.truth not in (one.a, one.b)))
    return found[:number]


def _decided(head: str, predictions: Predictions, n: int) -> str:
    classes = HEADS[head].classes
    if HEADS[head].many:
        return _joined({act for act, yes in zip(classes, predictions.acts[n], strict=True) if yes})
    return classes[int(predictions.labels[head][n])]


def _joined(acts: set[str]) -> str:
    return ", ".join(act for act in HEADS["act"].classes if act in acts) or "none"
