"""HTTP as every live source uses it: timeouts, a size limit, and answers turned into our errors.

No text of an error holds a URL's query or a header: keys travel there.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NoReturn

import aiohttp

from streams import clock
from streams.producers.live.source import SourceRefusedError, SourceUnavailableError

USER_AGENT = "escucha/0.1 (social listening for a brand's own use)"
LONGEST_WAIT_SEC = 3_600.0
_READ_BYTES = 64 * 1024
_EPOCH_FROM = 1_000_000_000  # a larger number is a moment, a smaller one a wait
_LATER = frozenset({408, 409, 421, 423, 425, 429})
_RESET_HEADERS = ("x-rate-limit-reset", "x-ratelimit-reset", "ratelimit-reset")
_REMAINING_HEADERS = ("x-rate-limit-remaining", "x-ratelimit-remaining", "ratelimit-remaining")
_WORDS = {
    401: "does not accept the key",
    402: "wants a paid plan",
    403: "forbids it",
    404: "has no such thing",
    410: "has let it go for ever",
}


@dataclass(frozen=True, kw_only=True)
class HttpOptions:
    """Limits of one session."""

    user_agent: str = USER_AGENT
    total_sec: float | None = 30.0  # None for a stream that stays open
    connect_sec: float = 10.0
    read_sec: float | None = 20.0  # between two reads of a socket
    max_response_bytes: int = 8 * 1024 * 1024
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # may hold a key


@dataclass(frozen=True, slots=True)
class Fetched:
    """One answer, read whole."""

    status: int
    headers: Mapping[str, str]  # looked up without regard to case
    body: bytes
    url: str  # after redirects


def open_session(
    options: HttpOptions, connector: aiohttp.BaseConnector | None = None
) -> aiohttp.ClientSession:
    """A session with the limits of `options`; the caller closes it (`async with`)."""
    return aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(
            total=options.total_sec,
            connect=options.connect_sec,
            sock_connect=options.connect_sec,
            sock_read=options.read_sec,
        ),
        headers={"User-Agent": options.user_agent, **options.headers},
        max_line_size=8_190,
        max_field_size=16_380,
    )


async def get(
    session: aiohttp.ClientSession,
    url: str,
    *,
    what: str,
    remedy: str,
    options: HttpOptions,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    accept: frozenset[int] = frozenset({200, 304}),
) -> Fetched:
    """The answer to a GET whose status is in `accept`.

    Raises what `refuse` says for any other status, SourceUnavailableError for a connection that
    fails, SourceRefusedError for a body larger than `options.max_response_bytes`.
    """
    with network_errors(what):
        async with session.get(url, params=params, headers=headers) as response:
            if response.status not in accept:
                refuse(response.status, response.headers, what=what, remedy=remedy)
            body = await read_limited(response, options.max_response_bytes, what=what)
            return Fetched(response.status, response.headers, body, str(response.url))


async def read_limited(response: aiohttp.ClientResponse, max_bytes: int, *, what: str) -> bytes:
    """The whole body, unpacked; raises SourceRefusedError as soon as it is larger."""
    parts = bytearray()
    async for part in response.content.iter_chunked(_READ_BYTES):
        parts += part
        if len(parts) > max_bytes:
            raise SourceRefusedError(f"{what} answers with more than {max_bytes} bytes")
    return bytes(parts)


def refuse(
    status: int,
    headers: Mapping[str, str],
    *,
    what: str,
    remedy: str,
    detail: str = "",
    now: Callable[[], datetime] = clock.now,
) -> NoReturn:
    """Raise the error that a status other than success means.

    Rate limits, time-outs and faults of the server: SourceUnavailableError with the pause they
    ask for. Anything else will stay as it is: SourceRefusedError with `remedy`.
    """
    detail = f" ({detail})" if detail else ""
    if status in _LATER or status >= 500:
        wait_sec = pause_asked(headers, now())
        asked = f"; it asks for {wait_sec:.0f} s of patience" if wait_sec else ""
        words = "limits the rate" if status == 429 else f"answers {status}"
        raise SourceUnavailableError(f"{what} {words}{detail}{asked}", retry_after_sec=wait_sec)
    words = _WORDS.get(status, "does not serve this request")
    raise SourceRefusedError(f"{what} {words}: {status}{detail}; {remedy}")


def pause_asked(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait by Retry-After, else by a spent rate limit's reset; None if not said."""
    if (raw := headers.get("Retry-After")) is not None:
        return _wait_sec(raw, now)
    remaining = next((headers[name] for name in _REMAINING_HEADERS if name in headers), None)
    if remaining is not None and (_number(remaining) or 0) >= 1:
        return None
    raw = next((headers[name] for name in _RESET_HEADERS if name in headers), None)
    return None if raw is None else _wait_sec(raw, now)


@contextmanager
def network_errors(what: str) -> Iterator[None]:
    """Within it, a connection that fails raises SourceUnavailableError naming `what`."""
    try:
        yield
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
        raise SourceRefusedError(f"{what}: its address is not a URL; correct it") from error
    except TimeoutError as error:
        raise SourceUnavailableError(f"{what} does not answer in time") from error
    except aiohttp.WSServerHandshakeError as error:
        refuse(
            error.status,
            error.headers or {},
            what=what,
            remedy="check the address; it should speak websocket",
        )
    except (aiohttp.ClientError, OSError) as error:
        raise SourceUnavailableError(f"{what} cannot be reached: {_words_of(error)}") from error


def _words_of(error: BaseException) -> str:
    """What failed, without the URL that some of aiohttp's errors carry."""
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"{error.host}:{error.port} {error.os_error.strerror or error.os_error}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__


def _wait_sec(raw: str, now: datetime) -> float | None:
    raw = raw.strip()
    number = _number(raw)
    if number is None:
        moment = _moment(raw)
        if moment is None:
            return None
        number = (moment - now).total_seconds()
    elif number > _EPOCH_FROM:
        number -= now.timestamp()
    return min(max(number, 0.0), LONGEST_WAIT_SEC)


def _number(raw: str) -> float | None:
    try:
        number = float(raw)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _moment(raw: str) -> datetime | None:
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = parse(raw)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None
