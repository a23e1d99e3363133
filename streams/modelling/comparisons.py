"""Comparisons that have ended, and the model in shadow, in ClickHouse."""

import threading
from collections.abc import Callable
from typing import Final, TypeVar

import msgspec
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from models.labels import LabelledMention
from streams.errors import SinkUnavailableError
from streams.labels import ANSWERS, Answer, Exported, labelled
from streams.migrate import connect
from streams.modelling.comparison_job import Ended
from streams.settings import Settings

T = TypeVar("T")
_COLUMNS: Final = ("id", "a", "b", "asked_by", "asked_at", "state", "passed", "gate", "result")


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What of a comparison counts for a promotion."""

    a: str
    b: str
    state: str
    passed: bool
    gate: str


class Comparisons:
    """One session, which takes one statement at a time; it connects at the first one."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: Client | None = None
        self._lock = threading.Lock()

    def keep(self, ended: Ended, why: str) -> None:
        """Store one that has ended, `why` being the gate's word or what went wrong.

        Raises SinkUnavailableError, as the others do.
        """
        job, found = ended.running, ended.found
        passed = found is not None and found.verdict.passed
        result = b"" if found is None else msgspec.json.encode(found)
        row = [
            job.id, job.a, job.b, job.by, job.asked_at, ended.state, int(passed), why,
            result.decode(),
        ]  # fmt: skip
        self._with_client(
            lambda client: client.insert("model_comparisons", [row], column_names=_COLUMNS)
        )

    def find(self, comparison_id: str) -> Kept | None:
        """One that has ended; None when there is none."""
        rows = self._with_client(
            lambda client: (
                client.query(
                    "SELECT a, b, state, passed, gate FROM model_comparisons FINAL"
                    " WHERE id = {id:String}",
                    {"id": comparison_id},
                ).result_rows
            )
        )
        for a, b, state, passed, gate in rows:
            return Kept(a=a, b=b, state=state, passed=bool(passed), gate=gate)
        return None

    def labelled(self) -> list[LabelledMention]:
        """Mentions of the random draw that people labelled: what is honest to judge by."""
        rows = self._with_client(lambda client: client.query(ANSWERS).result_rows)
        return list(labelled((Answer(*row) for row in rows), Exported(), random_only=True))

    def put_in_shadow(self, version: str, by: str) -> None:
        """Let running workers judge with a second model within seconds; empty ends it."""
        self._with_client(
            lambda client: client.insert(
                "shadow_models", [[version, by]], column_names=["version", "set_by"]
            )
        )

    def close(self) -> None:
        """Let go of ClickHouse."""
        if self._client is not None:
            client, self._client = self._client, None
            client.close()

    def _with_client(self, work: Callable[[Client], T]) -> T:
        with self._lock:
            try:
                if self._client is None:
                    self._client = connect(self._settings, in_database=True)
                return work(self._client)
            except (ClickHouseError, OSError) as error:
                self.close()
                raise SinkUnavailableError(f"ClickHouse says: {str(error)[:200]}") from error
