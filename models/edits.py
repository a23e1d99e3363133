"""Changes to a text that should not change a judgement, or should move it one way.

An edit takes a text and its language and returns the text changed, or as it is where it does not
apply. Edits are the same at every run.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Final

Edit = Callable[[str, str], str]

# The corpus' invented brands; each is replaced by the next.
BRANDS: Final = (
    *("Nimbara", "Kolmio", "Tessera", "Cordal", "Vuelanova", "Telvia", "Okari", "Zarcela"),
    "Planivo",
)
_LINK: Final = r"https?://\S+|www\.\S+"
_HANDLE: Final = re.compile(r"(?<!\w)@\w+")
_DIGIT: Final = re.compile(rf"{_LINK}|\d")
_OTHER_DIGIT: Final = {"0": "0", **{str(d): str(d % 9 + 1) for d in range(1, 10)}}
_TILDES: Final = "ñÑ"  # a letter of its own: año is not ano

# First person, as wishes and plans are told; longest first.
_NEGATED: Final[Mapping[str, Mapping[str, str]]] = {
    "es": {
        "voy a comprar": "no voy a comprar",
        "la voy a comprar": "no la voy a comprar",
        "me compro": "no me compro",
        "me muero por tener": "no me hace falta tener",
        "se me antoja": "no se me antoja",
        "quiero": "no quiero",
        "necesito": "no necesito",
        "busco": "no busco",
    },
    "en": {
        "i so want": "i really do not want",
        "i need": "i do not need",
        "i want": "i do not want",
        "i'm switching": "i'm not switching",
        "looking to buy": "not looking to buy",
        "looking for": "not looking for",
        "buying": "not buying",
    },
}


def other_handles(text: str, lang: str) -> str:
    """Every handle becomes another."""
    return _HANDLE.sub(lambda found: f"@{_OTHER_HANDLE[len(found[0]) % 3]}", text)


_OTHER_HANDLE: Final = ("marina_q", "tienda_dos", "ask_brand")


def other_brands(brands: tuple[str, ...] = BRANDS) -> Edit:
    """Every brand that is named, but not as a handle or tag, becomes the next one."""
    following = dict(zip(brands, (*brands[1:], brands[0]), strict=True))
    named = re.compile(rf"(?<![\w@#])({'|'.join(map(re.escape, brands))})(?!\w)")
    return lambda text, lang: named.sub(lambda found: following[found[0]], text)


def other_numbers(text: str, lang: str) -> str:
    """Digits become others; how many there are, and where, stays."""
    return _DIGIT.sub(lambda found: _OTHER_DIGIT.get(found[0], found[0]), text)


def without_accents(text: str, lang: str) -> str:
    """Vowels lose their accents, as many people write; ñ stays."""
    return "".join(c if c in _TILDES else _bare(c) for c in unicodedata.normalize("NFC", text))


def _bare(character: str) -> str:
    decomposed = unicodedata.normalize("NFD", character)
    bare = "".join(part for part in decomposed if not unicodedata.combining(part))
    return bare if len(bare) == 1 else character


def ending(es: str, en: str) -> Edit:
    """Something is added at the end, in the text's language."""
    return lambda text, lang: f"{text} {es if lang == 'es' else en}"


def negated(text: str, lang: str) -> str:
    """The first wish or plan of the author is denied."""
    pairs = _NEGATED["es" if lang == "es" else "en"]
    words = re.compile(rf"(?<!\w)(?<!no )({'|'.join(pairs)})(?!\w)", re.IGNORECASE)
    return words.sub(lambda found: pairs[found[0].lower()], text, count=1)
