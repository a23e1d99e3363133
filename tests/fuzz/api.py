"""An HTTP API held to its own description by schemathesis, over a real socket.

What schemathesis makes of an OpenAPI document: each operation with values that fit it and with
values that do not, at the edges of what the document says and by chance. What comes back is to be
an answer that the document tells of: its status, its kind, its form; no 5xx, and in time.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from requests import PreparedRequest
from requests.auth import AuthBase
from schemathesis.engine import Status, events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder

from tests.fuzz.engine import Crash, Result, peak_mib, silence

HANG_SEC = 30.0  # without an answer
MOST_CRASHES = 25
# Not asked: whether all that fits the document is taken. It cannot say that a period ends after it
# begins, or that a rule can be read. Nor what comes of several requests in a row.
NOT_CHECKED = (
    "positive_data_acceptance", "use_after_free", "ensure_resource_availability",
    "object_level_authorization",
)  # fmt: skip

REFUSALS = [
    "400", "401", "403", "404", "405", "409", "411", "413", "414", "415", "422", "429",
]  # fmt: skip


@dataclass(frozen=True)
class Api:
    """One that serves: its description, its address, and what every request of it carries."""

    document: Mapping[str, Any]
    url: str
    signed: Callable[[bytes], Mapping[str, str]]  # headers for a body
    headers: Mapping[str, str]  # of every request
    without: Sequence[tuple[str, str]] = ()  # method and path of what is left alone
    known: Mapping[str, list[Any]] = field(default_factory=dict)  # parameters chance never hits


@dataclass(frozen=True, kw_only=True)
class ApiTarget:
    """An API to be explored, as `Target` is a parser to be fed."""

    name: str
    what: str
    open: Callable[[], AbstractContextManager[Api]]

    def fuzz(self, *, seed: int, seconds: float) -> Result:
        """The edges of what the document says, as far as two thirds of the time go, then chance.

        All edges of the console are some 2,000 requests, a minute or two.
        """
        with self.open() as api:
            edges = explore(self.name, api, seed=seed, seconds=seconds * 2 / 3, edges=True)
            left = max(1.0, seconds - edges.seconds)
            return both(edges, explore(self.name, api, seed=seed, seconds=left, edges=False))


class _Signing(AuthBase):
    def __init__(self, signed: Callable[[bytes], Mapping[str, str]]) -> None:
        self._signed = signed

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        body = request.body or b""
        request.headers.update(self._signed(body.encode() if isinstance(body, str) else body))
        return request


def explore(
    name: str,
    api: Api,
    *,
    seed: int,
    edges: bool,
    seconds: float | None = None,
    examples: int | None = None,
) -> Result:
    """Ask an API: for so long, over and over, or so many examples of each operation.

    `edges` in place of chance: every edge of the document once, as far as time goes.
    """
    bound = {} if seconds is None else {"max-time": max(1, round(seconds))}
    many = {} if examples is None else {"max-examples": examples}
    config = schemathesis.Config.from_dict(
        {
            **bound,
            "seed": seed,
            "base-url": api.url,
            "headers": dict(api.headers),
            "dictionaries": {name: {"values": values} for name, values in api.known.items()},
            "parameters": {
                f"path.{name}": {"dictionary": name, "probability": 0.8} for name in api.known
            },
            "request-timeout": HANG_SEC,
            "max-stream-events": 1,  # a stream may never end: its beginning is what is looked at
            "continue-on-failure": True,
            "cache": {"enabled": False},
            "generation": {**many, "database": "none", "no-shrink": True},
            "phases": {
                "examples": {"enabled": False},
                "stateful": {"enabled": False},
                "coverage": {"enabled": edges},
                "fuzzing": {"enabled": not edges},
            },
            "suppress-health-check": ["all"],
            "checks": {
                "negative_data_rejection": {"expected-statuses": REFUSALS},
                **{check: {"enabled": False} for check in NOT_CHECKED},
            },
        }
    )
    schema = schemathesis.openapi.from_dict(dict(api.document), config=config)
    for method, path in api.without:
        schema = schema.exclude(method=method, path=path)
    schema.auth.set_from_requests(_Signing(api.signed))
    result, loaded_mib, started = Result(name), peak_mib(), time.monotonic()
    with silence():
        for event in from_schema(schema).execute():
            if isinstance(event, events.FatalError):
                raise event.exception
            if isinstance(event, events.NonFatalError):
                _note(result, Crash(f"{event.label}: {event.info.title}", b"", event.info.message))
            elif isinstance(event, events.ScenarioFinished):
                _add(result, event.recorder)
            if len(result.crashes) >= MOST_CRASHES:
                break
    result.seconds = time.monotonic() - started
    result.growth_mib = peak_mib() - loaded_mib
    return result


def both(one: Result, other: Result) -> Result:
    """Two runs of a target as one."""
    crashes = one.crashes + other.crashes
    return Result(
        one.target, one.inputs + other.inputs, one.outcomes + other.outcomes,
        one.seconds + other.seconds, max(one.worst_sec, other.worst_sec),
        one.growth_mib + other.growth_mib, crashes,
    )  # fmt: skip


def _add(result: Result, recorder: ScenarioRecorder) -> None:
    for interaction in recorder.interactions.values():
        result.inputs += 1
        answer = interaction.response
        result.outcomes[f"{recorder.label} {answer.status_code if answer else 'none'}"] += 1
        if answer is not None:
            result.worst_sec = max(result.worst_sec, answer.elapsed)
    for crash in _failures(recorder):
        _note(result, crash)


def _failures(recorder: ScenarioRecorder) -> Iterator[Crash]:
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.status is not Status.FAILURE or check.failure_info is None:
                continue
            failure, answer = check.failure_info.failure, None
            with suppress(KeyError):
                answer = recorder.interactions[case_id].response
            said = answer.content[:600].decode("utf-8", "replace") if answer else ""
            yield Crash(
                f"{recorder.label}: {failure.title}: {failure.message[:600]}",
                check.failure_info.code_sample.encode(),
                f"{check.name}\n{said}",
            )


def _note(result: Result, crash: Crash) -> None:
    """One of a kind: of an operation and a check, by the first line of what is wrong."""
    kind = crash.why.splitlines()[0]
    if all(known.why.splitlines()[0] != kind for known in result.crashes):
        result.crashes.append(crash)
