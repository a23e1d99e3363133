"""Models and labelled mentions for the commands that judge."""

from collections.abc import Sequence

from models.errors import CorpusError
from models.evaluation_set import EvaluationSet
from models.keyword_rules import KeywordRules
from models.predictions import Classifier
from models.profiles import FAST, Profile, learnt, load
from models.store import ModelStore
from streams.modelling.lines_es import teller


def open_model(store: ModelStore, name: str | None, profile: Profile = FAST) -> Classifier:
    """Return the model of a version, "current" or None, or the "keyword-rules".

    A name may end in "+accurate" or "+cascade"; else `profile` holds. Raises as
    `models.profiles.load` does.
    """
    if name == KeywordRules.version:
        return KeywordRules()
    version, plus, which = (name or "current").partition("+")
    if version == "current":
        version = store.current()
    return load(store, version + plus + which, profile)


def data_for(
    store: ModelStore, versions: Sequence[str], files: Sequence[str]
) -> tuple[EvaluationSet, int]:
    """Return the labelled mentions that no version has learnt, and how many were left out.

    Raises CorpusError naming file and line, or with the remedy when nothing is left.
    """
    data = EvaluationSet.read(files)
    known: set[str] = set()
    for version in versions:
        if version != KeywordRules.version:
            seen = learnt(store, version)
            known |= seen
            if not seen:
                teller(err=True)(
                    f"{version} did not note what it learnt from: mentions it knows would flatter"
                )
    unseen = data.without(known)
    if not len(unseen):
        raise CorpusError(
            f"all {len(data)} mentions were learnt by {' or '.join(versions)}, so they would"
            " flatter; give others with --on, or add --include-learnt"
        )
    return unseen, len(data) - len(unseen)
