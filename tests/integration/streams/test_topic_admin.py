"""What a broker answers for a moment after it started is asked again, up to a deadline."""

from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import KafkaError

from streams.errors import BrokerUnavailableError
from streams.kafka_access import KafkaAccess
from streams.topic_admin import TopicAdmin
from tests.fakes.kafka_mock import LIST_OFFSETS, OFFSET_FETCH, MockCluster, mock_cluster

TOPIC = "mentions"


@pytest.fixture
def cluster() -> Iterator[MockCluster]:
    with mock_cluster() as cluster:
        cluster.make_topic(TOPIC)
        yield cluster


def offsets(admin: TopicAdmin) -> object:
    return admin.log_offsets(TOPIC, [0])


def committed(admin: TopicAdmin) -> object:
    return admin.committed("group", TOPIC, [0])


@pytest.mark.parametrize(
    ("question", "request_kind", "code", "answer"),
    [
        (offsets, LIST_OFFSETS, KafkaError.UNKNOWN_LEADER_EPOCH, {0: (0, 0)}),
        (offsets, LIST_OFFSETS, KafkaError.FENCED_LEADER_EPOCH, {0: (0, 0)}),
        (offsets, LIST_OFFSETS, KafkaError.NOT_LEADER_FOR_PARTITION, {0: (0, 0)}),
        (offsets, LIST_OFFSETS, KafkaError.OFFSET_NOT_AVAILABLE, {0: (0, 0)}),
        (offsets, LIST_OFFSETS, KafkaError.UNKNOWN_TOPIC_OR_PART, {0: (0, 0)}),
        (committed, OFFSET_FETCH, KafkaError.COORDINATOR_LOAD_IN_PROGRESS, {}),
        (committed, OFFSET_FETCH, KafkaError.NOT_COORDINATOR, {}),
        (committed, OFFSET_FETCH, KafkaError.UNSTABLE_OFFSET_COMMIT, {}),
    ],
)
def test_what_passes_is_asked_again(
    cluster: MockCluster,
    question: Callable[[TopicAdmin], object],
    request_kind: int,
    code: int,
    answer: object,
) -> None:
    cluster.err(request_kind, [code] * 4)

    assert question(TopicAdmin(KafkaAccess(cluster.bootstrap))) == answer
    assert cluster.requests(request_kind) > 2


def test_what_does_not_pass_in_time_is_said(cluster: MockCluster) -> None:
    cluster.err(LIST_OFFSETS, [KafkaError.UNKNOWN_LEADER_EPOCH] * 10_000)

    with pytest.raises(BrokerUnavailableError, match="Leader epoch is newer"):
        offsets(TopicAdmin(KafkaAccess(cluster.bootstrap), deadline_sec=1.5))
    assert cluster.requests(LIST_OFFSETS) > 1


def test_a_refusal_is_not_asked_again(cluster: MockCluster) -> None:
    cluster.err(OFFSET_FETCH, [KafkaError.GROUP_AUTHORIZATION_FAILED] * 10_000)

    with pytest.raises(BrokerUnavailableError, match="authorization failed"):
        committed(TopicAdmin(KafkaAccess(cluster.bootstrap)))
    assert cluster.requests(OFFSET_FETCH) == 1
