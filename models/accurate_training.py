"""Learning the heads of the accurate profile, and measuring them on mentions they had not seen."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, f1_score, log_loss
from sklearn.model_selection import StratifiedGroupKFold
from threadpoolctl import threadpool_limits

from models.accurate import ASKED, AccurateHeads, standardised
from models.by_language import (
    LanguageFigures,
    OutOfFold,
    fit_languages,
    judged_unseen,
    weights_by_language,
)
from models.calibration import Weights, fit_temperature
from models.encoder.sentences import TEXT_WIDTH, WIDTH, Encoder
from models.errors import CorpusError
from models.labels import LabelledMention, is_own
from models.languages import Languages
from models.network import SLICES, HeadNetwork, scores_of, targets_of
from models.outputs import BOUNDS, ESTIMATORS
from models.predictions import HEADS, Predictions, Texts
from models.training import DEFAULT_RECIPE as FAST_RECIPE
from models.training import Recipe, train

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]


class AccurateRecipe(msgspec.Struct, frozen=True, kw_only=True):
    """How the heads of the accurate profile are learnt."""

    folds: int = 5
    fold_networks: int = 2  # averaged in each fold
    networks: int = 3  # averaged in what is kept
    hidden: int = 256
    epochs: int = 12
    # How much a mention of the project's own corpus counts beside a real one.
    corpus_weight: float = 0.2
    # The same of a reply that was written with what it answers: real ones seldom come with that.
    reply_weight: float = 1.0
    # Mentions with intent that the cascade's first stage may rule out, as a share of all of them.
    miss_rate: float = 0.02
    near_copy: float = 0.95  # cosine from which on two mentions stay in one fold
    # As of the fast profile; heads from before there were these were calibrated as labelled.
    prevalence: float | None = None  # the share of intent to calibrate for; None as labelled
    # What share of the mentions found to have intent must be right; None: the best F1.
    precision: float | None = None


class AccurateFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Of a head and language, on mentions that were held out; intent is asked as yes or no.

    They are weighed as they were for calibrating, so at the share of intent assumed.
    """

    mentions: int
    log_loss: float
    macro_f1: float
    temperature: float
    average_precision: float | None = None
    f1: float | None = None  # at the threshold
    threshold: float | None = None
    prevalence: float | None = None


class CascadeFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What the fast profile may rule out in a language, by one that learnt half of the mentions."""

    threshold: float
    missed: float  # share of the mentions with intent that are ruled out
    ruled_out: float  # share of the mentions without
    # Of intent yes or no as the cascade decides, weighed to the share of intent assumed.
    precision: float | None = None
    recall: float | None = None


class AccurateReport(msgspec.Struct, frozen=True, kw_only=True):
    """How the heads of the accurate profile were learnt and how well they do."""

    seed: int
    recipe: AccurateRecipe
    mentions: int
    judged_on: str  # "real": those not of the corpus; "corpus" where there are no others, or both
    figures: dict[str, dict[str, AccurateFigures]]  # head, language
    cascade: dict[str, CascadeFigures]  # language
    languages: dict[str, LanguageFigures] = {}  # of those with a threshold of their own


Progress = Callable[[str, int, int], None]
DEFAULT_RECIPE: Final = AccurateRecipe()
FEWEST: Final = 20  # mentions with a label of a head, to measure anything by
ALL: Final = "all"  # in figures, languages together
_ENCODED_AT_ONCE: Final = 512


class _Learning(NamedTuple):
    """Mentions in order, as rows."""

    items: Sequence[LabelledMention]
    vectors: Floats
    targets: Floats
    weights: Floats


def train_accurate(
    items: Sequence[LabelledMention],
    seed: int,
    encoder: Encoder,
    *,
    recipe: AccurateRecipe = DEFAULT_RECIPE,
    fast: Recipe = FAST_RECIPE,
    progress: Progress = lambda step, done, of: None,
) -> tuple[AccurateHeads, AccurateReport]:
    """Return heads and their report; the same inputs give the same heads.

    The order of `items` does not matter. Each language is read, and its threshold chosen, as of
    the fast profile (`models.by_language`), on what networks made of mentions they had not seen.
    Where there are enough mentions beside the project's own corpus, that counts less. `fast` is
    how the model that the heads stand beside was learnt: by its chances the cascade rules out.
    Raises CorpusError where there are too few mentions of a class or head.
    """
    items = sorted(items, key=lambda item: item.id)
    texts = texts_of(items)
    own = np.array([is_own(item) for item in items])
    real = (~own).sum() >= 100 * recipe.folds
    replies = np.array([bool(parent) for parent in texts.parents])
    written = np.where(replies, recipe.reply_weight, recipe.corpus_weight)
    weights = np.where(own & real, written, 1.0).astype(np.float32)
    targets = targets_of(items)
    for name, part in SLICES.items():
        settled = int((~np.isnan(targets[:, part.start])).sum())
        if settled < FEWEST and not HEADS[name].many:
            raise CorpusError(f"{name}: {settled} mentions, need {FEWEST}")
    data = _Learning(items, _encoded(encoder, texts, progress), targets, weights)
    with threadpool_limits(limits=1):
        unseen = _unseen(data, recipe, seed, progress)
        languages, by_language = fit_languages(items, unseen, recipe.prevalence, recipe.precision)
        judged = judged_unseen(items, unseen, languages)
        languages = _cooling(languages, unseen)
        rule_out, cascade = _rule_out(data, recipe, fast, seed, languages, judged, progress)
        mean, scale = _columns(data.vectors)
        rows = standardised(data.vectors, mean, scale)
        networks = []
        for at in range(recipe.networks):
            networks.append(_network(recipe, seed + at).fit(rows, data.targets, weights))
            progress("the whole", at + 1, recipe.networks)
    heads = AccurateHeads(networks, mean, scale, languages, rule_out)
    report = AccurateReport(
        seed=seed,
        recipe=recipe,
        mentions=len(items),
        judged_on=_judged_on(own, _weights(items, recipe, languages, ASKED)[ALL]),
        figures=_figures(data, recipe, languages, judged),
        cascade=cascade,
        languages=by_language,
    )
    return heads, report


def texts_of(items: Sequence[LabelledMention]) -> Texts:
    """Return what is read of labelled mentions."""
    return Texts(
        [item.text for item in items],
        [item.lang for item in items],
        [item.parent_text or "" for item in items],
    )


def _encoded(encoder: Encoder, texts: Texts, progress: Progress) -> Floats:
    made = []
    for part in texts.chunks(_ENCODED_AT_ONCE):
        made.append(encoder.encode(part))
        progress("reading", sum(map(len, made)), len(texts))
    return np.concatenate(made)


def _network(recipe: AccurateRecipe, seed: int) -> HeadNetwork:
    return HeadNetwork(hidden=recipe.hidden, epochs=recipe.epochs, random_state=seed)


def _columns(vectors: Floats) -> tuple[Floats, Floats]:
    """Mean and spread of each column; those of parents where there are any."""
    mean, scale = np.zeros(WIDTH, np.float32), np.ones(WIDTH, np.float32)
    replies = vectors[:, TEXT_WIDTH:].any(axis=1)
    for part, rows in (
        (slice(TEXT_WIDTH), vectors),
        (slice(TEXT_WIDTH, WIDTH), vectors[replies]),
    ):
        if len(rows) > 1:
            mean[part] = rows[:, part].mean(axis=0)
            scale[part] = rows[:, part].std(axis=0) + 1e-6
    return mean, scale


def _folds(data: _Learning, recipe: AccurateRecipe, seed: int) -> Places:
    """The fold of each mention; near copies stay together."""
    strata = [f"{item.lang} {item.intent}" for item in data.items]
    groups = near_copies(data.vectors[:, :TEXT_WIDTH], recipe.near_copy)
    folds = np.empty(len(data.items), dtype=np.intp)
    split = StratifiedGroupKFold(recipe.folds, shuffle=True, random_state=seed)
    try:
        with warnings.catch_warnings():
            # A label that is met once or twice cannot be in every fold, and need not.
            warnings.filterwarnings("ignore", "The least populated class", UserWarning)
            for fold, (_, held_out) in enumerate(split.split(strata, strata, groups)):
                folds[held_out] = fold
    except ValueError as error:
        raise CorpusError(f"too few mentions to hold some out: {error}") from error
    return folds


def near_copies(vectors: Floats, cosine: float) -> Places:
    """Return the group of each row: rows in a chain of near copies share one."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    pairs = []
    for start in range(0, len(rows), 1_000):
        near = np.argwhere(rows[start : start + 1_000] @ rows.T >= cosine)
        near[:, 0] += start
        pairs.append(near[near[:, 0] < near[:, 1]])
    a, b = np.concatenate(pairs).T
    graph = coo_array((np.ones(len(a), dtype=bool), (a, b)), shape=(len(rows), len(rows)))
    groups: Places = connected_components(graph, directed=False)[1].astype(np.intp)
    return groups


