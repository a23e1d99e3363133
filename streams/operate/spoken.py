"""The doctor's words in the reader's language; the checks themselves are written in English."""

import re
from collections.abc import Mapping
from typing import Final, Literal

from streams.operate.doctor_es import SPANISH

Language = Literal["es", "en"]
SIGNS: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {"ok": "  ok  ", "warn": " LOOK ", "bad": " BAD  ", "skipped": "  --  "},
    "es": {"ok": " bien ", "warn": " MIRA ", "bad": " MAL  ", "skipped": "  --  "},
}


def in_language(text: str, language: Language) -> str:
    """The text in that language; as it is where nobody has written it so yet."""
    if language == "en" or not text:
        return text
    for pattern, said in _PATTERNS:
        if found := pattern.fullmatch(text):
            return said.format(*found.groups())
    return text


def _compiled(texts: Mapping[str, str]) -> list[tuple[re.Pattern[str], str]]:
    # The one with most words of its own first: "{} of memory are free." also fits longer ones.
    ordered = sorted(texts, key=lambda text: len(text.replace("{}", "")), reverse=True)
    return [
        (re.compile("(.+?)".join(map(re.escape, text.split("{}"))), re.DOTALL), texts[text])
        for text in ordered
    ]


_PATTERNS: Final = _compiled(SPANISH)
