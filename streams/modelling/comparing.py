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
from models.errors import CorpusError, ModelError
from models.evaluation_set import NATURAL, EvaluationSet
from models.keyword_rules import KeywordRules
from models.labels import LabelledMention
from models.profiles import Profile, best_of, full_name, learnt
from models.store import ModelStore
from models.weighting import RESAMPLES
from streams.modelling.judging import open_model

LEAST_OF_LANGUAGE: Final = 50
EXAMPLES: Final = 3
LOADS: Final = 2
EXIT_ALONE: Final = 75


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Which models of which store; `place` is told to nobody else.

    `labelled` are mentions that people labelled here, to judge by beside the corpus' natural part.
    """

    place: str
    profile: Profile
    a: str
    b: str
    labelled: list[LabelledMention] = []
    resamples: int = RESAMPLES


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """The comparison as the gate makes it, its verdict, and the same of each language alone.

    Examples are of the project's corpus only: what people wrote is not kept in a comparison.
    """

    comparison: Comparison
    verdict: Verdict
    languages: dict[str, Comparison]
    labelled: int  # how many of the mentions people labelled here


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What goes out: `done` of `of` steps, at the end one of the others."""

    done: int = 0
    of: int = 0
    found: Found | None = None
    failed: str = ""


def work(question: Question, tell: Callable[[int, int], None]) -> Found:
    """Judge both on what neither has learnt from; raises ModelError when nothing can be said."""
    store = ModelStore(question.place)
    corpus = EvaluationSet.read([NATURAL])
    ours = {item.id for item in corpus.items}
    theirs = [item for item in question.labelled if item.id not in ours]
    data = EvaluationSet(
        [*corpus.items, *theirs], [*corpus.sources, *("" for _ in theirs)], corpus.origins
    )
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
    if not len(unseen):
        raise CorpusError(
            f"all {len(data)} mentions that there are to judge by were learnt by one of the two:"
            " label some of the random draw on the labelling page"
        )
    a, b = loaded
    left_out = len(data) - len(unseen)
    often = question.resamples
    whole = compare(
        a, b, unseen, resamples=often, examples=EXAMPLES, learnt=left_out, progress=step
    )
    languages: dict[str, Comparison] = {}
    for lang in langs:
        part = unseen.of_language(lang)
        if len(part) >= LEAST_OF_LANGUAGE:
            languages[lang] = compare(a, b, part, resamples=often, progress=step)
    shown = [one for one in whole.examples if one.id in ours]
    return Found(
        comparison=msgspec.structs.replace(whole, examples=shown),
        verdict=judge(whole),
        languages=languages,
        labelled=sum(item.id not in ours for item in unseen.items),
    )


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
    # Not through the interpreter's own end, which would wait for the thread that reads.
    os._exit(main(sys.stdin.buffer, sys.stdout.buffer))
