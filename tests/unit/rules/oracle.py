"""Rules evaluated plainly, with nothing of the engine: its own tree, reading and search.

A rule is a nested tuple: ("word", w), ("prefix", w), ("pattern", w), ("stem", w), ("case", w),
("exact", w), ("tag", w), ("handle", w), ("phrase", words), ("near", n, ordered, operands) with
operands of alternatives of words, ("field", name, value), ("and", rules), ("or", rules),
("not", rule). `written` says it in the query language.
"""

import fnmatch
import itertools
import random
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

import Stemmer

Rule = tuple[Any, ...]
STEMMERS = {"es": Stemmer.Stemmer("spanish"), "en": Stemmer.Stemmer("english")}
SPACELESS = ("CJK UNIFIED", "HIRAGANA", "KATAKANA LETTER", "THAI CHARACTER")


@dataclass(frozen=True)
class Word:
    folded: str
    raw: str
    mark: str  # "", "#", "@", or "!" for what follows the @ of an address


@dataclass(frozen=True)
class Said:
    """A text and what is known beside it."""

    text: str
    lang: str = "es"
    source: str = "csv"
    site: str = ""
    handle: str = ""
    followers: int = 0
    kind: str = "post"


# -- reading


def plain(letter: str) -> str:
    """One composed letter without case and accents; ñ is a letter of its own."""
    if letter in "ñÑ":
        return "ñ"
    category = unicodedata.category(letter)
    if category in ("Cf", "Mn", "Me") or 0x1F3FB <= ord(letter) <= 0x1F3FF:
        return ""
    parts = [p for p in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(p)]
    base = parts[0] if len(parts) == 1 else letter
    return base.lower()[0]


def sort_of(folded: str) -> str:
    if folded in "#@":
        return folded
    category = unicodedata.category(folded)
    if folded == "_" or category[0] in "LNM":
        return "1" if unicodedata.name(folded, "").startswith(SPACELESS) else "w"
    if 0x1F1E6 <= ord(folded) <= 0x1F1FF:
        return "f"
    return "s" if category in ("So", "Sc", "Cn", "Co") else " "


TOKEN = re.compile(r"(?P<mark>[#@]?)(?P<word>w+|1)|(?P<symbol>ff|f|s)")


def words_of(text: str) -> list[Word]:
    composed = unicodedata.normalize("NFC", text)
    letters = [(plain(raw), at) for at, raw in enumerate(composed) if plain(raw)]
    folded = "".join(letter for letter, _ in letters)
    sorts = "".join(sort_of(letter) for letter in folded)
    found = []
    at = 0
    while at < len(folded):
        link = re.compile(r"(https?://|www\.)[!-~]*").match(folded, at)
        if link:
            at = link.end()
            continue
        token = TOKEN.match(sorts, at)
        if not token:
            at += 1
            continue
        mark = folded[at] if token["mark"] else ""
        if mark == "@" and at and sorts[at - 1] == "w":
            mark = "!"
        start = at + len(token["mark"] or "")
        raw = composed[letters[start][1] : letters[token.end() - 1][1] + 1]
        found.append(Word(folded[start : token.end()], raw, mark))
        at = token.end()
    return found


# -- evaluating


def fold(text: str) -> str:
    return "".join(map(plain, unicodedata.normalize("NFC", text)))


def bare(text: str, *, accents: bool) -> str:
    """A word with its case, with or without its accents."""
    kept = ""
    for letter in unicodedata.normalize("NFC", text):
        if accents:
            invisible = unicodedata.category(letter) == "Cf" or 0x1F3FB <= ord(letter) <= 0x1F3FF
            kept += "" if invisible else letter
        elif letter in "ñÑ":
            kept += letter
        elif plain(letter):
            parts = unicodedata.normalize("NFKD", letter)
            bases = [p for p in parts if not unicodedata.combining(p)]
            kept += bases[0] if len(bases) == 1 else letter
    return kept


def stems(word: str, lang: str) -> set[str]:
    forms = {word.lower(), fold(word.lower())}
    return {fold(STEMMERS[lang].stemWord(form)) for form in forms}


