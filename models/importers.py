"""Labelled mentions from elsewhere: judgements of people in Escucha, and public sets.

    python -m models.importers labels labels.jsonl > mine.jsonl
    python -m models.importers airlines Tweets.csv > airlines.jsonl

What comes out is what `load_corpus` reads. No public set is part of the project: download it
yourself, and keep to its licence, which each importer names. A head that a set says nothing of
stays empty, and no model learns it from there.
"""

import argparse
import hashlib
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from models.errors import CorpusError
from models.labels import LabelledMention
from models.tables import Row, cell, read_rows
from schemas.labels import ACTS, INTENTS, LANGUAGES, NEEDS_REPLY, SENTIMENTS, STAGES, Act

T = TypeVar("T")

# Writes what `from_labels` reads, without thumbs given in passing:
# `clickhouse client --query "…" > labels.jsonl`.
EXPORT: Final = """
SELECT
    l.mention_id AS mention_id,
    l.labeller AS labeller,
    l.labelled_at AS labelled_at,
    l.guide_version AS guide_version,
    l.intent AS intent,
    l.stage AS stage,
    l.needs_reply AS needs_reply,
    l.sentiment AS sentiment,
    if(l.acts_judged, arrayStringConcat(if(empty(l.acts), ['-'], l.acts), ' '), '') AS acts,
    m.text AS text,
    m.lang AS lang,
    m.parent_text AS parent_text
FROM labels_current AS l
INNER JOIN mentions_current AS m ON m.mention_id = l.mention_id
WHERE m.lang IN ('es', 'en') AND NOT l.thumb
ORDER BY mention_id, labeller
FORMAT JSONEachRow
"""

# The heads with one label each: what is allowed, and the Spanish words that ingest reads too.
_HEADS: Final[Mapping[str, Sequence[str]]] = {
    "intent": INTENTS,
    "stage": STAGES,
    "needs_reply": NEEDS_REPLY,
    "sentiment": SENTIMENTS,
}
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "intent": {"ninguna": "none", "latente": "latent", "activa": "active"},
    "stage": {
        "ninguna": "none",
        "conocimiento": "awareness",
        "consideración": "consideration",
        "consideracion": "consideration",
        "decisión": "decision",
        "decision": "decision",
        "uso": "use",
        "recomendación": "advocacy",
        "recomendacion": "advocacy",
    },
    "needs_reply": dict.fromkeys(("true", "1", "sí", "si"), "yes")
    | dict.fromkeys(("false", "0"), "no"),
    "sentiment": {"negativo": "negative", "neutro": "neutral", "positivo": "positive"},
}
_NO_ACT: Final = ("-", "none", "ninguno")


class _Judgement(msgspec.Struct, frozen=True):
    """What one person said of one mention; None where they left it open."""

    at: datetime
    heads: dict[str, str]
    acts: frozenset[Act] | None


class _Text(msgspec.Struct, frozen=True):
    text: str
    lang: str
    parent_text: str | None


def from_labels(file: Path, texts: Path | None = None) -> list[LabelledMention]:
    """Return the mentions that people labelled, as most of them judged.

    `file` is a table as `escucha ingest --as labels` takes it, with the names of the columns as
    they are in the table `labels`, or an export of that table by EXPORT. The text is in the same
    row, or in `texts`, a table of mentions (mention_id or id, text, lang, parent_text) like the
    one that was ingested. Columns `sentiment` and `acts` are read where there are any.

    Of a labeller's judgements of one mention the last counts. Where labellers disagree the
    majority decides, head by head; a tie leaves the head empty. Raises CorpusError, naming the
    line and what to do.
    """
    known = {} if texts is None else _texts(texts)
    judgements: dict[str, dict[str, _Judgement]] = {}
    found: dict[str, _Text] = {}
    for row in read_rows(file, ("mention_id",)):
        mention_id = cell(row, "mention_id")
        if not mention_id:
            raise CorpusError(f"{row.place}: mention_id is empty: name the mention or drop the row")
        said = _judgement(row)
        labeller = cell(row, "labeller")
        others = judgements.setdefault(mention_id, {})
        if labeller not in others or said.at >= others[labeller].at:
            others[labeller] = said
        if cell(row, "text").strip():
            found[mention_id] = _text(row)
        elif mention_id in known:
            found[mention_id] = known[mention_id]
        elif mention_id not in found:
            raise CorpusError(
                f"{row.place}: no text for {mention_id}: add columns text and lang, "
                "or name the file of the mentions"
            )
    return [_settled(key, found[key], list(said.values())) for key, said in judgements.items()]


