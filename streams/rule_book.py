"""Listening rules in force: kept in ClickHouse by version, reloaded by running workers.

ClickHouse holds them so that every worker, on any host, uses the same ones, and so that a batch
that was planned under one version is filtered by it again, whatever is in force by then.
"""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
import pyarrow as pa

from streams.errors import EscuchaError, InputError
from streams.landing import claim
from streams.rules.compiled import CompiledRules, compile_rules
from streams.rules.loading import read_listening
from streams.sinks.clickhouse import ClickHouse
from streams.steps.pseudonyms import AuthorKeys, Pseudonymiser

MAX_SEQUENCE: Final = 65_535  # a row's version has 16 bits for it
KEEP_COMPILED = 8
BUNDLED = "bundled"

log = logging.getLogger(__name__)


class RuleVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One set of rules as it was applied; `listening` is the YAML."""

    sequence: int
    version: str
    listening: str
    applied_by: str = ""
    applied_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True)
class RulesInForce:
    """Compiled rules and their place in the order of versions; 0 are the bundled ones.

    They say which accounts are no private persons, so the pseudonymiser comes with them.
    """

    sequence: int
    rules: CompiledRules
    pseudonymiser: Pseudonymiser

    @classmethod
    def of(cls, sequence: int, listening: str, name: str, keys: AuthorKeys) -> "RulesInForce":
        """Compile; raises InputError with every mistake, naming the file `name`."""
        parsed = read_listening(listening, name, bundled_interests=True)
        handles = [*parsed.care_accounts, *(h for b in parsed.brands for h in b.handles)]
        accounts = [account.id for brand in parsed.brands for account in brand.accounts]
        return cls(sequence, compile_rules(parsed), Pseudonymiser(keys, accounts, handles))


class OvertakenError(InputError):
    """Somebody else put rules in force first, so nothing was applied; `theirs` hold now."""

    def __init__(self, said: str, theirs: RuleVersion) -> None:
        super().__init__(said)
        self.theirs = theirs


class UnknownRulesError(EscuchaError):
    """A batch was planned with rules that ClickHouse does not know."""


class RuleBook:
    """The newest rules, and older ones on request. Give it `watch` as a task to stay current."""

    def __init__(
        self,
        clickhouse: ClickHouse,
        bundled: str,
        *,
        name: str = BUNDLED,
        keys: AuthorKeys | None = None,
    ) -> None:
        """`bundled`: the YAML that holds until somebody applies another; `name` for its errors."""
        self._clickhouse = clickhouse
        self._bundled = bundled
        self._keys = keys or AuthorKeys()
        self._current = RulesInForce.of(0, bundled, name, self._keys)
        self._compiled = {self._current.rules.version: self._current}

    async def open(self) -> None:
        """Learn the newest version; remember the bundled one for replays after an upgrade."""
        version = self._current.rules.version
        bundled = RuleVersion(
            sequence=0, version=version, listening=self._bundled, applied_by=BUNDLED
        )
        await self._clickhouse.put("rule_versions", _row(bundled))
        await self.refresh()

    @property
    def current(self) -> RulesInForce:
        """The rules for new batches."""
        return self._current

    async def of(self, version: str) -> RulesInForce:
        """The rules of one version; raises UnknownRulesError. Empty: those in force."""
        if not version:
            return self._current
        if version not in self._compiled:
            rows = await self._clickhouse.rows(
                "SELECT sequence, version, listening FROM rule_versions FINAL"
                " WHERE version = {version:String} ORDER BY sequence DESC LIMIT 1",
                {"version": version},
            )
            if not rows:
                raise UnknownRulesError(
                    f"a batch was planned with the listening rules {version}, which are not in"
                    " rule_versions; apply that listening file once more: escucha rules apply"
                )
            await self._compile(*rows[0])
        return self._compiled[version]

    async def refresh(self) -> bool:
        """Take up the newest version; says whether it is another than before."""
        rows = await self._clickhouse.rows(
            "SELECT sequence, version, listening FROM rule_versions FINAL WHERE sequence > 0"
            " ORDER BY sequence DESC, applied_at LIMIT 1"
        )
        if not rows or rows[0][0] == self._current.sequence:
            return False
        sequence, version, listening = rows[0]
        self._current = await self._compile(sequence, version, listening)
        log.info("listening by rules %s (number %d)", version, sequence)
        return True

    async def watch(self, every_sec: float) -> None:
        """Refresh for ever. A version that this program cannot compile is logged, not taken up."""
        while True:
            await asyncio.sleep(every_sec)
            try:
                await self.refresh()
            except InputError as error:
                log.error("new listening rules are not taken up: %s", error)

    async def _compile(self, sequence: int, version: str, listening: str) -> RulesInForce:
        name = f"listening rules {sequence}"
        found = await asyncio.to_thread(RulesInForce.of, sequence, listening, name, self._keys)
        # The name under which every worker finds them. An upgrade may digest the same rules to
        # another one, which no table has.
        found.rules.version = version
        while len(self._compiled) >= KEEP_COMPILED:
            self._compiled.pop(next(iter(self._compiled)))
        self._compiled[found.rules.version] = found
        return found


def text_of(path: Path) -> str:
    """The listening file as it is; raises InputError when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as UTF-8 text: {error}") from error


