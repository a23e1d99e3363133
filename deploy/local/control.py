"""What the command line calls: up, down, status, logs.

`python -m deploy.local.control RUN_DIR` is the detached supervisor, started by up().
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType

from deploy.local import logs as log_files
from deploy.local import state
from deploy.local.child import stop_processes, wait_until_gone
from deploy.local.config import PORT_OPTIONS, StackConfig, default_run_dir
from deploy.local.errors import LocalStackError, ServiceFailedError
from deploy.local.ownership import LOCK_NAME, is_owned, owner, sole_owner
from deploy.local.passwords import load_or_create
from deploy.local.ports import require_free
from deploy.local.services import build
from deploy.local.supervisor import Say, Stack

STOP_SECONDS = 15.0
ORPHAN_GRACE_SECONDS = 5.0
ERROR_MARK = "! "


def up(
    config: StackConfig,
    *,
    detach: bool = False,
    say: Say | None = None,
    give_up: Callable[[], bool] = lambda: False,
) -> int:
    """Run the stack; return 0 when it was stopped on request, or, detached, once it is ready.

    Raises LocalStackError with a message for people when it cannot run. `say` gets one line for
    each thing worth telling (default: standard error). Detached, it returns early when `give_up`
    says so: what has begun to start goes on until down().
    """
    emit = say or _to_stderr
    return _up_detached(config, emit, give_up) if detach else _up_here(config, emit)


def down(run_dir: Path | None = None, *, say: Say | None = None) -> bool:
    """Stop the stack of a run directory, and what a killed supervisor left behind.

    Returns whether anything was running; on return nothing is. Raises LocalStackError when what
    runs is not known, since its state file is lost.
    """
    emit = say or _to_stderr
    directory = (run_dir or default_run_dir()).absolute()
    record = state.read(directory)
    # The lock, not the pid, says whether it lives: a pid may be somebody else's by now.
    owned = is_owned(directory)
    known = record.supervisor if record is not None else owner(directory)
    supervisor = known.find() if owned and known is not None else None
    if record is None and owned and supervisor is None and is_owned(directory):
        raise LocalStackError(
            f"A stack runs in {directory}, but neither {state.FILE_NAME} nor {LOCK_NAME} there"
            " says under which pid. Find it with: pgrep -f deploy.local.control, and end it with"
            " kill."
        )
    if supervisor is not None:
        supervisor.send_signal(signal.SIGTERM)
        if not wait_until_gone(supervisor, STOP_SECONDS):
            emit(f"The supervisor (pid {supervisor.pid}) did not stop in time; killing it.")
            stop_processes([supervisor], grace_seconds=0)
    last = state.read(directory) or record
    leftovers = last is not None and _stop_orphans(last, emit)
    (directory / state.FILE_NAME).unlink(missing_ok=True)
    was_running = supervisor is not None or leftovers
    emit("Stopped." if was_running else f"Nothing runs in {directory}.")
    return was_running


def logs(
    run_dir: Path | None = None,
    service: str | None = None,
    *,
    follow: bool = False,
    lines: int = 100,
    emit: Callable[[str], None] = print,
    keep_going: Callable[[], bool] = lambda: True,
) -> None:
    """Emit the last `lines` of one service or of each; with `follow`, go on until interrupted.

    Raises LocalStackError when there is no such log.
    """
    directory = (run_dir or default_run_dir()).absolute()
    known = log_files.service_names(directory)
    if service is not None and service not in known:
        names = ", ".join(known) or "none yet"
        raise LocalStackError(f"No log of {service} in {directory}. There is: {names}.")
    if not known:
        raise LocalStackError(f"No logs in {directory}. Start the stack with: escucha up")
    chosen = [service] if service is not None else known
    log_files.show(directory, chosen, lines=lines, follow=follow, emit=emit, keep_going=keep_going)


def _up_here(config: StackConfig, emit: Say) -> int:
    with sole_owner(config.run_dir):
        log = log_files.RotatingLog(log_files.log_path(config.run_dir, "supervisor"))

        def say(line: str) -> None:
            emit(line)
            with contextlib.suppress(OSError):  # a full disk must not stop what runs
                log.write(f"{state.now_text()} {line}\n".encode())

        record = _fresh_record(config)
        try:
            _supervise(config, record, say)
        except Exception as error:
            # A detached supervisor has no other way to say why it ended.
            known = isinstance(error, LocalStackError)
            text = str(error) if known else traceback.format_exc()
            log.write("".join(f"{ERROR_MARK}{line}\n" for line in text.splitlines()).encode())
            if record.phase != "failed":
                record.phase, record.error = "failed", str(error)
                state.write(config.run_dir, record)
            raise
        finally:
            log.close()
    return 0


def _supervise(config: StackConfig, record: state.StackRecord, say: Say) -> None:
    previous = state.read(config.run_dir)
    if previous is not None:
        _stop_orphans(previous, say)
    for port in PORT_OPTIONS:
        number = config.ports().get(port.field)
        if number is not None:
            require_free(number, port.purpose, port.remedy)
    for purpose, number in config.metrics_ports().items():
        require_free(number, f"the {purpose}", "choose others with --metrics-port")
    state.write(config.run_dir, record)
    stack = Stack(
        build(config, load_or_create(config.run_dir)),
        record,
        config.run_dir,
        start_timeout_seconds=config.start_timeout_seconds,
        hang_seconds=config.hang_seconds,
        say=say,
    )
    with _stopping_on_signals(stack):
        stack.run()


def _up_detached(config: StackConfig, emit: Say, give_up: Callable[[], bool]) -> int:
    with sole_owner(config.run_dir):  # refuse here and now; the supervisor then takes it itself
        config.save()
    path = log_files.log_path(config.run_dir, "supervisor")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    said = log_files.Follower(path)
    try:
        return _start_and_wait(config, said, emit, give_up)
    finally:
        said.close()


def _start_and_wait(
    config: StackConfig, said: log_files.Follower, emit: Say, give_up: Callable[[], bool]
) -> int:
    started = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "deploy.local.control", str(config.run_dir)],
        env=config.environment(load_or_create(config.run_dir)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        start_new_session=True,
        check=False,
        text=True,
    )
    if started.returncode != 0:
        raise ServiceFailedError(f"The supervisor did not start:\n{started.stderr.strip()}")
    pid = int(started.stdout)
    supervisor = state.ProcessIdentity.of(pid)
    while True:
        alive = supervisor is not None and supervisor.find() is not None
        record = state.read(config.run_dir)
        for line in said.new_lines():
            if not line.startswith(ERROR_MARK):  # the exception below tells it
                emit(line.partition(" ")[2])  # without its time
        if record is not None and supervisor is not None and record.supervisor.pid == pid:
            if record.phase == "ready":
                emit(f"Runs in the background (supervisor pid {pid}).")
                return 0
            if give_up():  # not before it has written its state, which down() goes by
                return 0
            if record.phase == "failed":
                while supervisor.find() is not None:  # it stops what it had started
                    time.sleep(0.05)
                raise ServiceFailedError(record.error or "The stack failed without a word.")
        if not alive:
            path = log_files.log_path(config.run_dir, "supervisor")
            raise ServiceFailedError(f"The supervisor ended; {path} may say why.")
        time.sleep(0.1)


def _stop_orphans(record: state.StackRecord, emit: Say) -> bool:
    living = record.living_processes()
    if living:
        names = ", ".join(f"{name} (pid {process.pid})" for name, process in living)
        emit(f"Stopping what an earlier supervisor left behind: {names}.")
        stop_processes([process for _, process in living], ORPHAN_GRACE_SECONDS)
    return bool(living)


def _fresh_record(config: StackConfig) -> state.StackRecord:
    identity = state.ProcessIdentity.of(os.getpid())
    assert identity is not None  # noqa: S101 - this process lives
    return state.StackRecord(
        phase="starting",
        supervisor=identity,
        started_at=state.now_text(),
        ports=config.ports(),
    )


@contextlib.contextmanager
def _stopping_on_signals(stack: Stack) -> Iterator[None]:
    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stack.request_stop()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, on_signal) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _to_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Become a supervisor nobody waits for: print its pid, return, and let it run on."""
    run_dir = Path((arguments or sys.argv[1:])[0])
    pid = os.fork()  # the second of the two forks of a daemon; no thread has started yet
    if pid:
        sys.stdout.write(f"{pid}\n")
        return 0
    sink = os.open(os.devnull, os.O_RDWR)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    try:
        return up(StackConfig.load(run_dir), say=lambda _line: None)
    except LocalStackError:
        return 1  # told in the state file and in supervisor.log


if __name__ == "__main__":
    sys.exit(main())
