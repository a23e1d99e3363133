"""The supervisor with services of a few lines: no broker, no ClickHouse."""

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.local import health, state, supervisor
from deploy.local.errors import MissingPartError, ServiceFailedError
from deploy.local.services import Service

SLEEP = "import time; time.sleep(60)"


def service(name: str, code: str, **more: object) -> Service:
    probe = more.pop("probe", lambda: None)
    return Service(
        name=name,
        argv=(sys.executable, "-c", code),
        environment=dict(os.environ),
        probe=probe,  # type: ignore[arg-type]
        **more,  # type: ignore[arg-type]
    )


class Bench:
    """Runs a stack in the main thread, and a script of the test beside it."""

    def __init__(self, run_dir: Path) -> None:
        self.run_dir = run_dir
        self.said: list[str] = []
        myself = state.ProcessIdentity.of(os.getpid())
        assert myself is not None
        self.record = state.StackRecord(
            phase="starting", supervisor=myself, started_at=state.now_text(), ports={}
        )

    def run(
        self,
        services: list[Service],
        script: Callable[[], None],
        timeout: float = 5,
        hang_seconds: float = 30,
    ) -> None:
        stack = supervisor.Stack(
            services,
            self.record,
            self.run_dir,
            start_timeout_seconds=timeout,
            hang_seconds=hang_seconds,
            say=self.said.append,
        )
        failures: list[BaseException] = []

        def beside() -> None:
            try:
                script()
            except BaseException as error:  # noqa: BLE001 - raised again in the main thread
                failures.append(error)
            stack.request_stop()

        helper = threading.Thread(target=beside)
        helper.start()
        try:
            stack.run()
        finally:
            helper.join()
        if failures:
            raise failures[0]

    def service(self, name: str) -> state.ServiceRecord:
        return next(each for each in self.record.services if each.name == name)

    def wait_for(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < deadline, (self.said, self.record)
            time.sleep(0.02)

    def wait_ready(self) -> None:
        self.wait_for(lambda: self.record.phase != "starting")

    def kill(self, name: str) -> int:
        process = self.service(name).process
        assert process is not None
        os.kill(process.pid, 9)
        return process.pid


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(supervisor, "FIRST_DELAY_SECONDS", 0.05)
    monkeypatch.setattr(supervisor, "TICK_SECONDS", 0.02)
    return Bench(tmp_path)


def test_the_delay_doubles_up_to_a_ceiling() -> None:
    delays = [supervisor.restart_delay_seconds(failures) for failures in (1, 2, 3, 7, 1000)]

    assert delays == [0.5, 1.0, 2.0, 30.0, 30.0]


def test_a_service_starts_only_when_those_before_it_are_healthy(bench: Bench) -> None:
    answers = iter(["not yet", "not yet", None])
    seen: list[str] = []

    def probe() -> str | None:
        seen.append(bench.service("second").state)
        return next(answers)

    services = [
        service("first", SLEEP, probe=probe),
        service("once", "print('migrated')", after=("first",), one_shot=True, layer=1),
        service("second", SLEEP, after=("first", "once"), layer=2),
    ]
    bench.run(services, bench.wait_ready)

    assert seen == ["waiting"] * 3
    names = [line.split()[0] for line in bench.said]
    assert names == ["first", "once", "second"]
    assert bench.record.phase == "stopped"
    assert bench.record.living_processes() == []


def test_a_service_that_dies_is_started_again(bench: Bench) -> None:
    def script() -> None:
        bench.wait_ready()
        old = bench.kill("first")
        bench.wait_for(lambda: bench.service("first").restarts == 1)
        bench.wait_for(lambda: bench.service("first").state == "ready")
        process = bench.service("first").process
        assert process is not None
        assert process.pid != old
        assert bench.service("first").last_exit == "killed by SIGKILL"

    bench.run([service("first", SLEEP), service("second", SLEEP, after=("first",))], script)

    assert bench.service("second").restarts == 0


def test_who_restarts_with_a_service_begins_anew_after_it(bench: Bench) -> None:
    runs = bench.run_dir / "runs"
    once = f"open({str(runs)!r}, 'a').write('x')"

    def script() -> None:
        bench.wait_ready()
        worker = bench.service("worker").process
        store = bench.service("store").process
        bench.kill("broker")
        bench.wait_for(lambda: runs.read_text() == "xx")
        bench.wait_for(lambda: bench.service("worker").state == "ready")
        assert bench.service("worker").process != worker
        assert bench.service("store").process == store

    services = [
        service("broker", SLEEP),
        service("store", SLEEP, after=("broker",), layer=1),
        service("once", once, after=("store",), restarts_with=("broker",), one_shot=True, layer=2),
        service("worker", SLEEP, after=("once",), restarts_with=("broker",), layer=3),
    ]
    bench.run(services, script)


def test_a_failure_while_coming_up_stops_everything_and_shows_the_log(bench: Bench) -> None:
    services = [
        service("first", SLEEP),
        service(
            "once",
            "import sys; sys.exit('no such table')",
            after=("first",),
            one_shot=True,
        ),
    ]

    with pytest.raises(ServiceFailedError, match=r"(?s)once .*exit code 1.*no such table"):
        bench.run(services, lambda: bench.wait_for(lambda: bench.record.phase == "failed"))

    written = state.read(bench.run_dir)
    assert written is not None
    assert written.phase == "failed"
    assert "no such table" in (written.error or "")
    assert written.living_processes() == []


def test_a_service_that_never_answers_fails_with_what_the_probe_saw(bench: Bench) -> None:
    deaf = service("deaf", SLEEP, probe=lambda: "connection refused")

    with pytest.raises(ServiceFailedError, match="connection refused"):
        bench.run(
            [deaf], lambda: bench.wait_for(lambda: bench.record.phase == "failed"), timeout=0.3
        )


def test_a_program_that_is_not_there_is_a_message(bench: Bench) -> None:
    lost = Service(name="lost", argv=("/no/such/program",), environment=dict(os.environ))

    # On Linux the wrapper starts and then fails; elsewhere the start itself does.
    with pytest.raises((MissingPartError, ServiceFailedError), match=r"no/such/program|lost"):
        bench.run([lost], lambda: bench.wait_for(lambda: bench.record.phase == "failed"))


def test_a_service_that_ignores_the_request_to_stop_is_killed(bench: Bench) -> None:
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); "
    log = bench.run_dir / "logs" / "stubborn.log"

    bench.run(
        [
            service(
                "stubborn",
                stubborn + "time.sleep(60)",
                probe=lambda: None if log.read_text() else "not yet",
                stop_grace_seconds=0.2,
            )
        ],
        bench.wait_ready,
    )

    assert bench.record.living_processes() == []


