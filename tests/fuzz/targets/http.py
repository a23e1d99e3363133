"""The two servers: the webhook's receiver over a socket, and the console over its route table."""

import asyncio
import json
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.routing import Route

from dashboards.console import ConsoleConfig, Writers, create_app
from deploy.local.handles import start_clickhouse
from schemas.business import Label
from schemas.desk import Change, Outcome, Queue, Target
from streams.producers.webhook.items import ROUTES
from streams.producers.webhook.signatures import signature_header
from tests.browser.data import apply_schema, insert_story
from tests.browser.serving import writing
from tests.fuzz.asgi import ask
from tests.fuzz.engine import Target as FuzzTarget
from tests.fuzz.targets.records import EXAMPLES, examples
from tests.unit.producers.webhook.helpers import SECRET, Running, mention, order, receiver

NOBODY = "http://127.0.0.1:1"
MIGRATIONS = Path(__file__).parents[3] / "schemas" / "clickhouse"
RECEIVER_ANSWERS = {200, 202, 400, 401, 404, 405, 408, 411, 413, 415, 422, 429, 431}
CONSOLE_ANSWERS = {
    200,
    303,  # to sign in
    304,
    307,
    400,
    401,
    403,
    404,
    405,
    409,
    411,
    413,
    414,
    415,
    416,
    422,
    429,
    431,
}
READ_SEC = 10.0


@contextmanager
def webhook() -> Iterator[Callable[[bytes], str]]:
    """A signed body to each path: taken whole and in Kafka, or refused and nothing of it there."""
    paths = [route.path for route in ROUTES]

    async def post(running: Running, content: bytes) -> str:
        kafka = next(iter(running.kafkas.values()))  # one for all topics
        statuses = []
        for path in paths[:1] if len(content) % 4 else paths:
            kafka.delivered.clear()
            kind = "application/x-ndjson" if content.count(b"\n") else "application/json"
            answer = await running.sender.post(path, content, content_type=kind)
            assert answer.status_code in RECEIVER_ANSWERS, answer.text
            said = answer.json()
            taken = said["accepted"] if answer.status_code == 202 else 0
            assert len(kafka.delivered) == taken
            statuses.append(f"{answer.status_code} {said.get('code', '')}")
        await still_serving(running)
        return ", ".join(statuses)

    with serving() as (runner, running):
        yield lambda content: runner.run(post(running, content))


@contextmanager
def wire() -> Iterator[Callable[[bytes], str]]:
    """Any bytes to the socket: an answer or a closed connection, and it serves the next one."""

    async def send(running: Running, content: bytes) -> str:
        reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
        try:
            writer.write(content)
            writer.write_eof()
            answer = await asyncio.wait_for(reader.read(), READ_SEC)
        except ConnectionError:
            answer = b""
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
        status = answer[:12].decode("latin-1")
        assert not answer or int(status[9:12]) in RECEIVER_ANSWERS, answer[:300]
        await still_serving(running)
        return status

    with serving() as (runner, running):
        yield lambda content: runner.run(send(running, content))


@contextmanager
def serving() -> Iterator[tuple[asyncio.Runner, Running]]:
    """A receiver on a socket, over a Kafka in memory, in a loop of its own."""

    @asynccontextmanager
    async def patient() -> AsyncIterator[Running]:
        # Closing at the end of input is the client's; a second is enough for what is cut off.
        async with receiver(body_timeout_sec=1.0, header_timeout_sec=1.0) as running:
            yield running

    with asyncio.Runner() as runner:
        opened = patient()
        running = runner.run(opened.__aenter__())
        try:
            yield runner, running
        finally:
            runner.run(opened.__aexit__(None, None, None))


async def still_serving(running: Running) -> None:
    """A good event is taken; raises AssertionError where it is not."""
    answer = await running.sender.post("/v1/events", mention(1))
    assert answer.status_code == 202, answer.text


def wire_seeds() -> Sequence[bytes]:
    """Requests as they stand on the wire."""
    body = json.dumps(mention(2)).encode()
    signed = signature_header(body, SECRET, int(time.time()))
    head = (
        f"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"X-Escucha-Signature: {signed}\r\n"
    )
    cut = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
    return [
        f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body,
        f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + cut,
        f"{head}Content-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body,
        b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept-Language: es\r\n\r\n",
        b"GET /openapi.json?lang=es HTTP/1.0\r\n\r\n",
    ]


class Recorder:
    """Takes what the console hands over, if it is what it says."""

    async def labels(self, labels: Sequence[Label]) -> str:
        assert all(isinstance(one, Label) for one in labels)
        return ""

    async def save(self, queue: Queue, change: Change) -> Outcome:
        assert isinstance(change, Change)
        return Outcome(fate="saved", version=1)

    async def set_target(self, target: Target) -> Outcome:
        assert isinstance(target, Target)
        return Outcome(fate="saved", version=1)


def asking(config: ConsoleConfig, *, is_away: bool = False) -> Callable[..., Any]:
    """The console's routes, whichever there are; input: method, path, query, headers and body."""

    @contextmanager
    def opened() -> Iterator[Callable[[bytes], str]]:
        writer = Recorder()
        app = create_app(config, Writers(labels=writer.labels, desk=writer))

        async def one(content: bytes) -> str:
            request = _request(content)
            if request is None:
                return "no request"
            method, path, query, headers, body = request
            status, said, answer = await ask(app, method, path, query, headers, body)
            allowed = CONSOLE_ANSWERS | ({503} if is_away else set())
            slow = status == 503 and b"query_too_big" in answer
            assert status in allowed or slow, f"{status} {path} {query!r} {answer[:400]!r}"
            assert "default-src 'none'" in said["content-security-policy"]
            assert b"Traceback" not in answer
            if status == 307:  # a slash too many
                assert said["location"].startswith("http://localhost"), said["location"]
            return f"{method} {status} {path.split('/')[1:3]}"

        life = app.router.lifespan_context(app)
        with _elsewhere() as run:
            run(_awaited(life.__aenter__()))
            try:
                yield lambda content: str(run(one(content)))
            finally:
                run(_awaited(life.__aexit__(None, None, None)))

    return opened


