"""Whose act it is: of the person signed in, or, without accounts, of whom the page names."""

from starlette.requests import Request

USER_KEY = "escucha.user"  # in the scope of a request, once somebody is signed in


def acting(request: Request, said: str) -> str:
    """The name that an act is kept under; `said` counts only where there are no accounts."""
    name: str = request.scope.get(USER_KEY, "")
    return name or said
