"""What the broker knows of topics: their ids, partitions and end offsets; and creating them."""

import asyncio
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final, NoReturn, TypeVar

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec  # type: ignore[attr-defined]

from schemas.topics import TopicSpec
from streams import retry
from streams.errors import BrokerUnavailableError, MigrationError
from streams.kafka_access import KafkaAccess, Refusals, not_allowed

T = TypeVar("T")

REQUEST_TIMEOUT_SEC = 10.0
TOPIC_ID_AGE_SEC = 2.0

# What a broker or the client says while brokers start, stop or hand partitions over, and what the
# same question is no longer answered with a moment later. KafkaError.retriable() does not tell:
# librdkafka sets it on errors of transactions only, never on an answer to an admin request.
PASSING: Final = frozenset(
    {
        # The connection was lost, or the answer took too long.
        KafkaError._TRANSPORT,
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._TIMED_OUT,
        KafkaError._TIMED_OUT_QUEUE,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.NETWORK_EXCEPTION,
        # The partition's leader changes: the broker, or what this client remembers, is behind.
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.UNKNOWN_LEADER_EPOCH,
        KafkaError.OFFSET_NOT_AVAILABLE,
        KafkaError.BROKER_NOT_AVAILABLE,
        KafkaError.REPLICA_NOT_AVAILABLE,
        KafkaError.KAFKA_STORAGE_ERROR,
        # The group's coordinator moves, or still reads its log.
        KafkaError._WAIT_COORD,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.NOT_COORDINATOR,
        KafkaError.UNSTABLE_OFFSET_COMMIT,
        # The controller moves, or wants to be asked less.
        KafkaError.NOT_CONTROLLER,
        KafkaError.THROTTLING_QUOTA_EXCEEDED,
    }
)


@dataclass(frozen=True)
class Topic:
    """A topic as the broker has it."""

    name: str
    topic_id: str
    partitions: int
    replication: int = 1  # of the partition that has fewest copies


