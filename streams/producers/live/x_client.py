"""X's API v2 as the source needs it: search, rules, the open stream, and X's own backoff rules.

Plain HTTP in place of tweepy: its streaming client reconnects on its own and says nothing of
what was missed, and its callbacks hide the rate-limit headers and the end of an answer.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

import aiohttp
import msgspec

from streams import clock
from streams.producers.live import http
from streams.producers.live.http import Fetched, HttpOptions
from streams.producers.live.source import SourceRefusedError, SourceUnavailableError
from streams.producers.live.x_payload import FIELDS, Problem, Rule, RulesAnswer, SearchPage

RULES_PATH = "/2/tweets/search/stream/rules"
STREAM_PATH = "/2/tweets/search/stream"
SEARCH_PATH = "/2/tweets/search/recent"
KEY_REMEDY = (
    "check ESCUCHA_X_BEARER_TOKEN (the app's Bearer token, at https://developer.x.com) "
    "and that the app's plan includes this"
)
_ERROR_BYTES = 64 * 1024
_T = TypeVar("_T")


@dataclass
class Patience:
    """How long X wants clients to wait: by kind of failure, growing until something arrives."""

    network_failures: int = 0
    http_failures: int = 0
    limits: int = 0

    def healthy(self) -> None:
        """Something arrived."""
        self.network_failures = self.http_failures = self.limits = 0

    def after_network(self) -> float:
        """Linear, a quarter of a second each, up to 16 s."""
        self.network_failures += 1
        return min(0.25 * self.network_failures, 16.0)

    def after_http(self) -> float:
        """Doubling from 5 s to 320 s."""
        self.http_failures += 1
        return min(5.0 * 2.0 ** min(self.http_failures - 1, 10), 320.0)

    def after_limit(self, asked_sec: float | None) -> float:
        """Doubling from a minute, and not before the limit is renewed."""
        self.limits += 1
        return max(min(60.0 * 2.0 ** min(self.limits - 1, 10), 960.0), asked_sec or 0.0)


class BadRequestError(Exception):
    """X does not take this request (400); the text says why."""


@dataclass
class XClient:
    """Requests of one session; failures become SourceErrors with the pause that X asks for."""

    session: aiohttp.ClientSession
    options: HttpOptions
    api_url: str
    patience: Patience

    async def search(self, params: Mapping[str, str]) -> tuple[SearchPage, bytes]:
        """A page of recent search, and how it came; raises BadRequestError for a query refused."""
        answer = await self._ask(
            "GET", SEARCH_PATH, params={"max_results": "100", **FIELDS, **params}
        )
        return _read(answer, SearchPage), answer.body

    async def sync_rules(self, wanted: Mapping[str, None], tag: str) -> frozenset[str]:
        """The ids of the stream's rules that say what `wanted` says, after adding those missing.

        Rules with `tag` that are not wanted are deleted; other people's stay. Raises
        SourceRefusedError with X's words for a rule it does not accept.
        """
        present = await self._rules()
        stale = [rule.id for rule in present if rule.tag == tag and rule.value not in wanted]
        if stale:
            await self._change({"delete": {"ids": stale}})
        missing = [value for value in wanted if value not in {rule.value for rule in present}]
        if missing:
            added = await self._change({"add": [{"value": v, "tag": tag} for v in missing]})
            for problem in added.errors:
                if problem.title != "DuplicateRule":
                    rule = f" {problem.value!r}" if problem.value else ""
                    raise SourceRefusedError(
                        f"x refuses the rule{rule}: {problem.text}; correct it"
                    )
            present = await self._rules()
        return frozenset(rule.id for rule in present if rule.value in wanted)

    @asynccontextmanager
    async def stream(
        self, params: Mapping[str, str], silence_sec: float
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The open filtered stream; within it, silence and broken connections are SourceErrors."""
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=self.options.connect_sec, sock_read=silence_sec
        )
        with self._network_errors("x's stream"):
            async with self.session.get(
                self.api_url + STREAM_PATH, params={**FIELDS, **params}, timeout=timeout
            ) as response:
                if response.status != 200:
                    await self._refuse(response, "x's stream")
                yield response

    async def _rules(self) -> list[Rule]:
        rules: list[Rule] = []
        token = ""
        while True:
            params = {"pagination_token": token} if token else {}
            answer = _read(await self._ask("GET", RULES_PATH, params=params), RulesAnswer)
            rules.extend(answer.data)
            if not (token := answer.meta.next_token):
                return rules

    async def _change(self, change: Any) -> RulesAnswer:
        try:
            answer = await self._ask("POST", RULES_PATH, json=change)
        except BadRequestError as error:
            raise SourceRefusedError(f"x refuses the rules: {error}; correct them") from error
        return _read(answer, RulesAnswer)

    async def _ask(
        self, method: str, path: str, *, params: Mapping[str, str] | None = None, json: Any = None
    ) -> Fetched:
        with self._network_errors("x"):
            async with self.session.request(
                method, self.api_url + path, params=params, json=json
            ) as response:
                if response.status not in (200, 201):
                    await self._refuse(response, f"x {path}")
                body = await http.read_limited(
                    response, self.options.max_response_bytes, what=f"x {path}"
                )
                return Fetched(response.status, response.headers, body, str(response.url))

    def _network_errors(self, what: str) -> "_NetworkErrors":
        return _NetworkErrors(what, self.patience)

    async def _refuse(self, response: aiohttp.ClientResponse, what: str) -> NoReturn:
        body = (await response.content.read(_ERROR_BYTES)) if response.content else b""
        detail = _told(body)
        if response.status == 400:
            raise BadRequestError(detail or "400")
        asked_sec = http.pause_asked(response.headers, clock.now())
        if response.status == 429:
            wait_sec = self.patience.after_limit(asked_sec)
            raise SourceUnavailableError(
                f"{what} limits the rate{f' ({detail})' if detail else ''}",
                retry_after_sec=wait_sec,
            )
        try:
            http.refuse(
                response.status, response.headers, what=what, remedy=KEY_REMEDY, detail=detail
            )
        except SourceUnavailableError as error:
            wait_sec = max(self.patience.after_http(), asked_sec or 0.0)
            raise SourceUnavailableError(str(error), retry_after_sec=wait_sec) from error


