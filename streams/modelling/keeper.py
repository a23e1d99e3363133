"""The model store as the console shows and changes it; says no place of it to anybody.

What it needs of `models` is imported when somebody first looks: a console that nobody asks about
models stays small.
"""

import asyncio
import logging
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from schemas.model_acts import (
    Ask,
    ModelOutcome,
    Promote,
    RollBack,
    Running,
    Shadow,
)
from streams import clock
from streams.errors import SinkUnavailableError
from streams.settings import Settings

if TYPE_CHECKING:
    from models.store import ModelStore
    from streams.modelling.comparing import Question
    from streams.modelling.comparison_job import ComparisonJob, Ended
    from streams.modelling.comparisons import Comparisons

T = TypeVar("T")
# An address with what may be secret in it, or a path.
_PLACE: Final = re.compile(r"\w+://\S+|(?:[A-Za-z]:)?(?:[\\/][\w.@+~ -]*[\w.@+~-])+[\\/]?")

log = logging.getLogger(__name__)


class ModelKeeper:
    """Shows cards, compares, promotes, rolls back; one comparison at a time."""

    def __init__(
        self, settings: Settings, *, may_change: bool = True, resamples: int = 1_000
    ) -> None:
        """Touch nothing yet; with `may_change` False it only shows.

        `resamples` is how often a comparison draws anew for its intervals.
        """
        self._settings = settings
        self._resamples = resamples
        self.may_change = may_change
        self._cards: dict[str, dict[str, Any]] = {}
        self._changing = asyncio.Lock()
        self._parts: tuple[ModelStore, Comparisons, ComparisonJob] | None = None

    async def overview(self) -> dict[str, Any]:
        """Versions, newest first, which is in force and how it came to be; `problem` where the
        store says nothing.
        """
        return await self._asked(self._overview)

    async def card(self, version: str) -> dict[str, Any]:
        """The card of a version as people read it, or a `problem`."""
        return await self._asked(lambda: self._card(version))

    def running(self) -> Running | None:
        """The comparison under way."""
        return None if self._parts is None else self._parts[2].running

    def trouble(self) -> str:
        """Why the last comparison was not kept; empty when it was."""
        return "" if self._parts is None else self._parts[2].trouble

    async def compare(self, ask: Ask) -> ModelOutcome:
        """Begin a comparison; "busy" when another one runs, "gone" when there is no such model."""

        if self.running() is not None:
            return ModelOutcome("busy")

        def ready() -> ModelOutcome:
            from streams.modelling.comparing import Question

            store, comparisons, _ = self._opened()
            here = {"keyword-rules", *store.versions()}
            if not {name.partition("+")[0] for name in (ask.a, ask.b)} <= here:
                return ModelOutcome("gone", "the store has no such model")
            questions.append(
                Question(
                    place=store.place,
                    profile=self._settings.model_profile,
                    a=ask.a,
                    b=ask.b,
                    labelled=comparisons.labelled(),
                    resamples=self._resamples,
                )
            )
            return ModelOutcome("saved")

        questions: list[Question] = []
        outcome = await self._changed(ready)
        if outcome.fate != "saved":
            return outcome
        job_id = self._opened()[2].start(ask, questions[0])
        return ModelOutcome("saved", id=job_id) if job_id else ModelOutcome("busy")

    async def cancel(self, job_id: str) -> ModelOutcome:
        """End the comparison that runs; "gone" when it does not run any more."""
        is_ended = self._parts is not None and self._parts[2].cancel(job_id)
        return ModelOutcome("saved" if is_ended else "gone")

    async def promote(self, wanted: Promote) -> ModelOutcome:
        """Put a version in force, if the gate's answer allows it, or by force."""
        async with self._changing:
            return await self._changed(lambda: self._promote(wanted))

    async def roll_back(self, wanted: RollBack) -> ModelOutcome:
        """Put the version in force that was before."""
        async with self._changing:
            return await self._changed(lambda: self._roll_back(wanted))

    async def put_in_shadow(self, wanted: Shadow) -> ModelOutcome:
        """Let a version judge in shadow, or none any more."""
        return await self._changed(lambda: self._shadow(wanted))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._parts is not None:
            self._parts[2].stop()
            self._parts[1].close()

    def _opened(self) -> "tuple[ModelStore, Comparisons, ComparisonJob]":
        if self._parts is None:
            from streams.modelling.comparison_job import ComparisonJob
            from streams.modelling.comparisons import Comparisons
            from streams.training import store_of

            self._parts = (
                store_of(self._settings),
                Comparisons(self._settings),
                ComparisonJob(self._keep),
            )
        return self._parts

    def _keep(self, ended: "Ended") -> None:
        _, comparisons, job = self._opened()
        said = ended.found.verdict.sentence() if ended.found else ended.why
        try:
            comparisons.keep(ended, self._without_places(said))
        except SinkUnavailableError as error:
            log.error("a comparison of models could not be kept: %s", error)
            job.trouble = self._without_places(str(error))

    async def _asked(self, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        def whole() -> dict[str, Any]:
            from models.errors import ModelError

            try:
                return work()
            except (ModelError, OSError) as error:
                return {"problem": self._without_places(str(error) or type(error).__name__)}

        return await asyncio.to_thread(whole)

    async def _changed(self, work: Callable[[], ModelOutcome]) -> ModelOutcome:
        def whole() -> ModelOutcome:
            from models.errors import (
                CurrentChangedError,
                ModelError,
                ModelNotFoundError,
                StoreUnavailableError,
            )

            try:
                return work()
            except CurrentChangedError as error:
                return ModelOutcome("changed_meanwhile", str(error))
            except ModelNotFoundError as error:
                return ModelOutcome("gone", self._without_places(str(error)))
            except (SinkUnavailableError, StoreUnavailableError, OSError) as error:
                return ModelOutcome("away", self._without_places(str(error)))
            except ModelError as error:
                return ModelOutcome("refused", self._without_places(str(error)))

        return await asyncio.to_thread(whole)

    def _overview(self) -> dict[str, Any]:
        from models.accurate_store import AccurateStore
        from models.errors import ModelNotFoundError, ModelStoreError
        from streams.modelling import told_cards

        store, _, _ = self._opened()
        heads = AccurateStore(store.place)
        versions = []
        for version in reversed(store.versions()):
            if version not in self._cards:
                try:
                    self._cards[version] = told_cards.briefly(store.card(version))
                except ModelStoreError as error:
                    told = self._without_places(str(error))
                    versions.append({"version": version, "problem": told})
                    continue
            versions.append(self._cards[version] | {"has_accurate": heads.has(version)})
        try:
            current = store.current()
        except ModelNotFoundError:
            current = ""
        return {
            "current": current,
            "before": store.before() if current else None,
            "profile": self._settings.model_profile,
            "versions": versions,
            "history": [told_cards.promoted(one) for one in store.history()],
        }

    def _card(self, version: str) -> dict[str, Any]:
        from models.accurate_store import AccurateStore
        from streams.modelling import told_cards

        store, _, _ = self._opened()
        card = store.card(version)
        heads = AccurateStore(store.place)
        found = heads.card(card.version) if heads.has(card.version) else None
        return told_cards.whole(card, found)

    def _promote(self, wanted: Promote) -> ModelOutcome:
        from models.gate import FIRST
        from models.promotions import Asked

        store, comparisons, _ = self._opened()
        gate, passed = FIRST, True
        if wanted.instead_of:
            kept = comparisons.find(wanted.comparison)
            if kept is None or (kept.a, kept.b) != (wanted.instead_of, wanted.version):
                return ModelOutcome("refused", "the gate has not compared these two")
            if kept.state == "cancelled":
                return ModelOutcome("refused", "the comparison was ended before it had an answer")
            passed = kept.passed
            gate = kept.gate if kept.state == "done" else f"could not be judged: {kept.gate}"
            if not passed and not wanted.force:
                return ModelOutcome("refused", gate)
        asked = Asked(by=wanted.made_by, reason=wanted.reason.strip(), instead_of=wanted.instead_of)
        store.promote(wanted.version, at=clock.now(), forced=not passed, gate=gate, asked=asked)
        return ModelOutcome("saved")

    def _roll_back(self, wanted: RollBack) -> ModelOutcome:
        from models.promotions import Asked

        store, _, _ = self._opened()
        if store.before() != wanted.to:
            return ModelOutcome("changed_meanwhile", "another version was in force before")
        asked = Asked(by=wanted.made_by, reason=wanted.reason.strip(), instead_of=wanted.instead_of)
        store.rollback(at=clock.now(), asked=asked)
        return ModelOutcome("saved")

    def _shadow(self, wanted: Shadow) -> ModelOutcome:
        store, comparisons, _ = self._opened()
        if wanted.version:
            store.load(wanted.version)  # refused here, not in every worker
            if wanted.version == store.current():
                return ModelOutcome("refused", "it is in force: it says the same in shadow")
        comparisons.put_in_shadow(wanted.version, wanted.made_by)
        return ModelOutcome("saved")

    def _without_places(self, text: str) -> str:
        place = str(self._settings.model_store)
        return _PLACE.sub("…", text.replace(place, "the store"))[:500]
