"""What explaining costs: `python -m tests.bench.explain`.

The model in the store (`escucha train`) judges real posts in batches of the worker's size, with and
without driving words, in turns; reported are medians of processor time a mention. The share of
mentions with intent decides what the words cost, so it is set: that share of each batch, chosen
evenly, is given the intent "active", whatever the model says.
"""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import click
import numpy as np

from models.predictions import Texts
from models.store import ModelStore
from streams.settings import Settings
from tests.bench.posts import texts

BATCH = 10_000


@click.command(help=__doc__)
@click.option("--rounds", type=click.IntRange(min=1), default=9, show_default=True)
@click.option("--share", type=click.FloatRange(0, 1), default=0.05, show_default=True)
def main(rounds: int, share: float) -> None:
    """Print microseconds per mention."""
    model = ModelStore(Settings.from_environment().model_store).load()
    written = texts()
    parts = [written[at : at + BATCH] for at in range(0, len(written), BATCH)]
    intents = [np.where(np.arange(len(part)) % round(1 / share) == 0, 2, 0) for part in parts]
    few = written[:: max(1, len(written) // 2000)]
    explainer = model.explainer
    started = time.perf_counter()
    model.predict(Texts.plain(few))
    explainer.explain(few, "stage", [2] * len(few))
    print(f"first use {time.perf_counter() - started:.2f} s")

    def words() -> None:
        for part, labels in zip(parts, intents, strict=True):
            explainer.intent_words(part, labels)

    def judge() -> None:
        for part in parts:
            for at in range(0, len(part), 500):
                model._stacked(part[at : at + 500])

    works: dict[str, tuple[Callable[[], Any], int]] = {
        "judging alone": (judge, len(written)),
        f"driving words, {share:.0%} with intent": (words, len(written)),
        "one whole explanation of one head": (
            lambda: explainer.explain(few, "stage", [2] * len(few)),
            len(few),
        ),
    }
    took: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, (work, count) in works.items():
            begun = time.process_time()
            work()
            took[name].append((time.process_time() - begun) / count * 1e6)
    print(f"{len(written):,} real posts, medians of {rounds} rounds, one thread")
    for name, times in took.items():
        print(f"{name:40} {median(times):8.2f} us a mention")
    chosen = sum(int((labels > 0).sum()) for labels in intents)
    each = median(took[f"driving words, {share:.0%} with intent"]) * len(written) / chosen
    print(f"{'driving words of one with intent':40} {each:8.2f} us")


if __name__ == "__main__":
    main()
