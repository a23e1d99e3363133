"""What an address has to say, and the filters of mentions that /live and /search share."""

import math
from typing import Final

from starlette.datastructures import QueryParams

from dashboards.console.errors import BadRequestError
from schemas.search import Wanted

FIELDS: Final = ("brand", "topic", "lang", "source", "intent", "least")
MAX_CHARS: Final = 200


def needed(asked: QueryParams, name: str) -> str:
    """What stands under a name that has to be there; raises BadRequestError."""
    if name not in asked:
        raise BadRequestError(f"{name} is missing", "Say which one is meant.")
    return asked[name]


def wanted_of(asked: QueryParams) -> Wanted:
    """Read the filters of an address; raises BadRequestError."""
    said = {name: asked.get(name, "") for name in FIELDS}
    if any(len(value) > MAX_CHARS for value in said.values()):
        raise BadRequestError("a filter is too long", "Choose from the list.")
    if said["intent"] not in {"", "yes"}:
        raise BadRequestError("intent is yes or left out", "Choose from the list.")
    try:
        least = float(said["least"] or 0)
    except ValueError:
        least = math.nan
    if not 0 <= least <= 1:
        raise BadRequestError("a probability is between 0 and 1", "Choose from the list.")
    return Wanted(
        brand=said["brand"],
        topic=said["topic"],
        lang=said["lang"],
        source=said["source"],
        intent_only=said["intent"] == "yes",
        least=least,
    )
