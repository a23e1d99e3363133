"""What is wrong with a rule or with the file it is in, at its place."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

import msgspec

from streams.errors import InputError


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One mistake in a rule's text: from `start` to `end`, with what to do about it."""

    start: int
    end: int
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.message}: {self.remedy}" if self.remedy else self.message


class RuleError(InputError):
    """A rule cannot be read or makes no sense; `problems` are all its mistakes, never none."""

    def __init__(self, rule: str, problems: Sequence[Problem]) -> None:
        self.rule = rule
        inside = [  # a mended rule is longer than the one given
            msgspec.structs.replace(p, start=min(p.start, len(rule)), end=min(p.end, len(rule)))
            for p in problems
        ]
        self.problems = tuple(sorted(inside, key=lambda problem: problem.start))
        lines = [f"{line_and_column(rule, p.start)}: {p}" for p in self.problems]
        super().__init__("\n".join(lines))


class PlacedProblem(msgspec.Struct, frozen=True, kw_only=True):
    """One mistake in a file; `line` and `column` count from 1."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class ListeningError(InputError):
    """A listening file has mistakes; `problems` are all of them."""

    def __init__(self, problems: Sequence[PlacedProblem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.line, p.column)))
        super().__init__("\n".join(map(str, self.problems)))


def line_and_column(text: str, offset: int) -> str:
    """Return where an offset is, counted from 1, as `line 1, column 5`."""
    before = text[:offset]
    line = before.count("\n") + 1
    return f"line {line}, column {offset - (before.rfind(chr(10)) + 1) + 1}"


def did_you_mean(wrong: str, known: Iterable[str], form: str = "{}") -> str:
    """Return "did you mean `x`?" for the nearest known name, else the list of them."""
    names = sorted(known)
    near = get_close_matches(wrong, names, n=1, cutoff=0.6)
    if near:
        return f"did you mean `{form.format(near[0])}`?"
    return "there are " + ", ".join(f"`{form.format(name)}`" for name in names)
