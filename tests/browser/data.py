"""A generated story for the console: a month of mentions, their ledger, and some trouble."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from clickhouse_connect.driver.client import Client

from streams.upkeep.kept import OF_VALUE

TOPIC = "mentions.raw.v1"
TOPIC_ID = "story-2"  # the incarnation that counts
OLD_TOPIC_ID = "story-1"  # history: its gap must not alarm anybody
PARTITIONS = 3
HOSTILE_TEXT = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script> ¿qué tal?'
HOSTILE_AUTHOR = "<b>eva</b>"
HOSTILE_URL = "javascript:window.hacked=1"
QUOTED_BRAND = "L'Étoile \\ Cía"

_TEXTS = {
    ("es", "none"): (
        "Hoy por fin salió el sol en Madrid, qué falta hacía.",
        "El vuelo con {brand} llegó con dos horas de retraso y nadie explicó nada.",
    ),
    ("es", "latent"): (
        "Mi portátil ya no aguanta ni una reunión, habrá que ir pensando en otro.",
        "Qué envidia de cámara la del {brand} de mi hermana.",
    ),
    ("es", "active"): (
        "¿Alguien me recomienda un {brand} para estudiar? Presupuesto 700 €.",
        "Decidido: este viernes me compro el {brand}. ¿Mejor en tienda o en la web?",
    ),
    ("en", "none"): (
        "That keynote was forty minutes too long.",
        "{brand} support answered in five minutes, credit where it is due.",
    ),
    ("en", "latent"): (
        "My phone barely lasts till lunch these days, might be time.",
        "Everyone at work seems to have switched to {brand}. Hmm.",
    ),
    ("en", "active"): (
        "Looking for a laptop under $900, is the {brand} worth it?",
        "Ordering the {brand} tonight unless someone talks me out of it.",
    ),
}
_STAGES = {
    "none": ("none", "none", "none", "awareness", "use", "advocacy"),
    "latent": ("awareness", "awareness", "consideration"),
    "active": ("consideration", "consideration", "decision"),
}
_BRANDS = ("Nimbus", "Iberalia", "Kestrel", "Volta", "Aurora", QUOTED_BRAND)
_SOURCES = ("bluesky", "mastodon", "reddit", "csv")
_TOPICS = ("precio", "atención al cliente", "envíos", "batería", "devoluciones", "garantía")
_REASONS = ("exact", "near", "repost", "giveaway")
_REACTIONS = ("like", "follow", "repost", "bookmark")


def apply_schema(client: Client, migrations: Path) -> None:
    """Create every table of the migrations in the client's database."""
    for migration in sorted(migrations.glob("*.sql")):
        lines = [line for line in migration.read_text().splitlines() if not line.startswith("--")]
        for statement in "\n".join(lines).split(";"):
            if statement.strip():
                client.command(statement)


def insert_story(client: Client, *, mentions: int = 4_000, now: datetime | None = None) -> None:
    """Fill all tables the dashboard reads; the same call gives the same story."""
    now = now or datetime.now(UTC)
    generator = random.Random(11)
    span_sec = 29 * 86_400  # all of it within "last 30 days" while the tests run
    ages_sec = [span_sec * generator.random() ** 1.15 for _ in range(mentions)]
    ages_sec.sort(reverse=True)
    rows = [
        _mention(generator, number, now - timedelta(seconds=age_sec), now)
        for number, age_sec in enumerate(ages_sec)
    ]
    rows.append(_hostile_mention(generator, mentions, now))
    _insert(client, "mentions", rows)
    _insert(client, "near_duplicates", _copies(rows))
    _insert(client, "interactions", _interactions(now))
    _insert(client, "heartbeats", _heartbeats(generator, now))
    _insert(client, "ledger", _ledger(now, mentions))
    _insert(client, "dead_letters", _dead_letters(now))
    _insert(
        client,
        "dead_letter_replays",
        [{"topic_id": TOPIC_ID, "kafka_partition": 0, "kafka_offset": 5}],
    )


# What refreshable views keep, each after those it is made of.
KEPT = (
    "brand_accounts_kept",
    "care_replies",
    "first_contacts_kept",
    "contacts_by_day",
    "intent_signals",
    "author_journeys",
    "journey_steps",
    "care_items",
    "touchpoint_questions",
)
# What they keep for panels, of those and of others.
FOR_PANELS = (
    "engagement_weeks",
    "campaign_days",
    "experience_days",
    "heard_by_hour",
    "first_contacts_timed",
    "journey_places",
    "journey_changes",
    "journey_cohorts",
    "sources_kept",
    "labelled_mentions",
    "leads_top",
    "care_queue_top",
    "propensity_top",
    *OF_VALUE,
)


