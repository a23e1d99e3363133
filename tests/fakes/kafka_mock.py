"""librdkafka's own mock cluster: speaks Kafka over real sockets and errs when it is told to.

The library comes inside confluent_kafka, whose Python side has no calls for it.
"""

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import confluent_kafka

LIST_OFFSETS, METADATA, OFFSET_FETCH, FIND_COORDINATOR = 2, 3, 9, 10  # numbers of the protocol


class MockCluster:
    """A cluster of one broker."""

    def __init__(self, library: ctypes.CDLL, cluster: int) -> None:
        self._library, self._cluster = library, cluster

    @property
    def bootstrap(self) -> str:
        """Where it listens."""
        found: bytes = self._library.rd_kafka_mock_cluster_bootstraps(self._cluster)
        return found.decode()

    def make_topic(self, name: str) -> None:
        """Make a topic with one partition."""
        assert self._library.rd_kafka_mock_topic_create(self._cluster, name.encode(), 1, 1) == 0

    def err(self, request: int, codes: Sequence[int]) -> None:
        """Answer the next requests of this kind with these error codes, one each."""
        array = (ctypes.c_int * len(codes))(*codes)
        self._library.rd_kafka_mock_push_request_errors_array(
            self._cluster, ctypes.c_int16(request), ctypes.c_size_t(len(codes)), array
        )

    def requests(self, kind: int) -> int:
        """How many of this kind came."""
        count = ctypes.c_size_t()
        found = self._library.rd_kafka_mock_get_requests(self._cluster, ctypes.byref(count))
        kinds = [self._library.rd_kafka_mock_request_api_key(found[n]) for n in range(count.value)]
        self._library.rd_kafka_mock_request_destroy_array(found, count)
        return kinds.count(kind)


@contextmanager
def mock_cluster() -> Iterator[MockCluster]:
    """A cluster for one test."""
    library = _library()
    words = ctypes.create_string_buffer(512)
    handle = library.rd_kafka_new(0, library.rd_kafka_conf_new(), words, len(words))
    assert handle, words.value
    cluster = library.rd_kafka_mock_cluster_new(handle, 1)
    try:
        library.rd_kafka_mock_set_controller_id(cluster, 1)
        library.rd_kafka_mock_start_request_tracking(cluster)
        yield MockCluster(library, cluster)
    finally:
        library.rd_kafka_mock_cluster_destroy(cluster)
        library.rd_kafka_destroy(handle)


def _library() -> ctypes.CDLL:
    folder = Path(confluent_kafka.__file__).parent.with_name("confluent_kafka.libs")
    [path] = folder.glob("librdkafka-*")
    library = ctypes.CDLL(str(path))
    pointer, names = ctypes.c_void_p, ("rd_kafka_conf_new", "rd_kafka_new")
    for name in (*names, "rd_kafka_mock_cluster_new"):
        getattr(library, name).restype = pointer
    library.rd_kafka_new.argtypes = [ctypes.c_int, pointer, ctypes.c_char_p, ctypes.c_size_t]
    library.rd_kafka_destroy.argtypes = [pointer]
    library.rd_kafka_mock_cluster_new.argtypes = [pointer, ctypes.c_int]
    library.rd_kafka_mock_cluster_destroy.argtypes = [pointer]
    library.rd_kafka_mock_cluster_bootstraps.argtypes = [pointer]
    library.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    library.rd_kafka_mock_topic_create.argtypes = [
        pointer, ctypes.c_char_p, ctypes.c_int, ctypes.c_int,
    ]  # fmt: skip
    library.rd_kafka_mock_push_request_errors_array.argtypes = [
        pointer, ctypes.c_int16, ctypes.c_size_t, ctypes.POINTER(ctypes.c_int),
    ]  # fmt: skip
    library.rd_kafka_mock_set_controller_id.argtypes = [pointer, ctypes.c_int32]
    library.rd_kafka_mock_start_request_tracking.argtypes = [pointer]
    library.rd_kafka_mock_get_requests.argtypes = [pointer, ctypes.POINTER(ctypes.c_size_t)]
    library.rd_kafka_mock_get_requests.restype = ctypes.POINTER(pointer)
    library.rd_kafka_mock_request_api_key.argtypes = [pointer]
    library.rd_kafka_mock_request_api_key.restype = ctypes.c_int16
    library.rd_kafka_mock_request_destroy_array.argtypes = [
        ctypes.POINTER(pointer), ctypes.c_size_t,
    ]  # fmt: skip
    return library
