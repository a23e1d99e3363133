import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import control, state
from deploy.local.errors import AlreadyRunningError, LocalStackError
from deploy.local.ownership import LOCK_NAME, is_owned, owner, sole_owner
from deploy.local.status import status


def test_a_folder_that_cannot_be_written_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / LOCK_NAME).mkdir()

    with pytest.raises(LocalStackError, match="chown"), sole_owner(tmp_path):
        pass


def test_an_owner_is_seen_until_it_leaves(tmp_path: Path) -> None:
    with sole_owner(tmp_path):
        assert is_owned(tmp_path)

    assert not is_owned(tmp_path)


def test_the_lock_says_who_holds_it_and_no_longer_than_it_is_held(tmp_path: Path) -> None:
    assert owner(tmp_path) is None
    with sole_owner(tmp_path):
        assert owner(tmp_path) == state.ProcessIdentity.of(os.getpid())
        already = pytest.raises(AlreadyRunningError, match=rf"supervisor pid {os.getpid()}\)")
        with already, sole_owner(tmp_path):
            pass
        assert owner(tmp_path) == state.ProcessIdentity.of(os.getpid())
    assert owner(tmp_path) is None
    assert (tmp_path / LOCK_NAME).read_text() == ""


HOLDER = """
import signal, sys, threading
from pathlib import Path
from deploy.local.ownership import sole_owner
asked = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: asked.set())
with sole_owner(Path(sys.argv[1])):
    print("holds", flush=True)
    asked.wait(600)
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that holds the lock, and of which no state file tells."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"holds\n"
        yield process
        process.kill()


@pytest.mark.parametrize("document", [None, "", "{}", '{"version": 99}'])
def test_down_stops_a_supervisor_whose_state_file_is_lost_or_unreadable(
    tmp_path: Path, holder: subprocess.Popen[bytes], document: str | None
) -> None:
    if document is not None:
        (tmp_path / state.FILE_NAME).write_text(document)
    seen = status(tmp_path)
    assert (seen.phase, seen.supervisor_pid, seen.healthy) == ("unknown", holder.pid, False)
    assert "escucha down" in seen.table()
    said: list[str] = []
    assert control.down(tmp_path, say=said.append)
    assert holder.wait(60) == 0
    assert said == ["Stopped."]
    assert not is_owned(tmp_path)
    assert not control.down(tmp_path, say=said.append)


def test_down_says_so_when_nothing_tells_who_runs(
    tmp_path: Path, holder: subprocess.Popen[bytes]
) -> None:
    (tmp_path / LOCK_NAME).write_text("")
    with pytest.raises(LocalStackError, match=r"A stack runs in .* pgrep"):
        control.down(tmp_path, say=lambda _: None)
    assert holder.poll() is None
