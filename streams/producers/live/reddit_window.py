"""What was seen of a Reddit listing: enough to take each item once, small enough for a cursor."""

from dataclasses import dataclass, field

KEPT = 500  # newest ids; a listing's page has 100 and items come a few places late
OVERLAP = 5  # known items that an answer must hold to prove that it joins what was seen
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass
class Window:
    """Ids at or below `floor` count as seen; above it, those in `states` with their version."""

    floor: int = -1  # nothing seen yet
    states: dict[int, str] = field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        """Nothing was ever seen here."""
        return self.floor < 0

    @property
    def newest(self) -> int:
        """The largest id seen."""
        return max(self.states, default=self.floor)

    def knows(self, number: int) -> bool:
        """Whether an item was seen, in whatever version."""
        return number <= self.floor or number in self.states

    def wants(self, number: int, state: str) -> bool:
        """Whether this version of an item is news."""
        if number <= self.floor:
            return False
        return number not in self.states or self.states[number] != state

    def take(self, number: int, state: str) -> None:
        """Remember a version; the oldest items beyond KEPT are only remembered by the floor."""
        if number <= self.floor:
            return
        self.states[number] = state
        if len(self.states) > KEPT:
            for old in sorted(self.states)[: len(self.states) - KEPT]:
                self.floor = max(self.floor, old)
                del self.states[old]

    def begin_above(self, floor: int) -> None:
        """Start here: everything at or below counts as seen."""
        self.floor = max(self.floor, floor)

    def pivot(self) -> int | None:
        """An item to ask for newer ones than; OVERLAP newer ones are known.

        `before` with a deleted item answers nothing, the same as when nothing is new. With known
        items above the pivot, an answer without any of them proves that the pivot is gone.
        """
        if len(self.states) <= OVERLAP:
            return None
        return sorted(self.states)[-OVERLAP - 1]

    def to_cursor(self) -> str:
        """Floor, then each id as its distance from the one before, with its version."""
        parts, last = [base36(max(self.floor, 0))], max(self.floor, 0)
        for number in sorted(self.states):
            parts.append(base36(number - last) + self.states[number])
            last = number
        return " ".join(parts)

    @classmethod
    def from_cursor(cls, raw: object) -> "Window":
        """What `to_cursor` wrote; a new window for None. Raises ValueError for anything else."""
        if raw is None:
            return cls()
        if not isinstance(raw, str) or not raw:
            raise ValueError("a listing's cursor is not text")
        floor, *parts = raw.split(" ")
        window = cls(floor=int(floor, 36))
        last = window.floor
        for part in parts:
            distance, version = part, ""
            for mark in "!~":
                head, found, tail = part.partition(mark)
                if found:
                    distance, version = head, mark + tail
            last += int(distance, 36)
            window.states[last] = version
        return window


def base36(number: int) -> str:
    """A number as Reddit writes ids."""
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
        if not number:
            return digits
