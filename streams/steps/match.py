"""Which brands a text names: by name or handle, whatever the case and accents."""

import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

import ahocorasick_rs
import msgspec
import yaml

from models.features import fold as fold_character
from streams.errors import InputError

Row = int
SEPARATOR = "\n"


class Brand(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A brand to listen for; `own` marks the operator's, the others are rivals."""

    name: str
    names: tuple[str, ...] = ()  # further spellings
    handles: tuple[str, ...] = ()
    own: bool = False


class BrandsFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`brands.yaml`."""

    brands: tuple[Brand, ...]


def load_brands(path: Path) -> tuple[Brand, ...]:
    """Read brands from YAML; raises InputError with file, place and remedy."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        brands = msgspec.convert(content, BrandsFile).brands
    except FileNotFoundError as error:
        raise InputError(f"{path}: there is no such file") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except msgspec.ValidationError as error:
        raise InputError(f"{path}: {error}; see brands.example.yaml") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date of month 13
        raise InputError(f"{path}: not YAML: {error}") from error
    for brand in brands:
        for term in (brand.name, *brand.names, *brand.handles):
            if not any(map(str.isalnum, term)):
                raise InputError(
                    f"{path}: brand {brand.name!r} has a name without a letter: {term!r}"
                )
    if len({brand.name for brand in brands}) < len(brands):
        raise InputError(f"{path}: two brands have the same name")
    return brands


class BrandMatcher:
    """Finds all brands in a batch of texts with one pass of Aho-Corasick."""

    def __init__(self, brands: Sequence[Brand]) -> None:
        self._brand_of_term: list[str] = []
        self._is_handle: list[bool] = []
        terms: list[str] = []
        for brand in brands:
            names = {fold(name): False for name in (brand.name, *brand.names)}
            handles = {"@" + fold(handle.lstrip("@")): True for handle in brand.handles}
            for term, is_handle in {**names, **handles}.items():
                terms.append(term)
                self._brand_of_term.append(brand.name)
                self._is_handle.append(is_handle)
        self._automaton = ahocorasick_rs.AhoCorasick(terms) if terms else None

    def match(self, texts: Sequence[str]) -> list[list[str]]:
        """Sorted names of the brands in each text."""
        found: list[list[str]] = [[] for _ in texts]
        if self._automaton is None:
            return found
        folded = [fold(text) for text in texts]
        joined = SEPARATOR.join(folded)
        hits = self._automaton.find_matches_as_indexes(joined, overlapping=True)
        for row, term in self._standing_alone(hits, folded, joined):
            brand = self._brand_of_term[term]
            if brand not in found[row]:
                found[row].append(brand)
        for brands in found:
            brands.sort()
        return found

    def _standing_alone(
        self, hits: Sequence[tuple[int, int, int]], folded: Sequence[str], joined: str
    ) -> Iterator[tuple[Row, int]]:
        row, row_end = 0, len(folded[0]) if folded else 0
        for term, start, end in sorted(hits, key=lambda hit: hit[1]):
            while start > row_end:
                row += 1
                row_end += len(SEPARATOR) + len(folded[row])
            if self._stands_alone(joined, start, end, is_handle=self._is_handle[term]):
                yield row, term

    @staticmethod
    def _stands_alone(joined: str, start: int, end: int, *, is_handle: bool) -> bool:
        before = joined[start - 1] if start else SEPARATOR
        after = joined[end] if end < len(joined) else SEPARATOR
        if before.isalnum() or before == "_" or (before == "@" and not is_handle):
            return False
        return not (after.isalnum() or after == "_")


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
    return text.replace(SEPARATOR, " ")
