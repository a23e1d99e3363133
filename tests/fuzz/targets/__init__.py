"""All targets by name."""

from tests.fuzz.api import ApiTarget
from tests.fuzz.engine import Result, Target, fuzz
from tests.fuzz.targets import api, files, http, kept, live, records, said

TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        *records.TARGETS, *files.TARGETS, *said.TARGETS, *live.TARGETS, *http.TARGETS, *kept.TARGETS
    )
}  # fmt: skip
APIS: dict[str, ApiTarget] = {target.name: target for target in api.TARGETS}
ALL: dict[str, Target | ApiTarget] = {**TARGETS, **APIS}


def run(name: str, *, seed: int, seconds: float) -> Result:
    """A target of either sort, for so long."""
    target = ALL[name]
    if isinstance(target, ApiTarget):
        return target.fuzz(seed=seed, seconds=seconds)
    return fuzz(target, seed=seed, seconds=seconds)
