"""Which model is current and how it came to be: one small file, so that both change at once.

The first line is the current version. Each line below is one promotion as JSON, newest first.
"""

import os
import pwd
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

from models.errors import CurrentChangedError

KEPT: Final = 100  # promotions; older ones are forgotten


class Promotion(msgspec.Struct, frozen=True, kw_only=True):
    """A model that was made the current one; new fields need a default."""

    version: str
    since: datetime  # UTC, to the millisecond
    promoted_by: str = ""  # who did it; of a command the name of this machine's user
    how: Literal["promoted", "rolled back"]
    forced: bool = False  # although the gate refused, or could not judge
    gate: str = ""  # what it said
    reason: str = ""  # why, in the words of who did it


class Promotions(msgspec.Struct, frozen=True):
    """The current version and the promotions that led to it, newest first."""

    current: str
    history: list[Promotion]

    @classmethod
    def decode(cls, content: bytes) -> "Promotions":
        """Read the file; lines that are no promotion raise msgspec.DecodeError."""
        current, *lines = content.decode("utf-8", "replace").split("\n")
        history = [msgspec.json.decode(line, type=Promotion) for line in lines if line.strip()]
        return cls(current.strip(), history)

    def encode(self) -> bytes:
        """Return the content of the file."""
        lines = [self.current.encode(), *(msgspec.json.encode(one) for one in self.history)]
        return b"\n".join(lines) + b"\n"

    def then(self, promotion: Promotion) -> "Promotions":
        """Return what is so after one more promotion."""
        return Promotions(promotion.version, [promotion, *self.history][:KEPT])

    def before(self) -> str | None:
        """Return the version that was current before this one, None when nobody knows.

        Rolling back takes back the newest promotion that still stands, so twice goes two back.
        """
        standing: list[str] = []
        for one in reversed(self.history):
            if one.how == "promoted":
                if not standing or standing[-1] != one.version:
                    standing.append(one.version)
            elif one.version in standing:
                while standing[-1] != one.version:
                    standing.pop()
            else:
                standing = [one.version]
        return standing[-2] if len(standing) > 1 else None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks for a change, why, and in sight of which current version ("" is none)."""

    by: str = ""  # empty: whoever runs this program
    reason: str = ""
    instead_of: str | None = None  # None: whichever is current

    def expects(self, found: Promotions | None) -> Promotions | None:
        """Return what was found; raises CurrentChangedError when it is not what was seen."""
        current = found.current if found else ""
        if self.instead_of is not None and self.instead_of != current:
            raise CurrentChangedError(
                f"{current or 'no version'} is current, not {self.instead_of or 'none'}"
            )
        return found


ANYBODY: Final = Asked()


def promotion(
    version: str,
    how: Literal["promoted", "rolled back"],
    at: datetime | None,
    forced: bool = False,
    gate: str = "",
    *,
    asked: Asked = ANYBODY,
) -> Promotion:
    """A promotion of now, or of `at`, by somebody or by whoever runs this program."""
    since = (at or datetime.now(UTC)).astimezone(UTC)
    since = since.replace(microsecond=since.microsecond // 1000 * 1000)
    return Promotion(
        version=version,
        since=since,
        promoted_by=asked.by or _user(),
        how=how,
        forced=forced,
        gate=gate,
        reason=asked.reason,
    )


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # in a container users need no name
        return str(os.getuid())
