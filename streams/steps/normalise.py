"""One spelling for what looks the same, so that everything after this can compare characters.

Composed Unicode (NFC); HTML entities decoded; text that was read in the wrong encoding repaired;
controls and characters without width removed where they carry nothing; blanks tidied, newlines
kept. Most texts need none of it: one compiled pass over the batch finds those that might.
"""

import html
import re
import unicodedata
from collections.abc import Sequence
from typing import Final

import ftfy
import numpy as np
from ftfy.fixes import fix_c1_controls

from streams.steps import kernels
from streams.steps.reading import Reading

MAX_ROUNDS: Final = 8

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# What UTF-8 looks like when it was read as Latin-1 or Windows-1252, as far as no correct text looks
# like it: "PASÓ…" and "está…”" also are valid UTF-8 read wrongly. Two bytes after a capital are let
# be, other alphabets must show it twice, and of three bytes only those of punctuation and pictures.
_TAIL = "[\x80-\xbfŒœŠšŸŽžƒˆ˜–—‘’‚“”„†‡•…‰‹›€™]"
_WRONG_ENCODING = re.compile(
    f"(?<![A-ZÀ-ÞŒŠŽ])[ÂÃÄÅ]{_TAIL}|(?:[ÎÏÐÑØÙ]{_TAIL}){{3}}|(?:[ã-é]{_TAIL}{{2}}){{2}}"
    f"|â[€„†œšž¤˜]{_TAIL}|ï[¸»]{_TAIL}|ðŸ{_TAIL}{{2}}"
)
# How each of these begins; most correct texts hold no such pair, and this is soon said.
_MAYBE_WRONG = re.compile(f"[ÂÃÄÅÎÏÐÑØÙâ-éïð]{_TAIL}")
_C1 = re.compile("[\x80-\x84\x86-\x9f]")  # in fact Windows-1252; 85 is a line end
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_JOINERS = "\u200c\u200d"
# Scripts in which a joiner changes what is written: Arabic, Syriac, N'Ko, the Indic ones, Tibetan,
# Burmese, Khmer, Mongolian, and Arabic presentation forms.
_JOINING = (
    "\u0600-\u07ff\u0840-\u0fff\u1000-\u109f\u1780-\u18af\u1a00-\u1cff\ua800-\uaaff\ufb50-\ufdff"
    "\ufe70-\ufefc"
)
_PICTURE = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299\ufe0f"
    "\U0001f000-\U0001faff"
)
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff]")
_DIRECTION = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_NO_WIDTH = "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u180e\u200b\u2060-\u2065\u206a-\u206f\ufeff"
_OTHER = "\ud800-\udfff\U000e0000-\U000e007f"  # halves of pairs, tags
_MAYBE_NOTHING = re.compile(f"[{_NO_WIDTH}{_JOINERS}{_OTHER}]")
_NOTHING = re.compile(
    f"[{_NO_WIDTH}\ud800-\udfff]"
    # A joiner that joins nothing.
    f"|(?<![{_JOINING}])\u200c|\u200c(?![{_JOINING}])"
    f"|(?<![{_JOINING}{_PICTURE}])\u200d|(?<=[{_PICTURE}])\u200d(?![{_PICTURE}])"
    # Tags outside the flags of England, Scotland and Wales.
    "|(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0020-\U000e007f]+|[\U000e0000-\U000e001f]"
)
_CONTROL = re.compile(f"[\x0b-\x0d\x85\u2028\u2029{_NO_WIDTH}{_JOINERS}{_DIRECTION}{_OTHER}]")
_DIRECTIONS = re.compile(f"[{_DIRECTION}]")
_BLANKS = re.compile(r"[^\S\n ][^\S\n]*| [^\S\n]+")  # but a single space
_BLANKS_AT_ENDS = re.compile(r" +\n *|\n +")


def normalise(texts: Sequence[str]) -> list[str]:
    """Normalised texts, the same object where nothing changes; a second time changes nothing."""
    return normalise_and_read(texts)[0]


def normalise_and_read(texts: Sequence[str]) -> tuple[list[str], Reading]:
    """Normalised texts, and what a look at them tells."""
    normal = list(texts)
    reading = Reading.of(normal)
    changed = []
    for row in np.flatnonzero(reading.survey[:, kernels.UNTIDY]).tolist():
        normal[row] = _settled(normal[row])
        if normal[row] is not texts[row]:
            changed.append(row)
    return normal, reading.anew(changed, [normal[row] for row in changed])


def _settled(text: str) -> str:
    """The text after as many rounds as change it; as it came if that never ends.

    A round can uncover work for another one: an entity of an entity, a blank in an entity.
    """
    before = text
    for _ in range(MAX_ROUNDS):
        after = _round(before)
        if after == before:
            return text if after == text else after
        if after.isascii() and not _ENTITY.search(after):
            return after
        before = after
    return text


def _round(text: str) -> str:
    if "&" in text:
        text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    if not text.isascii():
        if _MAYBE_WRONG.search(text) and _WRONG_ENCODING.search(text):
            text = ftfy.fix_encoding(text)
        if _C1.search(text):
            text = fix_c1_controls(text)
        text = unicodedata.normalize("NFC", text)
    if _CONTROL.search(text):
        text = _LINE_END.sub("\n", text)
        if _MAYBE_NOTHING.search(text):
            text = _NOTHING.sub("", text)
        if _DIRECTIONS.search(text) and not _RIGHT_TO_LEFT.search(text):
            text = _DIRECTIONS.sub("", text)
    if "  " in text or "\t" in text or not text.isascii():  # other ASCII ones are gone by now
        text = _BLANKS.sub(" ", text)
    return _BLANKS_AT_ENDS.sub("\n", text).strip() if "\n" in text else text.strip()
