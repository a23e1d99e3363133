"""How a model is to read its scores in each language, fitted on mentions it had not seen.

For each language with enough labelled mentions: a temperature and a shift of each class, for every
head; the chance of any intent from which a mention has intent, for the highest F1; and leanings of
stage and needs_reply, for the highest mean F1 of their classes. Fitted on
the labelled mentions of that language that are not the project's own writing, where there are
enough of them, since those are what the model will meet; else on all. Sources that are told count
the same, however many mentions were labelled of each. For intent the natural part of the corpus is
one source more: it is what people post when they are not talking to a company, of which labelled
posts have little, and where a threshold set on these alone would find intent in every third
Spanish post that has none (with it, in every eighth). With a prevalence, mentions
are weighed so that this share of each language has intent: labelled files are richer in it than
traffic is, or poorer, and both chances and thresholds depend on that share.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.special import expit, log_softmax, softmax
from sklearn.metrics import average_precision_score

from models.calibration import Labels, Scores, Weights, best_leanings, best_threshold, fit_reading
from models.evaluation_set import NATURAL
from models.labels import LabelledMention, is_own
from models.languages import Languages
from models.outputs import BOUNDS, ENDS, ESTIMATORS, N_OUTPUTS
from models.predictions import HEADS, Predictions

ENOUGH: Final = 300  # settled mentions of a language; with fewer it is read as any other
# Heads whose classes are of most unequal size; intent has a threshold.
LEANING: Final = ("stage", "needs_reply")
ENOUGH_OF_SOURCE: Final = 100
ENOUGH_YES: Final = 30  # of them with intent, for a threshold


class OutOfFold(NamedTuple):
    """What models made of the mentions of a head that they had not seen, before any cooling."""

    at: npt.NDArray[np.intp]  # which mentions: those whose label is settled
    labels: Labels
    scores: Scores
    folds: npt.NDArray[np.intp]
    temperature: float  # of all languages together


class LanguageFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Intent yes or no in one language, of mentions not seen, at the share of intent assumed.

    Precision, recall and F1 are at thresholds chosen without the fold that they are counted in;
    `threshold` is that of the model, chosen on all.
    """

    mentions: int
    with_intent: int
    prevalence: float
    threshold: float
    precision: float
    recall: float
    f1: float
    average_precision: float


def fit_languages(
    items: Sequence[LabelledMention],
    unseen: Mapping[str, OutOfFold],
    prevalence: float | None = None,
    precision: float | None = None,
) -> tuple[Languages, dict[str, LanguageFigures]]:
    """Return how to read each language, and figures of those that have a threshold.

    `unseen` has every estimator. With a `precision`, thresholds of intent are those that find most
    at that precision, in place of those with the highest F1. Without enough mentions of any
    language nothing is fitted.
    """
    weights = weights_by_language(items, prevalence, natural=False)
    of_intent = weights_by_language(items, prevalence, natural=True)
    scales = np.ones((1 + len(weights), N_OUTPUTS), np.float32)
    shifts, leanings = np.zeros_like(scales), np.zeros_like(scales)
    thresholds = np.full(1 + len(weights), np.nan)
    figures: dict[str, LanguageFigures] = {}
    for row, lang in enumerate(weights, start=1):
        for (name, width), first in zip(ESTIMATORS, BOUNDS[:-1].tolist(), strict=True):
            found = unseen[name]
            weight = (of_intent if name == "intent" else weights)[lang]
            own = weight[found.at] > 0
            if own.sum() < ENOUGH or len(set(found.labels[own].tolist())) < found.scores.shape[1]:
                continue
            reading = fit_reading(found.scores[own], found.labels[own], weight[found.at][own])
            outputs = slice(first, first + width)
            scales[row, outputs] = found.temperature / reading.temperature
            # A single output is that of yes; that of no stays 0.
            shifts[row, outputs] = (
                reading.shifts if width > 1 else reading.shifts[1] - reading.shifts[0]
            )
            if name in LEANING:
                log_chances = log_softmax(reading.of(found.scores[own]), axis=1)
                leanings[row, outputs] = best_leanings(
                    log_chances, found.labels[own], weight[found.at][own]
                )
        if made := _threshold(unseen["intent"], of_intent[lang], precision):
            thresholds[row], figures[lang] = made.threshold, made
    if figures:  # a language that nobody labelled is decided as those are that somebody did
        thresholds[0] = np.mean([one.threshold for one in figures.values()])
    return Languages(tuple(weights), scales, shifts, thresholds, leanings), figures


