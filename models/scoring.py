"""Scoring JSONL: a line in, a line out, without any server."""

import json
from collections.abc import Iterable, Iterator
from itertools import compress
from typing import BinaryIO, Final, NoReturn

import msgspec
import numpy as np

from models.explain import Contribution, Explainer, Explanation
from models.predictions import HEADS, Classifier, Predictions, Texts

MAX_TEXT_CHARS: Final = 100_000
MAX_LINE_BYTES: Final = 4 * 1024 * 1024  # a text and what it answers, every character escaped
# A batch of long lines is closed early, so that memory is bounded in bytes, not in lines.
MAX_BATCH_BYTES: Final = 1_000_000
EXPLAINED_TOKENS: Final = 8  # of each judgement, the strongest
_DECIMALS: Final = 6
_NULL: Final = msgspec.Raw(b"null")


class _Line(msgspec.Struct):
    """The fields of a line that matter, unread, so that `id` and `lang` return as they came."""

    text: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    id: msgspec.Raw = _NULL
    lang: msgspec.Raw = _NULL
    parent_text: msgspec.Raw = _NULL


class _Mention(msgspec.Struct):
    id: msgspec.Raw
    lang: msgspec.Raw
    text: str
    parent_text: str = ""


class _Failure(msgspec.Struct, omit_defaults=True):
    error: str
    line: int
    id: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Token(msgspec.Struct):
    token: str
    start: int
    end: int
    contribution: float


class _Why(msgspec.Struct, omit_defaults=True):
    """In log odds; `others` are all tokens that are not listed, so that everything adds up.

    `parent` is what the words of the text that is answered add, `parent_tokens` the strongest.
    """

    label: str
    total: float
    intercept: float
    others: float
    tokens: list[_Token]
    against: str = ""
    parent: float | msgspec.UnsetType = msgspec.UNSET
    parent_tokens: list[_Token] | msgspec.UnsetType = msgspec.UNSET


class _Judgement(msgspec.Struct, omit_defaults=True):
    label: str
    probabilities: dict[str, float]
    why: _Why | None = None


class _Acts(msgspec.Struct, omit_defaults=True):
    labels: list[str]
    probabilities: dict[str, float]
    why: list[_Why] | None = None


class _Scored(msgspec.Struct, omit_defaults=True):
    id: msgspec.Raw
    lang: msgspec.Raw
    intent: _Judgement
    stage: _Judgement
    needs_reply: _Judgement
    sentiment: _Judgement
    act: _Acts
    model_version: str
    text: str | msgspec.UnsetType = msgspec.UNSET
    parent_text: str | msgspec.UnsetType = msgspec.UNSET


class _LineError(Exception):
    """Why a line cannot be scored; `line_id` is what `id` was, when that much is known."""

    def __init__(
        self, message: str, line_id: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    ) -> None:
        super().__init__(message)
        self.line_id = line_id


_LINES: Final = msgspec.json.Decoder(_Line)
_TEXTS: Final = msgspec.json.Decoder(str)
_ENCODER: Final = msgspec.json.Encoder()


