"""Routes of the receiver. 202 means that Kafka has every event; anything else, that none counts.

A request is taken whole or not at all: one bad item refuses it, with the reason of every bad item,
before anything is sent. Only when Kafka fails half way may some of it be there (503): the sender
sends it again, and ids make that harmless.
"""

import asyncio
import logging
import math
import time
from collections.abc import Callable
from typing import cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route as StarletteRoute

from streams import clock
from streams.errors import BrokerUnavailableError
from streams.producers.base import RecordRefusedError
from streams.producers.webhook import openapi, page
from streams.producers.webhook.answers import (
    BUSY_RETRY_AFTER_SEC,
    RETRY_AFTER_SEC,
    RefusedError,
    accepted,
    json_response,
    refused,
)
from streams.producers.webhook.gateway import Gateway
from streams.producers.webhook.items import (
    ROUTES,
    Checker,
    Form,
    Item,
    Route,
    UnreadableBodyError,
    split,
)
from streams.producers.webhook.limits import RateLimit
from streams.producers.webhook.options import LOOPBACK, ReceiverOptions
from streams.producers.webhook.signatures import HEADER, Signature, SignatureError

log = logging.getLogger(__name__)

FORMS: dict[str, Form] = {
    "application/json": "json",
    "application/x-ndjson": "ndjson",
    "application/jsonl": "ndjson",
}
DRAIN_SEC = 1.0
ITEMS_PER_TURN = 200  # checked before other requests get their turn


class Receiver:
    """What the routes share: the gateway, the limits, and how many requests are under way."""

    def __init__(
        self,
        gateway: Gateway,
        options: ReceiverOptions,
        now_sec: Callable[[], float] = lambda: clock.now().timestamp(),
    ) -> None:
        self._gateway = gateway
        self._options = options
        self._now_sec = now_sec
        self._in_flight = 0
        self._started = time.monotonic()
        self._accepted = 0
        self._senders = RateLimit(options.requests_per_sec)
        self._strangers = RateLimit(options.refusals_per_sec)

    def routes(self) -> list[StarletteRoute]:
        """All paths; what is not among them is 404."""
        return [
            StarletteRoute("/", self.page),
            StarletteRoute("/healthz", self.health),
            StarletteRoute("/openapi.json", self.openapi),
            *(StarletteRoute(route.path, self._taker(route), methods=["POST"]) for route in ROUTES),
        ]

    async def page(self, request: Request) -> Response:
        """How to send, for people."""
        address = str(request.base_url).rstrip("/")
        chosen = request.query_params.get("lang", "")
        language = page.language(chosen, request.headers.get("accept-language", ""))
        signed = not self._options.insecure_no_signature
        return HTMLResponse(page.render(language, address, signed=signed), headers=page.HEADERS)

    async def health(self, request: Request) -> Response:
        """200 while Kafka answers, otherwise 503."""
        well = self._gateway.is_well
        return json_response(
            {
                "status": "ok" if well else "unavailable",
                "in_flight": self._in_flight,
                "accepted": self._accepted,
                "seconds": round(time.monotonic() - self._started, 1),
            },
            200 if well else 503,
        )

    async def openapi(self, request: Request) -> Response:
        """The contract of this receiver, generated from the structs that it checks by."""
        return json_response(openapi.document(self._options))

    def _taker(self, route: Route) -> Callable[[Request], "asyncio.Future[Response]"]:
        checker = Checker(route)

        async def take(request: Request) -> Response:
            try:
                return await taken(request)
            except RefusedError as error:
                if error.leaves_body:
                    await _drain(request, self._options.max_body_bytes)
                raise

        async def taken(request: Request) -> Response:
            if self._in_flight >= self._options.max_in_flight:
                raise RefusedError(
                    429,
                    "too_many_requests",
                    f"{self._in_flight} requests are under way already",
                    "Send this again after a moment; put more events into one request.",
                    retry_after_sec=BUSY_RETRY_AFTER_SEC,
                    leaves_body=True,
                )
            self._in_flight += 1
            try:
                form = _form(request)
                body = await self._signed_body(request)
                items = await self._items(checker, body, form)
                await self._deliver(route, items)
            finally:
                self._in_flight -= 1
            self._accepted += len(items)
            return accepted(items)

        return cast("Callable[[Request], asyncio.Future[Response]]", take)

    async def _signed_body(self, request: Request) -> bytes:
        """The body, from somebody who knows a secret."""
        if self._options.insecure_no_signature:
            self._take_turn("")
            return await self._body(request)
        body = None
        try:
            signature = Signature.read(request.headers.getlist(HEADER), self._now_sec())
            body = await self._body(request)
            sender = signature.verify(body, self._options.secrets)
        except SignatureError as error:
            # Never before it is known who sends: behind a proxy all have one address.
            address = request.client.host if request.client else ""
            if wait_sec := self._strangers.wait_sec(address):
                raise _too_often(wait_sec, leaves_body=body is None) from error
            log.warning("%s: %s", request.url.path, error)
            raise RefusedError(
                401,
                "not_signed",
                str(error),
                "How to sign is on the page at /, with examples.",
                leaves_body=body is None,
            ) from error
        self._take_turn(str(sender))
        return body

    def _take_turn(self, sender: str) -> None:
        if wait_sec := self._senders.wait_sec(sender):
            raise _too_often(wait_sec)

    async def _body(self, request: Request) -> bytes:
        most = self._options.max_body_bytes
        told = request.headers.get("content-length", "0")
        if not told.isdecimal() or len(told) > 15 or int(told) > most:
            raise self._too_large()
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._options.body_timeout_sec):
                async for chunk in request.stream():
                    size += len(chunk)
                    if size > most:
                        raise self._too_large()
                    chunks.append(chunk)
        except TimeoutError as error:
            raise RefusedError(
                408,
                "too_slow",
                f"the body did not come within {self._options.body_timeout_sec:g} s",
                "Send smaller requests.",
                close=True,
            ) from error
        return b"".join(chunks)

    def _too_large(self) -> RefusedError:
        return RefusedError(
            413,
            "too_large",
            f"the body is over {self._options.max_body_bytes} bytes",
            "Send fewer events in one request.",
            leaves_body=True,
        )

    async def _items(self, checker: Checker, body: bytes, form: Form) -> list[Item]:
        """All events of the body; raises RefusedError when a single one is bad."""
        try:
            raws = split(body, form)
        except UnreadableBodyError as error:
            raise RefusedError(
                400, "unreadable", f"the body is {error}", "Send JSON in UTF-8."
            ) from error
        if not raws:
            raise RefusedError(400, "empty", "there is no event in the body", "Send one or more.")
        if len(raws) > self._options.max_events:
            raise RefusedError(
                413,
                "too_many_events",
                f"{len(raws)} events in one request are more than {self._options.max_events}",
                "Send fewer events in one request.",
            )
        items, problems = [], []
        now_sec = self._now_sec()
        for start in range(0, len(raws), ITEMS_PER_TURN):
            good, bad = checker.check(raws[start : start + ITEMS_PER_TURN], now_sec, start)
            items += good
            problems += bad
            await asyncio.sleep(0)
        if problems:
            raise RefusedError(
                422,
                "invalid_events",
                f"{len(problems)} of {len(raws)} events break the contract; none was taken",
                "Mend or leave out those under `items`; the contract is at /openapi.json.",
                items=problems,
            )
        return items

    async def _deliver(self, route: Route, items: list[Item]) -> None:
        try:
            await self._gateway.deliver(route.topic, items)
        except RecordRefusedError as error:
            raise RefusedError(
                413, "too_large", str(error), "Send smaller events, or let Kafka take larger ones."
            ) from error
        except BrokerUnavailableError as error:
            log.warning("%s: %s", route.path, error)
            raise RefusedError(
                503,
                "unavailable",
                "Kafka did not acknowledge every event",
                "Send the whole request again: events that arrived twice count once.",
                retry_after_sec=RETRY_AFTER_SEC,
            ) from error


