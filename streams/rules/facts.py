"""What rules ask about a mention beside its text, looked up for a whole batch at a time."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt

from schemas.mention import Mention
from streams.rules.nodes import Field
from streams.rules.scan import HAS_EMOJI, HAS_HANDLE, HAS_HASHTAG, HAS_LINK, Ints

Pairs = Iterable[tuple[int, int]]  # row and atom
_BITS = {"link": HAS_LINK, "emoji": HAS_EMOJI, "hashtag": HAS_HASHTAG, "mention": HAS_HANDLE}
_PAYLOAD: dict[str, Callable[[Mention], object]] = {
    "link": lambda mention: mention.links,
    "hashtag": lambda mention: mention.hashtags,
    "mention": lambda mention: mention.mentioned,
    "parent": lambda mention: mention.parent_id or mention.parent_text,
    "quote": lambda mention: mention.quoted_id,
}


class FactFinder:
    """Finds which of the fields that rules name hold for which rows."""

    def __init__(self, atoms: dict[Field, int]) -> None:
        self._followers = [(f, atom) for f, atom in atoms.items() if f.name == "followers"]
        self._has = {f.value: atom for f, atom in atoms.items() if f.name == "has"}
        named: dict[str, dict[str, int]] = {}
        for asked, atom in atoms.items():
            named.setdefault(asked.name, {})[asked.value] = atom
        self._by_name = named

    def find(
        self, mentions: Sequence[Mention], langs: Sequence[str], has: npt.NDArray[np.uint8]
    ) -> tuple[npt.NDArray[np.int64], Ints]:
        """Return where the atoms of each row end, and the atoms."""
        pairs = list(chain(*self._named(mentions, langs)))
        rows = np.array([row for row, _ in pairs], np.int64)
        atoms = np.array([atom for _, atom in pairs], np.int32)
        more = [(rows, atoms), *self._numbers(mentions), *self._has_pairs(mentions, has)]
        all_rows = np.concatenate([rows for rows, _ in more])
        all_atoms = np.concatenate([atoms for _, atoms in more])
        order = np.argsort(all_rows, kind="stable")
        ends = np.cumsum(np.bincount(all_rows, minlength=len(mentions)))
        return ends.astype(np.int64), all_atoms[order].astype(np.int32)

    def _named(self, mentions: Sequence[Mention], langs: Sequence[str]) -> Iterable[Pairs]:
        """Yield the pairs of each field that has names for values."""
        named = self._by_name
        if known := named.get("lang"):
            codes = {
                lang: [known[tag] for tag in language_tags(lang) if tag in known]
                for lang in set(langs)
            }
            if any(codes.values()):
                yield [(row, a) for row, lang in enumerate(langs) for a in codes[lang]]
        if known := named.get("source"):
            yield _present(known, (mention.source for mention in mentions))
        if known := named.get("type"):
            yield _present(known, (mention.kind for mention in mentions))
        if known := named.get("site"):
            yield _present(known, (mention.site.lower() for mention in mentions))
        if known := named.get("author"):
            yield _present(known, (bare_handle(mention.author.handle) for mention in mentions))
            yield [
                (row, known[key])
                for row, mention in enumerate(mentions)
                if (key := mention.author.id.lower()) in known
                and key != bare_handle(mention.author.handle)
            ]
        if known := named.get("account"):
            yield [
                (row, known[key])
                for row, mention in enumerate(mentions)
                if mention.mentioned or mention.parent_author_id
                for key in account_keys(mention)
                if key in known
            ]

    def _numbers(self, mentions: Sequence[Mention]) -> Iterable[tuple[npt.NDArray[np.int64], Ints]]:
        if not self._followers:
            return
        counts = np.array([mention.author.followers for mention in mentions], np.int64)
        for asked, atom in self._followers:
            holds = counts >= asked.low
            if asked.high is not None:
                holds &= counts <= asked.high
            yield _rows_with(holds, atom)

    def _has_pairs(
        self, mentions: Sequence[Mention], has: npt.NDArray[np.uint8]
    ) -> Iterable[tuple[npt.NDArray[np.int64], Ints]]:
        for value, atom in self._has.items():
            holds = (has & _BITS.get(value, 0)) != 0
            if payload := _PAYLOAD.get(value):
                holds |= np.fromiter((bool(payload(m)) for m in mentions), np.bool_, len(mentions))
            yield _rows_with(holds, atom)


def _rows_with(holds: npt.NDArray[np.bool_], atom: int) -> tuple[npt.NDArray[np.int64], Ints]:
    rows = np.flatnonzero(holds)
    return rows, np.full(len(rows), atom, np.int32)


def _present(known: dict[str, int], values: Iterable[str]) -> Pairs:
    return [(row, known[value]) for row, value in enumerate(values) if value in known]


def language_tags(lang: str) -> tuple[str, ...]:
    """Return what a language tag is: `es-MX` is `es-mx` and `es`."""
    parts = lang.lower().split("-")
    return tuple("-".join(parts[: n + 1]) for n in range(len(parts)))


def bare_handle(handle: str) -> str:
    """Return a handle as handles are compared."""
    return handle.lower().removeprefix("@")


def account_key(source: str, account_id: str) -> str:
    """Return the value of the field by which rules know an account of a network."""
    return f"{source}\n{account_id}"


def account_keys(mention: Mention) -> set[str]:
    """Return the accounts that a mention names, or answers."""
    ids = {account.id for account in mention.mentioned if account.id}
    if mention.parent_author_id:
        ids.add(mention.parent_author_id)
    return {account_key(mention.source, account_id) for account_id in ids}
