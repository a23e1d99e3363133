"""People whose chance to buy is known, since it is what decides whether they do."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from clickhouse_connect.driver.client import Client

WEEK = timedelta(days=7)


@dataclass
class World:
    """Some months of mentions and orders; every week each person's chance is computed and drawn.

    The chance of a week is of what the person said and bought before it: how lately they showed
    active intent, how often, and whether they are customers. Half of all active mentions are of
    people who only dream, told by how often they say it.
    """

    people: int
    weeks: int
    until: datetime
    seed: int = 3
    level: float = -4.2
    said: dict[int, list[tuple[datetime, str]]] = field(default_factory=dict)
    bought: dict[int, list[datetime]] = field(default_factory=dict)
    chances: dict[tuple[int, datetime], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        random = np.random.default_rng(self.seed)
        for person in range(self.people):
            self._live(person, random)

    @property
    def moments(self) -> list[datetime]:
        """The beginnings of weeks, the last one the end of the world."""
        return [self.until - WEEK * back for back in range(self.weeks, -1, -1)]

    def _live(self, person: int, random: np.random.Generator) -> None:
        said: list[tuple[datetime, str]] = []
        bought: list[datetime] = []
        talks, wants = random.gamma(1.2, 0.8), random.beta(0.7, 5)
        for start in self.moments:
            chance = self.chance(said, bought, start)
            self.chances[person, start] = chance
            if start == self.until:
                break
            if random.random() < chance:
                bought.append(start + WEEK * random.random())
            for _ in range(random.poisson(talks)):
                kind = "active" if random.random() < wants else "none"
                if kind == "none" and random.random() < 0.1:
                    kind = "latent"
                said.append((start + WEEK * random.random(), kind))
        self.said[person], self.bought[person] = said, bought

    def chance(
        self, said: list[tuple[datetime, str]], bought: list[datetime], at: datetime
    ) -> float:
        """The chance to buy in the week from `at` on, of what was before."""
        active = [moment for moment, kind in said if kind == "active" and moment < at]
        lately = np.exp(-(at - max(active)) / timedelta(days=10)) if active else 0.0
        often = sum(at - moment <= timedelta(days=30) for moment in active)
        customer = any(at - moment <= timedelta(days=365) for moment in bought)
        score = self.level + 2.4 * lately + 0.5 * np.log1p(often) + 0.8 * customer
        return float(1 / (1 + np.exp(-score)))

    def store(self, client: Client) -> None:
        """Put what was said and bought into the tables."""
        mentions = [
            self._mention(person, number, *one)
            for person, said in self.said.items()
            for number, one in enumerate(said)
        ]
        insert(client, "mentions", mentions)
        orders = [
            {
                "order_id": f"o{person}-{number}",
                "author_id": f"p{person}",
                "ordered_at": moment,
                "topic_id": "world",
            }
            for person, bought in self.bought.items()
            for number, moment in enumerate(bought)
        ]
        if orders:
            insert(client, "orders", orders)

    def _mention(self, person: int, number: int, at: datetime, intent: str) -> dict[str, Any]:
        return {
            "mention_id": f"w:{person}-{number}",
            "source": "bluesky",
            "author_id": f"p{person}",
            "published_at": at,
            "kafka_timestamp": at,
            "intent": intent,
            "intent_active": 0.9 if intent == "active" else 0.05,
            "intent_latent": 0.9 if intent == "latent" else 0.05,
            "stage": "decision" if intent == "active" else "none",
            "topic_id": "world",
            "kafka_offset": person * 1_000 + number,
        }


def insert(client: Client, table: str, rows: list[dict[str, Any]]) -> None:
    """Insert rows of the same columns."""
    names = list(rows[0])
    client.insert(table, [[row[name] for name in names] for row in rows], column_names=names)
