"""Runs a target in a process of its own, whose memory is its own and which may be ended."""

import multiprocessing
from multiprocessing.connection import Connection

from tests.fuzz.engine import Result
from tests.fuzz.targets import run

PATIENCE_SEC = 180.0  # beyond its time: to load, and to be told of a hang in compiled code


def apart(name: str, seconds: float, seed: int) -> Result:
    """A target in a fresh process; raises SystemExit when it hangs or dies."""
    spawn = multiprocessing.get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=_run, args=(there, name, seconds, seed))
    process.start()
    there.close()
    try:
        if not here.poll(seconds + PATIENCE_SEC):
            raise SystemExit(f"{name}: hangs where Python cannot break it off")
        result: Result = here.recv()
    except EOFError as error:
        process.join()
        raise SystemExit(f"{name}: its process died with {process.exitcode}") from error
    finally:
        process.kill()
        process.join()
    return result


def _run(connection: Connection, name: str, seconds: float, seed: int) -> None:
    connection.send(run(name, seed=seed, seconds=seconds))
