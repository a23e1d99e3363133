"""How much each mention counts: in the sample, in resamples of it, and at another prevalence."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np

from models import measures
from models.answers import Figures
from models.errors import CorpusError
from models.evaluated import Figure
from models.labels import LabelledMention
from models.measures import Indices, Values, Weights

RESAMPLES: Final = 1_000
SEED: Final = 7
_INTERVAL: Final = (2.5, 97.5)


class Weighting:
    """The weights of all mentions, in the sample and in resamples of it."""

    def __init__(
        self,
        items: Sequence[LabelledMention],
        *,
        prevalence: float | None,
        number: int = RESAMPLES,
        seed: int = SEED,
    ) -> None:
        """Raises CorpusError when a prevalence is asked for and one side of it is missing."""
        self._settled = np.array([bool(item.intent) for item in items])
        self._intent = np.array([item.intent not in ("", "none") for item in items])
        self._prevalence = prevalence
        self._number, self._seed = number, seed
        yes = int(self._intent.sum())
        if prevalence is not None and not 0 < yes < self._settled.sum():
            raise CorpusError(
                "cannot weigh to a prevalence: the file needs mentions with intent and without"
            )
        self.sample = self._weighed(np.ones((1, len(items))))
        """(1, mentions)"""

    def resamples(self) -> Iterator[Weights]:
        """Yield chunks of (resamples, mentions), the same at every call."""
        for counts in measures.resamples(len(self._intent), self._number, self._seed):
            yield self._weighed(counts)

    def _weighed(self, counts: Weights) -> Weights:
        if self._prevalence is None:
            return counts
        return measures.to_prevalence(counts, self._intent, self._settled, self._prevalence)

    def share_of_intent(self) -> float | None:
        """The share of mentions with intent, not weighed, among those that are settled."""
        settled = int(self._settled.sum())
        return float(self._intent.sum() / settled) if settled else None

    def measure(self, at: Indices, figures: Callable[[Weights], Figures]) -> dict[str, Figure]:
        """Return the figures of the mentions `at`, with their intervals."""
        point = figures(self.sample[:, at])
        drawn = [figures(weights[:, at]) for weights in self.resamples()]
        return {
            name: interval(float(value[0]), np.concatenate([part[name] for part in drawn]))
            for name, value in point.items()
        }


def interval(value: float, drawn: Values) -> Figure:
    """Return a value with the middle 95 % of what was drawn, leaving out what is not defined."""
    if np.isnan(value):
        return Figure(None)
    known = drawn[~np.isnan(drawn)]
    if not len(known):
        return Figure(value)
    low, high = np.percentile(known, _INTERVAL)
    return Figure(value, float(low), float(high))
