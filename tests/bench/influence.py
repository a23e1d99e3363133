"""Does measured influence find who moves people? `python -m tests.bench.influence [--seed 1]`.

A made-up half year in which it is known who ordered because of whom. People differ in how active
they are, and the more active both react more and buy more anyway; some recommenders have an
audience of frequent buyers, so that many order after them who would have ordered anyway; followers
say a little about who persuades. The rows go into ClickHouse, a run is computed, and recommenders
are ranked by followers, by how many ordered after them, and by the net of that. Told is, for each,
which share of all orders that were caused the top tenth caused, and the rank correlation (Spearman)
with what each caused; and whether the sums come near the truth.

Beside it, what the real support threads of ESCUCHA_DATA allow: they have replies and no orders.
"""

import argparse
import csv
import os
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
from clickhouse_connect.driver.client import Client
from numpy.typing import NDArray

from deploy.local.handles import start_clickhouse
from streams.migrate import connect
from streams.upkeep import value
from tests.bench.signals_scale import migrate_tables, settings_of

PEOPLE, RECOMMENDERS, WEEKS = 20_000, 300, 26
START = datetime(2026, 1, 5, tzinfo=UTC)
WINDOW_DAYS = 14


@dataclass(frozen=True)
class Made:
    """What happened, and what of it was caused by whom."""

    mentions: list[list[object]]
    reactions: list[list[object]]
    orders: list[list[object]]
    followers: NDArray[np.float64]
    caused: NDArray[np.int64]


