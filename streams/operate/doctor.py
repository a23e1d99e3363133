"""`escucha doctor`: looks at everything that commonly goes wrong, and says what to do about it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from streams.operate import (
    broker_checks,
    certificate_checks,
    clickhouse_checks,
    content_checks,
    machine_checks,
    stack_checks,
)
from streams.operate.findings import Check, Finding, Patient, bad
from streams.operate.spoken import SIGNS, Language, in_language
from streams.settings import Settings

CHECKS: Sequence[Check] = (
    *machine_checks.CHECKS,
    *stack_checks.CHECKS,
    *broker_checks.CHECKS,
    *certificate_checks.CHECKS,
    *clickhouse_checks.CHECKS,
    *content_checks.CHECKS,
)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All that was found; `ok` is false when something is bad."""

    ok: bool
    findings: list[Finding]


def examine(patient: Patient, checks: Sequence[Check] = CHECKS) -> Report:
    """Do every check; one that breaks is a finding of its own and stops no other."""
    findings = [finding for check in checks for finding in _done(check, patient)]
    return Report(ok=all(one.state != "bad" for one in findings), findings=findings)


def _done(check: Check, patient: Patient) -> Iterator[Finding]:
    try:
        yield from check(patient)
    except Exception as error:  # noqa: BLE001 - a doctor who faints helps nobody
        yield bad(
            check.__name__,
            f"This could not be looked at: {error!r}",
            "That should not happen: please report it, with the output of escucha doctor --json.",
        )


def describe(report: Report, language: Language = "en") -> str:
    """The report for people: what is well in a line, what is not with its remedy."""
    lines = []
    for one in report.findings:
        says = in_language(one.says, language)
        lines.append(f"{SIGNS[language][one.state]} {one.check}: {says}")
        if one.remedy:
            lines.append(f"        → {in_language(one.remedy, language)}")
    states = [one.state for one in report.findings]
    bad_ones, looks = states.count("bad"), states.count("warn")
    if bad_ones:
        summary = f"{bad_ones} to mend, {looks} to look at."
    elif looks:
        summary = f"Nothing to mend, {looks} to look at."
    else:
        summary = "All is well."
    lines.append(in_language(summary, language))
    return "\n".join(lines)


def patient_of(
    settings: Settings, variables: frozenset[str], run_dir: Path | None = None
) -> Patient:
    """Whom to examine: these settings, and the stack of the run directory if one runs."""
    directory = (run_dir or settings.run_dir).absolute()
    return Patient(
        settings=settings,
        variables=variables,
        run_dir=directory,
        stack_runs=stack_checks.runs(directory),
    )
