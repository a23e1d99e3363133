"""Promotion through a gate: a model that is worse than the current one is refused."""

from datetime import datetime
from typing import Final

import msgspec

from models.comparison import MARGIN, Comparison, Verdict, compare, judge
from models.errors import CorpusError, ModelNotFoundError, ModelStoreError, PromotionRefusedError
from models.evaluation_set import NATURAL, EvaluationSet
from models.profiles import FAST, Profile, best_of, full_name, learnt, load
from models.store import ModelStore

FIRST: Final = "the first model: nothing to compare with"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a promotion."""

    version: str
    before: str | None
    forced: bool
    gate: str
    comparison: Comparison | None = None
    verdict: Verdict | None = None


def promote(
    store: ModelStore,
    version: str,
    *,
    on: list[str] | None = None,
    data: EvaluationSet | None = None,
    margin: float = MARGIN,
    prevalence: float | None = None,
    force: bool = False,
    at: datetime | None = None,
    profile: Profile = FAST,
) -> Outcome:
    """Make a version current unless it is worse than the current one; return what was found.

    Both are judged on the files `on` or the mentions `data`, by default the natural part of the
    corpus, without what either has learnt from, and under the profile that is in use (the current
    one under the fast profile where it has no other). With `force` it is promoted all the same,
    and the history says so. Raises PromotionRefusedError with the figures, ModelNotFoundError for
    a name that ends in a profile, and as `models.profiles.load` does.
    """
    if "+" in version:
        raise ModelNotFoundError(
            f"{version}: a whole version is promoted: leave out what follows the +;"
            " ESCUCHA_MODEL_PROFILE says which of its profiles judges"
        )
    candidate = load(store, version, profile)
    # A named file that cannot be read is a mistake, not a judgement, and no force helps.
    data = EvaluationSet.read(on) if on else data
    try:
        before = store.current()
    except ModelNotFoundError:
        store.promote(version, at=at, gate=FIRST)
        return Outcome(version=version, before=None, forced=False, gate=FIRST)
    comparison, verdict = None, None
    try:
        name = full_name(before, best_of(store, before, profile))
        current = load(store, name)
        data = data or EvaluationSet.read([NATURAL])
        unseen = data.without(learnt(store, candidate.version) | learnt(store, name))
        if not len(unseen):
            raise CorpusError(f"all {len(data)} mentions were learnt by one of the two")
        comparison = compare(
            current, candidate, unseen, prevalence=prevalence, learnt=len(data) - len(unseen)
        )
        verdict = judge(comparison, margin)
        passed, said = verdict.passed, verdict.sentence()
    except (CorpusError, ModelStoreError) as error:
        passed, said = False, f"could not be judged: {error}"
    if not passed and not force:
        raise PromotionRefusedError(
            f"{version} is not promoted over {before}: {said}. Judge it on other labelled"
            " mentions with --on FILE.jsonl, allow more with --margin, or insist with --force",
            said,
        )
    store.promote(version, at=at, forced=not passed, gate=said)
    return Outcome(
        version=version,
        before=before,
        forced=not passed,
        gate=said,
        comparison=comparison,
        verdict=verdict,
    )