def judged_unseen(
    items: Sequence[LabelledMention], unseen: Mapping[str, OutOfFold], languages: Languages
) -> Predictions:
    """Return what models made of mentions that they had not seen, read by language.

    Where the label of a head is not settled nothing was judged: its first class stands there.
    """
    langs = [str(item.lang) for item in items]
    rows = languages.rows(langs)
    stacked = np.zeros((len(items), N_OUTPUTS))
    for (name, width), first in zip(ESTIMATORS, BOUNDS[:-1].tolist(), strict=True):
        found, outputs = unseen[name], slice(first, first + width)
        scales = languages.scales[rows[found.at], first].astype(np.float64)
        scores = found.scores / found.temperature * scales[:, None]
        shifts = languages.shifts[rows[found.at], outputs]
        if width == 1:
            stacked[found.at, first] = expit(scores[:, 1] - scores[:, 0] + shifts[:, 0])
        else:
            stacked[found.at, outputs] = softmax(scores + shifts, axis=1)
    parts = np.split(stacked.astype(np.float32), ENDS[:-1], axis=1)
    return languages.decide(dict(zip(HEADS, parts, strict=True)), langs)


def weights_by_language(
    items: Sequence[LabelledMention], prevalence: float | None, *, natural: bool
) -> dict[str, Weights]:
    """Return how much each mention counts in fitting a language, for those with enough of them.

    With `natural` the corpus' mentions that were drawn as posts come are one source more.
    """
    langs = np.array([str(item.lang) for item in items])
    found = {
        lang: _weights(items, langs == lang, prevalence, natural=natural)
        for lang in sorted(set(langs.tolist()))
    }
    return {lang: weights for lang, weights in found.items() if weights is not None}


def _weights(
    items: Sequence[LabelledMention],
    own: npt.NDArray[np.bool_],
    prevalence: float | None,
    *,
    natural: bool,
) -> Weights | None:
    """As `weights_by_language`, of one language; None where there are too few."""
    found = np.array([not is_own(item) for item in items]) & own
    if found.sum() >= ENOUGH and natural:
        found |= np.array([item.draw == NATURAL for item in items]) & own
    if found.sum() < ENOUGH:
        found = own
    if found.sum() < ENOUGH:
        return None
    weights = _by_source(items, found)
    yes = found & np.array([item.intent not in ("", "none") for item in items])
    no = found & np.array([item.intent == "none" for item in items])
    if prevalence is not None and yes.any() and no.any():
        settled = weights[yes].sum() + weights[no].sum()
        weights[yes] *= prevalence * settled / weights[yes].sum()
        weights[no] *= (1 - prevalence) * settled / weights[no].sum()
    return weights


def _by_source(items: Sequence[LabelledMention], kept: npt.NDArray[np.bool_]) -> Weights:
    """Weights by which every source counts the same; small ones count as their mentions do."""
    sources = np.array([item.source or item.draw for item in items])
    counts = Counter(sources[kept].tolist())
    large = [source for source, count in counts.items() if source and count >= ENOUGH_OF_SOURCE]
    weights = kept.astype(np.float64)
    if len(large) > 1:
        mean = sum(counts[source] for source in large) / len(large)
        for source in large:
            weights[kept & (sources == source)] = mean / counts[source]
    return weights


def _threshold(
    found: OutOfFold, weight: Weights, precision: float | None
) -> LanguageFigures | None:
    kept = weight[found.at] > 0
    scores, labels, folds = found.scores[kept], found.labels[kept], found.folds[kept]
    weights, yes = weight[found.at][kept], found.labels[kept] > 0
    if kept.sum() < ENOUGH or min(yes.sum(), (~yes).sum()) < ENOUGH_YES:
        return None
    if len(set(labels.tolist())) < scores.shape[1]:
        return None
    decided = np.zeros(len(yes), dtype=np.bool_)
    cooled = np.empty(len(yes))
    for fold in np.unique(folds):
        own, rest = folds == fold, folds != fold
        reading = fit_reading(scores[rest], labels[rest], weights[rest])
        chances = 1 - softmax(reading.of(scores), axis=1)[:, 0]
        cooled[own] = chances[own]
        cut = best_threshold(chances[rest], yes[rest], weights[rest], precision)
        decided[own] = chances[own] >= cut
    reading = fit_reading(scores, labels, weights)
    chances = 1 - softmax(reading.of(scores), axis=1)[:, 0]
    right = float(weights[decided & yes].sum())
    said, due = float(weights[decided].sum()), float(weights[yes].sum())
    return LanguageFigures(
        mentions=len(yes),
        with_intent=int(yes.sum()),
        prevalence=due / float(weights.sum()),
        threshold=best_threshold(chances, yes, weights, precision),
        precision=right / said if said else 0.0,
        recall=right / due,
        f1=2 * right / (said + due),
        average_precision=float(average_precision_score(yes, cooled, sample_weight=weights)),
    )
