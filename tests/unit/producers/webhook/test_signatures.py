"""A signature passes with the right secret, body and moment, and in no other case."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import SettingsError
from streams.producers.webhook.signatures import (
    TOLERANCE_SEC,
    Signature,
    SignatureError,
    secrets_in,
    signature_header,
)

NOW_SEC = 1_783_159_200
secrets = st.text(min_size=16, max_size=64).filter(lambda text: text.isprintable())


@given(st.binary(max_size=200), secrets, st.integers(-TOLERANCE_SEC, TOLERANCE_SEC))
def test_what_a_secret_signed_within_the_tolerance_verifies(
    body: bytes, secret: str, off_sec: int
) -> None:
    header = signature_header(body, secret, NOW_SEC + off_sec)
    Signature.read([header], NOW_SEC).verify(body, ["another-secret-of-16", secret])


@given(st.binary(max_size=50), st.binary(max_size=50), secrets, secrets)
def test_another_body_or_secret_does_not_verify(
    body: bytes, other: bytes, secret: str, guess: str
) -> None:
    signature = Signature.read([signature_header(body, secret, NOW_SEC)], NOW_SEC)
    if other != body:
        with pytest.raises(SignatureError, match="no v1 fits"):
            signature.verify(other, [secret])
    if guess != secret:
        with pytest.raises(SignatureError):
            signature.verify(body, [guess])


def test_the_moment_is_part_of_what_is_signed() -> None:
    digest = signature_header(b"{}", "secret-of-sixteen", NOW_SEC).partition("v1=")[2]
    signature = Signature.read([f"t={NOW_SEC + 1},v1={digest}"], NOW_SEC)
    with pytest.raises(SignatureError):
        signature.verify(b"{}", ["secret-of-sixteen"])


def test_a_known_pair_has_the_digest_that_openssl_prints() -> None:
    # printf '1783159200.{"a":1}' | openssl dgst -sha256 -hmac 'secret-of-sixteen'
    header = signature_header(b'{"a":1}', "secret-of-sixteen", NOW_SEC)
    assert (
        header == f"t={NOW_SEC},v1=b1765081794af5733ec878623c93cf0e63b75667d6ff62e4bcd012e3abe0a35d"
    )


def test_a_sender_that_changes_its_secret_may_sign_with_both() -> None:
    old = signature_header(b"{}", "the-old-secret-16", NOW_SEC)
    new = signature_header(b"{}", "the-new-secret-16", NOW_SEC).partition(",")[2]
    Signature.read([f"{old},{new}"], NOW_SEC).verify(b"{}", ["the-new-secret-16"])


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("", "no single t"),
        ("v1=" + "0" * 64, "no single t"),
        (f"t={NOW_SEC}", "no v1"),
        (f"t={NOW_SEC},v1=abc", "no v1"),
        (f"t={NOW_SEC},v1=" + "G" * 64, "no v1"),
        (f"t=-5,v1={'0' * 64}", "no single t"),
        (f"t=١٢٣,v1={'0' * 64}", "no single t"),
        (f"t={NOW_SEC},t={NOW_SEC},v1={'0' * 64}", "no single t"),
        (f"t={NOW_SEC}," + ",".join([f"v1={'0' * 64}"] * 11), "no v1"),
        ("t=" + "1" * 2_000, "one header"),
        (f"t={NOW_SEC - TOLERANCE_SEC - 1},v1={'0' * 64}", "behind"),
        (f"t={NOW_SEC + TOLERANCE_SEC + 1},v1={'0' * 64}", "ahead of"),
    ],
)
def test_a_header_that_is_not_one_is_refused_with_the_reason(header: str, said: str) -> None:
    with pytest.raises(SignatureError, match=said):
        Signature.read([header], NOW_SEC)


def test_no_header_and_two_headers_are_refused() -> None:
    good = signature_header(b"", "secret-of-sixteen", NOW_SEC)
    with pytest.raises(SignatureError, match="missing"):
        Signature.read([], NOW_SEC)
    with pytest.raises(SignatureError, match="one header"):
        Signature.read([good, good], NOW_SEC)


@given(st.text(max_size=300))
def test_no_header_breaks_the_reader(header: str) -> None:
    with pytest.raises(SignatureError):
        Signature.read([header], NOW_SEC)


def test_secrets_come_by_commas_and_lines() -> None:
    text = "# of the shop\nthe-first-secret-16, the-second-secret-16\n\nthe-third-secret-16\n"
    assert secrets_in(text) == (
        "the-first-secret-16",
        "the-second-secret-16",
        "the-third-secret-16",
    )
    assert secrets_in("") == ()


def test_a_short_secret_is_refused_without_showing_it() -> None:
    with pytest.raises(SettingsError, match="openssl rand") as refused:
        secrets_in("hunter2")
    assert "hunter2" not in str(refused.value)
