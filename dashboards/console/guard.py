"""What stands before every route: hosts, methods and sizes that pass, and headers that go out."""

import re
from collections.abc import Iterable, Mapping, Set

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_QUERY_BYTES = 8_192
MAX_BODY_BYTES = 256 * 1024

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?")
_READS = frozenset({"GET", "HEAD"})
_ALWAYS_ALLOWED = frozenset({"localhost", "127.0.0.1", "::1"})


class Guard:
    """Refuses what the console never serves and sets the security headers on all answers.

    Checking the Host header is what keeps a page of the internet, whose name was made to point
    at 127.0.0.1, from reading the mentions through its visitor's browser. What is posted must say
    that it comes from this very page, and in a form that no other page can send unasked.
    """

    def __init__(
        self,
        app: ASGIApp,
        hosts: Iterable[str],
        methods: Mapping[str, Set[str]] | None = None,
    ) -> None:
        """`methods` are those of paths that take a body; all others are only read."""
        self._app = app
        self._methods = dict(methods or {})
        self._hosts = _ALWAYS_ALLOWED | {host.lower().strip("[]") for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-cache")
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self._app)(scope, receive, send_dressed)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        headers = Headers(scope=scope)
        if _hostname(headers.get("host", "")) not in self._hosts:
            return _refuse(403, "this page is not served under that name", "Open it as localhost.")
        allowed = self._methods.get(scope["path"], _READS)
        if scope["method"] not in allowed:
            return _refused_method(allowed)
        if scope["method"] == "POST":
            return _refusal_of_post(headers)
        if headers.get("content-length", "0") != "0" or "transfer-encoding" in headers:
            return _refuse(413, "a question has no body", "Send none.")
        if len(scope["query_string"]) > MAX_QUERY_BYTES:
            return _refuse(414, "the address is too long", "Choose fewer values, or all.")
        return None


def _refusal_of_post(headers: Headers) -> JSONResponse | None:
    origin = headers.get("origin", "").lower().partition("://")[2]
    if not origin or origin != headers.get("host", "").lower():
        return _refuse(403, "this was not sent by the console's own page", "Open its page.")
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return _refuse(403, "this was not sent by the console's own page", "Open its page.")
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return _refuse(415, "only JSON is taken", "Send application/json.")
    length = headers.get("content-length", "")
    if "transfer-encoding" in headers or not (length.isascii() and length.isdigit()):
        return _refuse(411, "the length must be told beforehand", "Send Content-Length.")
    if len(length) > 9 or int(length) > MAX_BODY_BYTES:
        return _refuse(413, "this is too much at once", "Send fewer.")
    return None


def _hostname(host: str) -> str:
    match = _HOST.fullmatch(host.lower())
    return match[1].strip("[]") if match else ""


def _refuse(
    status: int, error: str, remedy: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    body = {"error": error, "remedy": remedy, "code": "refused"}
    return JSONResponse(body, status_code=status, headers=headers)


def _refused_method(allowed: Set[str]) -> JSONResponse:
    named = ", ".join(sorted(allowed))
    error = "this page only answers questions" if allowed == _READS else "this is not asked so"
    return _refuse(405, error, f"Use {named}.", {"allow": named})