def is_word(asked: Rule, word: Word, lang: str) -> bool:
    kind, text = asked
    if kind == "tag":
        return word.mark == "#" and word.folded == fold(text)
    if kind == "handle":
        return word.mark == "@" and word.folded == fold(text)
    if word.mark in ("@", "!"):
        return False
    if kind == "word":
        return word.folded == fold(text)
    if kind == "prefix":
        return word.folded.startswith(fold(text))
    if kind == "pattern":
        return fnmatch.fnmatchcase(word.folded, fold(text))
    if kind == "case":
        return bare(word.raw, accents=False) == bare(text, accents=False)
    if kind == "exact":
        return bare(word.raw, accents=True) == bare(text, accents=True)
    code = lang.split("-")[0].lower()
    langs = [code] if code in STEMMERS else list(STEMMERS)
    return any(stems(word.raw, code) & stems(text, code) for code in langs)


def places(asked: tuple[Rule, ...], words: list[Word], lang: str) -> list[range]:
    size = len(asked)
    return [
        range(at, at + size)
        for at in range(len(words) - size + 1)
        if all(is_word(a, w, lang) for a, w in zip(asked, words[at:], strict=False))
    ]


def matches(rule: Rule, said: Said, words: list[Word]) -> bool:
    kind = rule[0]
    if kind == "and":
        return all(matches(r, said, words) for r in rule[1])
    if kind == "or":
        return any(matches(r, said, words) for r in rule[1])
    if kind == "not":
        return not matches(rule[1], said, words)
    if kind == "phrase":
        return bool(places(tuple(("word", w) for w in rule[1]), words, said.lang))
    if kind == "near":
        _, distance, ordered, operands = rule
        options = [
            [p for alternative in operand for p in places((alternative,), words, said.lang)]
            for operand in operands
        ]
        for choice in itertools.product(*options):
            taken = [at for place in choice for at in place]
            if len(set(taken)) < len(taken) or (ordered and taken != sorted(taken)):
                continue
            if max(taken) - min(taken) + 1 - len(taken) <= distance:
                return True
        return False
    if kind == "field":
        return field(rule[1], rule[2], said, words)
    return any(is_word(rule, word, said.lang) for word in words)


def field(name: str, value: str, said: Said, words: list[Word]) -> bool:
    if name == "has":
        return {
            "hashtag": any(w.mark == "#" for w in words),
            "mention": any(w.mark == "@" for w in words),
        }[value]
    if name == "followers":
        low, high = value.split("..")
        return int(low) <= said.followers <= int(high)
    if name == "lang":
        return said.lang.lower() == value or said.lang.lower().startswith(value + "-")
    known = {"source": said.source, "site": said.site, "author": said.handle, "type": said.kind}
    return known[name].lower() == value


# -- writing


def written(rule: Rule, luck: random.Random) -> str:
    """Say a rule in the query language, in one of its ways."""
    kind = rule[0]
    if kind in ("and", "or"):
        joint = (
            luck.choice((" AND ", " ", " && ")) if kind == "and" else luck.choice((" OR ", "||"))
        )
        return "(" + joint.join(written(r, luck) for r in rule[1]) + ")"
    if kind == "not":
        return luck.choice(("NOT ", "-", "!")) + written(rule[1], luck)
    if kind == "phrase":
        quotes = luck.choice(('""', "“”", "«»"))
        return quotes[0] + " ".join(rule[1]) + quotes[1]
    if kind == "near":
        _, distance, ordered, operands = rule
        parts = ["(" + " OR ".join(written(a, luck) for a in operand) + ")" for operand in operands]
        if ordered or luck.random() < 0.5:
            return "(" + f" NEAR/{distance}{'f' if ordered else ''} ".join(parts) + ")"
        return "(" + " ".join(parts) + f")~{distance}"
    if kind == "field":
        return f"{rule[1]}:{rule[2]}"
    marks = {"prefix": ("", "*"), "stem": ("~", ""), "tag": ("#", ""), "handle": ("@", "")}
    before, after = marks.get(kind, ("", ""))
    if kind in ("case", "exact"):
        return f'{kind}:"{rule[1]}"'
    return before + rule[1] + after
