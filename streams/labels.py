"""`escucha labels`: what people judged, joined with what they judged, as a corpus to train on."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import msgspec

from models.labels import LabelledMention
from schemas.labels import LANGUAGES
from streams.errors import InputError

# Each answer of each person on each mention that is still stored, in the languages of the corpus.
# What was deleted or forgotten is not there to be joined.
ANSWERS = """
SELECT
    l.mention_id AS mention_id,
    m.text AS text,
    m.parent_text AS parent_text,
    m.lang AS lang,
    l.how AS how,
    l.head AS head,
    l.value AS value,
    m.parent_id AS parent_id,
    m.source AS source
FROM labels_by_head AS l
INNER JOIN
(
    SELECT mention_id, text, parent_text, lang, parent_id, source
    FROM mentions_current
    WHERE mention_id IN (SELECT mention_id FROM labels_current)
) AS m ON m.mention_id = l.mention_id
ORDER BY mention_id, head, l.labeller
"""
_SINGLE = ("intent", "stage", "needs_reply", "sentiment")


@dataclass
class Exported:
    """What went into the file, and what did not."""

    mentions: int = 0
    unsettled: Counter[str] = field(default_factory=Counter)  # by head: people judged differently
    left_out: Counter[str] = field(default_factory=Counter)  # by reason


@dataclass(frozen=True)
class Answer:
    """One person's answer to one question about one mention."""

    mention_id: str
    text: str
    parent_text: str
    lang: str
    how: str
    head: str
    value: str
    parent_id: str = ""
    source: str = ""


def labelled(
    answers: Iterable[Answer],
    exported: Exported,
    *,
    thumbs: bool = True,
    random_only: bool = False,
    random: bool = True,
) -> Iterator[LabelledMention]:
    """Yield one labelled mention for each that has an answer left; `exported` counts along.

    Of several people's answers that of most counts; where there is no most, the label stays open.
    A thumb counts only where nobody gave the question a thought of their own. With `random_only`
    only mentions of the random draw, which alone can stand for all; without `random` none of them,
    so that a model that learns the others can be judged by them.
    """
    for group in _by_mention(answers):
        first = group[0]
        if first.lang not in LANGUAGES or not first.text.strip():
            exported.left_out["in another language, or without text"] += 1
            continue
        is_random = any(answer.how == "random" for answer in group)
        if random_only and not is_random:
            exported.left_out["not of the random draw"] += 1
            continue
        if is_random and not random:
            exported.left_out["of the random draw"] += 1
            continue
        settled = _settled(group, exported, thumbs=thumbs)
        if not settled:
            exported.left_out["nothing settled"] += 1
            continue
        acts = {head: value for head, value in settled.items() if head not in _SINGLE}
        exported.mentions += 1
        yield msgspec.convert(
            {
                "id": first.mention_id,
                "text": first.text,
                "lang": first.lang,
                **{head: settled.get(head, "") for head in _SINGLE},
                "acts": [act for act, value in acts.items() if value == "yes"] if acts else None,
                "parent_text": first.parent_text or None,
                "parent_id": first.parent_id if first.parent_text else "",
                "draw": "natural" if is_random else "",
                "source": first.source or "stored",
            },
            LabelledMention,
        )


def _by_mention(answers: Iterable[Answer]) -> Iterator[list[Answer]]:
    group: list[Answer] = []
    for answer in answers:
        if group and answer.mention_id != group[0].mention_id:
            yield group
            group = []
        group.append(answer)
    if group:
        yield group


def _settled(group: list[Answer], exported: Exported, *, thumbs: bool) -> Mapping[str, str]:
    settled: dict[str, str] = {}
    for head in dict.fromkeys(answer.head for answer in group):
        given = [answer for answer in group if answer.head == head]
        judged = [answer.value for answer in given if answer.how != "thumb"]
        votes = Counter(judged or ([answer.value for answer in given] if thumbs else []))
        most = votes.most_common(2)
        if len(most) > 1 and most[0][1] == most[1][1]:
            exported.unsettled[head] += 1
        elif most:
            settled[head] = most[0][0]
    return settled


def write_lines(items: Iterable[LabelledMention], path: Path) -> None:
    """Leave a whole file at `path`, one mention a line, or what was there before."""
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.touch(mode=0o600)  # it holds what people wrote
    with unfinished.open("wb") as file:
        for item in items:
            kept = {name: value for name, value in _fields(item) if value not in (None, "")}
            # A label that was not settled is said to be open, not left out.
            kept = dict.fromkeys(("intent", "stage", "needs_reply"), "") | kept
            file.write(msgspec.json.encode(kept) + b"\n")
    os.replace(unfinished, path)


def _fields(item: LabelledMention) -> Iterator[tuple[str, Any]]:
    for name in item.__struct_fields__:
        yield name, getattr(item, name)


@click.group("labels")
def labels_group() -> None:
    """What people judged on the console's labelling page."""


@labels_group.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--thumbs/--no-thumbs", default=True, show_default=True, help="Thumbs as well.")
@click.option(
    "--random-only", is_flag=True, help="Only the random draw, to measure a model on honestly."
)
@click.option(
    "--without-random", is_flag=True, help="All but the random draw, which is kept to measure on."
)
def export_command(file: Path, thumbs: bool, random_only: bool, without_random: bool) -> None:
    """Write labelled mentions to FILE, as JSON lines in the form of models/corpus.

    \b
      escucha labels export learn.jsonl --without-random    to train on
      escucha labels export judge.jsonl --random-only       to judge by what was not learnt

    The file holds what people wrote. `escucha forget` takes whom it forgets out of it, as long as
    it lies where it was written; copies of it are yours to look after, so delete it when it has
    served. Where people disagree on a label it is left open.
    """
    from streams.local import local_settings
    from streams.migrate import clickhouse_errors_as_ours, connect
    from streams.privacy.files import ExportedPlace

    if random_only and without_random:
        raise InputError("--random-only and --without-random leave nothing: give one of them")
    settings = local_settings()
    ExportedPlace(settings.run_dir).note(file)
    exported = Exported()
    with (
        clickhouse_errors_as_ours(),
        connect(settings, in_database=True) as client,
        client.query_rows_stream(ANSWERS) as rows,
    ):
        answers = (Answer(*row) for row in rows)
        kept = labelled(
            answers, exported, thumbs=thumbs, random_only=random_only, random=not without_random
        )
        write_lines(kept, file)
    click.echo(f"{exported.mentions} labelled mentions in {file}")
    for reason, count in exported.left_out.items():
        click.echo(f"{count} left out: {reason}", err=True)
    for head, count in exported.unsettled.items():
        click.echo(f"{count} left open in {head}: people judged differently", err=True)
