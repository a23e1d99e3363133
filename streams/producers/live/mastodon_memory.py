"""What the newest statuses of an instance are called elsewhere.

A status has two names: a local id, other on every instance, and a URI, the same everywhere.
A mention is named by its URI, so that two instances that show it give one mention. But deletions
and replies name local ids, so they are remembered: `most` in memory, and the newest of them in the
cursor, which must stay small. What `mastodon_ids` has on disk tells deletions of older ones. One
of anything that is not there either names `mastodon:<instance>/<local id>`, which says truly what
was deleted where, and matches no stored mention.
"""

import time
from collections import OrderedDict
from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from streams.producers.live.source import JSON

REMEMBERED = 100_000
DELETED = 2**53  # in place of the moment of an edit: later than any
IN_CURSOR = 500
_SNAPSHOT_EVERY_SEC = 0.05  # making one takes a hundredth of that


class Known(NamedTuple):
    """A status that was seen."""

    event_id: str
    author_id: str
    root_id: str  # of its thread; its own id for the first one
    edited_ms: int  # of the version that was seen; 0 for the first one; DELETED
    is_repost: bool
    step: int  # in which it was handed on; -1 if the cursor is older than that


class IdMemory:
    """Local id to Known, for the newest `most`."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self.step = 0  # counts what was handed on
        self._most = most
        self._known: OrderedDict[str, Known] = OrderedDict()
        self._snapshot: Sequence[JSON] = ()
        self._snapshot_step = 0
        self._snapshot_after_sec = 0.0

    def __len__(self) -> int:
        return len(self._known)

    def get(self, local_id: str | None) -> Known | None:
        """What is known of it."""
        return self._known.get(local_id) if local_id else None

    def handed_on(self, local_id: str, edited_ms: int) -> bool:
        """True if this version or a newer one was."""
        known = self._known.get(local_id)
        return known is not None and known.step >= 0 and known.edited_ms >= edited_ms

    def remember(self, local_id: str, known: Known) -> None:
        """Keep it; the one not touched for longest goes when there are too many."""
        self._known[local_id] = known
        self._known.move_to_end(local_id)
        if len(self._known) > self._most:
            self._known.popitem(last=False)

    def snapshot(self) -> Sequence[JSON]:
        """The newest ones for the cursor; while much happens, a moment old."""
        moment_sec = time.monotonic()
        if self.step != self._snapshot_step and moment_sec >= self._snapshot_after_sec:
            newest = islice(reversed(self._known.items()), IN_CURSOR)
            self._snapshot = [[key, *known[:-1]] for key, known in newest if known.step >= 0]
            self._snapshot_step = self.step
            self._snapshot_after_sec = moment_sec + _SNAPSHOT_EVERY_SEC
        return self._snapshot

    def resume(self, step: int, snapshot: Sequence[JSON]) -> None:
        """Go back to a cursor: what was handed on after it counts as not handed on.

        A cursor of another process brings its snapshot; in this one it adds nothing.
        """
        for key, known in self._known.items():
            if known.step > step:
                self._known[key] = known._replace(step=-1)
        for key, event_id, author_id, root_id, edited_ms, is_repost in reversed(snapshot):
            if key not in self._known:
                self.remember(key, Known(event_id, author_id, root_id, edited_ms, is_repost, step))
        self.step = max(self.step, step)
        self._snapshot = snapshot
