"""What a text carries beside words: emoji, hashtags, handles, links.

What the payload names comes first, then what is only written in the text; each once, whatever its
case. Links are as the payload or the text has them: nothing is ever fetched.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import emoji as emoji_data
import numpy as np

from schemas.mention import MAX_LIST_ITEMS, Account, Mention
from streams.steps import kernels
from streams.steps.reading import Reading

MAX_EMOJI: Final = 20  # distinct ones kept of a text
MAX_CHARS: Final = 2_048  # of a tag, handle or link; longer ones are noise

# The sign comes first, so that the engine skips to it, and looks back from there.
_HASHTAG = re.compile(r"#(?<![\w&/#]#)(\w*[^\W\d_]\w*)")
# Also Bluesky's (@name.example.com) and Mastodon's (@name@example.com), but no e-mail address.
_HANDLE = re.compile(r"@(?<![\w@/.]@)(\w+(?:[.-]\w+)*(?:@\w+(?:[.-]\w+)+)?)")
_LINK = re.compile(
    r"[hHwW](?:(?<=[hH])[tT]{2}[pP][sS]?://|(?<=[wW])[wW]{2}\.(?<![\w./@-]....))[^\s<>\"“”«»]+"
)
_AFTER_LINK = ".,;:!?'’…)]}*"
_BASE = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001faff]"
)
_ELEMENT = f"{_BASE}\ufe0f?[\U0001f3fb-\U0001f3ff]?(?:[\U000e0020-\U000e007e]+\U000e007f)?"
_EMOJI = re.compile(
    f"[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3|{_ELEMENT}(?:\u200d{_ELEMENT})*"
)
# Signs that count as emoji only where the writer asked for the picture.
_SIGNS = frozenset("©®™ℹ‼⁉〰〽㊗㊙") | {chr(sign) for sign in range(0x2190, 0x2300)}


@dataclass(frozen=True, slots=True)
class Traits:
    """One entry per mention in each list."""

    emoji: list[Sequence[str]]
    hashtags: list[Sequence[str]]  # without the #
    handles: list[Sequence[str]]  # without the @
    links: list[Sequence[str]]


def traits(
    mentions: Sequence[Mention], texts: Sequence[str], reading: Reading | None = None
) -> Traits:
    """Traits of each mention, `texts` being their normalised texts."""
    survey = (Reading.of(texts) if reading is None else reading).survey
    found = Traits(
        emoji=[()] * len(texts),
        hashtags=[mention.hashtags for mention in mentions],
        handles=[_handles(m.mentioned) if m.mentioned else () for m in mentions],
        links=[mention.links for mention in mentions],
    )
    for row in np.flatnonzero(survey[:, kernels.PICTURES]).tolist():
        found.emoji[row] = emoji_in(texts[row])
    for row in np.flatnonzero(survey[:, kernels.HASHES]).tolist():
        found.hashtags[row] = _merged(found.hashtags[row], _HASHTAG.findall(texts[row]))
    for row in np.flatnonzero(survey[:, kernels.ATS]).tolist():
        found.handles[row] = _merged(found.handles[row], _HANDLE.findall(texts[row]))
    for row in np.flatnonzero(survey[:, kernels.LINKS]).tolist():
        links = [_trimmed(link) for link in _LINK.findall(texts[row])]
        found.links[row] = _merged(found.links[row], links, key=str)
    return found


def _handles(accounts: Sequence[Account]) -> Sequence[str]:
    return [account.handle.lstrip("@") for account in accounts if account.handle]


def emoji_in(text: str) -> list[str]:
    """The first MAX_EMOJI different emoji of a text, each sequence whole and fully qualified."""
    found: dict[str, None] = {}
    for match in _EMOJI.finditer(text):
        sequence = match[0]
        bare = sequence.replace("\ufe0f", "")
        if len(sequence) == 1 and sequence in _SIGNS:
            continue
        qualified = _qualified().get(bare)
        if qualified is not None:
            found[qualified] = None
            if len(found) == MAX_EMOJI:
                break
    return list(found)


@cache
def _qualified() -> dict[str, str]:
    """Every emoji by its characters without variation selectors."""
    wanted = emoji_data.STATUS["fully_qualified"]
    components = emoji_data.STATUS["component"]
    return {
        sequence.replace("\ufe0f", ""): sequence
        for sequence, data in emoji_data.EMOJI_DATA.items()
        if data["status"] in (wanted, components)
    }


def _trimmed(link: str) -> str:
    """A link without the punctuation of the sentence around it."""
    while link and link[-1] in _AFTER_LINK:
        if link[-1] == ")" and link.count("(") >= link.count(")"):
            break
        link = link[:-1]
    return link


def _merged(
    given: Sequence[str], written: Sequence[str], key: Callable[[str], str] = str.casefold
) -> Sequence[str]:
    """Both without repetitions, at most MAX_LIST_ITEMS."""
    if not written:
        return given
    if not given and len(written) == 1 and len(written[0]) <= MAX_CHARS:
        return written
    merged: dict[str, str] = {}
    for item in (*given, *written):
        if item and len(item) <= MAX_CHARS:
            merged.setdefault(key(item), item)
    return list(merged.values())[:MAX_LIST_ITEMS]
