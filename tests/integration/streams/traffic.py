"""Days of invented mentions as a model judged them, straight into ClickHouse."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from clickhouse_connect.driver.client import Client

LANGS = {"es": 0.55, "en": 0.38, "pt": 0.07}
SOURCES = {"bluesky": 0.6, "reddit": 0.3, "mastodon": 0.1}


@dataclass(frozen=True)
class Mix:
    """What a day is made of; whoever says what is drawn anew for each day."""

    mentions: int = 4_000
    authors: int = 900
    langs: Mapping[str, float] = field(default_factory=lambda: LANGS)
    sources: Mapping[str, float] = field(default_factory=lambda: SOURCES)
    adverts: float = 0.02
    intent: float = 0.1
    version: str = "20260101T000000Z-00000000"

    def but(self, **changes: object) -> "Mix":
        """The same with changes."""
        return replace(self, **changes)  # type: ignore[arg-type]


def say(client: Client, mix: Mix, start: datetime, *, seed: int, hours: int = 24) -> None:
    """Store the mentions of the hours from `start` on; the same seed stores the same."""
    names = ["mention_id", "source", "author_id", "text", "lang", "published_at", "topics"]
    names += ["spam", "intent", "intent_latent", "intent_active", "stage", "stage_probability"]
    names += ["needs_reply", "needs_reply_probability", "sentiment", "sentiment_score", "acts"]
    names += ["model_version", "kafka_timestamp", "topic_id", "kafka_offset"]
    client.command(
        f"INSERT INTO mentions ({', '.join(names)}) {_SELECT}",
        {
            "seed": seed,
            "mentions": mix.mentions,
            "authors": mix.authors,
            "start": int(start.timestamp()),
            "seconds": hours * 3600,
            "langs": list(mix.langs),
            "lang_ends": _ends(mix.langs),
            "sources": list(mix.sources),
            "source_ends": _ends(mix.sources),
            "adverts": mix.adverts,
            "intent": mix.intent,
            "version": mix.version,
        },
    )


def _ends(shares: Mapping[str, float]) -> list[float]:
    total, ends = 0.0, []
    for share in shares.values():
        total += share
        ends.append(total / sum(shares.values()))
    return [*ends[:-1], 1.0]


def _drawn(salt: str) -> str:
    return f"(cityHash64('{salt}', number, {{seed:UInt64}}) % 1000000 / 1000000)"


def _one_of(names: str, ends: str, salt: str) -> str:
    return (
        f"{{{names}:Array(String)}}[arrayFirstIndex(e -> {_drawn(salt)} < e,"
        f" {{{ends}:Array(Float64)}})]"
    )


_SELECT = f"""
SELECT
    concat('t:', {{seed:UInt64}}, '-', number),
    {_one_of("sources", "source_ends", "source")},
    concat('author-', cityHash64('who', number, {{seed:UInt64}}) % {{authors:UInt32}}),
    repeat('palabra ', 1 + cityHash64('length', number, {{seed:UInt64}}) % 20) AS said,
    {_one_of("langs", "lang_ends", "lang")},
    fromUnixTimestamp64Milli(toInt64(
        1000 * ({{start:UInt32}} + {_drawn("moment")} * {{seconds:UInt32}})
    )) AS moment,
    if({_drawn("topic")} < 0.3, ['precio'], []),
    if({_drawn("advert")} < {{adverts:Float64}}, 0.97, {_drawn("spam")} * 0.3),
    if({_drawn("intent")} < {{intent:Float64}}, 'active', 'none') AS wants,
    0.05,
    if(wants = 'active', 0.6, 0.1) * (0.5 + {_drawn("chance")} / 2),
    if(wants = 'active', 'decision', 'none'),
    0.6 + {_drawn("stage")} * 0.4,
    {_drawn("reply")} < 0.2,
    {_drawn("reply")},
    if({_drawn("mood")} < 0.3, 'negative', 'neutral'),
    {_drawn("mood")} * 2 - 1,
    if({_drawn("act")} < 0.2, ['question'], []),
    {{version:String}},
    moment,
    't',
    number
FROM numbers({{mentions:UInt32}})
"""