async def versions(clickhouse: ClickHouse) -> list[RuleVersion]:
    """Every version that was ever applied, newest first; not the bundled ones."""
    rows = await clickhouse.rows(
        "SELECT sequence, version, listening, applied_by, applied_at, reason"
        " FROM rule_versions FINAL WHERE sequence > 0 ORDER BY sequence DESC, applied_at"
    )
    return [
        RuleVersion(
            sequence=row[0],
            version=row[1],
            listening=row[2],
            applied_by=row[3],
            applied_at=row[4],
            reason=row[5],
        )
        for row in rows
    ]


async def apply(
    clickhouse: ClickHouse,
    listening: str,
    *,
    name: str,
    by: str,
    reason: str = "",
    expected: int | None = None,
) -> RuleVersion:
    """Put rules in force; workers take them up within seconds.

    Raises InputError with every mistake in them, and OvertakenError when somebody else was a
    moment faster, or when others are in force than the number `expected`. The same rules as those
    in force change nothing.
    """
    rules = compile_rules(read_listening(listening, name, bundled_interests=True))
    known = await versions(clickhouse)
    if expected is not None and known and known[0].sequence != expected:
        newer = known[0]
        raise OvertakenError(
            f"{name}: not applied. {newer.applied_by} applied other rules meanwhile, as number"
            f" {newer.sequence}",
            newer,
        )
    if known and known[0].version == rules.version:
        return known[0]
    sequence = known[0].sequence + 1 if known else 1
    if sequence > MAX_SEQUENCE:
        raise InputError(f"{name}: rules were changed {MAX_SEQUENCE} times, a row can hold no more")
    # The token of the sequence: of two people who apply at once one wins, and both can see it.
    row = _row(
        RuleVersion(
            sequence=sequence,
            version=rules.version,
            listening=listening,
            applied_by=by,
            reason=reason,
        )
    )

    async def look() -> list[RuleVersion]:
        return [one for one in await versions(clickhouse) if one.sequence == sequence]

    winners = await claim(clickhouse, "rule_versions", row, f"rules/{sequence}", look)
    if [one.version for one in winners] != [rules.version]:
        raise OvertakenError(
            f"{name}: not applied. {winners[0].applied_by} applied other rules at the same time, as"
            f" number {sequence}; look at them (escucha rules show {sequence}), then apply again",
            winners[0],
        )
    return winners[0]


def _row(version: RuleVersion) -> pa.Table:
    return pa.table(
        {
            "sequence": pa.array([version.sequence], pa.uint32()),
            "version": [version.version],
            "listening": [version.listening],
            "applied_by": [version.applied_by],
            "reason": [version.reason],
        }
    )
