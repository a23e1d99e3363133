"""Lets in who is signed in and may: every route by the table of access.py, and none without one."""

import hmac
from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboards.console.accounts import CSRF_HEADER, Accounts, csrf_of
from dashboards.console.answers import NOTHING_HERE, as_json
from dashboards.console.cookies import Cookies
from dashboards.console.database import Shared
from dashboards.console.routes import Method, Rule
from dashboards.console.who import MAY_KEY, NOTE_KEY, USER_KEY
from schemas.accounts import AuditEntry, AuditOutcome, Looked, Signed, allows

LOGIN = "/login"
# How long a page's questions go by one look at its session; what is posted looks anew.
LOOK_LIFETIME_SEC = 1.0


class Gate:
    """Stands behind Guard and before the routes; sets whose act it is, and notes it."""

    def __init__(
        self,
        app: ASGIApp,
        accounts: Accounts,
        cookies: Cookies,
        routes: Sequence[BaseRoute],
        rules: Mapping[tuple[str, str], Rule],
        looks: Shared,
    ) -> None:
        """`looks` shares one look at a session between the questions of a page."""
        self._app = app
        self._accounts = accounts
        self._cookies = cookies
        self._routes = routes
        self._rules = rules
        self._looks = looks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        route = self._route(scope)
        if route is None:  # here, so that nothing is ever served that this does not know
            await as_json(NOTHING_HERE, 404)(scope, receive, send)
            return
        if isinstance(route, Mount):  # the pages' own files
            await self._app(scope, receive, send)
            return
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        rule = self._rules.get((method, route.path))
        if rule is None:
            await _refused("nobody may do this", "not_allowed")(scope, receive, send)
        elif rule.needs is None:
            await self._app(scope, receive, send)
        else:
            await self._guarded(rule, scope, receive, send)

    async def _guarded(self, rule: Rule, scope: Scope, receive: Receive, send: Send) -> None:
        assert rule.needs is not None  # noqa: S101 - the caller has looked
        request = Request(scope)
        token = self._cookies.session(request)
        looked = await self._look(token, is_fresh=rule.method == "POST")
        signed = looked.signed
        if signed is None:
            await _not_in(rule, request, looked.away)(scope, receive, send)
            return
        if not allows(signed.role, rule.needs):
            await self._note(request, signed, rule, "refused", f"needs {rule.needs}")
            answer = _elsewhere(request) if not rule.is_api else _not_allowed(signed, rule.needs)
            await answer(scope, receive, send)
            return
        if rule.method == "POST" and not _has_csrf(request, token):
            await self._note(request, signed, rule, "refused", "csrf")
            answer = _refused("this was not sent by a page of your session", "csrf")
            await answer(scope, receive, send)
            return
        scope[USER_KEY] = signed.name
        scope[MAY_KEY] = lambda method, path: self._may(signed, method, path)
        if rule.method == "POST" or rule.is_noted:
            await self._noted(rule, signed, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _noted(
        self, rule: Rule, signed: Signed, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Serve it, and note it before the answer goes out."""
        request, is_noted = Request(scope), False

        async def send_noted(message: Message) -> None:
            nonlocal is_noted
            if message["type"] == "http.response.start":
                is_noted = True
                status = message["status"]
                outcome: AuditOutcome = "done" if status < 400 else "failed"
                if status == 403:
                    outcome = "refused"
                detail = "" if status < 400 else str(status)
                await self._note(request, signed, rule, outcome, detail)
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        finally:
            if not is_noted:
                await self._note(request, signed, rule, "failed", "no answer")

    async def _look(self, token: str, *, is_fresh: bool) -> Looked:
        if not token:
            return Looked()
        if is_fresh:
            return await self._accounts.whose(token)
        return await self._looks.get(token, lambda: self._accounts.whose(token))

    def _may(self, signed: Signed, method: Method, path: str) -> bool:
        rule = self._rules.get((method, path))
        return rule is not None and (rule.needs is None or allows(signed.role, rule.needs))

    async def _note(
        self, request: Request, signed: Signed, rule: Rule, outcome: AuditOutcome, detail: str
    ) -> None:
        thing, subject = request.scope.get(NOTE_KEY, ("", ""))
        await self._accounts.note(
            AuditEntry(
                who=signed.name,
                role=signed.role,
                act=rule.path,
                thing=thing,
                subject=subject,
                place=place_of(request),
                outcome=outcome,
                detail=detail,
            )
        )

    def _route(self, scope: Scope) -> Route | Mount | None:
        for route in self._routes:
            match, _ = route.matches(scope)
            if match is Match.FULL and isinstance(route, Route | Mount):
                return route
        return None


def place_of(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else ""


def _has_csrf(request: Request, token: str) -> bool:
    said = request.headers.get(CSRF_HEADER, "").encode("utf-8", "replace")
    return hmac.compare_digest(said, csrf_of(token).encode())


def _not_in(rule: Rule, request: Request, away: str) -> Response:
    if not rule.is_api:
        return _elsewhere(request)
    if away:
        body = {"error": "accounts cannot be looked up", "remedy": away, "code": "database_away"}
        return as_json(body, 503)
    body = {"error": "nobody is signed in", "remedy": "Sign in.", "code": "not_signed_in"}
    return as_json(body, 401)


def _elsewhere(request: Request) -> Response:
    """To the page to sign in at, which says what is the matter and comes back here."""
    query = f"?{request.url.query}" if request.url.query else ""
    where = urlencode({"next": f"{request.url.path}{query}"}, quote_via=quote)
    return RedirectResponse(f"{LOGIN}?{where}", 303, {"cache-control": "no-store"})


def _not_allowed(signed: Signed, needed: str) -> Response:
    body = {
        "error": f"{signed.name} is {signed.role}, and this needs {needed}",
        "remedy": "Ask an admin: escucha users role NAME --role ROLE",
        "code": "not_allowed",
    }
    return as_json(body, 403)


def _refused(error: str, code: str) -> Response:
    return as_json({"error": error, "remedy": "Reload the page.", "code": code}, 403)
