"""What an evaluation finds: the shape of its JSON, and all that tables and pages are made of."""

import msgspec


class Figure(msgspec.Struct, frozen=True):
    """A value and its 95 % interval; None where it is not defined."""

    value: float | None
    low: float | None = None
    high: float | None = None


class ClassFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One class against the rest; `mentions` that have it, not weighed."""

    label: str
    mentions: int
    precision: Figure
    recall: Figure
    f1: Figure
    average_precision: Figure
    ece: Figure


class Bin(msgspec.Struct, frozen=True, kw_only=True):
    """Mentions whose probability is in [low, low + 0.1): what was promised, and what came."""

    low: float
    mentions: int
    promised: float
    came: float


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """What is reached without a model; a lift is the model's figure divided by this one."""

    name: str  # "always yes" (of many classes: always the commonest), "class shares", "keywords"
    precision: float | None = None
    recall: float | None = None
    f1: float | None  # of many classes, the macro mean
    average_precision: float | None
    lift_f1: float | None
    lift_average_precision: float | None


class Threshold(msgspec.Struct, frozen=True, kw_only=True):
    """What alerting from this probability on gives; `flagged` is the share of mentions alerted."""

    threshold: float
    flagged: float
    precision: float | None
    recall: float | None
    f1: float | None


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """A head as a question of yes or no, decided at the alert threshold."""

    threshold: float
    prevalence: float  # after weighing
    flagged: float
    precision: Figure
    recall: Figure
    f1: Figure
    average_precision: Figure
    ece: Figure
    confusion: list[list[int]]  # no and yes in truth, by no and yes in decision; not weighed
    reliability: list[Bin]
    thresholds: list[Threshold]
    curve: list[tuple[float, float]]  # recall and precision
    baselines: list[Baseline]


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The mentions of one language, source or variety; `figures` as in the head.

    Of a question of yes or no, `reliability` and `baselines` are those of the alert.
    """

    kind: str
    name: str
    mentions: int
    figures: dict[str, Figure]
    confusion: list[list[int]] | None = None  # as in the head
    reliability: list[Bin] = []
    baselines: list[Baseline] = []


class HeadEvaluation(msgspec.Struct, frozen=True, kw_only=True):
    """A head on the mentions whose label is settled."""

    head: str
    mentions: int
    # macro_f1, average_precision, ece; of ASKED also precision, recall, f1 and decided_f1
    figures: dict[str, Figure]
    classes: list[ClassFigures]
    confusion: list[list[int]] | None  # truth by decision, not weighed; None of many answers
    reliability: list[Bin]  # of the most probable class; of many answers, of every yes
    baselines: list[Baseline]
    alert: Alert | None
    groups: list[Group]


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """A mention that the model got wrong, and how sure it was."""

    head: str
    id: str
    text: str
    truth: str
    decided: str
    probability: float  # of what was decided


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured, on what and how."""

    model: str
    files: list[str]
    label_set_hash: str
    mentions: int
    learnt: int  # mentions left out, because the model has learnt from them
    prevalence_in_file: float | None
    prevalence: float | None  # weighed to; None: as in the file
    alert_threshold: float
    resamples: int
    seed: int
    heads: list[HeadEvaluation]
    not_labelled: list[str]  # heads without a settled label
    examples: list[Example]
