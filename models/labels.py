"""The labelled mentions a model learns from: their shape, their files, their identity."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, Literal

import msgspec

from models.errors import CorpusError
from schemas.labels import Act, Intent, Language, NeedsReply, Sentiment, Stage

# How a mention came into the set: "balanced" has every class well filled, by design; "natural"
# is as a random draw of posts would be. Shares of classes mean something in the latter only.
Draw = Literal["balanced", "natural"]

CORPUS_FILES: Final = tuple(
    Path(__file__).parent / "corpus" / name
    for name in ("mentions_es.jsonl", "mentions_en.jsonl", "natural_es.jsonl", "natural_en.jsonl")
)


class LabelledMention(msgspec.Struct, frozen=True, kw_only=True):
    """One mention and its labels; an empty label is one the annotators did not settle.

    `acts` is None where nobody judged the acts, and empty where the mention does none of them.
    """

    id: str
    text: str
    lang: Language
    intent: Intent | Literal[""]
    stage: Stage | Literal[""]
    needs_reply: NeedsReply | Literal[""]
    sentiment: Sentiment | Literal[""] = ""
    acts: tuple[Act, ...] | None = None
    parent_text: str | None = None
    sector: str | None = None
    variety: str = ""  # the country whose turns of phrase it has: "mx", "uk"; "mix" of languages
    draw: Draw | Literal[""] = ""
    source: str = ""  # where it was found, for example a forum or a set; not part of its identity
    parent_id: str = ""  # of `parent_text`, whose author may be forgotten; no part of its identity


def load_corpus(files: Iterable[Path] = CORPUS_FILES) -> list[LabelledMention]:
    """Return the labelled mentions of JSONL files, in order; by default the project's own.

    Raises CorpusError, naming file and line, for a file that cannot be read, a line that is not
    a labelled mention, an id met before, or a text without a visible character.
    """
    seen: dict[str, str] = {}
    items: list[LabelledMention] = []
    for file in files:
        for place, line in _lines(file):
            try:
                item = msgspec.json.decode(line, type=LabelledMention)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise CorpusError(
                    f"{place}: {error}: a line is as escucha evaluate --help shows"
                ) from error
            if not item.text.strip():
                raise CorpusError(f"{place}: the text is empty")
            if item.id in seen:
                raise CorpusError(f"{place}: id {item.id!r} is taken by {seen[item.id]}")
            seen[item.id] = place
            items.append(item)
    return items


def is_own(item: LabelledMention) -> bool:
    """Whether it is of the project's own corpus: of a draw, and found nowhere.

    What people labelled of the random draw of a stream is of a draw too, and of a source.
    """
    return bool(item.draw) and not item.source


def label_set_hash(items: Iterable[LabelledMention]) -> str:
    """Return the SHA-256, in hex, of the mentions and labels, whatever their order."""
    return hashlib.sha256(b"".join(sorted(_digest(item) for item in items))).hexdigest()


def _digest(item: LabelledMention) -> bytes:
    fields = msgspec.structs.asdict(item)
    del fields["source"], fields["parent_id"]
    if item.acts is not None:
        fields["acts"] = sorted(item.acts)
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).digest()


def _lines(file: Path) -> Iterator[tuple[str, bytes]]:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise CorpusError(f"{file}: {error.strerror}") from error
    # Only "\n" ends a line: a text may hold the other separators that splitlines() cuts at.
    for number, line in enumerate(content.split(b"\n"), start=1):
        if line.strip():
            yield f"{file}:{number}", line
