"""How fast texts become features and predictions: `python -m tests.bench.analyser`.

Everything is timed in one run, in turns, and reported as the median of the rounds, so a busy
machine slows all alike and the ratios hold. Texts are the tweets in the folder ESCUCHA_DATA
names (default: ../shared/data); where there are none, the project's corpus, repeated.
"""

import json
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import click
import psutil
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.pipeline import FeatureUnion

import models
from models.analyser import HashedText, warm_up
from models.labels import load_corpus
from models.predictions import Texts
from models.store import ModelStore

DATA = Path(os.environ.get("ESCUCHA_DATA", "../shared/data"))
FILES = ("airlines_en_sentiment.jsonl", "laptop_tweets_unlabelled.jsonl")
BATCH = 500  # mentions: larger batches gain nothing

Work = Callable[[Sequence[str]], object]


def read_texts(count: int) -> tuple[list[str], str]:
    """Return `count` texts, evenly spaced over what there is, and where they are from."""
    paths = [DATA / name for name in FILES if (DATA / name).is_file()]
    texts = [json.loads(line)["text"] for path in paths for line in path.open(encoding="utf-8")]
    source = f"{len(texts)} tweets of {DATA}"
    if not texts:
        texts = [item.text for item in load_corpus()]
        source = f"the {len(texts)} mentions of the corpus"
    return [texts[at * len(texts) // count] for at in range(count)], source


def in_batches(work: Work) -> Work:
    """Return work that is done batch by batch, as the stream does it."""

    def run(texts: Sequence[str]) -> None:
        for start in range(0, len(texts), BATCH):
            work(texts[start : start + BATCH])

    return run


def in_threads(work: Work, threads: int) -> Work:
    """Return work whose batches are shared out over threads."""

    def run(texts: Sequence[str]) -> None:
        with ThreadPoolExecutor(threads) as pool:
            batches = (texts[start : start + BATCH] for start in range(0, len(texts), BATCH))
            list(pool.map(work, batches))

    return run


def seconds_per_text(work: Work, texts: Sequence[str]) -> float:
    """Time one pass over the texts."""
    start = time.perf_counter()
    work(texts)
    return (time.perf_counter() - start) / len(texts)


def resident_mb() -> float:
    """Return what the process holds now, in MB."""
    return float(psutil.Process().memory_info().rss / 1e6)


@click.command()
@click.option("--rounds", type=click.IntRange(min=1), default=5, show_default=True)
@click.option("--texts", "count", type=click.IntRange(min=BATCH), default=20_000, show_default=True)
def main(rounds: int, count: int) -> None:
    """Compare the compiled analyser with scikit-learn's on the same texts."""
    texts, source = read_texts(count)
    few = texts[:: max(1, count // 2000)]  # scikit-learn's are too slow for all of them
    started = time.perf_counter()
    warm_up()
    warm_seconds = time.perf_counter() - started
    shipped = ModelStore(Path(models.__file__).parent / "shipped")
    model = shipped.load(shipped.versions()[-1])

    words = {"analyzer": "word", "ngram_range": (1, 2), "strip_accents": "unicode"}
    chars = {"analyzer": "char_wb", "ngram_range": (3, 5), "strip_accents": "unicode"}
    hashing = FeatureUnion(
        [(o["analyzer"], HashingVectorizer(n_features=2**17, **o)) for o in (words, chars)]
    )
    tfidf = FeatureUnion(
        [(o["analyzer"], TfidfVectorizer(max_features=2**17, **o)) for o in (words, chars)]
    ).fit(few)
    compiled = HashedText().transform

    def predict(some: Sequence[str]) -> object:
        return model.predict(Texts.plain(some, "en"))

    def reply(some: Sequence[str]) -> object:
        return model.predict(Texts(some, ["en"] * len(some), [*some[1:], some[0]]))

    rivals: dict[str, tuple[Work, Sequence[str]]] = {
        "HashedText, words 1-2 + chars 3-5": (in_batches(compiled), texts),
        "the same, 2 threads over batches": (in_threads(compiled, 2), texts),
        "the same, threads=2, all in one call": (HashedText(threads=2).transform, texts),
        "HashedText, words 1-2": (in_batches(HashedText(char_ngrams=None).transform), texts),
        "Model.predict, five heads": (in_batches(predict), texts),
        "the same, each with a parent": (in_batches(reply), texts),
        "the same, 2 threads over batches ": (in_threads(predict, 2), texts),
        "HashingVectorizer, words + chars": (in_batches(hashing.transform), few),
        "TfidfVectorizer, words + chars": (in_batches(tfidf.transform), few),
    }
    took: dict[str, list[float]] = {name: [] for name in rivals}
    for _ in range(rounds):
        for name, (work, given) in rivals.items():
            took[name].append(seconds_per_text(work, given))

    ours = median(took["HashedText, words 1-2 + chars 3-5"])
    click.echo(f"{source}; batches of {BATCH}; medians of {rounds} rounds")
    click.echo(f"warm_up {warm_seconds:.2f} s")
    for name, times in took.items():
        each = median(times)
        click.echo(f"{name:36} {1 / each:10,.0f}/s {each * 1e6:8.2f} us {each / ours:7.2f} x")
    before = resident_mb()
    predict(texts[:10_000])
    click.echo(f"resident {before:.0f} MB, with 10,000 texts in one call {resident_mb():.0f} MB")


if __name__ == "__main__":
    main()
