"""What each step of the enrichment costs: `python -m tests.bench.enrichment`.

Steps run in turns over the same real posts in batches of the size the pipeline has; reported is
processor time, the median of the rounds.
"""

import time
from collections.abc import Callable
from statistics import median

from streams.steps.copies import signatures
from streams.steps.language import LanguageDetector
from streams.steps.normalise import normalise
from streams.steps.spam import score
from streams.steps.traits import traits
from tests.bench.posts import as_mentions, texts

BATCH = 10_000
ROUNDS = 7


def main() -> None:
    """Print microseconds per mention of each step and of all together."""
    written = texts()
    detector = LanguageDetector()
    found = normalise(written)
    mentions = as_mentions(found)
    claims = ["en"] * len(found)
    steps: dict[str, Callable[[slice], object]] = {
        "normalise": lambda part: normalise(written[part]),
        "language": lambda part: detector.detect(found[part], claims[part]),
        "traits": lambda part: traits(mentions[part], found[part]),
        "spam": lambda part: score(mentions[part], found[part]),
        "copies": lambda part: signatures(found[part]),
    }
    parts = [slice(start, start + BATCH) for start in range(0, len(found), BATCH)]
    took: dict[str, list[float]] = {name: [] for name in steps}
    for step in steps.values():
        step(slice(0, 100))  # compiles, loads
    for _ in range(ROUNDS):
        for name, step in steps.items():
            started = time.process_time()
            for part in parts:
                step(part)
            took[name].append((time.process_time() - started) / len(found) * 1e6)
    characters = sum(map(len, found)) / len(found)
    print(f"{len(found):,} different posts, {characters:.0f} characters on average, one thread,")
    print(f"batches of {BATCH:,}; processor microseconds per mention, median of {ROUNDS} rounds")
    for name, rounds in took.items():
        print(f"  {name:10} {median(rounds):6.2f}")
    print(f"  {'together':10} {sum(map(median, took.values())):6.2f}")


if __name__ == "__main__":
    main()
