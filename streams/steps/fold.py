"""Text as it is compared: lower case, without accents."""

import unicodedata

from models.features import fold as fold_character


class _Folding(dict[int, str]):
    """Code point to what it is read as, by the model's definition; filled as texts need it."""

    def __missing__(self, code_point: int) -> str:
        self[code_point] = fold_character(chr(code_point), lowercase=True, strip_accents=True)
        return self[code_point]


_FOLDING = _Folding()


def fold(text: str) -> str:
    """Lower case without accents, on one line; each character becomes one or none."""
    if text.isascii():
        text = text.lower()
    else:
        text = unicodedata.normalize("NFC", text).translate(_FOLDING)
    return text.replace("\n", " ")
