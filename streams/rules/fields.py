"""The fields of a rule: which there are, which values they take."""

import re
from typing import Final, get_args, get_type_hints

from schemas.mention import Mention
from streams.rules.errors import did_you_mean
from streams.rules.nodes import Field, Span

MENTION_TYPES: Final[tuple[str, ...]] = get_args(get_type_hints(Mention)["kind"])
HAS: Final = ("link", "emoji", "parent", "hashtag", "mention", "quote")
FIELDS: Final = ("lang", "source", "author", "site", "type", "has", "followers")
LITERAL_FIELDS: Final = ("case", "exact")
KNOWN: Final = FIELDS + LITERAL_FIELDS
ONE_VALUE: Final = ("lang", "source", "site", "type")  # a mention has only one of each
MOST_FOLLOWERS: Final = 2**53

# What the same thing is called elsewhere.
ELSEWHERE: Final = {
    "language": "lang:es",
    "raw": "exact:Word",
    "authorfollowers": "followers:>1000",
    "link": "has:link",
    "links": "has:link",
    "url": "has:link",
    "hashtags": "#hashtag",
    "at_mentions": "@handle",
    "subreddit": "site:name",
    "domain": "site:name",
    "from": "author:handle",
    "is": "type:reply",
    "text": "the word alone",
}
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[a-z0-9]{1,8})*")
_SOURCE: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
_COMPARISON: Final = re.compile(r"(>=|<=|>|<|=)?(\d{1,16})")
_DOTS: Final = re.compile(r"(\d{1,16})\.\.(\d{1,16})")
_LUCENE: Final = re.compile(r"[\[{]\s*(\d{1,16}|\*)\s+TO\s+(\d{1,16}|\*)\s*[\]}]")


def unknown_field(name: str) -> tuple[str, str]:
    """Return what is wrong with an unknown field, and what to do."""
    message = f"unknown field `{name}:`"
    if name.lower() in KNOWN:
        return message, f"write `{name.lower()}:`"
    if name.lower() in ("http", "https"):
        return message, "links are not searched; use has:link"
    if name.lower() in ELSEWHERE:
        return message, f"here it is {ELSEWHERE[name.lower()]}"
    return message, did_you_mean(name.lower(), KNOWN, "{}:")


def read_field(name: str, value: str, span: Span) -> Field | tuple[str, str]:
    """Return the field that a rule asks for, or what is wrong with it and what to do."""
    if name == "followers":
        return _followers(value, span)
    folded = value.strip().lower()
    if not folded:
        return f"`{name}:` has an empty value", f"write one, as in {_EXAMPLES[name]}"
    if "*" in folded or "?" in folded:
        return f"`{name}:` takes no wildcards", "write the values out: `(a OR b)`"
    if name == "lang":
        if not _LANGUAGE.fullmatch(folded):
            return f"`{value}` is no language code", "write two letters, as in lang:es"
    elif name == "source":
        if not _SOURCE.fullmatch(folded):
            return f"`{value}` is no source", "write its short name, as in source:bluesky"
    elif name == "type":
        if folded not in MENTION_TYPES:
            return f"`{value}` is no type of mention", did_you_mean(folded, MENTION_TYPES)
    elif name == "has":
        if folded not in HAS:
            return f"`has:` knows no `{value}`", did_you_mean(folded, HAS)
    elif name == "author":
        folded = folded.removeprefix("@")
    return Field(name, folded, span=span)


_EXAMPLES: Final = {
    "lang": "lang:es", "source": "source:bluesky", "type": "type:reply", "has": "has:link",
    "author": "author:@juan", "site": "site:spain", "followers": "followers:>1000",
}  # fmt: skip


def _followers(value: str, span: Span) -> Field | tuple[str, str]:
    text = value.strip().replace("_", "")
    low: int = 0
    high: int | None = None
    if dots := _DOTS.fullmatch(text):
        low, high = int(dots[1]), int(dots[2])
    elif lucene := _LUCENE.fullmatch(text):
        low = 0 if lucene[1] == "*" else int(lucene[1]) + (text[0] == "{")
        high = None if lucene[2] == "*" else int(lucene[2]) - (text[-1] == "}")
    elif comparison := _COMPARISON.fullmatch(text):
        number = int(comparison[2])
        match comparison[1]:
            case ">":
                low = number + 1
            case ">=":
                low = number
            case "<":
                high = number - 1
            case "<=":
                high = number
            case _:
                low = high = number
    else:
        return (
            f"`{value}` is no number of followers",
            "write followers:>1000, followers:<=500 or followers:100..500",
        )
    if high is not None and high < low:
        return f"`followers:{value}` is an empty range", "no number is in it"
    if low > MOST_FOLLOWERS:
        return f"`followers:{value}` is more than anyone can have", "write a smaller number"
    if low == 0 and high is None:
        return f"`followers:{value}` holds for everybody", "leave it out"
    return Field("followers", low=low, high=high, span=span)