def _unseen(
    data: _Learning, recipe: AccurateRecipe, seed: int, progress: Progress
) -> dict[str, OutOfFold]:
    """What networks make of the mentions that they had not seen, by estimator."""
    fold_of = _folds(data, recipe, seed)
    said = np.zeros_like(data.targets)
    for fold in range(recipe.folds):
        learnt, held_out = fold_of != fold, fold_of == fold
        mean, scale = _columns(data.vectors[learnt])
        rows = standardised(data.vectors, mean, scale)
        for number in range(recipe.fold_networks):
            network = _network(recipe, seed + number)
            network.fit(rows[learnt], data.targets[learnt], data.weights[learnt])
            said[held_out] += network.predict_proba(rows[held_out]) / recipe.fold_networks
            done = fold * recipe.fold_networks + number + 1
            progress("folds", done, recipe.folds * recipe.fold_networks)
    scores = scores_of(said).astype(np.float64)
    made = {}
    for (name, width), first in zip(ESTIMATORS, BOUNDS[:-1].tolist(), strict=True):
        outputs = slice(first, first + width)
        at = np.flatnonzero(~np.isnan(data.targets[:, first]))
        truth, own = data.targets[at, outputs], scores[at, outputs]
        if width == 1:  # a single output is that of yes; that of no stays 0
            truth, own = np.hstack([1 - truth, truth]), np.hstack([np.zeros_like(own), own])
        labels = truth.argmax(axis=1)
        temperature = fit_temperature(own, labels) if len(at) else 1.0
        made[name] = OutOfFold(at, labels, own, fold_of[at], temperature)
    return made


def _cooling(languages: Languages, unseen: Mapping[str, OutOfFold]) -> Languages:
    """The same for scores as the networks give them, which no temperature has cooled."""
    widths = [width for _, width in ESTIMATORS]
    temperatures = np.repeat([unseen[name].temperature for name, _ in ESTIMATORS], widths)
    return replace(languages, scales=(languages.scales / temperatures).astype(np.float32))


def _weights(
    items: Sequence[LabelledMention], recipe: AccurateRecipe, languages: Languages, name: str
) -> dict[str, Weights]:
    """How much each mention counts where a head is measured, by language and in `ALL`."""
    found = weights_by_language(items, recipe.prevalence, natural=name == ASKED)
    whole = sum(found.values()) if found else np.ones(len(items))
    return {**{lang: found[lang] for lang in languages.names}, ALL: np.asarray(whole)}


def _judged_on(own: Flags, weights: Weights) -> str:
    kinds = {"corpus" if one else "real" for one in own[weights > 0].tolist()}
    return " and ".join(sorted(kinds, reverse=True))


