"""Models from a notebook: frames in, frames out.

    from models import api
    model = api.load()
    api.predict(model, frame)                       # a row for each text, a column for each answer
    api.evaluate(model, labelled, prevalence=0.05)  # a row for each figure
    other, report = api.train(labelled, seed=7)
    api.compare(model, other, held_out)
    version = api.save(other, report, labelled)
    api.promote(version, held_out)                  # through the gate; api.rollback() goes back
    api.versions()                                  # a row for each; api.card(version) for one

A frame of labelled mentions has the columns `text`, `lang` and any of `intent`, `stage`,
`needs_reply`, `sentiment`, `acts` (lists), `parent_text`, `source`, `id`. What is missing or empty
is not settled. pandas is imported when a function needs it, and only then.
"""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from models import gate
from models.comparison import MARGIN
from models.comparison import compare as compare_models
from models.errors import CorpusError, ModelNotFoundError
from models.evaluated import Figure
from models.evaluation import ALERT_THRESHOLD
from models.evaluation import evaluate as evaluate_model
from models.evaluation_set import EvaluationSet, fingerprint
from models.heads import Model
from models.labels import LabelledMention, label_set_hash, load_corpus
from models.predictions import HEADS, Classifier, Texts
from models.profiles import FAST, AnyModel, Profile
from models.profiles import load as load_profile
from models.store import DataFile, ModelCard, ModelStore
from models.training import Progress, TrainingReport
from models.training import train as train_model
from models.weighting import RESAMPLES, SEED

if TYPE_CHECKING:
    import pandas as pd

DEFAULT_STORE = Path(".escucha/models")


def load(
    version: str | None = None, store: Path | str = DEFAULT_STORE, *, profile: Profile = FAST
) -> AnyModel:
    """Return a stored model, by default the current one, under a profile.

    A version may name its own, as in "20261121T233000Z-0a1b2c3d+accurate". Raises as
    `models.profiles.load` does.
    """
    return load_profile(ModelStore(store), version, profile)


def predict(model: Classifier, frame: "pd.DataFrame", *, text: str = "text") -> "pd.DataFrame":
    """Return a row for each text, with the index of the frame.

    Columns: for each head its label (`act` is a list) and for each class the probability, as in
    `intent` and `intent_active`. `lang` and `parent_text` are used where the frame has them.
    """
    import pandas as pd

    predictions = model.predict(
        Texts(
            [_text(value) for value in frame[text]],
            _column(frame, "lang"),
            _column(frame, "parent_text"),
        )
    )
    columns: dict[str, Any] = {}
    for name, head in HEADS.items():
        if head.many:
            columns[name] = [
                [act for act, yes in zip(head.classes, row, strict=True) if yes]
                for row in predictions.acts.tolist()
            ]
        else:
            columns[name] = [head.classes[k] for k in predictions.labels[name].tolist()]
        for k, label in enumerate(head.classes):
            columns[f"{name}_{label}"] = predictions.probabilities[name][:, k]
    return pd.DataFrame(columns, index=frame.index)


def mentions(frame: "pd.DataFrame") -> list[LabelledMention]:
    """Return the labelled mentions of a frame; raises CorpusError naming the row."""
    found: list[LabelledMention] = []
    fields = [field for field in LabelledMention.__struct_fields__ if field in frame.columns]
    rows = frame[fields].to_dict("records")
    for number, (index, row) in enumerate(zip(frame.index, rows, strict=True)):
        known = {name: value for name, value in row.items() if not _missing(value)}
        if isinstance(known.get("acts"), str):
            raise CorpusError(f"row {index!r}: acts must be a list, for example ['question']")
        if "acts" in known:
            known["acts"] = list(known["acts"])
        blank = {"id": f"row-{number}", "intent": "", "stage": "", "needs_reply": ""}
        try:
            found.append(msgspec.convert({**blank, **known}, LabelledMention))
        except msgspec.ValidationError as error:
            raise CorpusError(f"row {index!r}: {error}") from error
    if len({item.id for item in found}) < len(found):
        raise CorpusError("ids occur more than once: make them unique or drop the column")
    return found


def corpus() -> "pd.DataFrame":
    """Return the project's own labelled mentions, a row for each."""
    import pandas as pd

    return pd.DataFrame([msgspec.structs.asdict(item) for item in load_corpus()])


def train(
    frame: "pd.DataFrame",
    seed: int = SEED,
    *,
    progress: Progress = lambda estimator, done, fits: None,
) -> tuple[Model, TrainingReport]:
    """Return a model and its cross-validated report; raises as `models.training.train` does."""
    return train_model(mentions(frame), seed, progress=progress)