def refresh_kept(client: Client, tables: Sequence[str] = (*KEPT, *FOR_PANELS)) -> None:
    """Make the kept tables tell of what is stored now."""
    for table in tables:
        client.command(f"SYSTEM REFRESH VIEW {table}_view")
        client.command(f"SYSTEM WAIT VIEW {table}_view")
        # Where one was under way, that is the one waited for, and ours comes after it.
        while _is_under_way(client, f"{table}_view"):
            client.command(f"SYSTEM WAIT VIEW {table}_view")


def _is_under_way(client: Client, view: str) -> bool:
    [[running]] = client.query(
        "SELECT count() FROM system.view_refreshes WHERE database = currentDatabase()"
        " AND view = {view:String} AND status != 'Scheduled'",
        {"view": view},
    ).result_rows
    return bool(running)


def insert_mention(client: Client, number: int, published_at: datetime, **values: Any) -> None:
    """Insert one more mention, as if it had just been said."""
    now = datetime.now(UTC)
    row = _mention(random.Random(number), number, published_at, now) | {"stored_at": now} | values
    _insert(client, "mentions", [row])


def _insert(client: Client, table: str, rows: Sequence[dict[str, Any]]) -> None:
    columns = list(rows[0])
    values = [[row[column] for column in columns] for row in rows]
    client.insert(table, values, column_names=columns)


def _mention(
    generator: random.Random, number: int, published_at: datetime, now: datetime
) -> dict[str, Any]:
    lang = generator.choices(("es", "en", "pt", ""), (55, 38, 5, 2))[0]
    intent = generator.choices(("none", "latent", "active"), (76, 15, 9))[0]
    brands = generator.sample(_BRANDS, k=generator.choices((0, 1, 2), (35, 55, 10))[0])
    source = generator.choices(_SOURCES, (50, 20, 25, 5))[0]
    author = f"{generator.choice(('marta', 'leo', 'sofia', 'ken', 'ada', 'iker'))}{number % 97}"
    templates = _TEXTS["en" if lang == "en" else "es", intent]
    latent, active = _probabilities(generator, intent)
    # What was said in the last minutes was stored seconds later; the rest came as a file import.
    stored_at = min(published_at + timedelta(seconds=0.4 + generator.random()), now)
    return {
        "mention_id": f"{source}:{number}",
        "source": source,
        "kind": "post",
        "author_id": f"author-{author}",
        "author_handle": author,
        "text": generator.choice(templates).format(brand=brands[0] if brands else "modelo nuevo"),
        "lang": lang,
        "url": f"https://example.org/{source}/{number}" if source != "csv" else "",
        "published_at": published_at,
        "brands": brands,
        "topics": _topics(number),
        "intent": intent,
        "intent_latent": latent,
        "intent_active": active,
        "stage": generator.choice(_STAGES[intent]),
        "stage_probability": 0.5 + generator.random() / 2,
        **_more_judgements(number),
        "topic": TOPIC,
        "topic_id": TOPIC_ID,
        "kafka_partition": number % PARTITIONS,
        "kafka_offset": number // PARTITIONS,
        "kafka_timestamp": stored_at - timedelta(seconds=0.2 + generator.random()),
        "stored_at": stored_at,
    }


def _more_judgements(number: int) -> dict[str, Any]:
    """Replies, sentiment and acts, which contradict one another now and then."""
    generator = random.Random(number + 7)
    acts = generator.choices(([], ["question"], ["complaint"], ["praise"]), (5, 3, 1, 1))[0]
    return {
        "needs_reply": int(acts == ["question"] and generator.random() < 0.9),
        "sentiment": generator.choices(("neutral", "negative", "positive"), (6, 2, 2))[0],
        "acts": acts,
    }


def _hostile_mention(generator: random.Random, number: int, now: datetime) -> dict[str, Any]:
    return _mention(generator, number, now - timedelta(seconds=2), now) | {
        "text": HOSTILE_TEXT,
        "author_handle": HOSTILE_AUTHOR,
        "url": HOSTILE_URL,
        "lang": "es",
    }


def _topics(number: int) -> list[str]:
    """None for a third, one for most, two for some; the first topics more often."""
    generator = random.Random(number)
    chosen = generator.choices(
        _TOPICS, (9, 7, 5, 3, 2, 1), k=generator.choices((0, 1, 2), (3, 6, 1))[0]
    )
    return sorted(set(chosen))