def from_airlines(file: Path) -> list[LabelledMention]:
    """Return the mentions of "Twitter US Airline Sentiment", English, with their sentiment.

    CrowdFlower, February 2015, about 14,600 posts to six airlines: Tweets.csv, at
    kaggle.com/datasets/crowdflower/twitter-airline-sentiment. Licence: CC BY-NC-SA 4.0, so not
    for commercial use, and what is made of it is shared alike. Labels are of a crowd, who judged
    the mood rather than the author's attitude; some posts are there twice, and where their
    labels differ they are left out.
    """
    return _by_sentiment(
        file, "airlines", "en", text="text", label="airline_sentiment", key="tweet_id",
        sector="airlines", words={word: word for word in SENTIMENTS},
    )  # fmt: skip


def from_airlines_es(file: Path) -> list[LabelledMention]:
    """Return the mentions of happybirds, Spanish posts on airlines, with their sentiment.

    data/tweets_public_es.csv (UTF-16) at github.com/jsantalo/happybirds, about 7,900 posts of
    2017 and 2018, about half of them copies. Licence of the repository: GPL-3.0; the posts
    themselves are their authors'. About one label in eight is doubtful.
    """
    return _by_sentiment(
        file, "airlines-es", "es", text="text", label="airline_sentiment", key="tweet_id",
        sector="airlines", words={word: word for word in SENTIMENTS},
    )  # fmt: skip


def from_brands(file: Path) -> list[LabelledMention]:
    """Return the mentions of "Brands and Product Emotions", English, with their sentiment.

    CrowdFlower, 2013, about 9,000 posts of a technology fair on phones, tablets and search
    engines: judge-1377884607_tweet_product_company.csv, at
    data.world/crowdflower/brands-and-product-emotions. Licence: we know of none that is sure;
    read what the page says before use. "No emotion" becomes neutral, "I can't tell" is left out.
    """
    return _by_sentiment(
        file, "brands", "en",
        text="tweet_text", label="is_there_an_emotion_directed_at_a_brand_or_product", key=None,
        sector="electronics",
        words={
            "positive emotion": "positive",
            "negative emotion": "negative",
            "no emotion toward brand or product": "neutral",
            "i can't tell": "",
        },
    )  # fmt: skip


IMPORTERS: Final[Mapping[str, Callable[[Path], list[LabelledMention]]]] = {
    "labels": from_labels,
    "airlines": from_airlines,
    "airlines-es": from_airlines_es,
    "brands": from_brands,
}


def _judgement(row: Row) -> _Judgement:
    heads = {head: _label(row, head) for head in _HEADS}
    written = cell(row, "labelled_at")
    try:
        at = datetime.fromisoformat(written or "0001-01-01")
    except ValueError as error:
        raise CorpusError(
            f"{row.place}: labelled_at is {written!r}: write it as 2026-07-06T11:00:00Z"
        ) from error
    return _Judgement(at if at.tzinfo else at.replace(tzinfo=UTC), heads, _acts(row))


def _label(row: Row, head: str) -> str:
    written = cell(row, head).strip().lower()
    label = _WORDS[head].get(written, written)
    if label and label not in _HEADS[head]:
        raise CorpusError(
            f"{row.place}: {head} is {written!r}: it is one of {', '.join(_HEADS[head])}, or empty"
        )
    return label


def _acts(row: Row) -> frozenset[Act] | None:
    value = row.values.get("acts")
    if isinstance(value, list):
        written = [str(act) for act in value]
    else:
        written = cell(row, "acts").replace(",", " ").split()
        if not written:
            return None
        written = [] if written[0] in _NO_ACT else written
    allowed = {str(act): act for act in ACTS}
    if unknown := sorted(set(written) - set(allowed)):
        raise CorpusError(
            f"{row.place}: acts has {unknown[0]!r}: they are {', '.join(ACTS)}, "
            "or - where the mention does none"
        )
    return frozenset(allowed[act] for act in written)


