"""One comparison in a process of its own: it can be ended at any moment, and its memory goes too.

A question comes in as a line of JSON; lines of JSON go out: steps done, then what was found or why
nothing was. Where whoever asked has gone, so that the way in closes, the process ends.
"""

import os
import sys
import threading
from collections.abc import Callable
from typing import BinaryIO, Final

import msgspec

from models.comparison import STEPS, Comparison, Verdict, compare, judge
from models.errors import ModelError
from models.evaluation_set import NATURAL, EvaluationSet
from models.keyword_rules import KeywordRules
from models.profiles import Profile, best_of, full_name, learnt
from models.store import ModelStore
from streams.modelling.judging import open_model

LEAST_OF_LANGUAGE: Final = 50
EXAMPLES: Final = 3
LOADS: Final = 2
EXIT_ALONE: Final = 75


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Which models of which store; `place` is told to nobody else."""

    place: str
    profile: Profile
    a: str
    b: str


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The comparison as the gate makes it, its verdict, and the same of each language alone."""

    comparison: Comparison
    verdict: Verdict
    languages: dict[str, Comparison]


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What goes out: `done` of `of` steps, at the end one of the others."""

    done: int = 0
    of: int = 0
    found: Found | None = None
    failed: str = ""


def work(question: Question, tell: Callable[[int, int], None]) -> Found:
    """Judge both on what neither has learnt from; raises ModelError when nothing can be said."""
    store = ModelStore(question.place)
    data = EvaluationSet.read([NATURAL])
    langs = sorted({item.lang for item in data.items})
    of = LOADS + STEPS * (1 + len(langs))
    done = 0

    def step() -> None:
        nonlocal done
        done = min(done + 1, of)
        tell(done, of)

    names = [_name(store, name, question.profile) for name in (question.a, question.b)]
    loaded = []
    for name in names:
        loaded.append(open_model(store, name))
        step()
    seen: set[str] = set()
    for name in names:
        if name != KeywordRules.version:
            seen |= learnt(store, name)
    unseen = data.without(seen)
    a, b = loaded
    left_out = len(data) - len(unseen)
    whole = compare(a, b, unseen, examples=EXAMPLES, learnt=left_out, progress=step)
    languages = {}
    for lang in langs:
        part = unseen.of_language(lang)
        if len(part) >= LEAST_OF_LANGUAGE:
            languages[lang] = compare(a, b, part, progress=step)
    return Found(comparison=whole, verdict=judge(whole), languages=languages)


def _name(store: ModelStore, name: str, profile: Profile) -> str:
    if "+" in name or name == KeywordRules.version:
        return name
    return full_name(name, best_of(store, name, profile))


def main(way_in: BinaryIO, way_out: BinaryIO) -> int:
    """Answer one question; returns the exit code."""
    question = msgspec.json.decode(way_in.readline(), type=Question)
    threading.Thread(target=_end_with, args=(way_in,), daemon=True).start()

    def say(line: Line) -> None:
        way_out.write(msgspec.json.encode(line) + b"\n")
        way_out.flush()

    try:
        found = work(question, lambda done, of: say(Line(done=done, of=of)))
    except (ModelError, OSError) as error:
        say(Line(failed=str(error) or type(error).__name__))
        return 1
    say(Line(found=found))
    return 0


def _end_with(way_in: BinaryIO) -> None:
    way_in.read()
    os._exit(EXIT_ALONE)


if __name__ == "__main__":
    sys.exit(main(sys.stdin.buffer, sys.stdout.buffer))
