"""How good a classifier is on labelled mentions: each head, language and source, with intervals.

A figure of one-of-many heads counts what the classifier decided for. Intent and needs_reply also
are questions of yes or no, asked at the alert threshold: does the mention have any intent, does it
need a reply. Their average precision and calibration error are of that question; `decided_f1` is
the F1 of what the classifier decided, which has thresholds of its own. Of other heads
the former is the mean over the classes, the latter of how sure the most probable class was.

Intervals are 95 % of a bootstrap over mentions. With a `prevalence`, every mention is weighed so
that those with intent have that share, in the sample and in each resample: what would be measured
where intent is so frequent, provided that mentions with intent look alike here and there, and
those without too. Mentions whose intent is not settled keep their weight.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

import numpy as np

from models import measures
from models.answers import ASKED, Answers, Figures, answers, figures_of, one_class, promises
from models.errors import CorpusError
from models.evaluated import (
    Alert,
    Baseline,
    Bin,
    ClassFigures,
    Evaluation,
    Example,
    Figure,
    Group,
    HeadEvaluation,
    Threshold,
)
from models.evaluation_set import EvaluationSet
from models.keyword_rules import KeywordRules
from models.labels import LabelledMention, label_set_hash
from models.measures import Flags, Values, Weights
from models.predictions import HEADS, Classifier
from models.weighting import RESAMPLES, SEED, Weighting

ALERT_THRESHOLD: Final = 0.5
THRESHOLDS: Final = tuple(round(0.1 * tenth, 1) for tenth in range(1, 10))
_CURVE_POINTS: Final = 100
_SMALLEST_GROUP: Final = 20  # figures of fewer mentions say nothing


def evaluate(
    model: Classifier,
    data: EvaluationSet,
    *,
    prevalence: float | None = None,
    alert_threshold: float = ALERT_THRESHOLD,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    examples: int = 0,
    learnt: int = 0,
) -> Evaluation:
    """Return how good a classifier is on labelled mentions; the same inputs, the same figures.

    `examples` is how many of the surest mistakes to keep of each head. `learnt` is only noted.
    Raises CorpusError when no head has a settled label, or the prevalence cannot be reached.
    """
    items = data.items
    weighting = Weighting(items, prevalence=prevalence, number=resamples, seed=seed)
    texts = data.texts()
    predictions, keywords = model.predict(texts), KeywordRules().predict(texts)
    heads: list[HeadEvaluation] = []
    mistakes: list[Example] = []
    for head in HEADS:
        found = answers(items, predictions, head)
        if not len(found.at):
            continue
        baseline = answers(items, keywords, head)
        heads.append(_evaluate_head(found, baseline, data, weighting, alert_threshold))
        mistakes += _surest_mistakes(found, items, examples)
    if not heads:
        raise CorpusError("no mention has a settled label of any head: nothing to measure")
    return Evaluation(
        model=model.version,
        files=list(data.origins),
        label_set_hash=label_set_hash(items),
        mentions=len(items),
        learnt=learnt,
        prevalence_in_file=weighting.share_of_intent(),
        prevalence=prevalence,
        alert_threshold=alert_threshold,
        resamples=resamples,
        seed=seed,
        heads=heads,
        not_labelled=[name for name in HEADS if name not in {one.head for one in heads}],
        examples=mistakes,
    )


def _evaluate_head(
    found: Answers,
    keywords: Answers,
    data: EvaluationSet,
    weighting: Weighting,
    threshold: float,
) -> HeadEvaluation:
    sample = weighting.sample[:, found.at]
    measured = weighting.measure(found.at, lambda w: figures_of(found, w, threshold))
    return HeadEvaluation(
        head=found.head,
        mentions=len(found.at),
        figures=measured,
        classes=_classes(found, weighting),
        confusion=_confusion(found),
        reliability=_bins(promises(found, sample), promises(found, np.ones_like(sample))),
        baselines=_baselines(found, keywords, sample, measured),
        alert=_alert(found, keywords, weighting, threshold, measured)
        if found.head in ASKED
        else None,
        groups=_groups(found, keywords, data, weighting, threshold),
    )


def _confusion(found: Answers) -> list[list[int]] | None:
    """Mentions by truth and decision, not weighed; None of many answers."""
    if HEADS[found.head].many:
        return None
    plain, classes = np.ones((1, len(found.at))), len(HEADS[found.head].classes)
    table = measures.confusion(plain, found.truth, found.decided, classes)[0]
    counts: list[list[int]] = table.astype(int).tolist()
    return counts


def _groups(
    found: Answers,
    keywords: Answers,
    data: EvaluationSet,
    weighting: Weighting,
    threshold: float,
) -> list[Group]:
    """The same figures within each language, source and variety that has enough mentions."""
    kinds = {
        "language": [str(data.items[n].lang) for n in found.at],
        "source": [data.sources[n] for n in found.at],
        "variety": [data.items[n].variety for n in found.at],
    }
    groups = []
    for kind, names in kinds.items():
        for name in sorted(set(names) - {""}):
            kept = np.array([one == name for one in names])
            if kept.sum() >= _SMALLEST_GROUP:
                part, words = found.take(kept), keywords.take(kept)
                groups.append(_group(kind, name, part, words, weighting, threshold))
    return groups


def _group(
    kind: str,
    name: str,
    found: Answers,
    keywords: Answers,
    weighting: Weighting,
    threshold: float,
) -> Group:
    sample = weighting.sample[:, found.at]
    plain = np.ones_like(sample)
    figures = weighting.measure(found.at, partial(figures_of, found, threshold=threshold))
    if found.head in ASKED:
        yes, chance = found.truth > 0, 1 - found.probabilities[:, 0]
        bins = [measures.reliability(weights, chance, yes) for weights in (sample, plain)]
        baselines = _alert_baselines(keywords, sample, figures)
    else:
        bins = [promises(found, weights) for weights in (sample, plain)]
        baselines = _baselines(found, keywords, sample, figures)
    return Group(
        kind=kind,
        name=name,
        mentions=len(found.at),
        figures=figures,
        confusion=_confusion(found),
        reliability=_bins(*bins),
        baselines=baselines,
    )


def _classes(found: Answers, weighting: Weighting) -> list[ClassFigures]:
    classes = []
    for k, label in enumerate(HEADS[found.head].classes):
        so, chance = one_class(found, k)
        many = HEADS[found.head].many
        decided = found.decided[:, k] == 1 if many else found.decided == k
        figures = weighting.measure(found.at, partial(_class_figures, so, decided, chance))
        classes.append(ClassFigures(label=label, mentions=int(so.sum()), **figures))
    return classes


def _class_figures(so: Flags, decided: Flags, chance: Values, weights: Weights) -> Figures:
    return {
        **measures.yes_or_no(weights, so, decided)._asdict(),
        "average_precision": measures.average_precision(weights, so, chance),
        "ece": measures.reliability(weights, chance, so).error(),
    }


def _bins(weighed: measures.Reliability, plain: measures.Reliability) -> list[Bin]:
    promised = measures.ratio(weighed.promised, weighed.mass)[0]
    came = measures.ratio(weighed.came, weighed.mass)[0]
    return [
        Bin(
            low=k / measures.BINS,
            mentions=int(plain.mass[0, k]),
            promised=float(promised[k]),
            came=float(came[k]),
        )
        for k in range(measures.BINS)
        if weighed.mass[0, k] > 0
    ]


def _baselines(
    found: Answers, keywords: Answers, sample: Weights, measured: Mapping[str, Figure]
) -> list[Baseline]:
    """Of a head as a whole, in macro means over the classes that occur."""
    shares = np.array(
        [
            (sample @ one_class(found, int(k))[0])[0] / sample.sum()
            for k in np.flatnonzero(found.present)
        ]
    )
    if HEADS[found.head].many:  # every act is a question of its own, always answered by yes
        always = (2 * shares / (1 + shares)).mean()
    else:
        always = 2 * shares.max() / (1 + shares.max()) / len(shares)
    words = figures_of(keywords, sample, ALERT_THRESHOLD)
    chance = measured["average_precision"].value
    asked = found.head in ASKED
    guess_ap = (sample @ (found.truth > 0))[0] / sample.sum() if asked else shares.mean()
    rows = (
        ("always yes", always, guess_ap),
        ("class shares", shares.mean(), guess_ap),
        ("keywords", words["macro_f1"][0], words["average_precision"][0]),
    )
    ours = measured["macro_f1"].value
    return [
        Baseline(
            name=name,
            f1=_known(f1),
            average_precision=_known(precision),
            lift_f1=_lift(ours, f1),
            lift_average_precision=_lift(chance, precision),
        )
        for name, f1, precision in rows
    ]


def _alert(
    found: Answers,
    keywords: Answers,
    weighting: Weighting,
    threshold: float,
    measured: Mapping[str, Figure],
) -> Alert:
    sample = weighting.sample[:, found.at]
    yes, chance = found.truth > 0, 1 - found.probabilities[:, 0]
    share = float((sample @ yes)[0] / sample.sum())
    plain = np.ones_like(sample)
    decided = (chance >= threshold).astype(np.intp)
    table = measures.confusion(plain, yes.astype(np.intp), decided, 2)[0]
    return Alert(
        threshold=threshold,
        prevalence=share,
        flagged=float((sample @ decided)[0] / sample.sum()),
        precision=measured["precision"],
        recall=measured["recall"],
        f1=measured["f1"],
        average_precision=measured["average_precision"],
        ece=measured["ece"],
        confusion=table.astype(int).tolist(),
        reliability=_bins(
            measures.reliability(sample, chance, yes), measures.reliability(plain, chance, yes)
        ),
        thresholds=[_threshold(sample, yes, chance, one) for one in THRESHOLDS],
        curve=_curve(sample[0], yes, chance),
        baselines=_alert_baselines(keywords, sample, measured),
    )


def _alert_baselines(
    keywords: Answers, sample: Weights, measured: Mapping[str, Figure]
) -> list[Baseline]:
    yes = keywords.truth > 0
    share = float((sample @ yes)[0] / sample.sum())
    words = measures.yes_or_no(sample, yes, keywords.decided > 0)
    word_ap = measures.average_precision(sample, yes, 1 - keywords.probabilities[:, 0])[0]
    rows: tuple[tuple[str, float, float, float, float], ...] = (
        ("always yes", share, 1.0, 2 * share / (1 + share), share),
        ("class shares", share, share, share, share),
        (
            "keywords",
            float(words.precision[0]),
            float(words.recall[0]),
            float(words.f1[0]),
            float(word_ap),
        ),
    )
    return [
        Baseline(
            name=name,
            precision=_known(precision),
            recall=_known(recall),
            f1=_known(f1),
            average_precision=_known(area),
            lift_f1=_lift(measured["f1"].value, f1),
            lift_average_precision=_lift(measured["average_precision"].value, area),
        )
        for name, precision, recall, f1, area in rows
    ]


def _threshold(sample: Weights, yes: Flags, chance: Values, threshold: float) -> Threshold:
    decided = chance >= threshold
    found = measures.yes_or_no(sample, yes, decided)
    return Threshold(
        threshold=threshold,
        flagged=float((sample @ decided)[0] / sample.sum()),
        precision=_known(found.precision[0]),
        recall=_known(found.recall[0]),
        f1=_known(found.f1[0]),
    )


def _curve(weights: Values, yes: Flags, chance: Values) -> list[tuple[float, float]]:
    """Recall and precision from the surest mention on, thinned to what an eye can tell apart."""
    order = np.argsort(-chance, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(chance[order])), len(order) - 1)
    found = np.cumsum((weights * yes)[order])[ends]
    if not found[-1]:
        return []
    precision, recall = found / np.cumsum(weights[order])[ends], found / found[-1]
    kept = np.unique(np.linspace(0, len(ends) - 1, min(len(ends), _CURVE_POINTS)).astype(int))
    return [(float(recall[n]), float(precision[n])) for n in kept]


def _surest_mistakes(
    found: Answers, items: Sequence[LabelledMention], number: int
) -> list[Example]:
    classes = HEADS[found.head].classes
    if HEADS[found.head].many:
        wrong = [(int(n), int(k)) for n, k in np.argwhere(found.truth != found.decided)]
        sure = [(abs(float(found.probabilities[n, k]) - 0.5) + 0.5, n, k) for n, k in wrong]
    else:
        rows = np.flatnonzero(found.truth != found.decided).tolist()
        wrong = [(n, int(found.decided[n])) for n in rows]
        sure = [(float(found.probabilities[n, k]), n, k) for n, k in wrong]
    mistakes = []
    for probability, n, k in sorted(sure, key=lambda one: (-one[0], one[1:]))[:number]:
        item = items[found.at[n]]
        if HEADS[found.head].many:
            truth, decided = f"{classes[k]}: no", f"{classes[k]}: yes"
            if found.truth[n, k]:
                truth, decided = decided, truth
        else:
            truth, decided = classes[found.truth[n]], classes[k]
        mistakes.append(
            Example(
                head=found.head,
                id=item.id,
                text=item.text,
                truth=truth,
                decided=decided,
                probability=probability,
            )
        )
    return mistakes


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _lift(ours: float | None, baseline: float) -> float | None:
    return None if ours is None or not baseline > 0 else float(ours / baseline)
