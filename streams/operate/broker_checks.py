"""What doctor asks of Kafka: whether it answers, and whether the topics are as they should be."""

from collections.abc import Iterator
from dataclasses import replace

from schemas.topics import DAY_MS, MENTIONS_RAW, TOPICS, TopicSpec
from streams.errors import BrokerUnavailableError
from streams.operate.findings import Finding, Patient, bad, ok, skipped, warn
from streams.privacy.retention import Retention
from streams.privacy.topic_retention import RETENTION_MS, topic_settings
from streams.settings import Settings
from streams.topic_admin import Topic, TopicAdmin

PATIENCE_SEC = 6.0
POLICY = "cleanup.policy"


def broker(patient: Patient) -> Iterator[Finding]:
    """The broker and its topics."""
    settings = patient.settings
    if not patient.expects_services:
        yield skipped("broker", "No broker is expected yet.", "Start the stack: escucha up")
        return
    admin = TopicAdmin(settings.kafka, deadline_sec=PATIENCE_SEC)
    try:
        found = {spec.name: admin.topic(spec.name) for spec in _wanted(settings)}
        brokers = admin.brokers()
    except BrokerUnavailableError as error:
        yield bad(
            "broker",
            f"Kafka at {settings.kafka_bootstrap} does not answer: {error}.",
            "Is it running (escucha status)? Is ESCUCHA_KAFKA_BOOTSTRAP right, and does a"
            " firewall stand between? A broker must also advertise an address that this machine"
            " can reach (advertised.listeners).",
        )
        return
    yield ok("broker", f"Kafka at {settings.kafka_bootstrap} answers.")
    missing = [name for name, topic in found.items() if topic is None]
    if missing:
        yield bad(
            "topics",
            f"These topics are missing: {', '.join(missing)}.",
            "Run: escucha migrate",
        )
        return
    there = {n: t for n, t in found.items() if t is not None}
    faults = [*_single_copies(brokers, there), *_faults(settings, there)]
    yield from faults or [ok("topics", f"All {len(found)} topics are as they should be.")]


def _wanted(settings: Settings) -> list[TopicSpec]:
    return [
        replace(spec, name=settings.mentions_topic) if spec is MENTIONS_RAW else spec
        for spec in TOPICS
    ]


def _single_copies(brokers: int, found: dict[str, Topic]) -> Iterator[Finding]:
    """With one broker there is no other way; with several, one that is lost takes records along."""
    single = [name for name, topic in found.items() if topic.replication < 2]
    if brokers > 1 and single:
        yield warn(
            "topics",
            f"{', '.join(single)}: one copy each, on a cluster of {brokers} brokers. If the broker"
            " that has it is lost, so are the records.",
            "Set ESCUCHA_KAFKA_REPLICATION for topics to come, and give these more copies with"
            " kafka-reassign-partitions or your service's console. See RUNBOOK, Topics with one"
            " copy.",
        )


def _faults(settings: Settings, found: dict[str, Topic]) -> Iterator[Finding]:
    wanted = {spec.name: spec for spec in _wanted(settings)}
    busy = found[settings.mentions_topic]
    if busy.partitions < settings.kafka_partitions:
        yield warn(
            "topics",
            f"{busy.name} has {busy.partitions} partitions, and ESCUCHA_KAFKA_PARTITIONS says"
            f" {settings.kafka_partitions}.",
            "More than that many workers would stand idle. Partitions are never added by itself:"
            " an author's records would change places. See RUNBOOK, More partitions.",
        )
    days = Retention.parse(settings.retention_days).topics
    for name, spec in wanted.items():
        told = topic_settings(settings.kafka, name)
        if told is None:
            yield skipped("topics", "This broker does not tell the settings of its topics.")
            return
        expected = spec.config()
        if name in days:
            expected[RETENTION_MS] = str(days[name] * DAY_MS) if days[name] else "-1"
        for key in (POLICY, RETENTION_MS):
            is_now = told.get(key)
            if is_now is not None and is_now != expected[key]:
                yield warn(
                    "topics",
                    f"{name} has {key}={is_now}, and it should be {expected[key]}.",
                    "Set it with your broker's tools, or say what you want in"
                    " ESCUCHA_RETENTION_DAYS.",
                )


CHECKS = (broker,)
