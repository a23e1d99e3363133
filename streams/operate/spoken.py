"""The doctor's words in the reader's language; the checks themselves are written in English."""

import re
from collections.abc import Callable, Mapping
from typing import Final, Literal

from streams.operate.doctor_es import SPANISH

Language = Literal["es", "en"]
SIGNS: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {"ok": "  ok  ", "warn": " LOOK ", "bad": " BAD  ", "skipped": "  --  "},
    "es": {"ok": " bien ", "warn": " MIRA ", "bad": " MAL  ", "skipped": "  --  "},
}


class Spoken:
    """Texts that are written in English, and how they are said in Spanish.

    `{}` in either stands for words that stay as they are, unless they are such a text themselves,
    or a list of such.
    """

    def __init__(
        self,
        texts: Mapping[str, str],
        *others: Mapping[str, str],
        within: Callable[[str], str] | None = None,
    ) -> None:
        """`texts`, and those of `others`, are the Spanish by the English.

        `within` says in Spanish what none of them holds, where it is a part of one that they hold.
        """
        for more in others:
            texts = {**texts, **more}
        self._within = within or str
        # The one with most words of its own first: "{} of memory are free." also fits longer ones.
        ordered = sorted(texts, key=lambda text: len(text.replace("{}", "")), reverse=True)
        self._patterns = [
            (re.compile("(.+?)".join(map(re.escape, text.split("{}"))), re.DOTALL), texts[text])
            for text in ordered
        ]

    def __call__(self, text: str, language: Language) -> str:
        """The text in that language; as it is where nobody has written it so yet."""
        if language == "en" or not text:
            return text
        for pattern, said in self._patterns:
            if found := pattern.fullmatch(text):
                return said.format(*map(self._part, found.groups()))
        return text

    def _part(self, text: str) -> str:
        said = self(text, "es")
        if said != text:
            return said
        listed = [self(one, "es") for one in text.split(", ")]
        if all(now != one for now, one in zip(listed, text.split(", "), strict=True)):
            return ", ".join(listed)
        return self._within(text)


in_language: Final = Spoken(SPANISH)
