"""`escucha listen` in a process of its own, as a user runs it, on one run directory."""

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.integration.producers.helpers import REPOSITORY, Topic


@dataclass
class ListenCommand:
    """Started, killed and started again with the same arguments; resumes by its checkpoint."""

    topic: Topic
    run_dir: Path
    arguments: tuple[str, ...]
    process: asyncio.subprocess.Process | None = None

    async def start(self, **environment: str) -> None:
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "streams.cli", "listen", *self.arguments),
            cwd=REPOSITORY,
            env={
                **os.environ,
                "ESCUCHA_KAFKA_BOOTSTRAP": self.topic.bootstrap,
                "ESCUCHA_MENTIONS_TOPIC": self.topic.name,
                "ESCUCHA_RUN_DIR": str(self.run_dir),
                **environment,
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )

    async def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        await self.process.communicate()

    async def stop(self) -> dict[str, Any]:
        """End it in peace; return its summary."""
        assert self.process is not None
        self.process.terminate()
        out, _ = await asyncio.wait_for(self.process.communicate(), 20)
        summary: dict[str, Any] = json.loads(out)
        return summary

    def checkpoint(self) -> dict[str, Any]:
        """What the checkpoint says; empty while there is none."""
        files = list((self.run_dir / "checkpoints").glob("live-*.json"))
        found: dict[str, Any] = json.loads(files[0].read_text("utf-8")) if files else {}
        return found

    async def until_delivered(self, events: int, within_sec: float = 30.0) -> None:
        """Return once the checkpoint says so many, over all runs."""
        async with asyncio.timeout(within_sec):
            while self.checkpoint().get("delivered", 0) < events:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)
