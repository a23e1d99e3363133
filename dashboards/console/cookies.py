"""The two cookies: of a session, and of a sign-in that is away at a provider."""

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from dashboards.console.config import ConsoleConfig

STATE_PATH: Final = "/login/provider"
STATE_SEC: Final = 600
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Cookies:
    """How this console calls its cookies, and whether they go out in the clear."""

    port: int
    is_https: bool

    @classmethod
    def of(cls, config: ConsoleConfig) -> "Cookies":
        """As the address says that people use."""
        return cls(config.port, config.public_url.startswith("https://"))

    def session(self, request: Request) -> str:
        """What the browser keeps of its session, "" if nothing that could be one."""
        token = request.cookies.get(self._session_name(request), "")
        return token if token.isascii() and len(token) <= _LONGEST else ""

    def keep_session(self, request: Request, response: Response, token: str) -> None:
        """Have the browser keep a session until it is closed; no script, no other site sees it."""
        response.set_cookie(
            self._session_name(request),
            token,
            path="/",
            secure=self._is_secure(request),
            httponly=True,
            samesite="strict",
        )

    def forget_session(self, request: Request, response: Response) -> None:
        """Have the browser forget it."""
        response.delete_cookie(
            self._session_name(request),
            path="/",
            secure=self._is_secure(request),
            httponly=True,
            samesite="strict",
        )

    def state(self, request: Request) -> str:
        """The state of the sign-in that this browser was sent away with."""
        return request.cookies.get(self._state_name(), "")[:_LONGEST]

    def keep_state(self, request: Request, response: Response, state: str) -> None:
        """Lax, since it has to come along when the provider sends the browser back."""
        response.set_cookie(
            self._state_name(),
            state,
            max_age=STATE_SEC,
            path=STATE_PATH,
            secure=self._is_secure(request),
            httponly=True,
            samesite="lax",
        )

    def forget_state(self, request: Request, response: Response) -> None:
        """It was good for one way."""
        response.delete_cookie(
            self._state_name(),
            path=STATE_PATH,
            secure=self._is_secure(request),
            httponly=True,
            samesite="lax",
        )

    def _is_secure(self, request: Request) -> bool:
        return self.is_https or request.url.scheme == "https"

    def _session_name(self, request: Request) -> str:
        # __Host-: no other name of the domain can set it. In the clear browsers take no such name,
        # and the ports of a machine share their cookies, so the name tells the port.
        return "__Host-escucha" if self._is_secure(request) else f"escucha-{self.port}"

    def _state_name(self) -> str:
        return f"escucha-state-{self.port}"