def create_app(gateway: Gateway, options: ReceiverOptions) -> Starlette:
    """The receiver over a gateway that is open while the app serves."""
    middleware = []
    if options.insecure_no_signature:
        # A page in a browser could otherwise reach it under a name of its own.
        hosts = [*LOOPBACK, "[::1]"]
        middleware = [Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)]
    return Starlette(
        routes=Receiver(gateway, options).routes(),
        middleware=middleware,
        exception_handlers={
            RefusedError: _answer_refused,
            HTTPException: _answer_http_error,
            ClientDisconnect: _answer_nobody,
        },
    )


def _too_often(wait_sec: float, *, leaves_body: bool = False) -> RefusedError:
    return RefusedError(
        429,
        "too_often",
        "requests come faster than this receiver takes them of one sender",
        "Send this again after a moment; put more events into one request.",
        retry_after_sec=math.ceil(wait_sec),
        leaves_body=leaves_body,
    )


def _form(request: Request) -> Form:
    """How the body is written; raises RefusedError where it cannot be read."""
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    form = FORMS.get(kind.strip().lower())
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    packed = request.headers.get("content-encoding", "identity").lower() != "identity"
    if form is None or charset not in {"", "utf-8", "utf8"} or packed:
        raise RefusedError(
            415,
            "unknown_form",
            "the body is in a form that is not taken",
            f"Send {', '.join(FORMS)} in UTF-8, not compressed.",
            leaves_body=True,
        )
    return form


async def _drain(request: Request, most_bytes: int) -> None:
    """Let go of what the sender is still sending, or it would not see the answer; within limits."""
    try:
        async with asyncio.timeout(DRAIN_SEC):
            while most_bytes > 0:
                message = await request.receive()
                if not message.get("more_body"):
                    return
                most_bytes -= len(message.get("body", b""))
    except TimeoutError:
        return


async def _answer_refused(request: Request, error: Exception) -> Response:
    return refused(cast(RefusedError, error))


async def _answer_nobody(request: Request, error: Exception) -> Response:
    """The sender left before its request was read whole: nothing was sent on."""
    return Response(status_code=400)


async def _answer_http_error(request: Request, error: Exception) -> Response:
    found = cast(HTTPException, error)
    code, remedy = "not_found", "What there is, is listed at /openapi.json."
    if found.status_code == 405:
        code, remedy = "wrong_method", "Send events with POST."
    answer = RefusedError(found.status_code, code, found.detail, remedy)
    answer.headers.update(found.headers or {})
    return refused(answer)
