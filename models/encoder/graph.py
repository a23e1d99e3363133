"""The encoder's twelve layers as an ONNX graph, weights in the four bits they come in.

The matrices are not unpacked: onnxruntime multiplies the blocks themselves (`MatMulNBits`), with
each token's activations rounded to 8 bits block by block. So a text's vectors do not depend on
which other texts are in its batch, as they do where a whole batch shares one scale.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt

from models.encoder import protobuf
from models.encoder.e5_file import BLOCK, E5File, Matrix

POOLED: Final = (12, 10, 8)  # layers whose mean over the tokens is given out

_OPSET, _IR_VERSION = 20, 9
_MICROSOFT: Final = "com.microsoft"
_KINDS: Final = {np.dtype(np.float32): 1, np.dtype(np.uint8): 2, np.dtype(np.int64): 7}
_FLOAT, _INT, _INTS = 1, 2, 7  # kinds of attributes


def build(file: E5File) -> bytes:
    """Return the graph: `vectors` (n, tokens, width) and `mask` (n, tokens) to a mean per layer."""
    graph = _Graph()
    graph.layer_norm("vectors", file, "emb.ln", "x0")
    graph.prepare_mask(file.heads, file.width)
    x = "x0"
    for number in range(file.layers):
        x = graph.layer(x, file, number)
        if number + 1 in POOLED:
            graph.mean(x, f"mean{number + 1}")
    return graph.model([f"mean{number}" for number in POOLED])


class _Graph:
    """Nodes and constants so far."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []

    def layer(self, x: str, file: E5File, number: int) -> str:
        """One transformer layer; returns the name of what it gives out."""
        p, width = f"l{number}.", file.width
        both = [file.matrix(f"{p}{one}.w", width) for one in "qkv"]
        joined = Matrix(*(np.concatenate(parts) for parts in zip(*both, strict=True)))
        bias = np.concatenate([file.vector(f"{p}{one}.b") for one in "qkv"])
        self.linear(x, joined, bias, f"{p}qkv")
        self.node("Split", [f"{p}qkv"], [f"{p}{one}" for one in "qkv"], axis=-1, num_outputs=3)
        for one, order in (("q", (0, 2, 1, 3)), ("k", (0, 2, 3, 1)), ("v", (0, 2, 1, 3))):
            self.node("Reshape", [p + one, "by_head"], [f"{p}{one}r"])
            self.node("Transpose", [f"{p}{one}r"], [f"{p}{one}t"], perm=order)
        self.node("MatMul", [f"{p}qt", f"{p}kt"], [f"{p}s"])
        self.node("Mul", [f"{p}s", "scale"], [f"{p}ss"])
        self.node("Add", [f"{p}ss", "hidden"], [f"{p}sm"])
        self.node("Softmax", [f"{p}sm"], [f"{p}a"], axis=-1)
        self.node("MatMul", [f"{p}a", f"{p}vt"], [f"{p}c"])
        self.node("Transpose", [f"{p}c"], [f"{p}ct"], perm=(0, 2, 1, 3))
        self.node("Reshape", [f"{p}ct", "together"], [f"{p}cr"])
        self.linear(f"{p}cr", file.matrix(f"{p}ao.w", width), file.vector(f"{p}ao.b"), f"{p}ao")
        self.node("Add", [x, f"{p}ao"], [f"{p}x1s"])
        self.layer_norm(f"{p}x1s", file, f"{p}aln", f"{p}x1")
        inner = file.matrix(f"{p}fi.w", file.inner)
        self.linear(f"{p}x1", inner, file.vector(f"{p}fi.b"), f"{p}fi")
        self.node("Gelu", [f"{p}fi"], [f"{p}g"])
        self.linear(f"{p}g", file.matrix(f"{p}fo.w", width), file.vector(f"{p}fo.b"), f"{p}fo")
        self.node("Add", [f"{p}x1", f"{p}fo"], [f"{p}x2s"])
        self.layer_norm(f"{p}x2s", file, f"{p}oln", f"{p}x2")
        return f"{p}x2"

    def prepare_mask(self, heads: int, width: int) -> None:
        """Names for what hides the padding, and for shapes that all layers use."""
        self.constant("by_head", np.array([0, 0, heads, width // heads], np.int64))
        self.constant("together", np.array([0, 0, width], np.int64))
        self.constant("scale", np.array((width // heads) ** -0.5, np.float32))
        self.constant("one", np.array(1, np.float32))
        self.constant("far", np.array(-1e4, np.float32))
        self.constant("tokens", np.array([1], np.int64))
        self.constant("last", np.array([2], np.int64))
        self.constant("inside", np.array([1, 2], np.int64))
        self.node("Sub", ["one", "mask"], ["padding"])
        self.node("Mul", ["padding", "far"], ["hidden0"])
        self.node("Unsqueeze", ["hidden0", "inside"], ["hidden"])
        self.node("Unsqueeze", ["mask", "last"], ["mask3"])
        self.node("ReduceSum", ["mask", "tokens"], ["count"], keepdims=1)

    def mean(self, x: str, out: str) -> None:
        """The mean of a layer over the tokens that are no padding."""
        self.node("Mul", [x, "mask3"], [f"{out}m"])
        self.node("ReduceSum", [f"{out}m", "tokens"], [f"{out}s"], keepdims=0)
        self.node("Div", [f"{out}s", "count"], [out])

    def layer_norm(self, x: str, file: E5File, name: str, out: str) -> None:
        self.constant(f"{name}.w", file.vector(f"{name}.w"))
        self.constant(f"{name}.b", file.vector(f"{name}.b"))
        inputs = [x, f"{name}.w", f"{name}.b"]
        self.node("LayerNormalization", inputs, [out], axis=-1, epsilon=file.epsilon)

    def linear(self, x: str, weights: Matrix, bias: npt.NDArray[np.float32], out: str) -> None:
        rows, blocks = weights.scales.shape
        self.constant(f"{out}.w", weights.packed)
        self.constant(f"{out}.s", weights.scales.reshape(-1))
        self.constant(f"{out}.b", bias)
        self.node(
            "MatMulNBits",
            # Neither zero points (8, as they are) nor an order of groups; the bias is the last.
            [x, f"{out}.w", f"{out}.s", "", "", f"{out}.b"],
            [out],
            domain=_MICROSOFT,
            K=blocks * BLOCK,
            N=rows,
            bits=4,
            block_size=BLOCK,
            accuracy_level=4,
        )

    def constant(self, name: str, values: npt.NDArray[np.generic]) -> None:
        self._constants.append(
            b"".join(protobuf.whole(1, size) for size in values.shape)
            + protobuf.whole(2, _KINDS[values.dtype])
            + protobuf.block(8, name)
            + protobuf.block(9, np.ascontiguousarray(values).tobytes())
        )

    def node(
        self,
        kind: str,
        inputs: Iterable[str],
        outputs: Iterable[str],
        *,
        domain: str = "",
        **attributes: float | tuple[int, ...],
    ) -> None:
        self._nodes.append(
            b"".join(protobuf.block(1, name) for name in inputs)
            + b"".join(protobuf.block(2, name) for name in outputs)
            + protobuf.block(4, kind)
            + b"".join(protobuf.block(5, _attribute(*pair)) for pair in attributes.items())
            + (protobuf.block(7, domain) if domain else b"")
        )

    def model(self, outputs: Iterable[str]) -> bytes:
        graph = b"".join(protobuf.block(1, node) for node in self._nodes)
        graph += protobuf.block(2, "multilingual-e5-small")
        graph += b"".join(protobuf.block(5, constant) for constant in self._constants)
        graph += protobuf.block(11, _value("vectors", 3)) + protobuf.block(11, _value("mask", 2))
        graph += b"".join(protobuf.block(12, _value(name, 2)) for name in outputs)
        opsets = (("", _OPSET), (_MICROSOFT, 1))
        return (
            protobuf.whole(1, _IR_VERSION)
            + protobuf.block(7, graph)
            + b"".join(
                protobuf.block(8, protobuf.block(1, domain) + protobuf.whole(2, version))
                for domain, version in opsets
            )
        )


def _attribute(name: str, value: float | tuple[int, ...]) -> bytes:
    if isinstance(value, tuple):
        content = b"".join(protobuf.whole(8, one) for one in value)
        return protobuf.block(1, name) + content + protobuf.whole(20, _INTS)
    if isinstance(value, int):
        return protobuf.block(1, name) + protobuf.whole(3, value) + protobuf.whole(20, _INT)
    return protobuf.block(1, name) + protobuf.real(2, value) + protobuf.whole(20, _FLOAT)


def _value(name: str, dimensions: int) -> bytes:
    """A float tensor of any size."""
    shape = b"".join(
        protobuf.block(1, protobuf.block(2, f"{name}{at}")) for at in range(dimensions)
    )
    tensor = protobuf.whole(1, 1) + protobuf.block(2, shape)
    return protobuf.block(1, name) + protobuf.block(2, protobuf.block(1, tensor))