def _text(row: Row) -> _Text:
    lang = cell(row, "lang").strip().lower()
    if lang not in LANGUAGES:
        raise CorpusError(
            f"{row.place}: lang is {lang!r}: the models read {' and '.join(LANGUAGES)}, "
            "leave other rows out"
        )
    return _Text(cell(row, "text"), lang, cell(row, "parent_text") or None)


def _texts(file: Path) -> dict[str, _Text]:
    found: dict[str, _Text] = {}
    for row in read_rows(file, ("text", "lang")):
        mention_id = cell(row, "mention_id") or cell(row, "id")
        if not mention_id:
            raise CorpusError(f"{row.place}: no mention_id (or id): which mention is this?")
        # Of other languages there may be many here; they matter only where somebody labelled one.
        if cell(row, "lang").strip().lower() in LANGUAGES:
            found[mention_id] = _text(row)
    return found


def _settled(mention_id: str, text: _Text, said: Sequence[_Judgement]) -> LabelledMention:
    heads = {head: _majority([j.heads[head] for j in said if j.heads[head]]) for head in _HEADS}
    return _made(mention_id, text, acts=_majority_of_acts(said), **heads)


def _made(mention_id: str, text: _Text, **labels: Any) -> LabelledMention:
    fields = {"intent": "", "stage": "", "needs_reply": ""} | labels
    # convert() checks every label against the contract once more.
    return msgspec.convert(
        {"id": mention_id, **msgspec.structs.asdict(text), **fields}, LabelledMention
    )


def _majority(labels: Sequence[str]) -> str:
    ranked = Counter(labels).most_common(2)
    if not ranked or (len(ranked) == 2 and ranked[0][1] == ranked[1][1]):
        return ""
    return ranked[0][0]


def _majority_of_acts(said: Sequence[_Judgement]) -> tuple[Act, ...] | None:
    judged = [j.acts for j in said if j.acts is not None]
    votes = Counter(act for acts in judged for act in acts)
    if not judged or any(2 * count == len(judged) for count in votes.values()):
        return None
    return tuple(act for act in ACTS if 2 * votes[act] > len(judged))


def _by_sentiment(
    file: Path,
    name: str,
    lang: str,
    *,
    text: str,
    label: str,
    key: str | None,
    sector: str,
    words: Mapping[str, str],
) -> list[LabelledMention]:
    """One mention for each id, or for each text where the set has no ids."""
    labels: dict[str, set[str]] = {}
    texts: dict[str, str] = {}
    for row in read_rows(file, (text, label) if key is None else (text, label, key)):
        written = cell(row, label).strip().lower()
        if written not in words:
            raise CorpusError(
                f"{row.place}: {label} is {written!r}: is this the file of the set {name!r}? "
                f"It has {', '.join(words)}"
            )
        content = cell(row, text)
        if not words[written] or not content.strip():
            continue
        own = cell(row, key) if key else hashlib.sha256(content.encode()).hexdigest()[:16]
        labels.setdefault(own, set()).add(words[written])
        texts.setdefault(own, content)
    return [
        _made(f"{name}:{own}", _Text(texts[own], lang, None), sentiment=one, sector=sector)
        for own, given in labels.items()
        for one in _only(given)
    ]


def _only(values: Iterable[T]) -> Iterator[T]:
    """The value where there is one, nothing where there are several."""
    found = list(values)
    if len(found) == 1:
        yield found[0]


def main(arguments: Sequence[str] | None = None) -> None:
    """Write what an importer makes of a file as JSONL to standard output."""
    parser = argparse.ArgumentParser(prog="python -m models.importers")
    parser.add_argument("kind", choices=IMPORTERS)
    parser.add_argument("file", type=Path)
    parser.add_argument("--texts", type=Path, help="table of mentions, where labels have no text")
    options = parser.parse_args(arguments)
    try:
        if options.kind == "labels":
            items = from_labels(options.file, options.texts)
        else:
            items = IMPORTERS[options.kind](options.file)
    except CorpusError as error:
        sys.exit(f"error: {error}")
    for item in items:
        sys.stdout.buffer.write(msgspec.json.encode(item) + b"\n")


if __name__ == "__main__":
    main()
