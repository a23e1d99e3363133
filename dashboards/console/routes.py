"""What is said of a route: who may use it, and what it takes and gives."""

from dataclasses import dataclass
from typing import Any, Literal

from schemas.accounts import Role

JSON = ("application/json",)
EVENTS = ("text/event-stream",)
EVERYBODY = None  # no need to be signed in

Method = Literal["GET", "POST"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One route. Those under /api/ stand in the OpenAPI document with the types given here.

    `asks` is a struct of what may stand in the address, `takes` of the body, `answers` of the
    answer, which has one of the `media` types; `is_noted` puts a GET into the log of acts, as
    exports are.
    """

    method: Method
    path: str
    needs: Role | None
    about: str = ""
    asks: Any = None
    takes: Any = None
    answers: Any = None
    media: tuple[str, ...] = JSON
    is_noted: bool = False

    @property
    def is_api(self) -> bool:
        """Whether programs ask it; the others are pages."""
        return self.path.startswith("/api/")