def evaluate(
    model: Classifier,
    frame: "pd.DataFrame",
    *,
    prevalence: float | None = None,
    alert_threshold: float = ALERT_THRESHOLD,
    resamples: int = RESAMPLES,
) -> "pd.DataFrame":
    """Return a row for each figure: head, kind and group, figure, value, low, high.

    `kind` is "all", "language", "source" or "variety", or "class" for a class against the rest.
    Nothing is left out, so give mentions that the model has not learnt.
    """
    import pandas as pd

    found = evaluate_model(
        model,
        _set(frame),
        prevalence=prevalence,
        alert_threshold=alert_threshold,
        resamples=resamples,
    )
    rows: list[dict[str, Any]] = []

    def add(head: str, kind: str, group: str, mentions: int, figures: dict[str, Figure]) -> None:
        rows.extend(
            {
                "head": head,
                "kind": kind,
                "group": group,
                "mentions": mentions,
                "figure": name,
                **msgspec.structs.asdict(figure),
            }
            for name, figure in figures.items()
        )

    for head in found.heads:
        add(head.head, "all", "all", head.mentions, head.figures)
        for group in head.groups:
            add(head.head, group.kind, group.name, group.mentions, group.figures)
        for one in head.classes:
            names = ("precision", "recall", "f1", "average_precision", "ece")
            figures = {name: getattr(one, name) for name in names}
            add(head.head, "class", one.label, one.mentions, figures)
    return pd.DataFrame(rows)


def compare(
    a: Classifier, b: Classifier, frame: "pd.DataFrame", *, resamples: int = RESAMPLES
) -> "pd.DataFrame":
    """Return a row for each figure of both: head, figure, a, b, difference, low, high.

    The interval is that of the paired difference; where it holds 0, it may be chance.
    """
    import pandas as pd

    found = compare_models(a, b, _set(frame), resamples=resamples)
    return pd.DataFrame(
        [
            {
                "head": head.head,
                "figure": one.name,
                "a": one.a,
                "b": one.b,
                "difference": one.difference.value,
                "low": one.difference.low,
                "high": one.difference.high,
            }
            for head in found.heads
            for one in head.differences
        ]
    )


def save(
    model: Model,
    report: TrainingReport,
    frame: "pd.DataFrame",
    *,
    trained_on: Sequence[str] = ("a frame",),
    store: Path | str = DEFAULT_STORE,
) -> str:
    """Store what `train` made of a frame and return its version; it is not current yet.

    What it learnt from is noted, so that the gate does not judge it by that. `trained_on` says in
    words what the frame is. Raises as `ModelStore.save` does.
    """
    items = mentions(frame)
    name = ", ".join(trained_on)
    card = ModelStore(store).save(
        model,
        report,
        trained_on=trained_on,
        created_at=datetime.now(UTC),
        learnt=[fingerprint(item.text) for item in items],
        data=[DataFile(name=name, mentions=len(items), label_set_hash=label_set_hash(items))],
    )
    return card.version


def promote(
    version: str,
    frame: "pd.DataFrame | None" = None,
    *,
    margin: float = MARGIN,
    prevalence: float | None = None,
    force: bool = False,
    profile: Profile = FAST,
    store: Path | str = DEFAULT_STORE,
) -> gate.Outcome:
    """Make a version current unless it is worse on the frame, and return what was found.

    Without a frame both are judged on the natural part of the corpus. Raises as
    `models.gate.promote` does: PromotionRefusedError with the figures.
    """
    return gate.promote(
        ModelStore(store),
        version,
        data=None if frame is None else _set(frame),
        margin=margin,
        prevalence=prevalence,
        force=force,
        profile=profile,
    )


def rollback(*, store: Path | str = DEFAULT_STORE) -> str:
    """Make the version current that was before, and return it; raises as `ModelStore` does."""
    return ModelStore(store).rollback()


def card(version: str | None = None, *, store: Path | str = DEFAULT_STORE) -> ModelCard:
    """Return the card of a version, by default the current one; raises as `ModelStore` does."""
    return ModelStore(store).card(version)


def versions(*, store: Path | str = DEFAULT_STORE) -> "pd.DataFrame":
    """Return a row for each stored version, newest first: when, whether current, figures."""
    import pandas as pd

    kept = ModelStore(store)
    try:
        current = kept.current()
    except ModelNotFoundError:
        current = ""
    rows = []
    for name in reversed(kept.versions()):
        found = kept.card(name)
        intent = found.training.metrics.get("intent")
        rows.append(
            {
                "version": name,
                "created_at": found.created_at,
                "current": name == current,
                "mentions": intent.mentions if intent else 0,
                "intent_macro_f1": intent.macro_f1 if intent else math.nan,
                "intent_average_precision": intent.average_precision if intent else math.nan,
                "trained_on": "; ".join(found.trained_on),
            }
        )
    columns = ("version", "created_at", "current", "mentions")
    figures = ("intent_macro_f1", "intent_average_precision", "trained_on")
    return pd.DataFrame(rows, columns=[*columns, *figures])


def _set(frame: "pd.DataFrame") -> EvaluationSet:
    return EvaluationSet(mentions(frame), _column(frame, "source"), [])


def _column(frame: "pd.DataFrame", name: str) -> Sequence[str]:
    if name not in frame.columns:
        return [""] * len(frame)
    return ["" if _missing(value) else str(value) for value in frame[name]]


def _text(value: object) -> str:
    return "" if _missing(value) else str(value)


def _missing(value: object) -> bool:
    """Whatever pandas puts where nothing is: None, NaN, NA."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return True
    return type(value).__name__ in {"NAType", "NaTType"}
