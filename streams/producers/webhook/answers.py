"""What the receiver answers; one form for everything that goes wrong."""

from collections.abc import Sequence

import msgspec
from starlette.responses import Response

from streams.producers.webhook.items import Item, Problem

RETRY_AFTER_SEC = 5
BUSY_RETRY_AFTER_SEC = 1


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """Kafka has every event of the request."""

    accepted: int
    ids: list[str]


class Refusal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why nothing of the request was taken, and what to do."""

    error: str
    remedy: str
    code: str
    items: list[Problem] = msgspec.field(default_factory=list)


class RefusedError(Exception):
    """Ends a request with this answer."""

    def __init__(
        self,
        status: int,
        code: str,
        error: str,
        remedy: str,
        *,
        items: Sequence[Problem] = (),
        retry_after_sec: int = 0,
        close: bool = False,
        leaves_body: bool = False,
    ) -> None:
        """`close`: the connection too; so where the rest of the body is not read."""
        super().__init__(error)
        self.status = status
        self.refusal = Refusal(error=error, remedy=remedy, code=code, items=list(items))
        self.headers: dict[str, str] = {}
        if retry_after_sec:
            self.headers["retry-after"] = str(retry_after_sec)
        self.leaves_body = leaves_body
        if close or leaves_body:
            self.headers["connection"] = "close"


def accepted(items: Sequence[Item]) -> Response:
    """202: every item is in Kafka."""
    return json_response(Accepted(accepted=len(items), ids=[item.id for item in items]), 202)


def refused(error: RefusedError) -> Response:
    """Why not."""
    return json_response(error.refusal, error.status, error.headers)


def json_response(
    body: object, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """JSON that nobody keeps."""
    return Response(
        msgspec.json.encode(body),
        status_code=status,
        media_type="application/json",
        headers={"cache-control": "no-store", **(headers or {})},
    )
