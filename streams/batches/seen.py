"""Which events of a partition were stored before: what is in memory, and what ClickHouse knows."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import numpy as np
import numpy.typing as npt

from streams.sinks.clickhouse import ClickHouse
from streams.steps.columns import Origin
from streams.steps.duplicates import STORED_IDENTITIES, SeenIds, Versions, hash_ids
from streams.steps.enrich import Heard

MINUTES_ASKED = 5_000  # in one question: ClickHouse takes 128 KiB of a parameter
BEYOND_ALL = 2**63 - 1  # an offset that no record has


class SeenEvents:
    """Drops what a source sent twice, mentions and interactions."""

    def __init__(self, clickhouse: ClickHouse, origin: Origin) -> None:
        self._clickhouse = clickhouse
        self._origin = origin
        self._mentions = SeenIds()
        self._interactions = SeenIds()

    async def drop_from(
        self, heard: Heard, *, position: int, done: int, own_from: int | None = None
    ) -> Versions:
        """Leave in `heard` what is new; says which of its mentions (as they were) those are.

        Args:
            heard: events of the batch that begins at `position`.
            done: all batches that begin before are stored.
            own_from: stored rows of this partition from this offset on do not count as seen; by
                default those from `position` on. They are here because a worker died half way,
                and the batch is about to write them again under the same token.
        """
        own = position if own_from is None else own_from
        await asyncio.gather(
            self._learn("mentions", [m.published_at for m in heard.mentions], done, own),
            self._learn("interactions", [i.occurred_at for i in heard.interactions], done, own),
        )
        versions = self._mentions.first_versions(
            [m.mention_id for m in heard.mentions],
            [m.edited_at for m in heard.mentions],
            position,
        )
        fresh_interactions = self._interactions.first_of_their_kind(
            hash_ids([i.interaction_id for i in heard.interactions]), position
        )
        heard.only(versions.fresh, fresh_interactions)
        return versions

    def take_back(self, position: int) -> None:
        """Forget what the batch that begins at `position` brought last: it is decided anew."""
        self._mentions.take_back(position)
        self._interactions.take_back(position)

    async def _learn(
        self, table: str, moments: Sequence[datetime], done: int, own_from: int
    ) -> None:
        """Ask ClickHouse for the ids of the minutes that are not known yet."""
        seen = self._mentions if table == "mentions" else self._interactions
        unknown = seen.unknown_minutes(_minutes(moments), done=done)
        if not unknown:
            return
        unknown = seen.with_minutes_ahead(unknown)
        for start in range(0, len(unknown), MINUTES_ASKED):
            minutes = unknown[start : start + MINUTES_ASKED]
            found = await self._clickhouse.columns(
                STORED_IDS[table],
                {
                    "minutes": minutes,
                    "first": min(minutes),
                    "last": max(minutes),
                    "topic_id": self._origin.topic_id,
                    "partition": self._origin.partition,
                    "own_from": own_from,
                },
            )
            seen.learn(minutes, found["hash"].to_numpy())


def _minutes(moments: Sequence[datetime]) -> npt.NDArray[np.int64]:
    seconds = map(datetime.timestamp, moments)
    return np.fromiter(seconds, dtype=np.float64, count=len(moments)).astype(np.int64) // 60


_STORED_AT_MINUTES = """
SELECT {hash}
FROM {table}
WHERE toStartOfMinute({moment}) IN
    (SELECT toDateTime(arrayJoin({{minutes:Array(UInt64)}}) * 60, 'UTC'))
    AND {moment} >= toDateTime64({{first:UInt64}} * 60, 3, 'UTC')
    -- With whole seconds ClickHouse 26.9 skips parts that begin within the last one.
    AND {moment} < toDateTime64({{last:UInt64}} * 60 + 60, 3, 'UTC')
    AND NOT (topic_id = {{topic_id:String}} AND kafka_partition = {{partition:UInt32}}
        AND kafka_offset >= {{own_from:UInt64}})
"""

STORED_IDS = {
    "mentions": _STORED_AT_MINUTES.format(
        hash=STORED_IDENTITIES, table="mentions", moment="published_at"
    ),
    "interactions": _STORED_AT_MINUTES.format(
        hash="xxh3(interaction_id) AS hash", table="interactions", moment="occurred_at"
    ),
}
