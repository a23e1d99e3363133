"""Is the corpus a set of templates? `python -m tests.bench.corpus` prints a table that says.

Every measure depends on how much text there is, so all sets are cut to one size first: the same
number of lines, drawn with a fixed seed, and for distinct n-grams the same number of words. Links
and handles are left out: they are random in real posts and invented in the corpus. Beside the
corpus stand real posts, where there are any, and a set made here from templates as a warning of
what such a set looks like.
"""

import random
import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice

import numpy as np

from models.labels import load_corpus
from tests.bench.posts import posts
from tests.likeness import nearest

SEED = 7
LINES = 1_900
WORDS = 15_000
# Mostly adverts that bots repeat; with them real posts would look more alike than people are.
ADVERTS = ("laptop_tweets_unlabelled",)
_NOISE = re.compile(r"https?://\S+|@\w+")

FRAMES = {
    "en": (
        "Looking for a {thing} under ${price}, any recommendations?",
        "I want to buy a {thing} from {brand} {when}.",
        "My {brand} {thing} stopped working {when}, very disappointed.",
        "Thinking about getting a new {thing} {when}.",
        "I love my new {brand} {thing}, highly recommend it!",
        "{brand} announces a new {thing} for ${price}.",
        "@{brand} how much is the {thing} {when}?",
        "Just ordered a {thing} from {brand} for ${price}!",
        "Do not buy the {brand} {thing}, it broke {when}.",
        "Good morning everyone, have a great day {when}!",
    ),
    "es": (
        "Busco {thing} por menos de {price} euros, ¿alguna recomendación?",
        "Quiero comprar {thing} de {brand} {when}.",
        "Mi {thing} de {brand} dejó de funcionar {when}, muy decepcionado.",
        "Estoy pensando en comprarme {thing} {when}.",
        "Me encanta mi {thing} de {brand}, muy recomendable.",
        "{brand} presenta {thing} por {price} euros.",
        "@{brand} ¿cuánto cuesta {thing} {when}?",
        "Acabo de pedir {thing} a {brand} por {price} euros.",
        "No compren {thing} de {brand}, se rompió {when}.",
        "Buenos días a todos, que tengan un buen día {when}.",
    ),
}
THINGS = {
    "en": (
        "phone",
        "laptop",
        "tablet",
        "camera",
        "speaker",
        "jacket",
        "sofa",
        "bike",
        "watch",
        "fridge",
    ),
    "es": (
        "móvil",
        "portátil",
        "tableta",
        "cámara",
        "altavoz",
        "chaqueta",
        "sofá",
        "bici",
        "reloj",
        "nevera",
    ),
}
WHEN = {
    "en": ("today", "tomorrow", "this week", "next month", "yesterday", "tonight", "on Friday"),
    "es": ("hoy", "mañana", "esta semana", "el mes que viene", "ayer", "esta noche", "el viernes"),
}
BRANDS = (
    "Nimbara",
    "Kolmio",
    "Tessera",
    "Cordal",
    "Telvia",
    "Okari",
    "Zarcela",
    "Planivo",
    "Velouria",
    "Brumel",
)


def templated(lang: str, count: int, rng: random.Random) -> list[str]:
    """Different lines filled from ten frames: the control."""
    made: dict[str, None] = {}
    while len(made) < count:
        frame = rng.choice(FRAMES[lang])
        line = frame.format(
            thing=rng.choice(THINGS[lang]),
            brand=rng.choice(BRANDS),
            when=rng.choice(WHEN[lang]),
            price=rng.randrange(50, 2_000, 10),
        )
        made[line] = None
    return list(made)


def plain(text: str) -> str:
    """The text without links and handles."""
    return " ".join(_NOISE.sub(" ", text).split())


def words(text: str) -> list[str]:
    """The words of a text, in lower case."""
    return re.findall(r"\w+", text.lower())


def distinct(texts: Sequence[str], size: int, budget: int) -> float:
    """Different runs of `size` words for each thousand, in the first `budget` words."""
    seen: set[tuple[str, ...]] = set()
    total = 0
    for text in texts:
        found = words(text)
        runs = [tuple(found[at : at + size]) for at in range(len(found) - size + 1)]
        seen.update(islice(runs, max(0, budget - total)))
        total += len(runs)
        if total >= budget:
            break
    return 1_000 * len(seen) / min(total, budget)


def shared_starts(texts: Sequence[str]) -> float:
    """The share of lines of three words or more that begin with the three words of another."""
    starts = [tuple(found[:3]) for text in texts if len(found := words(text)) >= 3]
    counts = Counter(starts)
    return sum(counts[start] > 1 for start in starts) / len(starts)


def real_posts() -> dict[str, list[str]]:
    """Real posts by language, each once, without the file that is full of adverts."""
    found: dict[str, dict[str, None]] = {"es": {}, "en": {}}
    for name, text, lang in posts():
        if name not in ADVERTS and lang in found and plain(text):
            found[lang][plain(text)] = None
    return {lang: list(texts) for lang, texts in found.items()}


def sets() -> dict[str, list[str]]:
    """Every set to be measured, cut to one number of lines."""
    rng = random.Random(SEED)
    items = load_corpus()
    real = real_posts()
    every: dict[str, list[str]] = {}
    for lang in ("es", "en"):
        own = [item for item in items if item.lang == lang]
        every[f"corpus {lang}"] = [plain(item.text) for item in own]
        for draw in ("balanced", "natural"):
            every[f"  {draw} {lang}"] = [plain(item.text) for item in own if item.draw == draw]
        if real[lang]:
            every[f"real posts {lang}"] = real[lang]
        every[f"templates {lang}"] = templated(lang, LINES, rng)
    return {
        name: rng.sample(kept, min(LINES, len(kept)))
        for name, texts in every.items()
        if (kept := [text for text in texts if text])
    }


def main() -> None:
    """Print the table."""
    every = sets()
    head = "distinct n-grams per 1,000       same 3   similarity to the nearest in the set"
    print(f"{'':20}lines  {head}")
    print(f"{'':27}{'1':>6}{'2':>8}{'3':>8}   at start     mean    p50    p90    p99    max  >0.5")
    for name, texts in every.items():
        grams = "".join(f"{distinct(texts, size, WORDS):8.0f}" for size in (1, 2, 3))
        print(
            f"{name:19}{len(texts):6,}{grams}{shared_starts(texts):11.1%}  {_spread(texts, None)}"
        )
    print("\nsimilarity of each line of the first set to the nearest of the second")
    for lang in ("es", "en"):
        corpus, real = every[f"corpus {lang}"], every.get(f"real posts {lang}")
        if real is None:
            print(f"no real posts in {lang}: set ESCUCHA_DATA")
            continue
        print(f"{f'corpus – real {lang}':46}{_spread(corpus, real)}")
        print(f"{f'real – corpus {lang}':46}{_spread(real, corpus)}")


def _spread(texts: Sequence[str], others: Sequence[str] | None) -> str:
    best, _ = nearest(texts, others)
    marks = [best.mean(), *np.quantile(best, (0.5, 0.9, 0.99)), best.max()]
    return "".join(f"{mark:7.2f}" for mark in marks) + f"{(best > 0.5).mean():7.1%}"


if __name__ == "__main__":
    main()
