"""A provider of OpenID Connect: authorization code with PKCE, state and nonce.

Whatever it answers is bounded in size and time, and an ID token counts only when it is signed with
a key of its own, is for this console, is of now, and has the nonce this sign-in was sent with.
"""

import base64
import hashlib
import hmac
import secrets
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote_plus, urlencode, urlsplit

import aiohttp
import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from schemas.accounts import ROLES, Errand, Identity, Role

ALGORITHMS: Final = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"]
CLOCKS_APART_SEC: Final = 60
METADATA_LIFETIME_SEC: Final = 3_600.0
KEYS_NOT_BEFORE_SEC: Final = 30.0  # a token of an unknown key does not make us ask more often
MAX_ANSWER_BYTES: Final = 512 * 1024
TIMEOUT: Final = aiohttp.ClientTimeout(total=15, connect=5)
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class ProviderError(Exception):
    """Nobody is vouched for; `code` is what the page says of it, the text is for the log."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class ProviderConfig:
    """Where it is, and what this console is there."""

    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)  # empty: a public client
    public_url: str  # of the console, as browsers reach it
    label: str = "OpenID Connect"
    scopes: str = "openid profile email"
    name_claim: str = "preferred_username"
    role_claim: str = "groups"  # dots lead into objects, as in realm_access.roles
    roles: Mapping[str, Role] = field(default_factory=dict)  # by value of the claim; "*": anybody
    ca_file: Path | None = None

    @property
    def redirect_uri(self) -> str:
        """Where it sends browsers back to."""
        return f"{self.public_url.rstrip('/')}/login/provider/back"


class _Metadata(msgspec.Struct, frozen=True):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str


class Provider:
    """Sends browsers there and reads what they come back with."""

    def __init__(self, config: ProviderConfig) -> None:
        self._config = config
        self._http: aiohttp.ClientSession | None = None
        self._metadata: tuple[float, _Metadata] | None = None
        self._keys: tuple[float, KeySet] | None = None

    @property
    def label(self) -> str:
        """What it is called on the page."""
        return self._config.label

    def errand(self, next_page: str) -> Errand:
        """What a sign-in has to come back with."""
        return Errand(secrets.token_urlsafe(32), secrets.token_urlsafe(48), next_page)

    async def address(self, errand: Errand, state: str) -> str:
        """Where to send the browser; raises ProviderError when it cannot be asked."""
        metadata = await self._discovered()
        digest = hashlib.sha256(errand.verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self._config.client_id,
            "redirect_uri": self._config.redirect_uri,
            "scope": self._config.scopes,
            "state": state,
            "nonce": errand.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        between = "&" if urlsplit(metadata.authorization_endpoint).query else "?"
        return f"{metadata.authorization_endpoint}{between}{urlencode(asked)}"

    async def identity(self, code: str, errand: Errand) -> Identity:
        """Whom it vouches for; raises ProviderError."""
        metadata = await self._discovered()
        answer = await self._ask(metadata.token_endpoint, _Tokens, self._redeeming(code, errand))
        claims = await self._claims(answer.id_token, metadata, errand.nonce)
        name = claims.get(self._config.name_claim)
        if not isinstance(name, str) or not name:
            raise ProviderError("provider_token", f"no claim {self._config.name_claim}")
        if self._config.name_claim == "email" and claims.get("email_verified") is not True:
            raise ProviderError("provider_token", "the address is not verified")
        return Identity(self._config.issuer, str(claims["sub"]), name, self._role(claims))

    async def close(self) -> None:
        """Let go of its connections."""
        if self._http is not None:
            http, self._http = self._http, None
            await http.close()

    def _redeeming(self, code: str, errand: Errand) -> dict[str, str]:
        return {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._config.redirect_uri,
            "client_id": self._config.client_id,
            "code_verifier": errand.verifier,
        }

    async def _claims(self, token: str, metadata: _Metadata, nonce: str) -> dict[str, Any]:
        try:
            decoded = await self._verified(token, metadata)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise ProviderError("provider_token", f"the ID token: {error}") from error
        claims = decoded.claims
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        now = time.time()
        is_for_us = self._config.client_id in audiences and (
            len(audiences) == 1 or claims.get("azp") == self._config.client_id
        )
        said = str(claims.get("nonce", "")).encode()
        for ok, why in (
            (claims.get("iss") == self._config.issuer, "it is of another issuer"),
            (is_for_us, "it is for another client"),
            (_number(claims.get("exp"), 0) + CLOCKS_APART_SEC > now, "it is over"),
            (_number(claims.get("iat"), now + 1e9) - CLOCKS_APART_SEC < now, "it is of the future"),
            (_number(claims.get("nbf"), 0) - CLOCKS_APART_SEC < now, "it is not valid yet"),
            (hmac.compare_digest(said, nonce.encode()), "it is of another sign-in"),
            (isinstance(claims.get("sub"), str) and claims["sub"], "it is nobody's"),
        ):
            if not ok:
                raise ProviderError("provider_token", f"the ID token: {why}")
        return dict(claims)

    async def _verified(self, token: str, metadata: _Metadata) -> jwt.Token:
        keys = await self._key_set(metadata, KEYS_NOT_BEFORE_SEC * 20)
        try:
            return jwt.decode(token, keys, algorithms=ALGORITHMS)
        except (JoseError, ValueError):  # of a key that came after we asked, perhaps
            newer = await self._key_set(metadata, KEYS_NOT_BEFORE_SEC)
            return jwt.decode(token, newer, algorithms=ALGORITHMS)

    def _role(self, claims: Mapping[str, Any]) -> Role | None:
        """The highest role that any value of the claim gives."""
        found: Any = claims
        for part in self._config.role_claim.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        values = found if isinstance(found, list) else [found]
        given = {self._config.roles.get(value) for value in values if isinstance(value, str)}
        given.add(self._config.roles.get("*"))
        roles = [role for role in given if role is not None]
        return max(roles, key=ROLES.index) if roles else None

    async def _discovered(self) -> _Metadata:
        now = time.monotonic()
        if self._metadata and now - self._metadata[0] < METADATA_LIFETIME_SEC:
            return self._metadata[1]
        address = f"{self._config.issuer.rstrip('/')}/.well-known/openid-configuration"
        metadata: _Metadata = await self._ask(address, _Metadata)
        if metadata.issuer != self._config.issuer:
            raise ProviderError("provider_away", f"it calls itself {metadata.issuer}")
        for endpoint in (
            metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri,
        ):  # fmt: skip
            if not _is_safe(endpoint):
                raise ProviderError("provider_away", f"{endpoint} is not https")
        self._metadata = (now, metadata)
        return metadata

    async def _key_set(self, metadata: _Metadata, lifetime_sec: float) -> KeySet:
        now = time.monotonic()
        if self._keys and now - self._keys[0] < lifetime_sec:
            return self._keys[1]
        answer = await self._ask(metadata.jwks_uri, dict[str, Any])
        try:
            keys = KeySet.import_key_set(answer)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise ProviderError("provider_away", f"its keys: {error}") from error
        self._keys = (now, keys)
        return keys

    async def _ask(self, address: str, type_: type[Any], form: Any = None) -> Any:
        """Its answer; raises ProviderError."""
        if not _is_safe(address):
            raise ProviderError("provider_away", f"{address} is not https")
        headers = {"accept": "application/json"}
        if form is not None and self._config.client_secret:
            # Each part encoded as in a form (RFC 6749, 2.3.1), so that a colon in one is none.
            pair = (self._config.client_id, self._config.client_secret)
            said = ":".join(quote_plus(part) for part in pair)
            headers["authorization"] = f"Basic {base64.b64encode(said.encode()).decode()}"
        try:
            async with self._session().request(
                "GET" if form is None else "POST",
                address,
                data=form,
                headers=headers,
                allow_redirects=False,
            ) as answer:
                body = await answer.content.read(MAX_ANSWER_BYTES + 1)
                while len(body) <= MAX_ANSWER_BYTES and not answer.content.at_eof():
                    body += await answer.content.read(MAX_ANSWER_BYTES + 1)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ProviderError("provider_away", f"{address}: {error}") from error
        if form is not None and 400 <= answer.status < 500:
            raise ProviderError("provider_refused", f"{address} answers {answer.status}")
        if answer.status != 200 or len(body) > MAX_ANSWER_BYTES:
            raise ProviderError("provider_away", f"{address} answers {answer.status}")
        try:
            return msgspec.json.decode(body, type=type_)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise ProviderError("provider_away", f"{address}: {error}") from error

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            file = self._config.ca_file
            trusted = ssl.create_default_context(cafile=str(file) if file else None)
            self._http = aiohttp.ClientSession(
                timeout=TIMEOUT, connector=aiohttp.TCPConnector(ssl=trusted)
            )
        return self._http


def _number(value: Any, otherwise: float) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else otherwise


def _is_safe(address: str) -> bool:
    """Over TLS, or on this machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
