"""What was stored since the last look, asked once for everybody who watches.

All rows of one insert share their `stored_at`, so partition and time name an insert. An insert is
seen some time after its `stored_at`, so each look goes back a little and leaves out the inserts
that were seen before; their number is small, whatever they bring.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dashboards.console.database import Database
from dashboards.console.frames import Rows, plain
from dashboards.named import read_query
from schemas.search import Wanted

LOOK_BACK_MS: Final = 10_000  # an insert that takes longer to be seen is not shown
LONGEST_MS: Final = 300_000  # after ClickHouse was away
INSERTS_AT_ONCE: Final = 300  # their names stand in an address; the next look takes more
IDS_AT_ONCE: Final = 300  # for the same reason

Insert = tuple[int, int]  # partition, and when it was stored


@dataclass(frozen=True)
class Came:
    """What came since the last look: how many, and some of them (all, if there are few)."""

    count: int
    mentions: Sequence[dict[str, Any]]


class Tail:
    """Asks what is new. One look at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._inserts_sql = read_query("live_arrivals")
        self._new_sql = read_query("live_new")
        self._sample_sql = read_query("live_sample")
        self._seen: set[Insert] = set()
        self._now_ms = 0  # ClickHouse's clock at the last look

    async def begin(self) -> None:
        """What is stored by now is not new; raises ConsoleError."""
        rows = await self._database.run("SELECT toUnixTimestamp64Milli(now64(3))")
        self._now_ms, self._seen = rows.rows[0][0], set()
        now_ms, inserts = await self._inserts()
        self._now_ms, self._seen = now_ms, set(inserts)

    async def look(self, filters: Sequence[Wanted]) -> list[Came]:
        """What came since the last look, for each filter; raises ConsoleError.

        After an error the next look asks for the same time again.
        """
        now_ms, inserts = await self._inserts()
        new = sorted(set(inserts) - self._seen, key=lambda insert: insert[1])[:INSERTS_AT_ONCE]
        came = await self._of(new, filters) if new else [Came(0, ())] * len(filters)
        self._now_ms = now_ms
        self._seen = {one for one in self._seen if one[1] >= now_ms - LONGEST_MS} | set(new)
        return came

    async def _inserts(self) -> tuple[int, list[Insert]]:
        rows = await self._database.run(self._inserts_sql, {"since": self._now_ms - LOOK_BACK_MS})
        now_ms, inserts = rows.rows[0]
        oldest = now_ms - LONGEST_MS
        return now_ms, [(int(a), int(b)) for a, b in inserts if b >= oldest]

    async def _of(self, inserts: Sequence[Insert], filters: Sequence[Wanted]) -> list[Came]:
        names = Wanted.__struct_fields__
        asked = [one.parameters for one in filters]
        where = {"since": inserts[0][1], "arrivals": list(inserts)}
        rows = await self._database.run(
            self._new_sql,
            {
                **where,
                "number": list(range(len(filters))),
                **{name: [one[name] for one in asked] for name in names},
            },
        )
        counts, samples = [0] * len(filters), [list[str]()] * len(filters)
        for number, came, sample in rows.rows:
            counts[number], samples[number] = int(came), list(sample)
        known = await self._mentions(where, sorted({one for some in samples for one in some}))
        return [
            Came(
                count,
                sorted(
                    (known[one] for one in sample if one in known),
                    key=lambda mention: mention["published_at"],
                ),
            )
            for count, sample in zip(counts, samples, strict=True)
        ]

    async def _mentions(
        self, where: Mapping[str, Any], ids: Sequence[str]
    ) -> Mapping[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for first in range(0, len(ids), IDS_AT_ONCE):
            some = {"ids": list(ids[first : first + IDS_AT_ONCE])}
            rows = await self._database.run(self._sample_sql, {**where, **some})
            found |= {mention["mention_id"]: mention for mention in shown(rows)}
        return found


def shown(rows: Rows) -> list[dict[str, Any]]:
    """Rows of `queries/parts/shown.sql` as pages take them."""
    return [
        {
            name: list(value) if isinstance(value, list | tuple) else plain(value)
            for name, value in zip(rows.names, row, strict=True)
        }
        for row in rows.rows
    ]
