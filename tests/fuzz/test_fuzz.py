"""A short round of each target in every run of the suite; `make fuzz` is the long one.

The mutations are the project's own and not hypothesis's: hypothesis takes milliseconds for an
example, most parsers here take microseconds for one, and what is to be mutated are whole golden
messages. Where the shape of an input is small and known, the parsers' own tests use hypothesis.
"""

import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.fuzz.api import Api, explore
from tests.fuzz.engine import Result, Target, fuzz, plain, run_one
from tests.fuzz.mutate import LONGEST_BYTES, Mutator, Shape
from tests.fuzz.targets import TARGETS
from tests.fuzz.targets.api import webhook

# By processor time: what costs milliseconds an input gets fewer.
INPUTS = {
    "events": 1_500, "worker": 25, "csv": 60, "orders-csv": 60, "jsonl": 60, "parquet": 80,
    "rule": 60, "listening": 40, "rss": 60, "html": 300, "webhook": 60, "webhook-wire": 60,
    "model": 6, "model-card": 60, "model-current": 60, "labels-table": 60,
}  # fmt: skip
USUAL_INPUTS = 400
APART = {"console"}  # tests/browser/test_console_fuzz.py has a ClickHouse already


@pytest.mark.parametrize("name", [name for name in TARGETS if name not in APART])
def test_nothing_but_events_and_refusals_comes_of_any_input(name: str) -> None:
    target = TARGETS[name]
    seeds = len(target.seeds())
    result = fuzz(target, seed=20_261_130, inputs=seeds + INPUTS.get(name, USUAL_INPUTS))
    assert [
        f"{crash.why}\n{crash.content[:300]!r}\n{crash.trace}" for crash in result.crashes
    ] == []
    assert len(result.outcomes) > 1  # a target that says one thing of all tests nothing


def fragile(content: bytes) -> str:
    """A parser with a fault of each kind."""
    if b"\xff" in content:
        raise KeyError("a fault")
    while b"NaN" in content:
        pass
    return "fine" if content.startswith(b"{") else "refused"


def brittle(content: bytes) -> str:
    """A parser with one fault."""
    if b"\xff" in content:
        raise KeyError("a fault")
    return "fine" if content.startswith(b"{") else "refused"


@pytest.mark.parametrize(("content", "why"), [(b"\xff", "KeyError"), (b'{"a": NaN}', "HangError")])
def test_the_engine_finds_faults(content: bytes, why: str) -> None:
    target = Target(
        name="fragile", what="", seeds=lambda: [b'{"a": 1}'], open=plain(fragile), most_sec=0.2
    )
    result = Result("fragile")
    run_one(target, fragile, content, result)
    assert result.crashes[0].why.startswith(why)
    assert result.outcomes == {f"CRASH {why}": 1}


def test_a_fault_is_found_by_mutations_and_told_once() -> None:
    target = Target(
        name="brittle", what="", seeds=lambda: [b'{"a": "b"}'], open=plain(brittle), shape="bytes"
    )
    result = fuzz(target, seed=1, inputs=3_000)
    assert [crash.why.partition(":")[0] for crash in result.crashes] == ["KeyError"]


@pytest.mark.parametrize("shape", ["bytes", "text", "json", "lines"])
def test_a_seed_tells_all_mutations_and_none_is_boundless(shape: Shape) -> None:
    seed = b'{"type": "mention", "likes": 3, "text": "hola", "of": [{"a": null}]}'

    def made(number: int) -> list[bytes]:
        mutator = Mutator(random.Random(number), (b"word",))
        return [mutator.of(seed, seed, shape) for _ in range(300)]

    assert made(7) == made(7)
    assert made(7) != made(8)
    assert len(set(made(7))) > 200
    assert max(map(len, made(7))) <= LONGEST_BYTES


def test_the_receiver_answers_what_its_document_says() -> None:
    """A few requests to each operation; the console's are in `tests/browser`."""
    with webhook() as api:
        result = explore("webhook-api", api, seed=1, edges=False, examples=4)
    assert [f"{crash.why}\n{crash.trace}\n{crash.content!r}" for crash in result.crashes] == []
    asked = {outcome.rpartition(" ")[0] for outcome in result.outcomes}
    assert len(asked) == sum(map(len, api.document["paths"].values()))
    assert any(outcome.endswith(" 202") for outcome in result.outcomes)


class Faulty(BaseHTTPRequestHandler):
    """An API with a fault of each kind."""

    def do_GET(self) -> None:
        status, answer = {
            "/fails": (500, {"name": "a"}), "/unheard-of": (418, {"name": "a"}),
            "/misshapen": (200, {"name": 1}), "/well": (200, {"name": "a"}),
        }[self.path.partition("?")[0]]  # fmt: skip
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
        """Quiet."""


@contextmanager
def faulty() -> Iterator[Api]:
    named = {"type": "object", "properties": {"name": {"type": "string"}}}
    answer = {"description": "", "content": {"application/json": {"schema": named}}}
    operation = {"get": {"responses": {"200": answer}}}
    with ThreadingHTTPServer(("127.0.0.1", 0), Faulty) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        document = {
            "openapi": "3.1.0",
            "info": {"title": "", "version": "1"},
            "paths": dict.fromkeys(("/fails", "/unheard-of", "/misshapen", "/well"), operation),
        }
        yield Api(document, f"http://127.0.0.1:{server.server_port}", lambda _: {}, {})
        server.shutdown()


def test_faults_of_an_api_are_found() -> None:
    with faulty() as api:
        result = explore("faulty", api, seed=1, edges=False, examples=3)
    found = {(crash.why.partition(":")[0], crash.trace.split()[0]) for crash in result.crashes}
    assert found >= {
        ("GET /fails", "not_a_server_error"),
        ("GET /unheard-of", "status_code_conformance"),
        ("GET /misshapen", "response_schema_conformance"),
    }
    assert not [one for one, _ in found if one == "GET /well"]
