"""Starts the services in order, restarts what dies, stops everything in reverse order."""

import itertools
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from deploy.local import state
from deploy.local.child import Child
from deploy.local.errors import LocalStackError, ServiceFailedError
from deploy.local.logs import last_lines, log_path
from deploy.local.services import SETTLE_SECONDS, Service

Say = Callable[[str], None]

TICK_SECONDS = 0.2
PROBE_EVERY_SECONDS = 0.1
FIRST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 30.0
STABLE_SECONDS = 60.0
SHOWN_LOG_LINES = 20
ALIVE_EVERY_SECONDS = 5.0


def restart_delay_seconds(failures: int) -> float:
    """Return how long to wait before the next start after `failures` (>= 1) in a row."""
    return float(min(FIRST_DELAY_SECONDS * 2 ** min(failures - 1, 16), LONGEST_DELAY_SECONDS))


class Runner:
    """One service's life: waiting, starting, ready (a one-shot: done), backoff."""

    def __init__(self, service: Service, run_dir: Path) -> None:
        self.service = service
        self.record = state.ServiceRecord(name=service.name, port=service.port)
        self.child: Child | None = None
        self.failures = 0
        self.not_before = 0.0
        self.last_seen = "it has not been asked yet"
        self._since = 0.0
        self._next_probe = 0.0
        self._next_look = 0.0
        self._sick_since: float | None = None
        self._log_path = log_path(run_dir, service.name)

    @property
    def is_ready(self) -> bool:
        """Whether services that come after this one may start."""
        return self.record.state in ("ready", "done")

    @property
    def seconds_in_state(self) -> float:
        """How long the service has been starting, or ready."""
        return time.monotonic() - self._since

    def start(self) -> None:
        """Start the process; raise MissingPartError when that cannot be."""
        for path in self.service.says:  # its pid and port may be another program's by now
            path.unlink(missing_ok=True)
        self.child = Child(self.service.argv, self.service.environment, self._log_path)
        self.record.process = self.child.identity
        self.record.started_at = state.now_text()
        self.enter("starting")
        self._next_probe = 0.0

    def enter(self, new_state: state.ServiceState) -> None:
        """Change the state."""
        self.record.state = new_state
        self._since = time.monotonic()
        self._sick_since = None

    def answers(self) -> bool:
        """Tell whether a starting service has become ready."""
        if self.service.one_shot:
            return False  # ready only by its end
        if self.service.probe is None:
            return self.seconds_in_state >= SETTLE_SECONDS
        if time.monotonic() < self._next_probe:
            return False
        self._next_probe = time.monotonic() + PROBE_EVERY_SECONDS
        trouble = self.service.probe()
        self.last_seen = trouble or "healthy"
        return trouble is None

    def hangs(self, hang_seconds: float) -> str | None:
        """Tell what a ready service has complained of for `hang_seconds` without a break."""
        now = time.monotonic()
        if self.service.alive is None or now < self._next_look:
            return None
        self._next_look = now + min(ALIVE_EVERY_SECONDS, hang_seconds / 3)
        trouble = self.service.alive()
        if trouble is None:
            self._sick_since = None
            return None
        if self._sick_since is None:
            self._sick_since = now
        return trouble if now - self._sick_since >= hang_seconds else None

    def ended(self, how: str) -> None:
        """Note that the process is gone, and when the next start may be."""
        if self.child is not None:
            self.child.kill()  # whatever it left in its group
        self.child = None
        if self.record.state == "ready" and self.seconds_in_state >= STABLE_SECONDS:
            self.failures = 0
        self.failures += 1
        self.not_before = time.monotonic() + restart_delay_seconds(self.failures)
        self.record.process = None
        self.record.last_exit = how
        self.record.restarts += 1
        self.enter("backoff")

    def reset(self, new_state: state.ServiceState) -> None:
        """Note that we stopped the process ourselves."""
        self.child = None
        self.record.process = None
        self.enter(new_state)

    def log_tail(self) -> str:
        """Return the last lines the service wrote, indented."""
        lines = last_lines(self._log_path, SHOWN_LOG_LINES)
        return "\n".join(f"    {line}" for line in lines) or "    (it wrote nothing)"


