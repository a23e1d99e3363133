import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.local import logs
from deploy.local.control import logs as show_logs
from deploy.local.errors import LocalStackError


def test_a_log_keeps_the_newest_files_and_forgets_the_rest(tmp_path: Path) -> None:
    log = logs.RotatingLog(tmp_path / "a.log", max_bytes=10, max_files=3)
    for number in range(6):
        log.write(f"line {number}\n".encode())
    log.close()

    files = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert files == {"a.log": "line 5\n", "a.log.1": "line 4\n", "a.log.2": "line 3\n"}


def test_a_log_goes_on_where_an_earlier_run_ended(tmp_path: Path) -> None:
    for text in (b"one\n", b"two\n"):
        log = logs.RotatingLog(tmp_path / "a.log")
        log.write(text)
        log.close()

    assert logs.last_lines(tmp_path / "a.log", 5) == ["one", "two"]


def test_a_line_larger_than_a_file_is_kept_whole(tmp_path: Path) -> None:
    log = logs.RotatingLog(tmp_path / "a.log", max_bytes=4, max_files=2)
    log.write(b"much longer\n")
    log.close()

    assert logs.last_lines(tmp_path / "a.log", 5) == ["much longer"]


@contextmanager
def no_file_to_be_had() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.open(os.devnull, os.O_RDONLY)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_log_outlives_a_new_file_that_could_not_be_had(tmp_path: Path) -> None:
    log = logs.RotatingLog(tmp_path / "a.log", max_bytes=10, max_files=3)
    log.write(b"line 0\n")
    for _ in range(3):
        with no_file_to_be_had(), pytest.raises(OSError, match="Too many open files"):
            log.write(b"lost\n")
    log.write(b"line 1\n")
    log.write(b"line 2\n")
    log.close()

    files = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert files == {"a.log": "line 2\n", "a.log.1": "line 1\n", "a.log.2": "line 0\n"}


def test_a_follower_sees_whole_lines_across_a_rotation(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    log = logs.RotatingLog(path, max_bytes=12, max_files=3)
    log.write(b"old\n")
    follower = logs.Follower(path)

    log.write(b"half")
    assert list(follower.new_lines()) == []
    log.write(b"d\n")
    assert list(follower.new_lines()) == ["halfd"]
    log.write(b"fresh\n")
    found = [*follower.new_lines(), *follower.new_lines()]

    assert found == ["fresh"]
    log.close()
    follower.close()


def test_a_follower_waits_for_a_log_that_is_not_there_yet(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    follower = logs.Follower(path)
    assert list(follower.new_lines()) == []

    path.write_text("here\n")

    assert list(follower.new_lines()) == ["here"]
    follower.close()


def test_logs_of_several_services_say_whose_line_it_is(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "broker.log").write_text("1\n2\n3\n")
    (tmp_path / "logs" / "a.log").write_text("x\n")
    seen: list[str] = []

    show_logs(tmp_path, lines=2, emit=seen.append)
    show_logs(tmp_path, "broker", lines=1, emit=seen.append)

    assert seen == ["a      | x", "broker | 2", "broker | 3", "3"]


def test_following_shows_new_lines_until_told_to_stop(tmp_path: Path) -> None:
    path = logs.log_path(tmp_path, "worker")
    path.parent.mkdir()
    path.write_text("before\n")
    seen: list[str] = []

    def keep_going() -> bool:
        if seen == ["before"]:
            with path.open("a") as file:
                file.write("after\n")
        return "after" not in seen

    show_logs(tmp_path, "worker", follow=True, emit=seen.append, keep_going=keep_going)

    assert seen[:2] == ["before", "after"]


def test_an_unknown_service_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(LocalStackError, match="escucha up"):
        show_logs(tmp_path)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "broker.log").touch()

    with pytest.raises(LocalStackError, match="There is: broker"):
        show_logs(tmp_path, "brokr")