@contextmanager
def _elsewhere() -> Iterator[Callable[[Coroutine[Any, Any, object]], object]]:
    """Run coroutines in a thread's loop: a driven browser may have taken this one's."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield lambda what: asyncio.run_coroutine_threadsafe(what, loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _awaited(something: Awaitable[object]) -> None:
    await something


def _request(content: bytes) -> tuple[str, str, bytes, list[tuple[bytes, bytes]], bytes] | None:
    """A request that a server could hand on; None for what is none."""
    try:
        said = json.loads(content)
        query = urlencode([(str(k), str(v)) for k, v in said["query"]], errors="replace").encode()
        headers = {str(k).lower(): str(v) for k, v in said["headers"].items()}
        method, path, given = str(said["method"]), str(said["path"]), said["body"]
        body = b"" if given is None else json.dumps(given).encode()
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    if method not in {"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"} or not path.startswith(
        "/"
    ):
        return None
    if method == "POST":
        headers.setdefault("content-length", str(len(body)))
    plain = [
        (k.encode("latin-1", "replace"), v.encode("latin-1", "replace")) for k, v in headers.items()
    ]
    return method, path.encode("utf-8", "replace").decode(), query, plain, body


def console_seeds() -> Sequence[bytes]:
    """A request to every route of the application."""
    app: Starlette = create_app(ConsoleConfig(clickhouse_url=NOBODY))
    seeds = []
    headers = {"host": "localhost:8080"}
    for route in app.routes:
        if not isinstance(route, Route):
            continue
        path = route.path.replace("{panel_id:int}", "1").replace("{uid}", "escucha-listening")
        asked = {"method": "GET", "path": path, "query": [["from", "now-6h"], ["to", "now"]],
                 "headers": headers, "body": None}  # fmt: skip
        seeds += [
            asked,
            {**asked, "query": []},
            {**asked, "query": [["show", "all"], ["kind", ""]]},
        ]
        if "POST" in (route.methods or ()):
            posted = {
                **headers,
                "origin": "http://localhost:8080",
                "content-type": "application/json",
            }
            seeds += [{**asked, "method": "POST", "query": [], "headers": posted, "body": body}
                      for body in bodies()]  # fmt: skip
    return [json.dumps(one).encode() for one in seeds]


def bodies() -> Sequence[dict[str, Any]]:
    """What is posted here or there."""
    label = json.loads((EXAMPLES / "good" / "label.json").read_bytes())
    change = {"source": "csv", "subject": "a", "version": 0, "who": "ana", "status": "new"}
    return (
        {"labels": [label]}, {"labeller": "ana", "days": 7, "langs": ["es"], "seen": []}, change,
        {"minutes": 60, "who": "ana"},
    )  # fmt: skip


@contextmanager
def over_clickhouse() -> Iterator[Callable[[bytes], str]]:
    """The console over a ClickHouse with a story in it."""
    with tempfile.TemporaryDirectory() as folder, start_clickhouse(Path(folder)) as handle:
        with writing(handle) as client:
            client.command(f"CREATE DATABASE IF NOT EXISTS {handle.database}")
            apply_schema(client, MIGRATIONS)
            insert_story(client)
        config = ConsoleConfig(
            clickhouse_url=handle.url, user=handle.reader_user, password=handle.reader_password,
            database=handle.database, answer_lifetime_sec=0.0,
        )  # fmt: skip
        with asking(config)() as run:
            yield run


def webhook_seeds() -> Sequence[bytes]:
    """Bodies: one event, several, lines, orders and labels."""
    several = [mention(n) for n in range(4)]
    lines = "\n".join(json.dumps(one) for one in several)
    return [*examples("mention", "interaction", "order", "gesture", "label")(), lines.encode(),
            json.dumps(several).encode(), json.dumps([order(1), order(2)]).encode()]  # fmt: skip


_WIRE = (b"Content-Length: 5", b"Transfer-Encoding: chunked", b"\r\n\r\n", b"0\r\n\r\n",
b"Expect: 100-continue",
         b"Connection: Upgrade", b"HTTP/1.1", b"HTTP/2.0", b"Host: ", b"GET", b"POST")  # fmt: skip
_WORDS = (b"from", b"to", b"var-source", b"now-1h", b"/api/leads", b"escucha-value", b"..", b"%2e")
TARGETS = (
    FuzzTarget(name="webhook", what="signed bodies to the receiver", seeds=webhook_seeds,
               open=webhook, shape="json", most_sec=20.0),
    FuzzTarget(name="webhook-wire", what="any bytes to the receiver's socket", seeds=wire_seeds,
               open=wire, shape="text", words=_WIRE, most_sec=20.0),
    FuzzTarget(name="console-away", what="every route of the console without a ClickHouse",
               seeds=console_seeds, open=asking(ConsoleConfig(clickhouse_url=NOBODY), is_away=True),
               shape="json", words=_WORDS),
    FuzzTarget(name="console", what="every route of the console over a ClickHouse",
               seeds=console_seeds, open=over_clickhouse, shape="json", words=_WORDS,
               most_sec=20.0),
)  # fmt: skip
