"""What is told of models and their comparisons, for the description of the API.

A figure is null where it is not defined, as that of no mentions.
"""

from typing import Literal

from msgspec import UNSET, UnsetType

from dashboards.console.shapes import Moment, Shape


class HeadFigures(Shape, frozen=True, kw_only=True):
    """How well a head did on mentions that it had not seen."""

    mentions: int
    log_loss: float | None
    baseline_log_loss: float | None
    macro_f1: float | None
    average_precision: float | None
    prevalence: float | None
    temperature: float | None


class LanguageFigures(Shape, frozen=True, kw_only=True):
    """Intent yes or no in one language, at the threshold that was chosen for it."""

    mentions: int
    with_intent: int
    prevalence: float | None
    threshold: float | None
    precision: float | None
    recall: float | None
    f1: float | None
    average_precision: float | None


class ModelLine(Shape, frozen=True, kw_only=True):
    """A version in the list; one whose card cannot be read has a `problem` instead of the rest."""

    version: str
    problem: str | UnsetType = UNSET
    created_at: Moment | UnsetType = UNSET
    mentions: int | UnsetType = UNSET
    langs: dict[str, int] | UnsetType = UNSET
    taught: int | UnsetType = UNSET
    intent: HeadFigures | UnsetType | None = UNSET
    by_language: dict[str, LanguageFigures] | UnsetType = UNSET
    has_accurate: bool | UnsetType = UNSET


class Promoted(Shape, frozen=True, kw_only=True):
    """How a version came to be in force."""

    version: str
    since: Moment
    by: str
    how: Literal["promoted", "rolled back"]
    forced: bool
    gate: str
    reason: str


class InShadow(Shape, frozen=True, kw_only=True):
    """The version that judges beside the one in force."""

    version: str
    since: Moment
    set_by: str


class ShadowSaid(Shape, frozen=True, kw_only=True):
    """How often the one in shadow said something else in the last seven days."""

    lang: str
    mentions: int
    other_intent: int
    active_in_force: int
    active_in_shadow: int


class WorkerModels(Shape, frozen=True, kw_only=True):
    """By which models a worker judges, and what keeps it from others."""

    worker: str
    model_version: str
    shadow_version: str
    trouble: str
    seen_at: Moment


class Compared(Shape, frozen=True, kw_only=True):
    """A comparison that has ended, with the gate's word."""

    id: str
    a: str
    b: str
    asked_by: str
    asked_at: Moment
    ended_at: Moment
    state: Literal["done", "failed", "cancelled"]
    passed: bool | int
    gate: str


class UnderWay(Shape, frozen=True, kw_only=True):
    """A comparison that runs: so many steps of so many are done."""

    id: str
    a: str
    b: str
    by: str
    asked_at: Moment
    done: int
    of: int


class RunningAnswer(Shape, frozen=True, kw_only=True):
    """The comparison under way, null when none is; `trouble`: why the last one was not kept."""

    running: UnderWay | None
    trouble: str


class ModelsAnswer(RunningAnswer, frozen=True, kw_only=True):
    """Versions, newest first, and how the one in force came to be.

    Where the store says nothing, `problem` stands in place of what it would have said.
    """

    enabled: bool
    problem: str | UnsetType = UNSET
    current: str | UnsetType = UNSET
    before: str | UnsetType | None = UNSET
    profile: str | UnsetType = UNSET
    versions: list[ModelLine] | UnsetType = UNSET
    history: list[Promoted] | UnsetType = UNSET
    shadow: InShadow | None
    shadow_said: list[ShadowSaid]
    workers: list[WorkerModels]
    comparisons: list[Compared]


class DataFile(Shape, frozen=True, kw_only=True):
    """A file of labelled mentions that a model learnt from."""

    name: str
    mentions: int
    label_set_hash: str


class Invariance(Shape, frozen=True, kw_only=True):
    """An edit that should not matter, and how many labels it flipped."""

    name: str
    head: str
    texts: int
    flips: int
    mean_change: float | None


class Direction(Shape, frozen=True, kw_only=True):
    """An edit that should move a probability, and how often it moved the wrong way."""

    name: str
    head: str
    wanted: Literal["up", "down"]
    texts: int
    wrong: int
    mean_change: float | None


