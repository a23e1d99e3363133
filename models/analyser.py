"""Texts to hashed features, compiled: tens of thousands of tweets a second on one core.

`models.features` defines the features and `models.reference` spells them out in plain Python;
this module computes the same numbers over a whole batch at once. A batch is joined into one array
of code points and handed to one compiled function that releases the GIL, so threads scale.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Final, Literal, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags

from models import kernels, sums
from models.features import folding_table
from models.kernels import Plan
from models.reference import Range

MAX_ENTRIES: Final = 2**31 - 1  # row ends are 32-bit integers
MIN_CODE_POINTS_PER_THREAD: Final = 200_000  # with less, starting a thread costs more than it saves
_NORMS: Final = {None: 0, "l1": 1, "l2": 2}


class _Rows(NamedTuple):
    """A matrix in compressed rows; every column occurs at most once in a row, in any order."""

    values: npt.NDArray[np.float32]
    columns: npt.NDArray[np.int32]
    row_ends: npt.NDArray[np.int64]


class HashedText(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # sklearn is untyped
    """Turn texts into hashed counts of word and character n-grams; nothing is learnt.

    A drop-in step for scikit-learn pipelines. The parameters: `n_features` columns, a power of two
    up to 2**30; `word_ngrams` and `char_ngrams`, smallest and largest size or None for none;
    `lowercase` and `strip_accents` as in `models.features.fold`; `norm` of each row, "l2", "l1"
    or None; `sublinear_tf` for 1 + ln(count) in place of counts; `alternate_sign` to let
    colliding features cancel rather than add up; `threads` that share the rows of one call,
    if it is long enough (about 2,000 tweets for each).
    """

    def __init__(
        self,
        n_features: int = 2**18,
        *,
        word_ngrams: Range | None = (1, 2),
        char_ngrams: Range | None = (3, 5),
        lowercase: bool = True,
        strip_accents: bool = True,
        norm: Literal["l1", "l2"] | None = "l2",
        sublinear_tf: bool = False,
        alternate_sign: bool = False,
        threads: int = 1,
    ) -> None:
        self.n_features = n_features
        self.word_ngrams = word_ngrams
        self.char_ngrams = char_ngrams
        self.lowercase = lowercase
        self.strip_accents = strip_accents
        self.norm = norm
        self.sublinear_tf = sublinear_tf
        self.alternate_sign = alternate_sign
        self.threads = threads

    def fit(self, texts: object = None, y: object = None) -> Self:
        """Check the parameters; raises ValueError. There is nothing to learn."""
        self._plan()
        return self

    def transform(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """Return a float32 CSR matrix of shape (len(texts), n_features); thread-safe.

        Indices within a row are unique but not sorted. Raises ValueError for a single string in
        place of a sequence, for invalid parameters, and for so much text (over 195 million
        characters, by default) that its entries might not fit.
        """
        if isinstance(texts, str):
            raise ValueError("expected a sequence of texts, got one string")
        plan = self._plan()
        table = folding_table(lowercase=self.lowercase, strip_accents=self.strip_accents)
        offsets = np.zeros(len(texts) + 1, dtype=np.int64)
        np.cumsum(np.fromiter(map(len, texts), np.int64, count=len(texts)), out=offsets[1:])
        if offsets[-1] * (plan.word_sizes + 3 * plan.char_sizes) > MAX_ENTRIES:
            raise ValueError(f"too much text for one call: {offsets[-1]} characters")
        encoded = "".join(texts).encode("utf-32-le", "surrogatepass")
        code_points = np.frombuffer(encoded, dtype=np.uint32)

        def hash_rows(first: int, last: int) -> _Rows:
            return _Rows(*kernels.hash_rows(code_points, offsets[first : last + 1], table, plan))

        parts = min(self.threads, int(offsets[-1]) // MIN_CODE_POINTS_PER_THREAD)
        if parts < 2:
            rows = hash_rows(0, len(texts))
        else:
            # Cut where each part has about as many characters, not as many rows.
            aims = offsets[-1] * np.arange(1, parts) // parts
            cuts = [0, *np.searchsorted(offsets[1:-1], aims).tolist(), len(texts)]
            with ThreadPoolExecutor(parts) as pool:
                rows = _stack(list(pool.map(hash_rows, *zip(*pairwise(cuts), strict=True))))
        return sparse.csr_matrix(
            (rows.values, rows.columns, rows.row_ends.astype(np.int32)),
            shape=(len(texts), self.n_features),
        )

    def _plan(self) -> Plan:
        if not 2 <= self.n_features <= 2**30 or self.n_features & (self.n_features - 1):
            raise ValueError(f"n_features must be a power of two up to 2**30: {self.n_features}")
        for name in ("word_ngrams", "char_ngrams"):
            sizes = getattr(self, name)
            if sizes is not None and not 1 <= sizes[0] <= sizes[1]:
                raise ValueError(f"{name} must be (smallest, largest) from 1 up, or None: {sizes}")
        if self.norm not in _NORMS:
            raise ValueError(f'norm must be "l1", "l2" or None: {self.norm!r}')
        if self.threads < 1:
            raise ValueError(f"threads must be at least 1: {self.threads}")
        words, characters = self.word_ngrams or (0, 0), self.char_ngrams or (0, 0)
        return Plan(
            bits=self.n_features.bit_length() - 1,
            smallest_word=words[0],
            largest_word=words[1],
            smallest_char=characters[0],
            largest_char=characters[1],
            signed=bool(self.alternate_sign),
            sublinear=bool(self.sublinear_tf),
            norm=_NORMS[self.norm],
            word_sizes=words[1] - words[0] + 1 if self.word_ngrams else 0,
            char_sizes=characters[1] - characters[0] + 1 if self.char_ngrams else 0,
        )

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        return tags


def warm_up() -> None:
    """Compile, or load what an earlier process compiled, so that the first batch is as fast."""
    rows = HashedText().transform(["warm up"])
    scores, ones = np.zeros((1, 1), np.float32), np.ones((1, 1), np.float32)
    coefficients = np.zeros((rows.shape[1], 1), np.float32)
    at = np.zeros(1, np.intp)
    sums.add(scores, rows.data, rows.indices, rows.indptr, coefficients, at, 0)
    sums.to_probabilities(scores, np.array([0, 1]), ones, ones, at)


def _stack(parts: Sequence[_Rows]) -> _Rows:
    starts = np.cumsum([0, *(part.row_ends[-1] for part in parts)])
    return _Rows(
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.columns for part in parts]),
        np.concatenate(
            [[0], *(part.row_ends[1:] + start for part, start in zip(parts, starts, strict=False))]
        ),
    )
