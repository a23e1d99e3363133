import stat
from pathlib import Path

import pytest

from deploy.local.errors import LocalStackError
from deploy.local.passwords import READER, WRITER, load_or_create


def test_the_first_call_makes_passwords_that_later_calls_return(tmp_path: Path) -> None:
    first = load_or_create(tmp_path / "new")

    assert load_or_create(tmp_path / "new") == first
    assert len(first.writer) >= 32
    assert first.writer != first.reader


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    load_or_create(tmp_path)
    path = tmp_path / "secrets.env"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    path.chmod(0o644)
    load_or_create(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_repr_shows_no_password(tmp_path: Path) -> None:
    passwords = load_or_create(tmp_path)

    assert passwords.writer not in repr(passwords)
    assert passwords.reader not in repr(passwords)


def test_values_written_by_hand_are_taken_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "secrets.env").write_text(f"# mine\n{WRITER}=a=b\n\n{READER}=c\n")

    passwords = load_or_create(tmp_path)

    assert (passwords.writer, passwords.reader) == ("a=b", "c")


def test_a_missing_password_is_named(tmp_path: Path) -> None:
    (tmp_path / "secrets.env").write_text(f"{WRITER}=a\n")

    with pytest.raises(LocalStackError, match=READER):
        load_or_create(tmp_path)
