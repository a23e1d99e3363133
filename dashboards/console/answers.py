"""How the console answers: JSON that nobody keeps."""

from typing import Final

import msgspec
from starlette.responses import Response

NOTHING_HERE: Final = {
    "error": "nothing is here",
    "remedy": "Go back to the first page.",
    "code": "not_found",
}


def as_json(body: object, status: int = 200) -> Response:
    """Return `body` as JSON that no cache keeps."""
    return Response(
        msgspec.json.encode(body),
        status_code=status,
        media_type="application/json",
        headers={"cache-control": "no-store"},
    )
