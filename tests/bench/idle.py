"""What a running local stack costs when nothing happens: memory and processor of each service.

escucha up --detach && python -m tests.bench.idle --seconds 60

Memory twice: resident (RSS), which counts what processes share once for each of them, and
proportional (PSS, Linux only), whose sum is what the machine really gives.
"""

import argparse
import time

import psutil

from deploy.local import state
from deploy.local.config import default_run_dir

MIB = 2**20


def main() -> None:
    """Print a line for each process of the stack in ESCUCHA_RUN_DIR, and the sum."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=60.0)
    seconds = parser.parse_args().seconds
    record = state.read(default_run_dir().absolute())
    if record is None:
        raise SystemExit("no stack runs here: escucha up --detach")
    processes = record.living_processes()
    supervisor = record.supervisor.find()
    if supervisor is not None:
        processes.append(("supervisor", supervisor))
    before = [_busy_sec(process) for _, process in processes]
    time.sleep(seconds)
    total_share = total_memory = total_own = 0.0
    for (name, process), busy in zip(processes, before, strict=True):
        share = 100 * (_busy_sec(process) - busy) / seconds
        found = process.memory_full_info()
        memory, own = found.rss / MIB, getattr(found, "pss", found.uss) / MIB
        total_share += share
        total_memory += memory
        total_own += own
        print(_line(name, share, memory, own))
    print(_line("together", total_share, total_memory, total_own))


def _line(name: str, share: float, memory: float, own: float) -> str:
    return f"{name:<12} {share:5.1f} % of a core {memory:7.0f} MiB RSS {own:7.0f} MiB PSS"


def _busy_sec(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


if __name__ == "__main__":
    main()
