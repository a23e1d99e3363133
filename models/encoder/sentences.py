"""Texts to the vectors that the heads of the accurate profile judge by."""

from collections.abc import Sequence
from functools import cache
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from models.encoder.e5 import E5
from models.encoder.packages import WEIGHTS
from models.encoder.pieces import cleaned
from models.encoder.use import USE
from models.encoder.use import WIDTH as USE_WIDTH
from models.predictions import Texts

E5_WIDTH: Final = 384  # of each layer
LAYERS: Final = 3
TEXT_WIDTH: Final = LAYERS * E5_WIDTH + USE_WIDTH
WIDTH: Final = TEXT_WIDTH + USE_WIDTH  # of the text, and of what it answers

# Which vectors these are; a model's card names it, and other vectors are refused.
NAME: Final = "e5-small-q4(12,10,8)+use3+parent-use3/" + "-".join(
    digest[:8] for digest in WEIGHTS.values()
)

Vectors = npt.NDArray[np.float32]


class Encoder(Protocol):
    """Turns mentions into vectors; thread-safe."""

    def encode(self, texts: Texts) -> Vectors:
        """Return a row of `WIDTH` numbers for each mention, the same whoever is beside it."""
        ...


class SentenceEncoder:
    """Both encoders over the text, and USE over the parent's where there is one, else zeros.

    Raises EncoderMissingError, with the remedy, where the packages are missing.
    """

    def __init__(self) -> None:
        self._e5 = E5()
        self._use = USE()

    def encode(self, texts: Texts) -> Vectors:
        """Return a row of `WIDTH` numbers for each mention."""
        made = np.zeros((len(texts), WIDTH), np.float32)
        made[:, :TEXT_WIDTH] = self._vectors(texts.texts)
        answers = [at for at, parent in enumerate(texts.parents) if parent.strip()]
        if answers:
            said = [cleaned(texts.parents[at]) for at in answers]
            made[answers, TEXT_WIDTH:] = self._use.encode(said)
        return made

    def _vectors(self, texts: Sequence[str]) -> Vectors:
        clean = [cleaned(text) for text in texts]
        return np.concatenate([self._e5.encode(clean), self._use.encode(clean)], axis=1)


@cache
def shared_encoder() -> SentenceEncoder:
    """Return the encoder of this process, made when first asked for: a second, and 400 MB."""
    return SentenceEncoder()
