"""Signing in and out: by a password, by a one-time address, or at a provider of OpenID Connect."""

from typing import Annotated, Any, Final
from urllib.parse import urlencode

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from dashboards.console.accounts import Accounts, csrf_of
from dashboards.console.answers import as_json
from dashboards.console.cookies import Cookies
from dashboards.console.errors import (
    BadRequestError,
    DatabaseAwayError,
    NotSignedInError,
    TooManySignInsError,
    WrongSignInError,
)
from dashboards.console.gate import LOGIN, place_of
from dashboards.console.labelling import decoded, request_body
from dashboards.console.provider import Provider, ProviderError
from dashboards.console.static_files import STATIC
from dashboards.console.throttle import Throttle
from schemas.accounts import MAX_PASSWORD_CHARS, Began, How, Role

SESSION_PATH: Final = "/api/session"
LINK_PATH, END_PATH = f"{SESSION_PATH}/link", f"{SESSION_PATH}/end"
PROVIDER_PATH, BACK_PATH = f"{LOGIN}/provider", f"{LOGIN}/provider/back"
MAX_PAGE_CHARS: Final = 2_000
_SENT_BACK = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="0;url={next}">
<title>Escucha</title></head><body><a href="{next}">Escucha</a></body></html>
"""


class PasswordSignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Name and password of a local user."""

    name: Annotated[str, Meta(max_length=200)]
    password: Annotated[str, Meta(max_length=MAX_PASSWORD_CHARS)]


class LinkSignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The one-time token of a console without accounts."""

    token: Annotated[str, Meta(max_length=200)]


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A body with nothing in it."""


class Person(msgspec.Struct, frozen=True):
    """Who is signed in, and how that was done."""

    name: str
    role: Role
    how: How


class Ways(msgspec.Struct, frozen=True):
    """How one may sign in here; `provider` is what the provider is called, "" if there is none."""

    password: bool
    link: bool
    provider: str


class SessionAnswer(msgspec.Struct, frozen=True):
    """Whose session it is; `csrf` goes out with every post as x-escucha-csrf.

    `accounts` is false where a console is open to whoever reaches it. `may` says whether the page
    that was asked about may be seen, and `needs` which role it takes.
    """

    accounts: bool
    person: Person | None
    csrf: str
    ways: Ways
    may: bool
    needs: str


class SessionAsk(msgspec.Struct, frozen=True):
    """`page` is a path: may who is signed in see it?"""

    page: Annotated[str, Meta(max_length=MAX_PAGE_CHARS)] = ""


class SignedIn(msgspec.Struct, frozen=True):
    """It worked; the session is in a cookie."""

    signed_in: bool