def made(seed: int) -> Made:
    """A world by a seed."""
    rng = np.random.default_rng(seed)
    activity = rng.gamma(1.0, 1.0, PEOPLE)  # mentions a week
    hazard = np.minimum(0.004 + 0.012 * activity, 0.08)  # orders a week, anyway
    buyers = np.argsort(hazard)[-PEOPLE // 10 :]
    talent = rng.normal(size=RECOMMENDERS)
    followers = np.exp(5 + 1.2 * (0.2 * talent + 0.98 * rng.normal(size=RECOMMENDERS)))
    persuades = np.clip(0.03 * np.exp(1.0 * talent), 0, 0.4)
    has_buyers = rng.random(RECOMMENDERS) < 0.25
    mentions: list[list[object]] = []
    reactions: list[list[object]] = []
    orders: list[list[object]] = []
    caused = np.zeros(RECOMMENDERS, dtype=np.int64)

    def at(week: float) -> datetime:
        return START + timedelta(days=7 * week)

    for person in range(PEOPLE):
        for week in rng.uniform(0, WEEKS, rng.poisson(activity[person] * WEEKS / 4)):
            mentions.append([f"m{len(mentions)}", f"p{person}", at(week), [], 0])
        for week in rng.uniform(0, WEEKS, rng.poisson(hazard[person] * WEEKS)):
            orders.append([f"o{len(orders)}", f"p{person}", at(week), Decimal(20), "EUR"])
    weights = activity / activity.sum()
    for recommender in range(RECOMMENDERS):
        for _ in range(1 + rng.poisson(1.5)):
            said = rng.uniform(1, WEEKS - 3)
            id_ = f"r{len(mentions)}"
            author = f"rec{recommender}"
            mentions.append(
                [id_, author, at(said), ["gives_recommendation"], int(followers[recommender])]
            )
            audience = 3 + rng.poisson(np.sqrt(followers[recommender]))
            likers = (
                rng.choice(buyers, audience)
                if has_buyers[recommender]
                else rng.choice(PEOPLE, audience, p=weights)
            )
            for person in set(likers.tolist()):
                when = said + rng.exponential(0.15)
                reactions.append([f"i{len(reactions)}", f"p{person}", at(when), id_, "like"])
                if rng.random() < persuades[recommender]:
                    caused[recommender] += 1
                    later = when + rng.uniform(0.05, WINDOW_DAYS / 7 - 0.05)
                    orders.append([f"o{len(orders)}", f"p{person}", at(later), Decimal(20), "EUR"])
    return Made(mentions, reactions, orders, followers, caused)


def store(client: Client, world: Made) -> None:
    """The rows as the worker would have written them."""
    client.insert(
        "mentions",
        world.mentions,
        column_names=["mention_id", "author_id", "published_at", "acts", "followers"],
    )
    client.insert(
        "interactions",
        world.reactions,
        column_names=["interaction_id", "author_id", "occurred_at", "target_id", "kind"],
    )
    client.insert(
        "orders",
        world.orders,
        column_names=["order_id", "author_id", "ordered_at", "amount", "currency"],
    )


def ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks with ties shared."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    shared: NDArray[np.float64] = ((last - counts + 1 + last) / 2)[inverse]
    return shared


def told(name: str, score: NDArray[np.float64], caused: NDArray[np.int64]) -> str:
    """A line on how well a score ranks."""
    top = np.argsort(-score, kind="stable")[: RECOMMENDERS // 10]
    share = caused[top].sum() / caused.sum()
    spearman = float(np.corrcoef(ranks(score), ranks(caused.astype(np.float64)))[0, 1])
    return f"{name:28} top tenth caused {share:5.1%} of it, Spearman {spearman:+.2f}"


def simulated(seed: int) -> None:
    """Make, compute, compare."""
    world = made(seed)
    with (
        tempfile.TemporaryDirectory() as folder,
        start_clickhouse(Path(folder)) as server,
        connect(settings_of(server, Path(folder)), in_database=True) as client,
    ):
        migrate_tables(client)
        store(client, world)
        value.compute(client)
        rows = client.query(
            "SELECT author_id, influenced_people, influenced_net, net_low, net_high FROM influence"
        ).result_rows
    found = {author: numbers for author, *numbers in rows}
    measured = np.array(
        [[float(x) for x in found.get(f"rec{r}", (0, 0, 0, 0))] for r in range(RECOMMENDERS)]
    )
    gross, net, low, high = measured.T
    caused = world.caused
    print(f"seed {seed}: {len(world.orders):,} orders, {caused.sum()} of them caused")
    for name, score in (
        ("followers only", world.followers),
        ("ordered after (gross)", gross),
        ("net", net),
        ("perfect knowledge", caused.astype(np.float64)),
    ):
        print(told(name, score, caused))
    print(f"sum: gross {gross.sum():.0f}, net {net.sum():.0f}, caused {caused.sum()}")
    inside = np.mean((low <= caused) & (caused <= high))
    print(f"what they caused lies in the interval of {inside:.0%} of the recommenders")


def threads(data: Path) -> None:
    """What the real threads allow: whether people who are answered speak again soon after.

    The same question a day earlier for the same people is what they would have done anyway.
    """
    file = data / "support_threads_en.csv"
    if not file.exists():
        print(f"no {file.name} in {data}: nothing real to look at")
        return
    with file.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["created_at"]]
    when = {
        row["tweet_id"]: datetime.strptime(row["created_at"], "%a %b %d %H:%M:%S %z %Y")
        for row in rows
    }
    author = {row["tweet_id"]: row["author_id"] for row in rows}
    brands = {row["author_id"] for row in rows if row["inbound"] == "False"}
    spoke = defaultdict(list)
    for row in rows:
        spoke[row["author_id"]].append(when[row["tweet_id"]])
    day = timedelta(days=1)
    counts: Counter[str] = Counter()
    for row in rows:
        parent = row["in_response_to_tweet_id"].removesuffix(".0")
        if parent not in author or author[parent] in brands:
            continue
        kind = "brand" if row["author_id"] in brands else "person"
        asked, at = author[parent], when[row["tweet_id"]]
        if asked == row["author_id"]:
            continue
        counts[f"{kind} answered"] += 1
        counts[f"{kind} after"] += any(at < t <= at + day for t in spoke[asked])
        # A day earlier; the mention that was answered itself is left out.
        counts[f"{kind} before"] += any(
            at - 2 * day < t <= at - day and t != when[parent] for t in spoke[asked]
        )
    for kind in ("brand", "person"):
        if answered := counts[f"{kind} answered"]:
            after, before = counts[f"{kind} after"] / answered, counts[f"{kind} before"] / answered
            print(
                f"real threads, answered by a {kind}: {answered}; spoke again within a day"
                f" {after:.1%}, a day earlier {before:.1%}, net {after - before:.1%}"
            )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.influence")
    parser.add_argument("--seed", type=int, nargs="+", default=[1, 2, 3])
    for seed in parser.parse_args().seed:
        simulated(seed)
    threads(Path(os.environ.get("ESCUCHA_DATA", "../shared/data")))


if __name__ == "__main__":
    main()
