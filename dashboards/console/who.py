"""Whose act it is: of the person signed in, or, without accounts, of whom the page names."""

from collections.abc import Callable

from starlette.requests import Request

from dashboards.console.routes import Method

USER_KEY = "escucha.user"  # in the scope of a request, once somebody is signed in
MAY_KEY = "escucha.may"  # there, whether that person may use a route, by its method and path
NOTE_KEY = "escucha.note"  # there, what an act is done to, for the log


def acting(request: Request, said: str) -> str:
    """The name that an act is kept under; `said` counts only where there are no accounts."""
    name: str = request.scope.get(USER_KEY, "")
    return name or said


def may_post(request: Request, path: str) -> bool:
    """Whether who asks may post there; where there are no accounts, anybody may."""
    return _may(request, "POST", path)


def may_open(request: Request, path: str) -> bool:
    """Whether who asks may see a page, by the path of its route; without accounts anybody may."""
    return _may(request, "GET", path)


def note_what(request: Request, thing: str, subject: str) -> None:
    """Say what this act is done to; it stands in the log of acts."""
    request.scope[NOTE_KEY] = (thing, subject)


def _may(request: Request, method: Method, path: str) -> bool:
    may: Callable[[Method, str], bool] = request.scope.get(MAY_KEY, lambda *_: True)
    return may(method, path)
