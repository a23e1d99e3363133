"""Settings of a provider of OpenID Connect, read and checked."""

from collections.abc import Mapping
from typing import Final, get_args
from urllib.parse import urlsplit

from schemas.accounts import Role
from streams.errors import SettingsError
from streams.settings import Settings

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def check(settings: Settings) -> bool:
    """Whether there is a provider; raises SettingsError when what is said of it does not fit."""
    if not settings.oidc_issuer:
        if settings.oidc_client_id or settings.oidc_client_secret:
            raise SettingsError("ESCUCHA_OIDC_CLIENT_ID is set and ESCUCHA_OIDC_ISSUER is not")
        return False
    for variable, address in (
        ("ESCUCHA_OIDC_ISSUER", settings.oidc_issuer),
        ("ESCUCHA_CONSOLE_URL", settings.console_url),
    ):
        parts = urlsplit(address)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise SettingsError(f"{variable}: who signs in must not do so in the clear; use https")
    if not settings.oidc_client_id:
        raise SettingsError("ESCUCHA_OIDC_ISSUER is set and ESCUCHA_OIDC_CLIENT_ID is not")
    if not roles(settings):
        raise SettingsError(
            "ESCUCHA_OIDC_ROLES is empty, so nobody could sign in; say for example"
            " marketing=agent,admins=admin"
        )
    if "openid" not in settings.oidc_scopes.split():
        raise SettingsError("ESCUCHA_OIDC_SCOPES: openid has to be one of them")
    return True


def roles(settings: Settings) -> Mapping[str, Role]:
    """Which value of the claim gives which role; raises SettingsError naming what is none."""
    found: dict[str, Role] = {}
    for entry in filter(None, (part.strip() for part in settings.oidc_roles.split(","))):
        value, _, said = entry.rpartition("=")
        role = next((role for role in get_args(Role) if role == said.strip()), None)
        if not value.strip() or role is None:
            raise SettingsError(
                f"ESCUCHA_OIDC_ROLES: {entry!r} is not value=role with one of"
                f" {', '.join(get_args(Role))}"
            )
        found[value.strip()] = role
    return found
