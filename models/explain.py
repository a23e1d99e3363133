"""Which words drove a judgement: exact, since the heads are linear.

What is explained is a difference of scores, for nothing else moves a probability. For class c of a
head with one answer it is

* s(c) - s(none), where the head has a class "none" and c is another: ln(p(c) / p(none)), why the
  mention is taken for c rather than for nothing;
* s(c) - mean of s(k) over the other classes k, for "none" itself and for heads without it:
  ln(p(c) / geometric mean of the others). For yes or no that is the log odds.

Against "none" because that is the question people have ("why is this intent?"): against the mean
of the others a word that speaks for both latent and active, as "quiero" does, would half cancel.
Of a head with any number of answers each act is a yes or no: its log odds.

A difference is the sum of each column's value times its weight, and the intercept. The value of a
column is shared equally among the occurrences of features that fell into it (by sign, where signs
alternate), a character n-gram's share goes to the token it lies in, a word n-gram's in equal parts
to its tokens. So contributions and intercept add up to the difference, up to float rounding. What
collides in the hash is inside: a rare word can owe part of its contribution to another word's
weight; with 2**18 columns and a few hundred features a mention that is small, and it is what the
model really did. The norm of the row is taken as given: a longer text makes each word's part
smaller, which no word is charged with.

A reply is judged with what it answers: the words of that are features of their own, so what they
add is told apart from what the reply's words add (`Explanation.parent`). Where a model reads
scores differently in a language (`models.languages`), that is inside the numbers and intercept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from models import reference
from models.analyser import HashedText
from models.explain_kernels import explain_rows
from models.features import folding_table
from models.languages import Languages
from models.outputs import outputs_of
from models.predictions import HEADS, LabelIndices

MAX_WORDS: Final = 5  # stored with a mention
MAX_WORD_CHARS: Final = 50  # some tags have no end
_COLUMNS_AT_ONCE: Final = 65_536
_CHUNK_CHARS: Final = 1_000_000  # explained at a time, so that memory is bounded


class Contribution(NamedTuple):
    """What one token adds; it stands at `text[start:end]`."""

    start: int
    end: int
    amount: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a class has the score it has, in log odds against what it is compared with."""

    head: str
    label: str
    against: str  # a class, or "" for the mean of the others
    intercept: float
    contributions: tuple[Contribution, ...]  # one for each token, in the order of the text
    parent: tuple[Contribution, ...] = ()  # the same of what the text answers, placed in that

    @property
    def total(self) -> float:
        """The difference of scores that is explained."""
        return self.intercept + self.of_parent + sum(part.amount for part in self.contributions)

    @property
    def of_parent(self) -> float:
        """What the words add that the text answers."""
        return sum(part.amount for part in self.parent)

    def strongest(self, count: int, *, of_parent: bool = False) -> list[Contribution]:
        """The tokens that moved the score most, whichever way, strongest first."""
        parts = self.parent if of_parent else self.contributions
        moved = [part for part in parts if part.amount]
        return sorted(moved, key=lambda part: -abs(part.amount))[:count]


def against(head: str, label: str) -> str:
    """The class that a class is compared with, "" for the mean of the others."""
    has_none = "none" in HEADS[head].classes and not HEADS[head].many
    return "none" if has_none and label != "none" else ""


def contrasts(head: str) -> npt.NDArray[np.float64]:
    """Return how the scores of a head make what is explained, shape (outputs, classes)."""
    classes, n = HEADS[head].classes, len(HEADS[head].classes)
    made = np.eye(n)
    if HEADS[head].many:
        return made
    for at, label in enumerate(classes):
        if other := against(head, label):
            made[classes.index(other), at] -= 1
        else:
            made[:, at] -= (1 - made[:, at]) / (n - 1)
    return made


def contributions(
    text: str, weights: npt.NDArray[np.floating], settings: dict[str, object]
) -> list[Contribution]:
    """Return what each token adds, in plain Python: the definition.

    `weights` has one number for each column, `settings` are those of `models.reference.row`.
    """
    n_features = len(weights)
    signed = bool(settings.get("alternate_sign"))
    reading = {k: v for k, v in settings.items() if k in ("lowercase", "strip_accents")}
    ngrams = {k: v for k, v in settings.items() if k in ("word_ngrams", "char_ngrams")}
    tokens = reference.located(text, **reading)  # type: ignore[arg-type]  # passed on as given
    values = reference.row(text, n_features=n_features, **settings)  # type: ignore[arg-type]
    found = [
        (feature.column(n_features), feature.sign(n_features) if signed else 1, own)
        for feature, own in reference.features_of(
            [token.read for token in tokens],
            **ngrams,  # type: ignore[arg-type]
        )
    ]
    counts: dict[int, int] = {}
    for column, sign, _ in found:
        counts[column] = counts.get(column, 0) + sign
    amounts = [0.0] * len(tokens)
    for column, sign, own in found:
        if counts[column]:
            value = float(np.float32(values[column]))  # as the model has it
            part = sign / counts[column] * value * float(weights[column])
            for number in own:
                amounts[number] += part / len(own)
    return [Contribution(t.start, t.end, a) for t, a in zip(tokens, amounts, strict=True)]


