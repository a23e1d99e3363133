"""A provider of OpenID Connect on a real socket, which signs real tokens and can be told to lie."""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "escucha", "its secret: with a colon"


@dataclass
class Issuer:
    """What it says next; each lie is one field."""

    url: str
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "first"}))
    person: dict[str, Any] = field(
        default_factory=lambda: {
            "sub": "1",
            "preferred_username": "Ana",
            "groups": ["staff", "care"],
        }
    )
    claims: dict[str, Any] = field(default_factory=dict)  # instead of the right ones
    sign_with: RSAKey | None = None  # another key than the published one
    algorithm: str = "RS256"
    issuer: str = ""  # what it calls itself
    status: int = 200  # of its token endpoint
    padding: int = 0  # bytes more in its answers
    asked: list[str] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer or self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
        }

    def keys(self) -> dict[str, Any]:
        return {"keys": [self.key.as_dict(private=False)]}

    def authorized(self, asked: dict[str, str]) -> str:
        """Where the browser is sent back to, as if the person had just signed in."""
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"]})
        return f"{asked['redirect_uri']}?{back}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """An ID token for a code, once, for who knows the client's secret and the verifier."""
        asked = self._codes.pop(form.get("code", ""), None)
        said = base64.b64decode(authorization.removeprefix("Basic ")).decode().split(":")
        if [unquote_plus(part) for part in said] != [CLIENT, SECRET]:
            return 401, {"error": "invalid_client"}
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (
            asked is None
            or asked["code_challenge"] != challenge
            or asked["code_challenge_method"] != "S256"
            or asked["redirect_uri"] != form["redirect_uri"]
            or form["grant_type"] != "authorization_code"
        ):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **self.person,
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": self.algorithm, "kid": self.key.kid}
        if self.algorithm == "none":
            parts = (json.dumps(part).encode() for part in (header, claims))
            unsigned = [base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts]
            return self.status, {"id_token": ".".join([*unsigned, ""])}
        signed = jwt.encode(header, claims, self.sign_with or self.key, algorithms=[self.algorithm])
        return self.status, {"id_token": signed, "access_token": "x", "token_type": "Bearer"}


@contextmanager
def serving() -> Iterator[Issuer]:
    """An issuer that answers while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            issuer.asked.append(parts.path)
            match parts.path:
                case "/.well-known/openid-configuration":
                    self.answer(200, issuer.metadata())
                case "/keys":
                    self.answer(200, issuer.keys())
                case "/authorize":
                    self.send_response(303)
                    self.send_header("location", issuer.authorized(_first(parts.query)))
                    self.end_headers()
                case _:
                    self.answer(404, {})

        def do_POST(self) -> None:
            issuer.asked.append(self.path)
            form = _first(self.rfile.read(int(self.headers["content-length"])).decode())
            self.answer(*issuer.token(form, self.headers.get("authorization", "")))

        def answer(self, status: int, body: dict[str, Any]) -> None:
            data = json.dumps(body).encode() + b" " * issuer.padding
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as inherited
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    issuer = Issuer(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _first(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
