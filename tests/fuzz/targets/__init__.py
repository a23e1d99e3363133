"""All targets by name."""

from tests.fuzz.engine import Target
from tests.fuzz.targets import files, http, kept, live, records, said

TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        *records.TARGETS, *files.TARGETS, *said.TARGETS, *live.TARGETS, *http.TARGETS, *kept.TARGETS
    )
}  # fmt: skip
