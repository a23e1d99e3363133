"""How a password is kept."""

import hashlib
import inspect
from typing import Any

import pytest

from streams.accounts import book, passwords
from streams.accounts.keeper import Keeper

GOOD = "quiet river under stones"


def test_a_password_is_kept_by_scrypt_with_a_salt_of_its_own_and_says_how() -> None:
    first, second = passwords.hashed(GOOD), passwords.hashed(GOOD)

    assert first != second
    assert first.startswith("scrypt$32768$8$3$")
    assert GOOD not in first
    assert passwords.matches(GOOD, first)
    assert passwords.matches(GOOD, second)
    assert not passwords.matches(GOOD + " ", first)


@pytest.mark.parametrize(
    "does",
    [passwords.hashed, passwords.matches, book.add, book.set_password, Keeper],
)
def test_who_says_nothing_about_the_work_gets_the_strong_one(does: Any) -> None:
    assert inspect.signature(does).parameters["work"].default == (2**15, 8, 3)


def test_less_work_is_what_is_kept_and_what_nobodys_password_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    little = passwords.Work(16, 4, 2)
    kept = passwords.hashed(GOOD, little)
    assert kept.startswith("scrypt$16$4$2$")
    assert passwords.matches(GOOD, kept)
    done: list[dict[str, Any]] = []
    monkeypatch.setattr(hashlib, "scrypt", lambda *_, **how: done.append(how) or bytes(32))
    assert not passwords.matches(GOOD, "", little)
    assert [(how["n"], how["r"], how["p"]) for how in done] == [little]


def test_accents_may_be_typed_either_way() -> None:
    assert passwords.matches("contrasen\u0303a con n\u0303", passwords.hashed("contraseña con ñ"))


def test_nobodys_password_takes_the_same_work_and_never_matches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[dict[str, Any]] = []
    real = hashlib.scrypt

    def scrypt(password: bytes, **how: Any) -> bytes:
        done.append({name: how[name] for name in ("n", "r", "p", "dklen")})
        return real(password, **how)

    kept = passwords.hashed(GOOD)
    monkeypatch.setattr(hashlib, "scrypt", scrypt)

    assert not passwords.matches("wrong", kept)
    assert not passwords.matches("wrong", "")
    # Not even who finds the password whose key is that of nobody gets in.
    monkeypatch.setattr(hashlib, "scrypt", lambda *_, **how: done.append(how) or bytes(32))
    assert not passwords.matches("wrong", "")
    assert done[0] == done[1]
    assert done[0] == {"n": 2**15, "r": 8, "p": 3, "dklen": 32}


@pytest.mark.parametrize(
    ("password", "complaint"),
    [
        ("short", "at least 12"),
        ("x" * 201, "at most 200"),
        ("a" * 12, "over and over"),
        ("I am ANA herself", "not the name"),
        (GOOD, ""),
    ],
)
def test_passwords_that_would_be_guessed_are_refused(password: str, complaint: str) -> None:
    assert complaint in passwords.problem_with(password, "ana")
    assert bool(passwords.problem_with(password, "ana")) is bool(complaint)


@pytest.mark.parametrize("kept", ["plain", "md5$1$1$1$AA==$AA==", "scrypt$a$8$1$AA==$AA=="])
def test_what_is_no_hash_is_an_error_and_lets_nobody_in(kept: str) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        passwords.matches(GOOD, kept)
