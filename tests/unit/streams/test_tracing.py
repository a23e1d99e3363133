"""Spans of batches as a collector gets them, over a real socket."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from streams.observer import Observer
from streams.tracing import NoTracer, make_tracer
from tests.builders import FakeRecord, deliver, make_worker, mention, process_all, raw
from tests.memory_clickhouse import MemoryClickHouse


class Collector:
    """Takes what OTLP exporters send."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.resources: list[Any] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                for each in ExportTraceServiceRequest.FromString(body).resource_spans:
                    collector.resources.append(each.resource)
                    for scope in each.scope_spans:
                        collector.spans.extend(scope.spans)
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1/traces"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.server.shutdown()
    collector.server.server_close()


async def test_a_batch_is_one_trace_with_a_span_for_each_step(collector: Collector) -> None:
    observer = Observer(tracer=make_tracer(collector.url, worker="worker-7"))
    worker = make_worker(MemoryClickHouse(), observer=observer)
    log = [FakeRecord(n, raw(mention(f"csv:{n}", text="mi secreto"))) for n in range(4)]
    _, batches = await deliver(worker.pipeline, log, max_records=2)
    for batch in batches:
        batch.fetched_at, batch.fetch_sec = 1.0, 0.25
    await process_all(worker.pipeline, batches)
    observer.tracer.close()

    roots = [span for span in collector.spans if not span.parent_span_id]
    assert [root.name for root in roots] == ["batch", "batch"]
    for root in roots:
        children = {s.name: s for s in collector.spans if s.parent_span_id == root.span_id}
        assert set(children) == {"fetch", "decide", "plan", "store", "announce"}
        assert {s.trace_id for s in children.values()} == {root.trace_id}
        fetch = children["fetch"]
        assert fetch.end_time_unix_nano - fetch.start_time_unix_nano == 250_000_000
    told = {a.key: a.value for a in roots[0].attributes}
    assert told["escucha.records"].int_value == 2
    assert told["messaging.destination.name"].string_value == "mentions.raw.v1"
    names = {a.value.string_value for r in collector.resources for a in r.attributes}
    assert {"escucha-worker", "worker-7"} <= names
    assert "secreto" not in str(collector.spans)


async def test_a_collector_that_is_away_stops_nothing() -> None:
    observer = Observer(tracer=make_tracer("http://127.0.0.1:1/v1/traces"))
    clickhouse = MemoryClickHouse()
    worker = make_worker(clickhouse, observer=observer)
    _, batches = await deliver(worker.pipeline, [FakeRecord(0, raw(mention()))])
    assert await process_all(worker.pipeline, batches) == [None]
    assert clickhouse.stored("mentions") == [(0, 0)]


def test_without_the_setting_there_are_no_spans() -> None:
    assert isinstance(make_tracer(""), NoTracer)