def _copies(mentions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A sixth says what another one said before."""
    generator = random.Random(5)
    return [
        {
            "mention_id": row["mention_id"],
            "original": mentions[number // 2]["mention_id"],
            "parent": mentions[number // 2]["mention_id"],
            "reason": generator.choices(_REASONS, (4, 3, 6, 2))[0],
            "similarity": 0.9,
            "published_at": row["published_at"],
        }
        for number, row in enumerate(mentions)
        if number and generator.random() < 1 / 6
    ]


def _interactions(now: datetime) -> list[dict[str, Any]]:
    """Reactions to the brands, of people who also speak and of people who do not."""
    generator = random.Random(17)
    rows = []
    for number in range(1_200):
        occurred_at = now - timedelta(seconds=29 * 86_400 * generator.random())
        rows.append(
            {
                "interaction_id": f"bluesky:reaction-{number}",
                "source": "bluesky",
                "kind": generator.choices(_REACTIONS, (6, 3, 2, 1))[0],
                "author_id": f"author-quiet{generator.randrange(700)}",
                "target_id": f"bluesky:{number}",
                "brands": [generator.choice(_BRANDS)],
                "occurred_at": occurred_at,
                "topic": TOPIC,
                "topic_id": TOPIC_ID,
                "kafka_partition": 0,
                "kafka_offset": 200_000 + number,
                "kafka_timestamp": occurred_at,
                "stored_at": occurred_at + timedelta(seconds=1),
            }
        )
    return rows


def _probabilities(generator: random.Random, intent: str) -> tuple[float, float]:
    """Probabilities of latent and active that agree with the label."""
    sure = 0.55 + generator.random() * 0.4
    if intent == "latent":
        return sure, (1 - sure) / 2
    if intent == "active":
        return (1 - sure) / 2, sure
    return (1 - sure) * 0.6, (1 - sure) * 0.4


def _heartbeats(generator: random.Random, now: datetime) -> list[dict[str, Any]]:
    """Bluesky lives, Mastodon went silent an hour ago, a file came to its end, Reddit was left."""
    rows = [
        _beat("bluesky", 2_000 - number, now - timedelta(seconds=(number * 0.9) ** 1.9 + 1))
        for number in range(2_000)
    ]
    for number in range(40):
        rows.append(_beat("mastodon", number, now - timedelta(minutes=63 - number / 12)))
        rows.append(_beat("reddit", number, now - timedelta(days=9, minutes=-number / 12)))
    rows.append(_beat("csv", 0, now - timedelta(hours=30)))
    rows.append(_beat("csv", 1, now - timedelta(hours=29), sign="goodbye"))
    for row in rows:
        delay = timedelta(seconds=0.3 + generator.random() ** 3 * 2)
        row["stored_at"] = row["sent_at"] + delay
    return rows


def _beat(
    producer: str, sequence: int, sent_at: datetime, *, sign: str = "alive"
) -> dict[str, Any]:
    return {
        "producer": producer,
        "sequence": sequence,
        "sent_at": sent_at,
        "every_sec": 600.0 if producer == "bluesky" else 5.0,  # live while all tests run
        "sign": sign,
        "topic": TOPIC,
        "topic_id": TOPIC_ID,
        "kafka_partition": 0,
        "kafka_offset": 100_000 - sequence,
        "kafka_timestamp": sent_at,
    }


def _ledger(now: datetime, mentions: int) -> list[dict[str, Any]]:
    rows = []
    for partition in range(PARTITIONS):
        position, batch = 0, 200
        while position < mentions // PARTITIONS:
            stored = min(batch, mentions // PARTITIONS - position)
            broken = partition == 0 and position == 0
            rows.append(
                _plan(
                    TOPIC_ID,
                    partition,
                    position,
                    stored,
                    now - timedelta(seconds=60),
                    duplicates=2,
                    dead_letters=3 if broken else 0,
                )
            )
            position += stored
    rows.append(_plan(OLD_TOPIC_ID, 0, 0, 10, now - timedelta(days=40)))
    rows.append(_plan(OLD_TOPIC_ID, 0, 50, 10, now - timedelta(days=40)))
    return rows


def _plan(
    topic_id: str,
    partition: int,
    position: int,
    records: int,
    planned_at: datetime,
    *,
    duplicates: int = 0,
    dead_letters: int = 0,
) -> dict[str, Any]:
    return {
        "topic": TOPIC,
        "topic_id": topic_id,
        "kafka_partition": partition,
        "position": position,
        "first_offset": position,
        "last_offset": position + records - 1,
        "records": records,
        "mentions": records - duplicates - dead_letters,
        "interactions": 0,
        "heartbeats": 0,
        "duplicates": duplicates,
        "dead_letters": dead_letters,
        "filtered": 0,
        "worker": "worker-1",
        "planned_at": planned_at,
    }


def _dead_letters(now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "topic": TOPIC,
            "topic_id": TOPIC_ID,
            "kafka_partition": 0,
            "kafka_offset": offset,
            "kafka_timestamp": now - timedelta(minutes=offset),
            "stage": stage,
            "reason": reason,
            "key": f"author-{offset}",
            "value": value,
            "seen_at": now - timedelta(minutes=offset),
        }
        for offset, stage, reason, value in (
            (3, "decode", "Input data was truncated", '{"type":"mention","mention_id":"bluesky:1'),
            (4, "validate", "Expected `str` matching regex - at `$.source`", '{"type":"mention"}'),
            (5, "decode", "Invalid UTF-8", "\\xff\\xfe"),
        )
    ]
