"""What doctor asks of the local stack: its ports, its processes, and what was left behind."""

from collections.abc import Iterator
from pathlib import Path

from deploy.local import ports, state
from deploy.local.config import PORT_OPTIONS, StackConfig
from deploy.local.errors import LocalStackError
from deploy.local.ownership import is_owned
from deploy.local.status import status
from streams.operate.findings import Finding, Patient, bad, ok, skipped, warn

LOCK = "stale-locks"


def runs(run_dir: Path) -> bool:
    """Whether a local stack runs in this directory."""
    return is_owned(run_dir)


def local_ports(patient: Patient) -> Iterator[Finding]:
    """Whether `escucha up` would find its ports free."""
    if patient.stack_runs:
        yield ok("ports", "The local stack has its ports.")
        return
    if patient.expects_services:  # they may well be here, on these very ports
        yield skipped("ports", "Variables name the services: no local stack needs its ports.")
        return
    try:
        config = StackConfig.from_environment(run_dir=patient.run_dir)
    except LocalStackError as error:
        yield bad("ports", str(error), "Correct the variable, or unset it.")
        return
    wanted = config.ports()
    taken = 0
    for option in PORT_OPTIONS:
        port = wanted.get(option.field)
        if port is None or ports.is_free(port):
            continue
        taken += 1
        owner = ports.holder(port) or "a process that you may not inspect"
        yield warn(
            "ports",
            f"Port {port}, meant for {option.purpose}, is taken by {owner}.",
            f"Stop that process, or {option.remedy}.",
        )
    if not taken:
        yield ok("ports", f"Ports {', '.join(map(str, wanted.values()))} are free.")


def services(patient: Patient) -> Iterator[Finding]:
    """How the services of a running stack are."""
    if not patient.stack_runs:
        yield skipped(
            "stack", f"No local stack runs in {patient.run_dir}.", "Start one: escucha up"
        )
        return
    found = status(patient.run_dir)
    sick = [each for each in found.services if not each.healthy]
    for each in sick:
        yield bad(
            "stack",
            f"{each.name} is not well ({each.state}): {each.detail or 'it says nothing'}.",
            f"Look at its log: escucha logs {each.name}",
        )
    restarted = [each for each in found.services if each.restarts >= 3 and each.healthy]
    for each in restarted:
        yield warn(
            "stack",
            f"{each.name} was started again {each.restarts} times; last it {each.last_exit}.",
            f"Look at its log: escucha logs {each.name}",
        )
    if not sick and not restarted:
        yield ok("stack", f"All {len(found.services)} services of the local stack are well.")


def left_behind(patient: Patient) -> Iterator[Finding]:
    """Whether a stack that was killed left processes or its mark."""
    record = state.read(patient.run_dir)
    if record is None or is_owned(patient.run_dir):
        yield ok(LOCK, "Nothing was left behind by a stack that was killed.")
        return
    living = [f"{name} (pid {process.pid})" for name, process in record.living_processes()]
    if living:
        yield bad(
            LOCK,
            f"The supervisor is gone, and these still run without it: {', '.join(living)}.",
            "Run: escucha down",
        )
    elif record.phase not in {"stopped", "failed"}:
        yield warn(
            LOCK,
            f"A stack was killed in {patient.run_dir}; its state file still says {record.phase}.",
            "Run: escucha down, or just escucha up, which cleans up by itself.",
        )
    else:
        yield ok(LOCK, "Nothing was left behind by a stack that was killed.")


CHECKS = (local_ports, services, left_behind)