class Stack:
    """Supervises services until asked to stop. All calls from one thread."""

    def __init__(
        self,
        services: Sequence[Service],
        record: state.StackRecord,
        run_dir: Path,
        *,
        start_timeout_seconds: float,
        hang_seconds: float = 30.0,
        say: Say,
    ) -> None:
        self._runners = {service.name: Runner(service, run_dir) for service in services}
        self._record = record
        self._record.services = [runner.record for runner in self._runners.values()]
        self._run_dir = run_dir
        self._start_timeout_seconds = start_timeout_seconds
        self._hang_seconds = hang_seconds
        self._say = say
        self._written = ""
        self._is_unwritten = False
        self._stop_requested = False

    def request_stop(self) -> None:
        """Ask run() to return soon. Safe in a signal handler."""
        self._stop_requested = True

    def run(self) -> None:
        """Bring everything up and keep it up until a stop is requested; then stop everything.

        Raises ServiceFailedError when a service fails before the stack was once ready.
        """
        try:
            while not self._stop_requested:
                self._tick()
                self._save()
                time.sleep(TICK_SECONDS if self._record.phase == "ready" else 0.05)
        except LocalStackError as error:
            self._record.phase, self._record.error = "failed", str(error)
            raise
        finally:
            if self._record.phase != "failed":
                self._record.phase = "stopping"
            self._save()
            self._stop(list(self._runners.values()), "stopped")
            if self._record.phase == "stopping":
                self._record.phase = "stopped"
            self._save()

    def _tick(self) -> None:
        for runner in self._runners.values():
            if self._stop_requested:
                return
            self._advance(runner)
        if self._record.phase == "starting" and all(r.is_ready for r in self._runners.values()):
            self._record.phase = "ready"

    def _advance(self, runner: Runner) -> None:
        service = runner.service
        if runner.record.state in ("waiting", "backoff"):
            prepared = all(self._runners[name].is_ready for name in service.after)
            if prepared and time.monotonic() >= runner.not_before:
                runner.start()
                self._save()  # before anything else, so that no child goes unrecorded
            return
        if runner.child is None:  # a one-shot that is done
            return
        code = runner.child.exit_code()
        if code is not None:
            if service.one_shot and code == 0:
                runner.failures = 0
                took = runner_seconds(runner)
                runner.reset("done")
                self._say(f"{service.name} done in {took}")
            else:
                self._fail(runner, runner.child.exit_text() or "")
        elif runner.record.state == "starting":
            if runner.answers():
                took = runner_seconds(runner)
                runner.enter("ready")
                where = f" on port {service.port}" if service.port else ""
                note = f". {service.note}" if service.note else ""
                self._say(f"{service.name} ready{where} after {took}{note}")
            elif runner.seconds_in_state > self._start_timeout_seconds:
                what = f"was not ready after {self._start_timeout_seconds:.0f} s"
                self._fail(runner, f"{what}: {runner.last_seen}")
        elif runner.record.state == "ready" and (trouble := runner.hangs(self._hang_seconds)):
            # Killed, not asked: one that hangs does not listen, and nothing is lost by it.
            self._fail(runner, f"it hangs: {trouble}")

    def _fail(self, runner: Runner, how: str) -> None:
        name = runner.service.name
        runner.ended(how)
        if self._record.phase == "starting":
            raise ServiceFailedError(
                f"{name} did not come up ({how}). The last lines of "
                f"{log_path(self._run_dir, name)}:\n{runner.log_tail()}"
            )
        self._say(f"{name} ended ({how}); next start in {restart_delay_seconds(runner.failures)} s")
        dependents = [each for each in self._runners.values() if name in each.service.restarts_with]
        if dependents:
            names = ", ".join(each.service.name for each in dependents)
            self._say(f"{names} begin anew with {name}")
            self._stop(dependents, "waiting")

    def _stop(self, runners: Sequence[Runner], afterwards: state.ServiceState) -> None:
        """Stop layer by layer from the top, the services of a layer together."""

        def layer(runner: Runner) -> int:
            return runner.service.layer

        ordered = sorted(runners, key=layer, reverse=True)
        for _, group in itertools.groupby(ordered, key=layer):
            _stop_together(list(group), afterwards)

    def _save(self) -> None:
        # Only what changed: nothing is written while nothing happens.
        snapshot = repr(self._record)
        if snapshot == self._written:
            return
        try:
            state.write(self._run_dir, self._record)
        except OSError as error:
            # A full disk must not stop what runs: it is tried again with the next look.
            if not self._is_unwritten:
                self._say(f"the state cannot be written ({error}); everything goes on")
            self._is_unwritten = True
        else:
            self._written, self._is_unwritten = snapshot, False


def runner_seconds(runner: Runner) -> str:
    """Return how long the runner has been in its state, for people."""
    return f"{runner.seconds_in_state:.1f} s"


def _stop_together(runners: Sequence[Runner], afterwards: state.ServiceState) -> None:
    running = [(runner, runner.child) for runner in runners if runner.child is not None]
    for _, child in running:
        child.terminate()
    began = time.monotonic()
    for runner, child in running:
        child.wait(max(0.0, began + runner.service.stop_grace_seconds - time.monotonic()))
        child.kill()
    for runner in runners:
        runner.not_before = 0.0
        runner.reset(afterwards)
