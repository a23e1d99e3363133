"""Whose act it is: of the person signed in, or, without accounts, of whom the page names."""

from collections.abc import Callable

from starlette.requests import Request

USER_KEY = "escucha.user"  # in the scope of a request, once somebody is signed in
MAY_KEY = "escucha.may"  # there, whether that person may post to a path
NOTE_KEY = "escucha.note"  # there, what an act is done to, for the log


def acting(request: Request, said: str) -> str:
    """The name that an act is kept under; `said` counts only where there are no accounts."""
    name: str = request.scope.get(USER_KEY, "")
    return name or said


def may_post(request: Request, path: str) -> bool:
    """Whether who asks may post there; where there are no accounts, anybody may."""
    may: Callable[[str], bool] = request.scope.get(MAY_KEY, lambda _: True)
    return may(path)


def note_what(request: Request, thing: str, subject: str) -> None:
    """Say what this act is done to; it stands in the log of acts."""
    request.scope[NOTE_KEY] = (thing, subject)