class Functionality(Shape, frozen=True, kw_only=True):
    """Unmistakable cases of a label."""

    head: str
    label: str
    cases: int
    passed: int


class Behaviour(Shape, frozen=True, kw_only=True):
    """Of tests of behaviour, how many were passed and where it fails most."""

    cases: int
    passed: int
    asked: int
    invariance: list[Invariance]
    direction: list[Direction]
    functionality: list[Functionality]


class Rate(Shape, frozen=True, kw_only=True):
    """So many of so many, and between what the true share lies."""

    hits: int
    of: int
    low: float | None
    high: float | None


class Bias(Shape, frozen=True, kw_only=True):
    """How a label fares in one group; `apart` are the rates that differ from all others'."""

    group: str
    head: str
    label: str
    labelled: Rate
    predicted: Rate
    missed: Rate
    false_alarms: Rate
    small: bool
    apart: list[str]


class Accurate(Shape, frozen=True, kw_only=True):
    """The heads over a sentence encoder that stand beside a version.

    They are calibrated for a share of intent, None as labelled; their thresholds are for a
    precision, None for the best F1. Those from before that have nothing by language.
    """

    created_at: Moment
    encoder: str
    trained_on: list[str]
    trained_on_es: list[str]  # in English where nobody has written it so
    prevalence: float | None
    precision: float | None
    by_language: dict[str, LanguageFigures]
    behaviour: Behaviour | None


class CardAnswer(Shape, frozen=True, kw_only=True):
    """One version's card."""

    version: str
    created_at: Moment
    mentions: int
    langs: dict[str, int]
    taught: int
    intent: HeadFigures | None
    by_language: dict[str, LanguageFigures]
    trained_on: list[str]
    trained_on_es: list[str]  # in English where nobody has written it so
    data: list[DataFile]
    held_out: int
    seed: int
    prevalence: float | None
    precision: float | None
    folds: int
    label_set_hash: str
    sha256: str
    notes_what_it_learnt: bool
    counts: dict[str, dict[str, int]]
    metrics: dict[str, HeadFigures]
    thresholds: dict[str, float | None]
    behaviour: Behaviour | None
    bias: list[Bias]
    accurate: Accurate | None


class Figure(Shape, frozen=True, kw_only=True):
    """A value and its 95 % interval."""

    value: float | None
    low: float | None
    high: float | None


class Difference(Shape, frozen=True, kw_only=True):
    """A figure of both, and b minus a."""

    name: str
    a: float | None
    b: float | None
    difference: Figure


class HeadDifferences(Shape, frozen=True, kw_only=True):
    """A head of both; `disagree` is on how many mentions they decided differently."""

    head: str
    mentions: int
    disagree: int
    differences: list[Difference]


class Disagreement(Shape, frozen=True, kw_only=True):
    """A mention of the project's own corpus on which they decided differently."""

    head: str
    id: str
    text: str
    truth: str
    a: str
    b: str


class Figures(Shape, frozen=True, kw_only=True):
    """What was compared on what, and how it came out."""

    a: str
    b: str
    files: list[str]
    label_set_hash: str
    mentions: int
    learnt: int
    prevalence: float | None
    alert_threshold: float
    resamples: int
    seed: int
    heads: list[HeadDifferences]
    examples: list[Disagreement]


class Verdict(Shape, frozen=True, kw_only=True):
    """Whether b may take the place of a, and why not."""

    passed: bool
    margin: float
    reasons: list[str]
    not_judged: list[str]


class Found(Shape, frozen=True, kw_only=True):
    """All figures of a comparison; `labelled` of the mentions were labelled here."""

    comparison: Figures
    verdict: Verdict
    languages: dict[str, Figures]
    labelled: int


class ComparisonAnswer(Compared, frozen=True, kw_only=True):
    """One comparison; without figures where it failed or was ended."""

    found: Found | None


class ModelActed(Shape, frozen=True, kw_only=True):
    """It was done; `id` is that of the comparison that was begun, otherwise empty."""

    id: str