def test_the_services_of_a_higher_layer_stop_first(bench: Bench) -> None:
    ends = bench.run_dir / "ends"

    def code(name: str) -> str:
        return (
            "import signal, sys, time\n"
            f"def end(*_): open({str(ends)!r}, 'a').write({name!r}); sys.exit()\n"
            f"signal.signal(15, end); print(1, flush=True); {SLEEP}"
        )

    def started(name: str) -> Callable[[], str | None]:
        log = bench.run_dir / "logs" / f"{name}.log"
        return lambda: None if log.read_text() else "not yet"

    services = [
        service(name, code(name), layer=layer, probe=started(name))
        for layer, name in enumerate("abc")
    ]
    bench.run(services, bench.wait_ready)

    assert ends.read_text() == "cba"


def test_a_service_that_hangs_for_long_is_started_again(bench: Bench) -> None:
    trouble: list[str] = []
    sick = service("worker", SLEEP, alive=lambda: trouble[0] if trouble else None)
    pids = []

    def script() -> None:
        bench.wait_ready()
        process = bench.service("worker").process
        assert process is not None
        pids.append(process.pid)
        trouble.append("9 records wait")
        bench.wait_for(lambda: bench.service("worker").restarts == 1)
        trouble.clear()
        bench.wait_for(lambda: bench.service("worker").state == "ready")
        process = bench.service("worker").process
        assert process is not None
        pids.append(process.pid)

    bench.run([sick], script, hang_seconds=0.3)

    assert pids[0] != pids[1]
    assert any("it hangs: 9 records wait" in line for line in bench.said)


def test_a_moment_of_trouble_is_forgiven(bench: Bench) -> None:
    looks: list[int] = []

    def now_and_then() -> str | None:
        looks.append(1)
        return "busy" if len(looks) % 2 else None

    def script() -> None:
        bench.wait_ready()
        bench.wait_for(lambda: len(looks) > 12)

    bench.run([service("worker", SLEEP, alive=now_and_then)], script, hang_seconds=0.2)

    assert bench.service("worker").restarts == 0


def test_a_state_that_cannot_be_written_stops_nothing(bench: Bench) -> None:
    in_the_way = (bench.run_dir / state.FILE_NAME).with_suffix(".new")

    def restarts_written() -> int:
        written = state.read(bench.run_dir)
        assert written is not None
        return written.services[0].restarts

    def script() -> None:
        bench.wait_ready()
        bench.wait_for(lambda: state.read(bench.run_dir) is not None)
        in_the_way.mkdir()
        bench.kill("one")
        one = bench.service("one")
        bench.wait_for(lambda: (one.restarts, one.state) == (1, "ready"))
        assert restarts_written() == 0
        in_the_way.rmdir()
        bench.wait_for(lambda: restarts_written() == 1)

    bench.run([service("one", SLEEP)], script)

    assert len([line for line in bench.said if "cannot be written" in line]) == 1


def test_what_a_predecessor_said_is_not_taken_for_an_answer(bench: Bench) -> None:
    said = bench.run_dir / "said"
    said.write_text(str(os.getpid()))  # that of another program that lives
    code = (
        "import os, time; time.sleep(0.5);"
        f" open({str(said)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    )

    def script() -> None:
        bench.wait_ready()
        process = bench.service("one").process
        assert process is not None
        assert said.read_text() == str(process.pid)

    bench.run([service("one", code, says=(said,), probe=health.ready_file(said))], script)
