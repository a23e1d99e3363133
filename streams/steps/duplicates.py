"""What a source sends twice is counted once.

Kafka's redeliveries are the ledger's business; this is about the same `mention_id` arriving in
two records: a webhook that retries, polls that overlap, a file ingested again. ClickHouse knows
every id that is stored; each minute of event time is asked for once and then kept in memory.

An edited mention comes again on purpose: each version has an identity of its own beside that of
the mention, so that a new version passes once and an old text does not come back after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import xxhash

Hashes = npt.NDArray[np.uint64]

MAX_RUNS = 12
MINUTES_AHEAD = 60


EDIT_SHIFT = 16  # bits of a row's version that hold the sequence number of its rules


def hash_ids(ids: Sequence[str]) -> Hashes:
    """64-bit XXH3 of each id, what ClickHouse calls xxh3(mention_id); shape (n,)."""
    digest = xxhash.xxh3_64_intdigest
    return np.fromiter((digest(i.encode()) for i in ids), dtype=np.uint64, count=len(ids))


def edit_milliseconds(edited_at: datetime) -> int:
    """An edit's time as the table's `version` holds it."""
    return int(edited_at.timestamp() * 1000)


# The identities of stored rows: of their mention, and of the version where it was edited.
STORED_IDENTITIES = (
    "arrayJoin(if(version < 65536, [xxh3(mention_id)], [xxh3(mention_id),"
    " xxh3(concat(mention_id, '\\0', toString(bitShiftRight(version, 16))))])) AS hash"
)


def version_identity(mention_id: str, edited_at: datetime) -> str:
    """What an edited version is known by; `STORED_IDENTITIES` makes the same of rows."""
    return f"{mention_id}\0{edit_milliseconds(edited_at)}"


@dataclass(frozen=True, slots=True)
class Versions:
    """Which of a batch's mentions are stored (`fresh`), and which of them for the first time.

    Masks of shape (n,); `first` implies `fresh`, the others of `fresh` are edits.
    """

    fresh: npt.NDArray[np.bool_]
    first: npt.NDArray[np.bool_]


class _Generation:
    """Hashes in sorted runs, as a log-structured merge tree keeps them."""

    def __init__(self) -> None:
        self.minutes: set[int] = set()
        self.leaning: set[int] = set()  # minutes that are complete only with the older generation
        self.size = 0
        self.last_position = -1  # of the batches whose ids are in here
        self._runs: list[Hashes] = []
        self._added = 0  # hashes of the last run that was added, as long as it can be taken back

    def add(self, hashes: Hashes) -> None:
        if len(self._runs) >= MAX_RUNS:  # first, so that the run added last stays by itself
            self._runs = [np.unique(np.concatenate(self._runs))]
            self.size = len(self._runs[0])
        if len(hashes):
            self._runs.append(np.sort(hashes))
            self.size += len(hashes)
        self._added = len(hashes)

    def take_back(self) -> None:
        if self._added:
            self.size -= len(self._runs.pop())
            self._added = 0

    def contains(self, hashes: Hashes) -> npt.NDArray[np.bool_]:
        found = np.zeros(len(hashes), dtype=bool)
        for run in self._runs:
            at = np.searchsorted(run, hashes)
            at[at == len(run)] = 0
            found |= run[at] == hashes
        return found


class SeenIds:
    """Which ids one partition has brought before: a cache over ClickHouse.

    Two generations: when the younger one is full, the older one is dropped, and a minute that
    only it had loaded is asked for again when it is next needed. Ids of batches that ClickHouse
    may not have yet are never dropped.
    """

    def __init__(self, max_ids: int = 200_000) -> None:
        """Keep about `max_ids` hashes, 8 bytes each."""
        self._max_ids_per_generation = max(1, max_ids // 2)
        self._young = _Generation()
        self._old = _Generation()
        self._old_is_stored = True

    def unknown_minutes(self, minutes: npt.NDArray[np.int64], *, done: int) -> list[int]:
        """Those event-time minutes (since 1970) whose stored ids have to be learnt first.

        All batches that begin before `done` are stored.
        """
        # Not in learn: it would drop minutes that were just found to be known.
        if self._young.size >= self._max_ids_per_generation and self._old.last_position < done:
            self._old, self._young = self._young, _Generation()
            self._old.minutes -= self._old.leaning
        self._old_is_stored = self._old.last_position < done
        known = self._young.minutes | self._old.minutes
        return [minute for minute in np.unique(minutes).tolist() if minute not in known]

    def with_minutes_ahead(self, unknown: list[int]) -> list[int]:
        """`unknown` and, where it is a stretch of time, the minutes that come after it.

        A backfill runs through time, so one question answers those of the next batches too.
        """
        first, last = unknown[0], unknown[-1]
        if 2 * len(unknown) < last - first + 1:
            return unknown
        ahead = range(last + 1, last + 1 + min(3 * len(unknown), MINUTES_AHEAD))
        known = self._young.minutes | self._old.minutes
        return [*unknown, *(minute for minute in ahead if minute not in known)]

    def learn(self, minutes: Sequence[int], stored: Hashes) -> None:
        """Take in the ids that ClickHouse has for `minutes`."""
        self._young.minutes.update(minutes)
        if not self._old_is_stored:
            self._young.leaning.update(minutes)
        self._young.add(stored)

    def first_of_their_kind(self, hashes: Hashes, position: int) -> npt.NDArray[np.bool_]:
        """Mask of ids never seen before, also not earlier in `hashes`; remembers them all.

        `position` is where their batch begins.
        """
        # Sorted hashes find their places in the sorted runs several times faster.
        distinct, first_at = np.unique(hashes, return_index=True)
        new = ~(self._young.contains(distinct) | self._old.contains(distinct))
        self._young.add(distinct[new])
        fresh = np.zeros(len(hashes), dtype=bool)
        fresh[first_at[new]] = True
        self._young.last_position = position
        return fresh

    def take_back(self, position: int) -> None:
        """Forget the ids of the batch that begins at `position`, if it was the last to be asked."""
        if self._young.last_position == position:
            self._young.take_back()

    def first_versions(
        self, ids: Sequence[str], edited_at: Sequence[datetime | None], position: int
    ) -> Versions:
        """Sort a batch's mentions into new ones, edits, and what was seen before.

        A first version is a duplicate once any version of its mention was seen.
        """
        mentions = hash_ids(ids)
        if not any(edited_at):
            fresh = self.first_of_their_kind(mentions, position)
            return Versions(fresh, fresh)
        versions = mentions.copy()
        for row, moment in enumerate(edited_at):
            if moment is not None:
                versions[row] = hash_ids([version_identity(ids[row], moment)])[0]
        fresh = ~(self._young.contains(versions) | self._old.contains(versions))
        first = ~(self._young.contains(mentions) | self._old.contains(mentions))
        taken: set[int] = set()
        for row, (mention, version) in enumerate(
            zip(mentions.tolist(), versions.tolist(), strict=True)
        ):
            fresh[row] = fresh[row] and version not in taken
            first[row] = first[row] and fresh[row] and mention not in taken
            taken.update((mention, version))
        self._young.add(np.unique(np.fromiter(taken, dtype=np.uint64, count=len(taken))))
        self._young.last_position = position
        return Versions(fresh, first)