class TopicAdmin:
    """Blocking calls to the broker; `BrokerUnavailableError` when it does not answer in time.

    An answer that is bound to pass is asked for again until then, with a new client: the old one
    may remember leaders of before the broker started again, and ask those for a quarter hour.
    """

    def __init__(self, kafka: KafkaAccess, *, deadline_sec: float = REQUEST_TIMEOUT_SEC) -> None:
        self._kafka = kafka
        self._refusals = Refusals(kafka)
        self._deadline_sec = deadline_sec
        self._admin = self._client()

    def _client(self) -> AdminClient:
        settings: dict[str, Any] = {
            **self._kafka.client_settings(),
            "error_cb": self._refusals.note,
            "socket.timeout.ms": int(REQUEST_TIMEOUT_SEC * 1000),
        }
        return AdminClient(settings)

    def _ask(
        self, question: Callable[[AdminClient], T], *, also: frozenset[int] = frozenset()
    ) -> T:
        """The answer; raises `BrokerUnavailableError` when passing errors last to the deadline.

        `also`: codes that pass for this question. Any other error is raised as it came.
        """

        def attempt() -> T:
            try:
                return question(self._admin)
            except KafkaException as error:
                if error.args[0].code() not in PASSING | also:
                    raise
                trouble = self._unavailable(error)
                self._admin = self._client()
                raise trouble from error

        return retry.blocking_until_deadline(
            attempt,
            retry_on=BrokerUnavailableError,
            deadline_sec=self._deadline_sec,
            what="Kafka",
        )

    def topic(self, name: str) -> Topic | None:
        """The topic, or None when there is none of this name."""

        def question(admin: AdminClient) -> Topic:
            [(_, future)] = admin.describe_topics(
                TopicCollection([name]), request_timeout=REQUEST_TIMEOUT_SEC
            ).items()
            found = future.result()
            copies = min((len(one.replicas) for one in found.partitions), default=1)
            return Topic(name, str(found.topic_id), len(found.partitions), copies)

        try:
            return self._ask(question)
        except KafkaException as error:
            if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                return None
            raise self._unavailable(error) from error

    def brokers(self) -> int:
        """How many brokers the cluster has now."""

        def question(admin: AdminClient) -> int:
            return len(admin.list_topics(timeout=REQUEST_TIMEOUT_SEC).brokers)

        try:
            return self._ask(question)
        except KafkaException as error:
            raise self._unavailable(error) from error

    def create(self, spec: TopicSpec, *, partitions: int, replication: int) -> None:
        """Create the topic; raises MigrationError when the broker refuses."""
        new = NewTopic(
            spec.name,
            num_partitions=spec.partitions or partitions,
            replication_factor=replication,
            config=spec.config(),
        )

        def question(admin: AdminClient) -> None:
            [(_, future)] = admin.create_topics([new], request_timeout=REQUEST_TIMEOUT_SEC).items()
            future.result()

        try:
            self._ask(question)
        except KafkaException as error:
            if error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS:
                return  # maybe by an attempt of ours whose answer was lost
            why = not_allowed(error.args[0], self._kafka.user) or error.args[0].str()
            raise MigrationError(f"topic {spec.name}: {why}") from error

    def log_offsets(self, topic: str, partitions: Sequence[int]) -> Mapping[int, tuple[int, int]]:
        """First and next offset of each partition.

        The next offset is found by reading to the end: Tansu answers "latest" with the offset
        after the first record of its last batch.
        """
        tps = [TopicPartition(topic, partition) for partition in partitions]

        def question(admin: AdminClient) -> tuple[dict[int, int], dict[int, int]]:
            first = admin.list_offsets({tp: OffsetSpec.earliest() for tp in tps})  # type: ignore[no-untyped-call]
            last = admin.list_offsets({tp: OffsetSpec.latest() for tp in tps})  # type: ignore[no-untyped-call]
            return (
                {tp.partition: first[tp].result().offset for tp in tps},
                {tp.partition: last[tp].result().offset for tp in tps},
            )

        try:
            # Whoever asks has seen the topic; a broker that just started may not know it yet.
            starts, about = self._ask(question, also=frozenset({KafkaError.UNKNOWN_TOPIC_OR_PART}))
        except KafkaException as error:
            raise self._unavailable(error) from error
        ends = self._read_to_end(topic, about)
        return {partition: (starts[partition], ends[partition]) for partition in partitions}

    def _read_to_end(self, topic: str, about: Mapping[int, int]) -> Mapping[int, int]:
        ends: dict[int, int] = {}
        with closing(self._read(topic, about)) as found:
            while len(ends) < len(about):
                partition, offset, is_end = next(found)
                if is_end:
                    ends[partition] = offset
        return ends

    def lag(
        self, topic: str, ends: Mapping[int, tuple[int, int]], committed: Mapping[int, int]
    ) -> Mapping[int, int]:
        """Offsets of each partition that are still to be read; 0 where they hold no record.

        A transaction leaves a marker behind its last record that no reader is handed, so nobody
        commits it until there is more: a group that has read everything would look behind.
        """
        positions = {p: max(start, committed.get(p, 0)) for p, (start, _) in ends.items()}
        behind = {p: at for p, at in positions.items() if at < ends[p][1]}
        unread: dict[int, bool] = {}
        with closing(self._read(topic, behind)) as found:
            while len(unread) < len(behind):
                partition, _, is_end = next(found)
                unread.setdefault(partition, not is_end)
        return {p: ends[p][1] - at if unread.get(p, False) else 0 for p, at in positions.items()}

    def _read(
        self, topic: str, positions: Mapping[int, int]
    ) -> Generator[tuple[int, int, bool], None, NoReturn]:
        """Partition and offset of each record from there on, and of each end, which is told so."""
        consumer = Consumer(
            {
                **self._kafka.client_settings(),
                "group.id": "escucha-reconcile",  # never joined: partitions are assigned by hand
                "enable.auto.commit": False,
                "enable.partition.eof": True,
            }
        )
        try:
            consumer.assign([TopicPartition(topic, p, offset) for p, offset in positions.items()])
            deadline = time.monotonic() + REQUEST_TIMEOUT_SEC
            while True:
                if time.monotonic() > deadline:
                    raise BrokerUnavailableError(
                        f"Kafka at {self._kafka.bootstrap} did not say in"
                        f" {REQUEST_TIMEOUT_SEC:.0f} s where {topic} ends"
                    )
                message = consumer.poll(0.2)
                if message is None:
                    continue
                partition, offset, error = message.partition(), message.offset(), message.error()
                is_end = error is not None and error.code() == KafkaError._PARTITION_EOF
                if (error is None or is_end) and partition is not None and offset is not None:
                    yield partition, offset, is_end
        finally:
            consumer.close()

    def committed(self, group: str, topic: str, partitions: Sequence[int]) -> Mapping[int, int]:
        """Committed offset of each partition; partitions without one are left out.

        Asked by a consumer that never joins the group: librdkafka 2.16 ends the whole process
        when the coordinator answers an admin client that it is the coordinator no longer.
        """
        asked = [TopicPartition(topic, partition) for partition in partitions]

        def question(_: AdminClient) -> list[TopicPartition]:
            consumer = Consumer(
                {
                    **self._kafka.client_settings(),
                    "group.id": group,
                    "enable.auto.commit": False,
                }
            )
            try:
                answer = consumer.committed(asked, timeout=self._deadline_sec)
            finally:
                consumer.close()
            for tp in answer:
                if tp.error is not None:  # its offset would read as "none committed"
                    raise KafkaException(tp.error)
            return answer

        try:
            answer = self._ask(question)
        except KafkaException as error:
            raise self._unavailable(error) from error
        return {tp.partition: tp.offset for tp in answer if tp.offset >= 0}

    def set_committed(self, group: str, offsets: Mapping[tuple[str, int], int]) -> None:
        """Let a group go on from these offsets, by topic and partition.

        Done as a member that has all partitions, which also makes the broker forget members that
        were killed. Raises BrokerUnavailableError where others have some: workers run.
        """
        wanted = [TopicPartition(topic, number, at) for (topic, number), at in offsets.items()]
        consumer = Consumer(
            {
                **self._kafka.client_settings(),
                "group.id": group,
                "enable.auto.commit": False,
                "partition.assignment.strategy": "roundrobin",  # as Faust's: others are refused
                "session.timeout.ms": 6_000,
            }
        )
        try:
            consumer.subscribe(sorted({topic for topic, _ in offsets}))
            deadline = time.monotonic() + self._deadline_sec
            while not offsets.keys() <= {(tp.topic, tp.partition) for tp in consumer.assignment()}:
                if time.monotonic() > deadline:
                    raise BrokerUnavailableError(
                        f"the offsets of group {group} cannot be set, it has other members: stop"
                        " the workers, and try again"
                    )
                said = consumer.poll(0.2)
                error = None if said is None else said.error()
                if error is not None and not_allowed(error, self._kafka.user):
                    raise KafkaException(error)
            for tp in consumer.commit(offsets=wanted, asynchronous=False) or ():
                if tp.error is not None:
                    raise KafkaException(tp.error)
        except KafkaException as error:
            raise self._unavailable(error) from error
        finally:
            consumer.close()

    def _unavailable(self, error: KafkaException) -> BrokerUnavailableError:
        words = self._refusals.remedy(self._admin.poll)
        if words := words or not_allowed(error.args[0], self._kafka.user):
            return BrokerUnavailableError(words)
        return BrokerUnavailableError(
            f"Kafka at {self._kafka.bootstrap} does not answer: {error.args[0].str()}."
            " Is it up, and are ESCUCHA_KAFKA_BOOTSTRAP and ESCUCHA_KAFKA_SECURITY right?"
        )


class TopicIds:
    """Ids of topics for the event loop; a topic that was deleted and made again has a new one."""

    def __init__(self, admin: TopicAdmin, deadline_sec: float) -> None:
        self._admin = admin
        self._deadline_sec = deadline_sec
        self._known: dict[str, tuple[float, str]] = {}

    async def __call__(self, topic: str) -> str:
        """The id, at most two seconds old; waits for the broker until the deadline."""
        asked_at, topic_id = self._known.get(topic, (-TOPIC_ID_AGE_SEC, ""))
        if time.monotonic() - asked_at < TOPIC_ID_AGE_SEC:
            return topic_id
        topic_id = await retry.until_deadline(
            lambda: asyncio.to_thread(self._ask, topic),
            retry_on=BrokerUnavailableError,
            deadline_sec=self._deadline_sec,
            what="Kafka",
        )
        self._known[topic] = (time.monotonic(), topic_id)
        return topic_id

    def _ask(self, name: str) -> str:
        topic = self._admin.topic(name)
        if topic is None:
            raise BrokerUnavailableError(f"there is no topic {name} yet: run escucha migrate")
        return topic.topic_id