class SigningIn:
    """The page to sign in at, and what it asks."""

    def __init__(
        self,
        accounts: Accounts | None,
        cookies: Cookies,
        provider: Provider | None,
        throttle: Throttle,
        needs: Any,
    ) -> None:
        """`needs(path)` is the role that a page takes, None if everybody may see it."""
        self._accounts = accounts
        self._cookies = cookies
        self._provider = provider
        self._throttle = throttle
        self._needs = needs

    def routes(self) -> list[Route]:
        """All that there is to signing in."""
        return [
            Route(LOGIN, self.page),
            Route(PROVIDER_PATH, self.send_off),
            Route(BACK_PATH, self.come_back),
            Route(SESSION_PATH, self.show),
            Route(SESSION_PATH, self.by_password, methods=["POST"]),
            Route(LINK_PATH, self.by_link, methods=["POST"]),
            Route(END_PATH, self.end, methods=["POST"]),
        ]

    async def page(self, request: Request) -> Response:
        """The page to sign in at."""
        return FileResponse(STATIC / "login.html")

    async def show(self, request: Request) -> Response:
        """Who is signed in, how one may sign in, and what a page sends with its posts."""
        if self._accounts is None:
            ways = Ways(password=False, link=False, provider="")
            return as_json(
                SessionAnswer(accounts=False, person=None, csrf="", ways=ways, may=True, needs="")
            )
        page = request.query_params.get("page", "")
        if len(page) > MAX_PAGE_CHARS:
            raise BadRequestError("no page has so long an address", "Open another one.")
        token = self._cookies.session(request)
        looked = await self._accounts.whose(token) if token else None
        if looked is not None and looked.away:
            raise DatabaseAwayError("accounts cannot be looked up", looked.away)
        signed = looked.signed if looked else None
        may, needs = self._needs(page, signed)
        return as_json(
            SessionAnswer(
                accounts=True,
                person=Person(signed.name, signed.role, signed.how) if signed else None,
                csrf=csrf_of(token) if signed else "",
                ways=await self._ways(self._accounts),
                may=may,
                needs=needs,
            )
        )

    async def by_password(self, request: Request) -> Response:
        """Sign in with name and password; the same answer whichever of them is wrong."""
        accounts, place = self._let_in(request)
        said = decoded(await request_body(request), PasswordSignIn)
        return await self._begin(
            request, accounts, await accounts.by_password(said.name, said.password, place)
        )

    async def by_link(self, request: Request) -> Response:
        """Sign in with the token of the one-time address."""
        accounts, place = self._let_in(request)
        said = decoded(await request_body(request), LinkSignIn)
        return await self._begin(request, accounts, await accounts.by_link(said.token, place))

    async def end(self, request: Request) -> Response:
        """Sign out; the session is over for every console."""
        if self._accounts is not None:
            token = self._cookies.session(request)
            if why := await self._accounts.end(token, place_of(request)):
                raise DatabaseAwayError("the session could not be ended", why)
        response = as_json(SignedIn(signed_in=False))
        self._cookies.forget_session(request, response)
        return response

    async def send_off(self, request: Request) -> Response:
        """To the provider, which asks who it is and sends the browser back."""
        if self._provider is None:
            return _problem("no_provider")
        try:
            accounts, _ = self._let_in(request)
            errand = self._provider.errand(safe_next(request.query_params.get("next", "")))
            state = await accounts.send_off(errand)
            if not state:
                return _problem("away")
            address = await self._provider.address(errand, state)
        except TooManySignInsError:
            return _problem("too_many")
        except ProviderError as error:
            return _problem(error.code)
        response = RedirectResponse(address, 303, {"cache-control": "no-store"})
        self._cookies.keep_state(request, response, state)
        return response

    async def come_back(self, request: Request) -> Response:
        """From the provider, with a code to ask it by who that is; good once, in one browser."""
        if self._provider is None or self._accounts is None:
            return _problem("no_provider")
        asked = request.query_params
        state = asked.get("state", "")
        if not self._throttle.lets(place_of(request)):
            return _problem("too_many")
        if not state or state != self._cookies.state(request):
            return _problem("provider_state")
        errand = await self._accounts.come_back(state)
        if errand is None:
            return _problem("provider_state")
        if asked.get("error") or not asked.get("code"):
            return _problem("provider_refused")
        try:
            identity = await self._provider.identity(asked["code"], errand)
        except ProviderError as error:
            return _problem(error.code)
        began = await self._accounts.by_provider(identity, place_of(request))
        if began.refusal:
            return _problem(began.refusal)
        await self._leave_old(request, self._accounts)
        # Not a redirect: the cookie is for requests of this site alone, and a redirect would still
        # be one of the provider's.
        response = HTMLResponse(
            _SENT_BACK.replace("{next}", safe_next(errand.next)),
            headers={"cache-control": "no-store"},
        )
        self._cookies.forget_state(request, response)
        self._cookies.keep_session(request, response, began.token)
        return response

    async def close(self) -> None:
        """Let go of the provider."""
        if self._provider is not None:
            await self._provider.close()

    async def _ways(self, accounts: Accounts) -> Ways:
        link = await accounts.takes_links()
        provider = self._provider.label if self._provider else ""
        return Ways(password=not link, link=link, provider=provider)

    def _let_in(self, request: Request) -> tuple[Accounts, str]:
        if self._accounts is None:
            raise NotSignedInError("this console has no accounts", "Nobody has to sign in.")
        place = place_of(request)
        if not self._throttle.lets(place):
            raise _too_many(60)
        return self._accounts, place

    async def _begin(self, request: Request, accounts: Accounts, began: Began) -> Response:
        if began.refusal == "away":
            raise DatabaseAwayError("accounts cannot be looked up", began.reason)
        if began.refusal == "too_many":
            raise _too_many(began.wait_sec)
        if began.refusal:
            raise WrongSignInError("name or password is wrong", "Try again, or ask an admin.")
        await self._leave_old(request, accounts)
        response = as_json(SignedIn(signed_in=True))
        self._cookies.keep_session(request, response, began.token)
        return response

    async def _leave_old(self, request: Request, accounts: Accounts) -> None:
        """End what the browser came with: a session always begins under a new name."""
        if old := self._cookies.session(request):
            await accounts.end(old, place_of(request))


def safe_next(path: str) -> str:
    """The path if it is one of this console's and can stand in HTML, else the first page."""
    ok = path.startswith("/") and not path.startswith(("//", "/\\")) and len(path) <= 2_000
    return path if ok and not set(path) & set("\"'<>&;\\ \t\r\n") else "/"


def _too_many(wait_sec: int) -> TooManySignInsError:
    minutes = max(1, wait_sec // 60)
    return TooManySignInsError(
        "there were too many tries to sign in", f"Wait {minutes} minutes, then try again."
    )


def _problem(code: str) -> Response:
    return RedirectResponse(
        f"{LOGIN}?{urlencode({'problem': code})}", 303, {"cache-control": "no-store"}
    )