def _figures(
    data: _Learning, recipe: AccurateRecipe, languages: Languages, judged: Predictions
) -> dict[str, dict[str, AccurateFigures]]:
    """Of each head with one answer, by language and of all."""
    figures: dict[str, dict[str, AccurateFigures]] = {}
    for name, head in HEADS.items():
        if head.many:
            continue
        targets = data.targets[:, SLICES[name]]
        figures[name] = {}
        for lang, weights in _weights(data.items, recipe, languages, name).items():
            at = np.flatnonzero((weights > 0) & ~np.isnan(targets[:, 0]))
            if len(at) < FEWEST:
                continue
            truth, weight = targets[at].argmax(axis=1), weights[at]
            chances, said = judged.probabilities[name][at], judged.labels[name]
            row = languages.rows([lang])[0]
            asked: dict[str, float | None] = {}
            if name == ASKED:
                yes = truth > 0
                asked = {
                    "average_precision": float(
                        average_precision_score(yes, 1 - chances[:, 0], sample_weight=weight)
                    ),
                    "f1": float(f1_score(yes, said[at] > 0, sample_weight=weight)),
                    "threshold": languages.threshold(lang),
                    "prevalence": float(weight[yes].sum() / weight.sum()),
                }
            classes = np.arange(len(head.classes))
            figures[name][lang] = AccurateFigures(
                mentions=len(at),
                log_loss=float(log_loss(truth, chances, sample_weight=weight, labels=classes)),
                macro_f1=float(f1_score(truth, said[at], average="macro", sample_weight=weight)),
                temperature=float(1 / languages.scales[row, SLICES[name].start]),
                **asked,
            )
    return figures


def _rule_out(
    data: _Learning,
    recipe: AccurateRecipe,
    fast: Recipe,
    seed: int,
    languages: Languages,
    judged: Predictions,
    progress: Progress,
) -> tuple[Floats, dict[str, CascadeFigures]]:
    """Thresholds of the fast profile, by fast models that learnt one half and judge the other.

    They are calibrated as the fast model is, whose chances the thresholds will be compared with.
    `judged` is what the accurate profile makes of the mentions, for what both make together.
    """
    half = _half(data.items, seed)
    chance, found = np.zeros(len(data.items), np.float32), judged.labels[ASKED] > 0
    by_fast = np.zeros_like(found)
    for number, learnt in enumerate((half, ~half)):
        own = [data.items[n] for n in np.flatnonzero(learnt).tolist()]
        model, _ = train(own, seed, recipe=msgspec.structs.replace(fast, folds=2))
        others = np.flatnonzero(~learnt)
        said = model.predict(texts_of([data.items[n] for n in others.tolist()]))
        chance[others] = 1 - said.probabilities[ASKED][:, 0]
        by_fast[others] = said.labels[ASKED] > 0
        progress("what to rule out", number + 1, 2)
    made = np.zeros(1 + len(languages.names), np.float32)
    figures = {}
    targets = data.targets[:, SLICES[ASKED]]
    for lang, weights in _weights(data.items, recipe, languages, ASKED).items():
        at = np.flatnonzero((weights > 0) & ~np.isnan(targets[:, 0]))
        yes, row = targets[at].argmax(axis=1) > 0, languages.rows([lang])[0]
        # Of k mentions with intent so many may be missed that the share stays within the rate.
        ranked = np.sort(chance[at][yes])
        made[row] = ranked[int(recipe.miss_rate * len(ranked))] if len(ranked) else 0.0
        out = chance[at] < made[row]
        decided = np.where(out, by_fast[at], found[at])
        right, weight = weights[at][decided & yes].sum(), weights[at]
        figures[lang] = CascadeFigures(
            threshold=float(made[row]),
            missed=float(out[yes].mean()) if yes.any() else 0.0,
            ruled_out=float(out[~yes].mean()) if (~yes).any() else 0.0,
            precision=float(right / weight[decided].sum()) if decided.any() else None,
            recall=float(right / weight[yes].sum()) if yes.any() else None,
        )
    return made, figures


def _half(items: Sequence[LabelledMention], seed: int) -> Flags:
    """Mark every second mention of each language, intent and stage, drawn at random."""
    strata = np.array([f"{item.lang} {item.intent} {item.stage}" for item in items])
    order = np.lexsort((np.random.default_rng(seed).random(len(items)), strata))
    half = np.zeros(len(items), dtype=bool)
    half[order[::2]] = True
    return half