def bounded_lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a stream; of one over MAX_LINE_BYTES only enough to tell that it is."""
    while line := stream.readline(MAX_LINE_BYTES + 1):
        yield line
        rest = line
        while len(rest) > MAX_LINE_BYTES and not rest.endswith(b"\n"):
            rest = stream.readline(MAX_LINE_BYTES + 1)


def score_lines(
    lines: Iterable[bytes],
    model: Classifier,
    batch_size: int = 500,
    *,
    explainer: Explainer | None = None,
    with_text: bool = False,
) -> Iterator[bytes]:
    """Yield one line of JSON, ending in a newline, for each line that is not blank, in order.

    A line is an object with `text` and, if known, `id` and `lang`, which return as they came
    (null when absent), and `parent_text`, what it answers. The answer holds `intent`, `stage`,
    `needs_reply` and `sentiment`, each a label and the probability of every label, `act` with
    any number of labels, and `model_version`. A line that
    cannot be scored is answered with `error`, `line` (its number, from 1, blank ones counted)
    and `id` when known; the rest goes on. A byte order mark before the first
    line is skipped. Reads no further ahead than one batch. With an `explainer`, the model's, each
    judgement has `why`: the strongest tokens and what they added, as `models.explain` defines it.
    `with_text` repeats `text` and `parent_text`, so that the answers can teach another model.
    """
    batch: list[_Mention | _Failure] = []
    read_bytes = 0
    for number, line in enumerate(lines, start=1):
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")  # some editors start a file with a mark
        if not line.strip():
            continue
        entry = _read(line, number)
        batch.append(entry)
        read_bytes += len(line) if isinstance(entry, _Mention) else 0
        if len(batch) >= batch_size or read_bytes >= MAX_BATCH_BYTES:
            yield from _score(batch, model, explainer, with_text)
            batch, read_bytes = [], 0
    yield from _score(batch, model, explainer, with_text)


def _read(line: bytes, number: int) -> _Mention | _Failure:
    if len(line) > MAX_LINE_BYTES:
        return _Failure(f"the line is over {MAX_LINE_BYTES} bytes long", number)
    try:
        line.decode()  # msgspec does not look into the parts it leaves unread
        return _mention(line)
    except UnicodeDecodeError as error:
        return _Failure(f"not valid UTF-8: {error.reason} at byte {error.start}", number)
    except RecursionError:
        return _Failure("nested too deeply", number)
    except _LineError as error:
        return _Failure(str(error), number, error.line_id)


def _mention(line: bytes) -> _Mention:
    try:
        fields = _LINES.decode(line)
        text = None if fields.text is msgspec.UNSET else _TEXTS.decode(fields.text)
    except msgspec.ValidationError as error:
        raise _refusal(line) from error
    except msgspec.DecodeError as error:
        fields, text = _with_lone_surrogates(line, error)
    for name, value in (("id", fields.id), ("lang", fields.lang)):
        if bytes(value).startswith((b"{", b"[")):
            raise _LineError(f"{name} must be a string or a number")
    if text is None:
        raise _LineError("no text", fields.id)
    if len(text) > MAX_TEXT_CHARS:
        message = f"text too long: {len(text)} characters, {MAX_TEXT_CHARS} allowed"
        raise _LineError(message, fields.id)
    return _Mention(fields.id, fields.lang, text, _parent_text(fields))


def _parent_text(fields: _Line) -> str:
    if bytes(fields.parent_text) == b"null":
        return ""
    try:
        return _TEXTS.decode(fields.parent_text)[:MAX_TEXT_CHARS]
    except msgspec.DecodeError as error:
        raise _LineError("parent_text must be a string", fields.id) from error


def _refusal(line: bytes) -> _LineError:
    try:
        return _LineError("text must be a string", _LINES.decode(line).id)
    except msgspec.ValidationError:
        return _LineError("not a JSON object")


def _with_lone_surrogates(line: bytes, cause: msgspec.DecodeError) -> tuple[_Line, str]:
    r"""Read a line msgspec refuses, if all that is wrong is half an emoji (`\ud83d` alone).

    Platforms that cut texts at a number of UTF-16 units write such lines, and Python reads them.
    """
    try:
        fields = json.loads(line, parse_constant=_refuse_constant)
        text = fields["text"]
        if not isinstance(text, str):
            raise TypeError
        line_id, lang, parent_text = (
            msgspec.Raw(json.dumps(fields.get(name), allow_nan=False).encode())
            for name in ("id", "lang", "parent_text")
        )
    except (ValueError, TypeError, KeyError) as error:
        raise _LineError(f"not valid JSON: {cause}") from error
    return _Line(id=line_id, lang=lang, parent_text=parent_text), text


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _score(
    batch: list[_Mention | _Failure],
    model: Classifier,
    explainer: Explainer | None,
    with_text: bool,
) -> Iterator[bytes]:
    mentions = [entry for entry in batch if isinstance(entry, _Mention)]
    texts = Texts(
        [mention.text for mention in mentions],
        [_language(mention.lang) for mention in mentions],
        [mention.parent_text for mention in mentions],
    )
    predictions = model.predict(texts)
    reasons = {name: _reasons(name, texts, predictions, explainer) for name in HEADS}
    judgements = zip(
        _judgements("intent", predictions, reasons["intent"]),
        _judgements("stage", predictions, reasons["stage"]),
        _judgements("needs_reply", predictions, reasons["needs_reply"]),
        _judgements("sentiment", predictions, reasons["sentiment"]),
        _acts(predictions, reasons["act"]),
        strict=True,
    )
    versions = iter(predictions.versions or [model.version] * len(mentions))
    for entry in batch:
        if isinstance(entry, _Failure):
            yield _ENCODER.encode(entry) + b"\n"
            continue
        answer = _Scored(entry.id, entry.lang, *next(judgements), next(versions))
        if with_text:
            answer.text, answer.parent_text = entry.text, entry.parent_text or msgspec.UNSET
        yield _ENCODER.encode(answer) + b"\n"


def _language(lang: msgspec.Raw) -> str:
    """The language that a line claims; whatever is no text claims none."""
    try:
        return _TEXTS.decode(lang)
    except msgspec.DecodeError:
        return ""


def _rounded(predictions: Predictions, name: str) -> list[dict[str, float]]:
    # Rounded after widening: a rounded float32 would print with all the digits of a float64.
    rows = np.round(predictions.probabilities[name].astype(np.float64), _DECIMALS).tolist()
    return [dict(zip(HEADS[name].classes, row, strict=True)) for row in rows]


def _judgements(
    name: str, predictions: Predictions, reasons: Iterable[list[_Why] | None]
) -> Iterator[_Judgement]:
    classes, labels = HEADS[name].classes, predictions.labels[name].tolist()
    for label, chances, why in zip(labels, _rounded(predictions, name), reasons, strict=True):
        yield _Judgement(classes[label], chances, why[0] if why else None)


def _acts(predictions: Predictions, reasons: Iterable[list[_Why] | None]) -> Iterator[_Acts]:
    chances = _rounded(predictions, "act")
    for flags, row, why in zip(predictions.acts, chances, reasons, strict=True):
        yield _Acts(list(compress(HEADS["act"].classes, flags)), row, why)


def _reasons(
    name: str, texts: Texts, predictions: Predictions, explainer: Explainer | None
) -> list[list[_Why]] | list[None]:
    """Why each label of a head was given; a list for each mention, or nothing without explainer."""
    if explainer is None:
        return [None] * len(texts)
    said: list[tuple[int, int]]
    if HEADS[name].many:
        said = [(int(row), int(act)) for row, act in np.argwhere(predictions.acts)]
    else:
        said = list(enumerate(predictions.labels[name].tolist()))
    found = explainer.explain(
        [texts.texts[row] for row, _ in said],
        name,
        [label for _, label in said],
        langs=[texts.langs[row] for row, _ in said],
        parents=[texts.parents[row] for row, _ in said],
    )
    reasons: list[list[_Why]] = [[] for _ in texts.texts]
    for (row, _), explanation in zip(said, found, strict=True):
        reasons[row].append(_why(texts.texts[row], texts.parents[row], explanation))
    return reasons


def _why(text: str, parent: str, found: Explanation) -> _Why:
    listed = found.strongest(EXPLAINED_TOKENS)
    others = sum(part.amount for part in found.contributions)
    why = _Why(
        label=found.label,
        total=round(found.total, _DECIMALS),
        intercept=round(found.intercept, _DECIMALS),
        others=round(others - sum(part.amount for part in listed), _DECIMALS),
        tokens=_tokens(text, listed),
        against=found.against,
    )
    if found.parent:
        why.parent = round(found.of_parent, _DECIMALS)
        why.parent_tokens = _tokens(parent, found.strongest(EXPLAINED_TOKENS, of_parent=True))
    return why


def _tokens(text: str, parts: Iterable[Contribution]) -> list[_Token]:
    return [
        _Token(text[p.start : p.end], p.start, p.end, round(p.amount, _DECIMALS)) for p in parts
    ]
