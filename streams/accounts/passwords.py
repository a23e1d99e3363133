"""Passwords, kept by scrypt (RFC 7914) with a salt each; what is kept says how it was made."""

import hashlib
import hmac
import os
import unicodedata
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from typing import Final, NamedTuple

from schemas.accounts import MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS


class Work(NamedTuple):
    """How much scrypt does for one password."""

    n: int
    r: int
    p: int


# 32 MiB and a quarter of a second each: about as hard as 128 MiB with p=1.
STRONG: Final = Work(2**15, 8, 3)
_SALT_BYTES, _KEY_BYTES = 16, 32
_MOST_MEMORY: Final = 256 * 1024 * 1024
_KIND: Final = "scrypt"


def hashed(password: str, work: Work = STRONG) -> str:
    """What is kept of a password."""
    salt = os.urandom(_SALT_BYTES)
    return _written(work, salt, _key(password, salt, work))


def matches(password: str, kept: str, work: Work = STRONG) -> bool:
    """Whether it is that password; takes as long for "" (nobody's) as for one kept with `work`."""
    how, salt, key = _read(kept or _nobodys(work))
    return hmac.compare_digest(_key(password, salt, how), key) and bool(kept)


def problem_with(password: str, name: str) -> str:
    """What is wrong with a new password, "" if nothing is."""
    if len(password) < MIN_PASSWORD_CHARS:
        return f"a password has at least {MIN_PASSWORD_CHARS} characters"
    if len(password) > MAX_PASSWORD_CHARS:
        return f"a password has at most {MAX_PASSWORD_CHARS} characters"
    if len(set(password)) < 5 or name.casefold() in password.casefold():
        return "a password is not the name and not one character over and over"
    return ""


def _key(password: str, salt: bytes, work: Work) -> bytes:
    # One password, whichever keyboard typed its accents.
    said = unicodedata.normalize("NFC", password[:MAX_PASSWORD_CHARS]).encode("utf-8", "replace")
    how = work._asdict()
    return hashlib.scrypt(said, salt=salt, maxmem=_MOST_MEMORY, dklen=_KEY_BYTES, **how)


def _written(work: Work, salt: bytes, key: bytes) -> str:
    return (
        f"{_KIND}${work.n}${work.r}${work.p}${b64encode(salt).decode()}${b64encode(key).decode()}"
    )


def _nobodys(work: Work) -> str:
    return _written(work, bytes(_SALT_BYTES), bytes(_KEY_BYTES))


def _read(kept: str) -> tuple[Work, bytes, bytes]:
    try:
        kind, n, r, p, salt, key = kept.split("$")
        if kind != _KIND:
            raise ValueError(kind)
        return Work(int(n), int(r), int(p)), b64decode(salt), b64decode(key)
    except (ValueError, Base64Error) as error:
        raise ValueError("what is kept of a password cannot be read") from error
