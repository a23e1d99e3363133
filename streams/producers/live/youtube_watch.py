"""What was seen of a video's or a channel's comments, and what is news among them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from streams.producers.live.youtube_mapping import Comment

WATCHED_THREADS = 100  # newest ones: as many as one page shows again at each poll
REMEMBERED_REPLIES = 20  # newest ones of a thread


@dataclass
class SeenThread:
    """Versions seen of a thread's comments, by the second in which each was written."""

    published: int = 0
    replies: int = 0  # how many YouTube said there are, when all of them were had
    floor: int = 0  # replies written up to here, and not below, count as seen
    versions: dict[str, int] = field(default_factory=dict)

    def wants(self, comment: Comment) -> bool:
        """Whether this version is news."""
        written = second_of(comment.written_at)
        seen = self.versions.get(_suffix(comment.id))
        return written > self.floor if seen is None else written > seen

    def take(self, comment: Comment) -> None:
        """Remember this version; the oldest replies are only remembered by the floor."""
        self.versions[_suffix(comment.id)] = second_of(comment.written_at)
        replies = [suffix for suffix in self.versions if suffix]
        if len(replies) > REMEMBERED_REPLIES:
            oldest = min(replies, key=self.versions.__getitem__)
            self.floor = max(self.floor, self.versions.pop(oldest))


@dataclass
class Watch:
    """One video or channel."""

    floor: int = -1  # threads begun up to here, and not below, count as seen; -1: nothing was
    threads: dict[str, SeenThread] = field(default_factory=dict)
    _bad: dict[bytes, None] = field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        """Nothing was ever seen here."""
        return self.floor < 0

    def begin_above(self, floor: int) -> None:
        """Start here: threads begun before count as seen."""
        self.floor = max(self.floor, floor)

    def knows(self, thread: Comment) -> bool:
        """Whether this thread was seen."""
        return thread.id in self.threads or second_of(thread.published_at) <= self.floor

    def seen(self, thread: Comment) -> SeenThread | None:
        """What was seen of a thread; None when it is too old to be watched."""
        if (found := self.threads.get(thread.id)) is not None:
            return found
        published = second_of(thread.published_at)
        return None if published <= self.floor else SeenThread(published)

    def take(self, thread_id: str, seen: SeenThread) -> None:
        """Remember a thread; the oldest are only remembered by the floor."""
        self.threads[thread_id] = seen
        if len(self.threads) > WATCHED_THREADS:
            oldest = min(self.threads, key=lambda known: self.threads[known].published)
            self.floor = max(self.floor, self.threads.pop(oldest).published)

    def is_first(self, bad: bytes) -> bool:
        """Whether this bad payload is not one that the poll before brought too."""
        first = bad not in self._bad
        self._bad[bad] = None
        while len(self._bad) > WATCHED_THREADS:
            del self._bad[next(iter(self._bad))]
        return first

    def to_cursor(self) -> Any:
        """Lists in place of objects: there are many of them."""
        return [
            self.floor,
            {
                thread_id: [seen.published, seen.replies, seen.floor, dict(seen.versions)]
                for thread_id, seen in self.threads.items()
            },
        ]

    @classmethod
    def from_cursor(cls, raw: Any) -> "Watch":
        """What `to_cursor` wrote, a new one for None; ValueError or TypeError for anything else."""
        if raw is None:
            return cls()
        floor, threads = raw
        watch = cls(floor=int(floor))
        for thread_id, (published, replies, reply_floor, versions) in dict(threads).items():
            watch.threads[thread_id] = SeenThread(
                int(published),
                int(replies),
                int(reply_floor),
                {str(suffix): int(written) for suffix, written in dict(versions).items()},
            )
        return watch


def second_of(moment: datetime) -> int:
    """Seconds since 1970, as exact as YouTube is."""
    return int(moment.astimezone(UTC).timestamp())


def _suffix(comment_id: str) -> str:
    """A reply's id without its thread's; empty for the thread's first comment."""
    return comment_id.partition(".")[2]
