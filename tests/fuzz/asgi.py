"""Asks an application as a server would, without one: any bytes, as no HTTP client would send."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from starlette.requests import ClientDisconnect

Headers = Sequence[tuple[bytes, bytes]]


async def ask(
    app: Any, method: str, path: str, query: bytes, headers: Headers, body: bytes
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer; raises what the application lets out."""
    sent: list[dict[str, Any]] = []
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return messages.pop() if messages else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)
        kinds = dict(sent[0]["headers"])
        if len(sent) > 1 and kinds.get(b"content-type", b"").startswith(b"text/event-stream"):
            raise OSError  # it may never end: whoever asked has left after its first piece

    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1",
        "method": method, "scheme": "http", "path": path, "root_path": "", "query_string": query,
        "raw_path": path.encode("utf-8", "replace"), "headers": list(headers),
        "client": ("127.0.0.1", 5000), "server": ("127.0.0.1", 80), "state": {},
    }  # fmt: skip
    with suppress(ClientDisconnect):
        await app(scope, receive, send)
    start = sent[0]
    said = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    return start["status"], said, b"".join(m.get("body", b"") for m in sent[1:])
