"""Words and phrases of a rule: what a user wrote, as tokens to look for."""

import re
from typing import Final

from streams.rules.nodes import How, Sigil, Token
from streams.rules.words import compose, read

WILDCARDS: Final = "*?"
LEAST_BEFORE_WILDCARD: Final = 2
MAX_WORDS: Final = 30
# In quotes a question mark may be one: it is a wildcard only between two letters.
_PUNCTUATION_IN_QUOTES: Final = re.compile(r"(?<!\w)\?|\?(?!\w)|(?<!\w)\*")


class TermError(ValueError):
    """A term cannot be looked for; the text is the message, `remedy` what to do."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


def tokens_of(
    text: str, *, how: How = "word", quoted: bool = False, wild: bool = True
) -> tuple[Token, ...]:
    """Return the tokens of a term; raises TermError when there is none or a wildcard is wrong.

    With `wild` off, `*` and `?` are punctuation, as in the name of a brand.
    """
    composed = compose(text)
    if quoted:
        composed = _PUNCTUATION_IN_QUOTES.sub(lambda m: " " * len(m[0]), composed)
    wildcards = WILDCARDS if how == "word" and wild else ""
    found = []
    for word in read(composed, wildcards=wildcards, links=False):
        if word.sigil == "@" and not word.is_handle:
            raise TermError(
                f"`{text}` looks like an address",
                "addresses are not searched; look for the words around it",
            )
        if how == "word":
            found.append(_wild(word.folded, word.sigil, text))
        else:
            as_written = composed[word.start : word.end]
            raw = as_written.lower() if how == "stem" else as_written
            found.append(Token(raw, how, word.sigil))
    if not found:
        what = "an empty phrase" if quoted and not text.strip() else f"`{text}` holds no word"
        raise TermError(
            f"{what}: it can never match", "write a word, a number, an emoji, #tag or @handle"
        )
    if len(found) > MAX_WORDS:
        raise TermError(f"a phrase of {len(found)} words", f"at most {MAX_WORDS}")
    return tuple(found)


def _wild(folded: str, sigil: Sigil, text: str) -> Token:
    before = re.split(r"[*?]", folded, maxsplit=1)[0]
    if before == folded:
        return Token(folded, "word", sigil)
    if not folded.strip(WILDCARDS):
        raise TermError(f"`{text}` matches everything", "write letters before the wildcard")
    if not before:
        raise TermError(
            f"`{text}` begins with a wildcard",
            "write the words out with OR, or their common beginning: `airl*`",
        )
    if len(before) < LEAST_BEFORE_WILDCARD:
        raise TermError(
            f"`{text}` has too few letters before its wildcard",
            f"write at least {LEAST_BEFORE_WILDCARD}",
        )
    if folded == before + "*":
        return Token(before, "prefix", sigil)
    return Token(re.sub(r"\*+", "*", folded), "pattern", sigil)
