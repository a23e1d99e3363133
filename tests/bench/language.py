"""How often the language is right, and what a claim does: `python -m tests.bench.language`.

Truth is what the files of real posts say of each post. Claims are simulated, since the data has
none: right, right in 85 of 100 and else the default of an app, or always that default.
"""

import random
import time
from collections.abc import Sequence

import psutil

from streams.steps import language
from streams.steps.language import LanguageDetector
from tests.bench.posts import posts

SEED = 7
LENGTHS = (20, 40, 80)


def main() -> None:
    """Print shares of right answers per language and length, and time and memory."""
    found = list(dict.fromkeys((text, truth) for _, text, truth in posts()))
    if not found:
        raise SystemExit("no posts: set ESCUCHA_DATA")
    texts, truth = [text for text, _ in found], [truth for _, truth in found]
    before = psutil.Process().memory_info().rss
    detector = LanguageDetector()
    detector.detect(texts[:100], [""] * 100)
    grown = (psutil.Process().memory_info().rss - before) / 2**20
    print(f"{len(texts):,} different posts; detector and tables take {grown:.0f} MB")
    rng = random.Random(SEED)
    claims = {
        "no claim": [""] * len(texts),
        "claim right": truth,
        "claim 85% right": [code if rng.random() < 0.85 else "en" for code in truth],
        "claim always en": ["en"] * len(texts),
    }
    for weight in (1.0, language.CLAIM_WEIGHT, 20.0):
        language.CLAIM_WEIGHT = weight  # type: ignore[misc]  # tried out here
        print(f"a claim multiplies its language's chance by {weight:g}:")
        for name, claimed in claims.items():
            started = time.process_time()
            codes, _ = detector.detect(texts, claimed)
            took = (time.process_time() - started) / len(texts) * 1e6
            print(f"  {name:16}{_shares(texts, truth, codes)}  {took:.1f} µs")
    _votes(detector, texts, truth)


def _shares(texts: Sequence[str], truth: Sequence[str], codes: Sequence[str]) -> str:
    right = [code == wanted for code, wanted in zip(codes, truth, strict=True)]
    groups = {"all": right}
    for wanted in ("es", "en"):
        groups[wanted] = [r for r, t in zip(right, truth, strict=True) if t == wanted]
    for length in LENGTHS:
        groups[f"<{length}"] = [
            r for r, text in zip(right, texts, strict=True) if _written(text) < length
        ]
    return "".join(
        f"  {name} {sum(group) / len(group):.2%} ({len(group):,})"
        for name, group in groups.items()
        if group
    )


def _written(text: str) -> int:
    """Characters that are left to judge by, once links, handles, hashtags and emoji are out."""
    return len(language.words_to_judge(text))


def _votes(detector: LanguageDetector, texts: Sequence[str], truth: Sequence[str]) -> None:
    winners = detector.vote(texts).tolist()
    decided = [(w, t) for w, t in zip(winners, truth, strict=True) if w >= 0]
    right = sum(language.LANGUAGES[w] == t for w, t in decided)
    print(
        f"small words alone settle {len(decided) / len(texts):.1%} of the posts,"
        f" {right / len(decided):.3%} of them as the file says"
    )


if __name__ == "__main__":
    main()