class Explainer:
    """Explains what stacked coefficients make of texts; thread-safe.

    Takes coefficients (n_features, outputs) and intercepts (outputs,), the outputs being the
    classes of all heads in order; with `parent`, the coefficients of its columns follow. Keeps the
    weights of each head that was asked for: one float32 for each column and class.
    """

    def __init__(
        self,
        text: HashedText,
        coefficients: npt.NDArray[np.float32],
        intercepts: npt.NDArray[np.float32],
        *,
        parent: HashedText | None = None,
        languages: Languages | None = None,
    ) -> None:
        self._text = text
        self._parent = parent
        self._languages = languages or Languages.alike()
        self._coefficients = coefficients
        self._intercepts = intercepts
        self._weights: dict[str, npt.NDArray[np.float32]] = {}

    def weights(self, head: str) -> npt.NDArray[np.float32]:
        """Return the weights by which the classes of a head are explained, (n_features, n)."""
        if head not in self._weights:
            own, contrast = self._coefficients[:, outputs_of(head)], contrasts(head)
            weights = np.empty((len(own), contrast.shape[1]), dtype=np.float32)
            for start in range(0, len(own), _COLUMNS_AT_ONCE):  # whole, float64 would be 32 MB
                part = slice(start, start + _COLUMNS_AT_ONCE)
                weights[part] = own[part] @ contrast
            self._weights[head] = weights
        return self._weights[head]

    def explain(
        self,
        texts: Sequence[str],
        head: str,
        labels: Sequence[int] | LabelIndices,
        *,
        langs: Sequence[str] = (),
        parents: Sequence[str] = (),
    ) -> list[Explanation]:
        """Return for each text why it has the score it has for its class, by number.

        `langs` and `parents` are those of the texts, as the model was given them; none for texts
        of no known language that answer nothing.
        """
        classes, chosen = HEADS[head].classes, np.asarray(labels, dtype=np.intp)
        scales, intercepts = self._read(head, langs or [""] * len(texts), chosen)
        own = self._contributions(self._text, 0, texts, head, chosen)
        answered: list[list[Contribution]] = [[] for _ in texts]
        if self._parent and parents:
            first = self._text.n_features
            answered = self._contributions(self._parent, first, parents, head, chosen)
        return [
            Explanation(
                head,
                classes[label],
                against(head, classes[label]),
                intercept,
                _scaled(parts, scale),
                _scaled(more, scale),
            )
            for label, intercept, scale, parts, more in zip(
                chosen.tolist(), intercepts.tolist(), scales.tolist(), own, answered, strict=True
            )
        ]

    def _read(
        self, head: str, langs: Sequence[str], labels: LabelIndices
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """By how much contributions are scaled in each language, and the intercepts there."""
        outputs, rows = outputs_of(head), self._languages.rows(langs)
        # The classes of one softmax share a scale; of many answers each has its own.
        scales = self._languages.scales[rows, outputs.start + (labels if HEADS[head].many else 0)]
        contrast = contrasts(head)
        shifts = self._languages.shifts[rows][:, outputs] @ contrast
        started = self._intercepts[outputs] @ contrast
        at = np.arange(len(labels))
        return scales.astype(np.float64), started[labels] * scales + shifts[at, labels]

    def intent_words(self, texts: Sequence[str], intents: LabelIndices) -> list[Sequence[str]]:
        """Return for each text the words that argue most for its intent, strongest first.

        At most `MAX_WORDS`, each once, in lower case; of a text without intent none. Handles and
        links are left out: they say who and where, and people must not be in one more column.
        """
        words: list[Sequence[str]] = [()] * len(texts)
        judged = np.flatnonzero(intents).tolist()
        chosen = [texts[at] for at in judged]
        parts = self._contributions(self._text, 0, chosen, "intent", intents[judged])
        for at, text, found in zip(judged, chosen, parts, strict=True):
            words[at] = _words(text, found)
        return words

    def _contributions(
        self,
        reader: HashedText,
        first: int,
        texts: Sequence[str],
        head: str,
        labels: npt.NDArray[np.integer],
    ) -> list[list[Contribution]]:
        """What each token adds before scaling, by the weights from row `first` on."""
        plan = reader._plan()
        table = folding_table(lowercase=reader.lowercase, strip_accents=reader.strip_accents)
        weights = None
        if len(texts):
            weights = self.weights(head)[first : first + reader.n_features]
        found: list[list[Contribution]] = []
        for part in _parts(texts):
            offsets = np.zeros(len(texts[part]) + 1, dtype=np.int64)
            np.cumsum([len(text) for text in texts[part]], out=offsets[1:])
            encoded = "".join(texts[part]).encode("utf-32-le", "surrogatepass")
            amounts, starts, ends, row_ends = explain_rows(
                np.frombuffer(encoded, dtype=np.uint32),
                offsets,
                table,
                plan,
                weights,
                labels[part].astype(np.int64),
            )
            tokens = list(map(Contribution, starts.tolist(), ends.tolist(), amounts.tolist()))
            found += [tokens[first:last] for first, last in pairwise(row_ends.tolist())]
        return found


def _scaled(parts: Sequence[Contribution], scale: float) -> tuple[Contribution, ...]:
    if scale == 1:
        return tuple(parts)
    return tuple(Contribution(part.start, part.end, scale * part.amount) for part in parts)


def _parts(texts: Sequence[str]) -> list[slice]:
    """Stretches of about as many characters as are explained at a time."""
    cuts, chars = [0], 0
    for number, text in enumerate(texts):
        if chars and chars + len(text) > _CHUNK_CHARS:
            cuts.append(number)
            chars = 0
        chars += len(text)
    return [slice(first, last) for first, last in pairwise([*cuts, len(texts)])] if texts else []


def _words(text: str, parts: Sequence[Contribution]) -> list[str]:
    amounts: dict[str, float] = {}
    for part in parts:
        word = text[part.start : part.end].lower()
        if word[0] != "@" and "/" not in word and "." not in word:  # these only a link holds
            word = word[:MAX_WORD_CHARS]
            amounts[word] = amounts.get(word, 0.0) + part.amount
    strongest = sorted((-amount, word) for word, amount in amounts.items() if amount > 0)
    return [word for _, word in strongest[:MAX_WORDS]]
