"""How far listening to X has come: the newest post, gaps still open, posts seen of late."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from streams.producers.live.source import Cursor

SEEN = 256  # posts that may come twice: by two rules, or by the stream and by search
MOST_GAPS = 20
LONGEST_QUERY = 512  # characters that recent search takes


@dataclass
class Gap:
    """Posts of `query` after `since` and before `until` that were not had yet, newest first."""

    query: str
    since: int  # 0: just the newest page
    until: int | None = None  # None: up to now
    token: str = ""  # of the next page, while the same process goes on
    asked_until: int | None = None  # what `token` belongs to


@dataclass
class Progress:
    """A cursor in the making."""

    newest: int = 0  # of the stream
    polled: dict[str, int] = field(default_factory=dict)  # by query, in search mode
    gaps: list[Gap] = field(default_factory=list)
    _seen: dict[str, None] = field(default_factory=dict)

    @classmethod
    def from_cursor(cls, cursor: Cursor | None) -> "Progress":
        """What `to_cursor` wrote; raises ValueError, TypeError or KeyError for anything else."""
        cursor = cursor or {}
        return cls(
            newest=int(cursor.get("newest", 0)),
            polled={str(query): int(newest) for query, newest in cursor.get("polled", {}).items()},
            gaps=[
                Gap(str(query), int(since), None if until is None else int(until))
                for query, since, until in cursor.get("gaps", [])
            ],
            _seen=dict.fromkeys(str(cursor.get("seen", "")).split()),
        )

    def to_cursor(self) -> Cursor:
        """Survives JSON everywhere: ids as text, since many programs round such numbers."""
        cursor: Cursor = {"newest": str(self.newest), "seen": " ".join(self._seen)}
        if self.polled:
            cursor["polled"] = {query: str(newest) for query, newest in self.polled.items()}
        if self.gaps:
            cursor["gaps"] = [
                [gap.query, str(gap.since), None if gap.until is None else str(gap.until)]
                for gap in self.gaps
            ]
        return cursor

    def is_news(self, post_id: str) -> bool:
        """Whether this version of a post has not come of late; it has now."""
        if post_id in self._seen:
            return False
        self._seen[post_id] = None
        while len(self._seen) > SEEN:
            del self._seen[next(iter(self._seen))]
        return True

    def open_gaps(self, queries: Sequence[str], since: int) -> None:
        """From `since` on nothing is certain for `queries`."""
        for query in queries:
            # One that reaches up to now holds everything since its beginning already.
            if not any(gap.query == query and gap.until is None for gap in self.gaps):
                self.gaps.append(Gap(query, since))
            mine = [gap for gap in self.gaps if gap.query == query]
            if len(mine) > MOST_GAPS:
                whole = Gap(query, min(gap.since for gap in mine))
                self.gaps = [gap for gap in self.gaps if gap.query != query] + [whole]


def queries_of(rules: Sequence[str], longest: int = LONGEST_QUERY) -> tuple[list[str], list[str]]:
    """Few search queries that find what `rules` find, and the rules too long for a search."""
    queries: list[str] = []
    too_long = []
    for rule in rules:
        if len(rule) > longest:
            too_long.append(rule)
            continue
        both = f"{queries[-1]} OR ({rule})" if queries else ""
        if queries and len(both) <= longest and queries[-1].startswith("("):
            queries[-1] = both
        else:
            queries.append(f"({rule})" if len(rule) + 2 <= longest else rule)
    return queries, too_long
