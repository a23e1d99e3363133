"""Learning the heads of the accurate profile, and measuring them on mentions they had not seen."""

import warnings
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, f1_score, log_loss, precision_recall_curve
from sklearn.model_selection import StratifiedGroupKFold
from threadpoolctl import threadpool_limits

from models.accurate import ASKED, LANGUAGES, AccurateHeads, cooled, decided, standardised
from models.calibration import fit_temperature
from models.encoder.sentences import TEXT_WIDTH, WIDTH, Encoder
from models.errors import CorpusError
from models.heads import Model
from models.labels import LabelledMention, is_own
from models.network import SLICES, HeadNetwork, log_probabilities, targets_of
from models.predictions import HEADS, Texts
from models.training import Recipe, train

Floats = npt.NDArray[np.float32]
Chances = npt.NDArray[np.float64]
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


class AccurateFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Of a head and language, on mentions that were held out; intent is asked as yes or no."""

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


class AccurateReport(msgspec.Struct, frozen=True, kw_only=True):
    """How the heads of the accurate profile were learnt and how well they do."""

    seed: int
    recipe: AccurateRecipe
    mentions: int
    judged_on: str  # "real": those not of the corpus; "corpus" where there are no others
    figures: dict[str, dict[str, AccurateFigures]]  # head, language
    cascade: dict[str, CascadeFigures]  # language


Progress = Callable[[str, int, int], None]
DEFAULT_RECIPE: Final = AccurateRecipe()
FEWEST: Final = 20  # mentions of a language, to choose anything by
_ENCODED_AT_ONCE: Final = 512


class _Learning(NamedTuple):
    """Mentions in order, as rows."""

    items: Sequence[LabelledMention]
    vectors: Floats
    targets: Floats
    weights: Floats
    judged: Flags  # what figures, temperatures and thresholds are made on


def train_accurate(
    items: Sequence[LabelledMention],
    seed: int,
    encoder: Encoder,
    *,
    recipe: AccurateRecipe = DEFAULT_RECIPE,
    progress: Progress = lambda step, done, of: None,
) -> tuple[AccurateHeads, AccurateReport]:
    """Return heads and their report; the same inputs give the same heads.

    The order of `items` does not matter. Where there are mentions beside the project's own
    corpus, those alone are judged on, and the corpus counts less. Raises CorpusError where a
    language or class has too few mentions.
    """
    items = sorted(items, key=lambda item: item.id)
    texts = texts_of(items)
    own = np.array([is_own(item) for item in items])
    real = bool((~own).sum() >= 100 * recipe.folds)
    replies = np.array([bool(parent) for parent in texts.parents])
    written = np.where(replies, recipe.reply_weight, recipe.corpus_weight)
    weights = np.where(own & real, written, 1.0).astype(np.float32)
    data = _Learning(
        items,
        _encoded(encoder, texts, progress),
        targets_of(items),
        weights,
        ~own if real else np.ones(len(items), dtype=bool),
    )
    with threadpool_limits(limits=1):
        fold_of = _folds(data, recipe, seed)
        unseen = _out_of_fold(data, fold_of, recipe, seed, progress)
        temperatures = _temperatures(data, unseen)
        thresholds, figures = _judge(data, unseen, temperatures)
        rule_out, cascade = _rule_out(data, recipe, seed, progress)
        mean, scale = _columns(data.vectors)
        rows = standardised(data.vectors, mean, scale)
        networks = []
        for at in range(recipe.networks):
            networks.append(_network(recipe, seed + at).fit(rows, data.targets, weights))
            progress("the whole", at + 1, recipe.networks)
    heads = AccurateHeads(networks, mean, scale, temperatures, thresholds, rule_out)
    report = AccurateReport(
        seed=seed,
        recipe=recipe,
        mentions=len(items),
        judged_on="real" if real else "corpus",
        figures=figures,
        cascade=cascade,
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
    """The fold of each mention that is judged, -1 of the others; near copies stay together."""
    at = np.flatnonzero(data.judged)
    strata = [f"{data.items[n].lang} {data.items[n].intent}" for n in at.tolist()]
    groups = near_copies(data.vectors[at, :TEXT_WIDTH], recipe.near_copy)
    folds = np.full(len(data.items), -1, dtype=np.intp)
    split = StratifiedGroupKFold(recipe.folds, shuffle=True, random_state=seed)
    try:
        with warnings.catch_warnings():
            # A label that is met once or twice cannot be in every fold, and need not.
            warnings.filterwarnings("ignore", "The least populated class", UserWarning)
            for fold, (_, held_out) in enumerate(split.split(at, strata, groups)):
                folds[at[held_out]] = fold
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


def _out_of_fold(
    data: _Learning, fold_of: Places, recipe: AccurateRecipe, seed: int, progress: Progress
) -> Floats:
    unseen = np.zeros_like(data.targets)
    for fold in range(recipe.folds):
        learnt, held_out = fold_of != fold, fold_of == fold
        mean, scale = _columns(data.vectors[learnt])
        rows = standardised(data.vectors, mean, scale)
        for at in range(recipe.fold_networks):
            network = _network(recipe, seed + at)
            network.fit(rows[learnt], data.targets[learnt], data.weights[learnt])
            unseen[held_out] += network.predict_proba(rows[held_out]) / recipe.fold_networks
            progress("folds", fold * recipe.fold_networks + at + 1, recipe.folds * 2)
    return unseen


def _settled(data: _Learning, name: str, lang: str) -> tuple[Places, Places]:
    """Which judged mentions of a language, "" for all, have a label of a head, and which."""
    truth = data.targets[:, SLICES[name]]
    kept = data.judged & ~np.isnan(truth[:, 0])
    if lang:
        kept &= np.array([item.lang == lang for item in data.items])
    at = np.flatnonzero(kept)
    if len(at) < FEWEST:
        raise CorpusError(f"{name}, {lang or 'all languages'}: {len(at)} mentions, need {FEWEST}")
    return at, truth[at].argmax(axis=1)


def _temperatures(data: _Learning, unseen: Floats) -> Floats:
    made = np.ones((len(LANGUAGES), len(HEADS)), np.float32)
    for row, lang in enumerate(LANGUAGES):
        for column, (name, head) in enumerate(HEADS.items()):
            if not head.many:
                at, truth = _settled(data, name, lang)
                made[row, column] = fit_temperature(log_probabilities(unseen[at], name), truth)
    return made


def _judge(
    data: _Learning, unseen: Floats, temperatures: Floats
) -> tuple[Floats, dict[str, dict[str, AccurateFigures]]]:
    """The threshold of each language, and the figures of each head."""
    thresholds = np.zeros(len(LANGUAGES), np.float32)
    figures: dict[str, dict[str, AccurateFigures]] = {}
    for row, lang in enumerate(LANGUAGES):
        for column, (name, head) in enumerate(HEADS.items()):
            if head.many:
                continue
            at, truth = _settled(data, name, lang)
            chances = cooled(unseen[at, SLICES[name]], np.full(len(at), temperatures[row, column]))
            said = chances.argmax(axis=1)
            asked: dict[str, float] = {}
            if name == ASKED:
                yes, chance = truth > 0, 1 - chances[:, 0].astype(np.float64)
                thresholds[row] = best_threshold(yes, chance)
                said = decided(chances, np.full(len(at), thresholds[row]))
                asked = {
                    "average_precision": float(average_precision_score(yes, chance)),
                    "f1": float(f1_score(yes, said > 0)),
                    "threshold": float(thresholds[row]),
                    "prevalence": float(yes.mean()),
                }
            figures.setdefault(name, {})[lang or "all"] = AccurateFigures(
                mentions=len(at),
                log_loss=float(log_loss(truth, chances, labels=np.arange(chances.shape[1]))),
                macro_f1=float(f1_score(truth, said, average="macro")),
                temperature=float(temperatures[row, column]),
                **asked,
            )
    return thresholds, figures


def best_threshold(yes: Flags, chance: Chances) -> float:
    """Return the threshold for the best F1: half of it, where probabilities are honest.

    Lipton et al. 2014, "Optimal Thresholding of Classifiers to Maximize F1 Measure". The place of
    the highest F1 itself moves far with a few mentions; its height does not.
    """
    precision, recall, _ = precision_recall_curve(yes, chance)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    return float(f1.max() / 2)


def _rule_out(
    data: _Learning, recipe: AccurateRecipe, seed: int, progress: Progress
) -> tuple[Floats, dict[str, CascadeFigures]]:
    """Thresholds of the fast profile, by fast models that learnt one half and judge the other."""
    half = _half(data.items, seed)
    chance = np.zeros(len(data.items), np.float32)
    for number, learnt in enumerate((half, ~half)):
        model = _fast([data.items[n] for n in np.flatnonzero(learnt).tolist()], seed)
        others = np.flatnonzero(~learnt)
        said = model.predict(texts_of([data.items[n] for n in others.tolist()]))
        chance[others] = 1 - said.probabilities[ASKED][:, 0]
        progress("what to rule out", number + 1, 2)
    made = np.zeros(len(LANGUAGES), np.float32)
    figures = {}
    for row, lang in enumerate(LANGUAGES):
        at, truth = _settled(data, ASKED, lang)
        yes = truth > 0
        # Of k mentions with intent so many may be missed that the share stays within the rate.
        ranked = np.sort(chance[at][yes])
        made[row] = ranked[int(recipe.miss_rate * len(ranked))] if len(ranked) else 0.0
        out = chance[at] < made[row]
        figures[lang or "all"] = CascadeFigures(
            threshold=float(made[row]),
            missed=float(out[yes].mean()) if yes.any() else 0.0,
            ruled_out=float(out[~yes].mean()) if (~yes).any() else 0.0,
        )
    return made, figures


def _half(items: Sequence[LabelledMention], seed: int) -> Flags:
    """Mark every second mention of each language, intent and stage, drawn at random."""
    strata = np.array([f"{item.lang} {item.intent} {item.stage}" for item in items])
    order = np.lexsort((np.random.default_rng(seed).random(len(items)), strata))
    half = np.zeros(len(items), dtype=bool)
    half[order[::2]] = True
    return half


def _fast(items: Sequence[LabelledMention], seed: int) -> Model:
    model, _ = train(items, seed, recipe=Recipe(folds=2))
    return model
