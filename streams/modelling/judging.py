"""Models and labelled mentions for the commands that judge."""

from collections.abc import Sequence

import click

from models.errors import CorpusError
from models.evaluation_set import EvaluationSet
from models.keyword_rules import KeywordRules
from models.predictions import Classifier
from models.store import ModelStore


def open_model(store: ModelStore, name: str | None) -> Classifier:
    """Return the model of a version, "current" or None, or the "keyword-rules".

    Raises as `ModelStore.load` does.
    """
    if name == KeywordRules.version:
        return KeywordRules()
    return store.load(None if name == "current" else name)


def data_for(
    store: ModelStore, versions: Sequence[str], files: Sequence[str]
) -> tuple[EvaluationSet, int]:
    """Return the labelled mentions that no version has learnt, and how many were left out.

    Raises CorpusError naming file and line, or with the remedy when nothing is left.
    """
    data = EvaluationSet.read(files)
    learnt: set[str] = set()
    for version in versions:
        if version != KeywordRules.version:
            seen = store.learnt(version)
            learnt |= seen
            if not seen:
                click.echo(
                    f"{version} did not note what it learnt from: mentions it knows would flatter",
                    err=True,
                )
    unseen = data.without(learnt)
    if not len(unseen):
        raise CorpusError(
            f"all {len(data)} mentions were learnt by {' or '.join(versions)}, so they would"
            " flatter; give others with --on, or add --include-learnt"
        )
    return unseen, len(data) - len(unseen)
