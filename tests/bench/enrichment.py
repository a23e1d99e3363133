"""What each step of a mention's way costs: `python -m tests.bench.enrichment [--path]`.

Steps run in turns over the same real posts in batches of the size the pipeline has; reported is
the median of the rounds. Without `--path`: the steps of the enrichment alone, in processor time.
With it: the whole way from bytes to columns, and what two threads gain that share the batches; it
needs a model in the store (`escucha train`), and rules are the bundled ones.
"""

import gc
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import Any

import click
import msgspec
import numpy as np

from models.store import ModelStore
from streams.rule_book import RulesInForce, text_of
from streams.rules.loading import EXAMPLE
from streams.settings import Settings
from streams.steps import columns
from streams.steps.copies import signatures
from streams.steps.decode import decode_batch
from streams.steps.enrich import Enricher
from streams.steps.language import LanguageDetector
from streams.steps.masking import mask_mentions
from streams.steps.normalise import normalise
from streams.steps.pseudonyms import AuthorKeys
from streams.steps.spam import score
from streams.steps.traits import traits
from tests.bench.posts import as_mentions, posts, texts
from tests.builders import FakeRecord

BATCH = 10_000
ROUNDS = 7
MIX_OF_FILES = 7_919  # a prime that spreads the files over all batches
Took = dict[str, list[float]]


class Path:
    """The whole way of a batch, as the worker's threads go it."""

    def __init__(self) -> None:
        self._rules = RulesInForce.of(0, text_of(EXAMPLE), "bundled", AuthorKeys())
        self._model = ModelStore(Settings.from_environment().model_store).load()
        self._enricher = Enricher()
        self._provenance = columns.Provenance(columns.Origin("bench", "bench", 0), 1, "m", 0, "r")

    def __call__(self, records: Sequence[FakeRecord], took: dict[str, float]) -> None:
        """Go it; adds processor seconds per step to `took`."""

        def step(name: str, work: Callable[[], Any]) -> Any:
            started = time.thread_time()
            result = work()
            took[name] = took.get(name, 0.0) + time.thread_time() - started
            return result

        rules, of = self._rules.rules, self._rules.pseudonymiser
        decoded = step("decode", lambda: decode_batch(records))
        if decoded.rejected:
            raise ValueError(decoded.rejected[0].reason)
        heard = step("hear", lambda: self._enricher.hear(decoded, rules, of))
        enriched = step("enrich", lambda: self._enricher.enrich(heard, {}))
        predictions = step("predict", lambda: self._model.predict(enriched.texts))
        counted = np.ones(len(heard.mentions), bool)
        step(
            "columns",
            lambda: columns.mentions_table(
                heard, enriched, predictions, self._provenance, counted=counted
            ),
        )


@click.command(help=__doc__)
@click.option("--path", is_flag=True, help="The whole way of a mention.")
@click.option("--batch", type=click.IntRange(min=100), default=BATCH, show_default=True)
@click.option("--rounds", type=click.IntRange(min=1), default=ROUNDS, show_default=True)
def main(path: bool, batch: int, rounds: int) -> None:
    """Print microseconds per mention."""
    if path:
        measure_path(batch, rounds)
    else:
        measure_steps(batch, rounds)


def measure_steps(batch: int, rounds: int) -> None:
    """Each step of the enrichment by itself, and their sum."""
    written = texts()
    detector = LanguageDetector()
    found = normalise(written)
    mentions = as_mentions(found)
    claims = ["en"] * len(found)
    steps: dict[str, Callable[[slice], object]] = {
        "normalise": lambda part: normalise(written[part]),
        "language": lambda part: detector.detect(found[part], claims[part]),
        "mask": lambda part: mask_mentions(mentions[part]),
        "traits": lambda part: traits(mentions[part], found[part]),
        "spam": lambda part: score(mentions[part], found[part]),
        "copies": lambda part: signatures(found[part]),
    }
    parts = [slice(start, start + batch) for start in range(0, len(found), batch)]
    took: Took = {name: [] for name in steps}
    for step in steps.values():
        step(slice(0, 100))  # compiles, loads
    for _ in range(rounds):
        for name, step in steps.items():
            started = time.process_time()
            for part in parts:
                step(part)
            took[name].append((time.process_time() - started) / len(found) * 1e6)
    characters = sum(map(len, found)) / len(found)
    print(f"{len(found):,} different posts, {characters:.0f} characters on average, one thread,")
    print(f"batches of {batch:,}; processor microseconds per mention, median of {rounds} rounds")
    _print(took)
    print(f"  {'together':10} {sum(map(median, took.values())):6.2f}")
    print("  (together in the pipeline it is less: there the steps share one look at the texts)")


def measure_path(batch: int, rounds: int) -> None:
    """The way of whole batches: step by step on one thread, then two threads."""
    records = list(_records())
    parts = [records[start : start + batch] for start in range(0, len(records), batch)]
    path = Path()
    path(records[:200], {})  # compiles, loads
    gc.collect()  # as the worker does
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    took: Took = {}
    clock: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(rounds):
        for threads, times in clock.items():
            steps: list[dict[str, float]] = [{} for _ in parts]
            started = time.perf_counter()
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(path, parts, steps))
            times.append((time.perf_counter() - started) / len(records) * 1e6)
            if threads == 1:
                for name in steps[0]:
                    seconds = sum(of_part[name] for of_part in steps)
                    took.setdefault(name, []).append(seconds / len(records) * 1e6)
    print(f"{len(records):,} different posts, batches of {batch:,}, one thread;")
    print(f"processor microseconds per mention, median of {rounds} rounds")
    _print(took)
    together = sum(map(median, took.values()))
    print(f"  {'together':12} {together:6.2f}")
    print(f"  {'but predict':12} {together - median(took['predict']):6.2f}")
    one, two = median(clock[1]), median(clock[2])
    print(f"on the clock: {one:.2f} on one thread, {two:.2f} on two, {one / two:.2f} times as fast")


def _records() -> list[FakeRecord]:
    """Every different post as a record, those of all files mixed."""
    languages: dict[str, str] = {}
    for _, text, lang in posts():
        languages.setdefault(text, lang)
    if not languages:
        sys.exit("no posts: set ESCUCHA_DATA")
    found = list(languages.items())
    mixed = [found[number * MIX_OF_FILES % len(found)] for number in range(len(found))]
    encode = msgspec.json.encode
    of_text = as_mentions([text for text, _ in mixed])
    return [
        FakeRecord(number, encode(msgspec.structs.replace(mention, lang=lang)))
        for number, (mention, (_, lang)) in enumerate(zip(of_text, mixed, strict=True))
    ]


def _print(took: Took) -> None:
    for name, rounds in took.items():
        print(f"  {name:12} {median(rounds):6.2f}")


if __name__ == "__main__":
    main()
