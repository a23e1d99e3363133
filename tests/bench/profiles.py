"""What the profiles cost: `python -m tests.bench.profiles`.

Real posts of all files, drawn evenly, are judged in one thread by the fast profile, the accurate
one and the cascade of a model in a store (by default the shipped one), in turns; reported are
medians of processor time a mention, as mentions a second and core.
"""

import json
import time
from pathlib import Path
from statistics import median

import click
from threadpoolctl import threadpool_limits

from models import profiles
from models.predictions import Predictions, Texts
from models.store import ModelStore
from streams.training import SHIPPED
from tests.bench.posts import posts


@click.command(help=__doc__)
@click.option("--store", type=click.Path(path_type=Path), default=SHIPPED, show_default=True)
@click.option("--version", help="[default: the newest]")
@click.option("--mentions", type=click.IntRange(min=100), default=1_000, show_default=True)
@click.option("--rounds", type=click.IntRange(min=1), default=3, show_default=True)
def main(store: Path, version: str | None, mentions: int, rounds: int) -> None:
    """Print a line for each profile, then all as JSON."""
    found = list({text: (text, lang) for _, text, lang in posts()}.values())
    if not found:
        raise SystemExit("no posts: set ESCUCHA_DATA")
    drawn = found[:: max(1, len(found) // mentions)][:mentions]
    texts = Texts([text for text, _ in drawn], [lang for _, lang in drawn], [""] * len(drawn))
    kept = ModelStore(store)
    models = {
        profile: profiles.load(kept, version or kept.versions()[-1], profile)
        for profile in profiles.PROFILES
    }
    took: dict[str, list[float]] = {name: [] for name in models}
    said: dict[str, Predictions] = {}
    with threadpool_limits(limits=1):
        for model in models.values():
            model.predict(texts.take(range(50)))
        for _ in range(rounds):
            for name, model in models.items():
                begun = time.process_time()
                said[name] = model.predict(texts)
                took[name].append((time.process_time() - begun) / len(texts))
    asked = [v.endswith("+accurate") for v in said["cascade"].versions]
    print(f"{len(texts):,} real posts, medians of {rounds} rounds, one thread")
    rates = {name: 1 / median(times) for name, times in took.items()}
    for name, rate in rates.items():
        print(f"{name:10} {rate:10,.0f} mentions/s and core")
    print(f"of the cascade's, {sum(asked) / len(asked):.1%} went to the accurate profile")
    print(json.dumps({**rates, "escalated": sum(asked) / len(asked)}))


if __name__ == "__main__":
    main()
