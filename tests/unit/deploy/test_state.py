import os
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.local import state


def record_with(process: state.ProcessIdentity | None) -> state.StackRecord:
    myself = state.ProcessIdentity.of(os.getpid())
    assert myself is not None
    return state.StackRecord(
        phase="ready",
        supervisor=myself,
        started_at=state.now_text(),
        ports={"broker_port": 9092},
        services=[
            state.ServiceRecord(name="broker", state="ready", process=process, port=9092),
            state.ServiceRecord(name="migrate", state="done"),
        ],
    )


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    record = record_with(state.ProcessIdentity.of(os.getpid()))

    state.write(tmp_path, record)

    assert state.read(tmp_path) == record
    assert [name for name, _ in record.living_processes()] == ["broker"]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"version": 99}', '{"version": 1, "phase": "ready"}']
)
def test_a_file_that_cannot_be_understood_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / state.FILE_NAME).write_text(text)

    assert state.read(tmp_path) is None


def test_no_file_is_none(tmp_path: Path) -> None:
    assert state.read(tmp_path) is None


def test_a_reused_pid_is_not_the_same_process() -> None:
    myself = state.ProcessIdentity.of(os.getpid())
    assert myself is not None
    earlier = replace(myself, born_at_seconds=myself.born_at_seconds - 3600)

    assert myself.find() is not None
    assert earlier.find() is None
    assert record_with(earlier).living_processes() == []


def test_a_dead_pid_is_nobody() -> None:
    assert state.ProcessIdentity(pid=2**22 + 1, born_at_seconds=0).find() is None
    assert state.ProcessIdentity.of(2**22 + 1) is None
