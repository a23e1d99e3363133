"""Two people who talk, in Kafka and in ClickHouse, as the pipeline leaves them."""

import json
from typing import Any

from clickhouse_connect.driver.client import Client
from confluent_kafka import Consumer, Producer, TopicPartition

from streams.settings import Settings
from streams.topic_admin import TopicAdmin
from tests.integration.privacy.rows import AT, insert, interaction, mention

ANA = "did:plc:ana4711"
LUIS = "did:plc:luis"
ANA_SAID = f"bluesky:at://{ANA}/post/1"
LUIS_SAID = f"bluesky:at://{LUIS}/post/2"
STAYS = "bluesky:at://x/post/3"


def author(author_id: str, handle: str) -> dict[str, str]:
    return {"id": author_id, "handle": handle}


def events() -> list[dict[str, Any]]:
    at = AT.isoformat()
    common = {"type": "mention", "source": "bluesky", "published_at": at}
    return [
        {
            **common,
            "mention_id": ANA_SAID,
            "author": author(ANA, "ana.example"),
            "text": "my own words, long enough to be told from others",
        },
        {
            **common,
            "mention_id": LUIS_SAID,
            "author": author(LUIS, "luis.example"),
            "text": "hola @Ana.example and @anabel, how are you",
            "parent_id": ANA_SAID,
            "parent_author_id": ANA,
            "root_id": ANA_SAID,
            "parent_text": "my own words, long enough to be told from others",
            "mentioned": [author(ANA, "ana.example"), author("did:plc:eva", "eva.example")],
        },
        {**common, "mention_id": STAYS, "author": author("x", ""), "text": "nobody of interest"},
        {
            "type": "interaction",
            "interaction_id": "bluesky:like-1",
            "source": "bluesky",
            "author": author(ANA, "ana.example"),
            "kind": "like",
            "target_id": LUIS_SAID,
            "occurred_at": at,
        },
        {
            "type": "interaction",
            "interaction_id": "bluesky:follow-1",
            "source": "bluesky",
            "author": author(LUIS, "luis.example"),
            "kind": "follow",
            "target_id": ANA,
            "target_author_id": ANA,
            "occurred_at": at,
        },
        {"type": "heartbeat", "producer": "bluesky", "sequence": 1, "sent_at": at},
    ]


def fill_tables(client: Client) -> None:
    """What the events became, with labels, orders and more."""
    empty = {"author_handle": "", "parent_author_id": "", "root_id": ""}
    lists = {"mentioned_ids": [], "mentioned_handles": [], "links": []}
    own, reply, other, *_ = events()
    insert(
        client,
        "mentions",
        mention(ANA_SAID, ANA)
        | empty
        | lists
        | {"author_handle": "ana.example"}
        | {"text": own["text"]},
        mention(LUIS_SAID, LUIS)
        | empty
        | {
            "author_handle": "luis.example",
            "parent_author_id": ANA,
            "parent_id": ANA_SAID,
            "root_id": ANA_SAID,
            "parent_text": own["text"],
            "text": reply["text"],
            "mentioned_ids": [ANA, "did:plc:eva"],
            "mentioned_handles": ["ana.example", "eva.example"],
            "links": [f"https://bsky.app/profile/{ANA}", "https://example.org/shop"],
        },
        mention(STAYS, "x") | empty | lists | {"text": other["text"]},
    )
    insert(
        client,
        "interactions",
        interaction("bluesky:like-1", ANA, target_id=LUIS_SAID),
        interaction("bluesky:follow-1", LUIS, target_id=ANA, target_author_id=ANA),
    )
    client.insert(
        "near_duplicates",
        [[STAYS, ANA_SAID], [LUIS_SAID, STAYS]],
        column_names=["mention_id", "original"],
    )
    client.insert(
        "alert_evidence",
        [["alert", ANA_SAID], ["alert", LUIS_SAID]],
        column_names=["alert_id", "mention_id"],
    )
    insert(
        client,
        "labels",
        {"mention_id": ANA_SAID, "labeller": "eva"},
        {"mention_id": STAYS, "labeller": "eva"},
    )
    insert(
        client,
        "orders",
        {"order_id": "o1", "author_id": ANA, "amount": 10, "referred_by": LUIS},
        {"order_id": "o2", "author_id": LUIS, "amount": 20, "referred_by": ANA},
    )
    insert(client, "gestures", {"gesture_id": "g1", "author_id": ANA, "cost": 1})
    insert(
        client,
        "dead_letters",
        {"key": b"k", "value": b'{"author": {"id": "did:plc:ana4711"}, broken', "reason": "r"},
        {"key": b"k", "value": b"something else", "reason": "r"},
    )
    insert(
        client,
        "deletions",
        {
            "target": "mention",
            "target_id": "bluesky:gone",
            "source": "bluesky",
            "author_id": ANA,
            "deleted_at": AT,
        },
    )


def fill_topics(settings: Settings) -> int:
    """Events under their authors' keys, the business topics too; returns how many events."""
    producer = Producer({"bootstrap.servers": settings.kafka_bootstrap, "log_level": 0})
    at_ms = int(AT.timestamp() * 1000)

    def send(topic: str, key: str, value: dict[str, Any]) -> None:
        producer.produce(topic, json.dumps(value).encode(), key, partition=0, timestamp=at_ms)

    for event in events():
        who = event.get("author", {}).get("id", "heartbeat")
        send(settings.mentions_topic, who, event)
    order = {"ordered_at": AT.isoformat(), "amount": "10", "currency": "EUR"}
    send("orders.v1", ANA, {"order_id": "o1", "author_id": ANA, **order})
    send("orders.v1", LUIS, {"order_id": "o2", "author_id": LUIS, "referred_by": ANA, **order})
    label = {"labeller": "eva", "labelled_at": AT.isoformat(), "guide_version": "1"}
    send("labels.v1", ANA_SAID, {"mention_id": ANA_SAID, **label})
    send("labels.v1", STAYS, {"mention_id": STAYS, **label})
    assert producer.flush(30) == 0
    return len(events())


def read_by_workers(settings: Settings) -> None:
    """Commit the ends of all topics, as workers do that have stored everything."""
    consumer = Consumer(
        {
            "bootstrap.servers": settings.kafka_bootstrap,
            "group.id": settings.kafka_group,
            "enable.auto.commit": False,
            "log_level": 0,
        }
    )
    admin = TopicAdmin(settings.kafka)
    for topic in (settings.mentions_topic, "orders.v1", "labels.v1"):
        (_, end) = admin.log_offsets(topic, [0])[0]
        consumer.commit(offsets=[TopicPartition(topic, 0, end)], asynchronous=False)
    consumer.close()