class _NetworkErrors:
    """`http.network_errors` with the pause that X asks for after a connection that fails."""

    def __init__(self, what: str, patience: Patience) -> None:
        self._inner = http.network_errors(what)
        self._patience = patience

    def __enter__(self) -> None:
        self._inner.__enter__()

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool | None:
        try:
            return self._inner.__exit__(kind, error, trace)
        except SourceUnavailableError as failure:
            if failure is error:  # told already, with its own pause
                raise
            raise SourceUnavailableError(
                str(failure), retry_after_sec=self._patience.after_network()
            ) from error


async def lines_of(response: aiohttp.ClientResponse, max_bytes: int) -> AsyncIterator[bytes | int]:
    """Each line without its end, empty for a keep-alive; the size of one too long to be kept.

    What comes after the last line's end is half a message and left out.
    """
    buffer = bytearray()
    dropped = 0
    async for chunk in response.content.iter_any():
        buffer += chunk
        while (end := buffer.find(b"\n")) >= 0:
            line = bytes(buffer[:end]).strip()
            del buffer[: end + 1]
            yield dropped + end if dropped else line
            dropped = 0
        if len(buffer) > max_bytes:
            dropped += len(buffer)
            buffer.clear()
        await asyncio.sleep(0)


def _read(answer: Fetched, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceUnavailableError(f"x answers something unreadable: {error}") from error


def _told(body: bytes) -> str:
    """What an error's body says, as far as it can be read."""
    try:
        whole = msgspec.json.decode(body, type=Problem)
        several = msgspec.json.decode(body, type=RulesAnswer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return "; ".join(problem.text for problem in (whole, *several.errors) if problem.text)[:500]
