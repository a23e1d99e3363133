"""Just enough of the protobuf wire format to write messages; nothing is read with it.

ONNX graphs and SentencePiece models are protobuf messages. Writing the few fields that are
needed takes this page; the packages that do it bring 60 MB.
"""

import struct


def varint(number: int) -> bytes:
    """Return a non-negative number in base 128, lowest digits first."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def whole(field: int, number: int) -> bytes:
    """Return an integer, enum or bool field; negative numbers as int64 has them."""
    return varint(field << 3) + varint(number & (1 << 64) - 1)


def real(field: int, number: float) -> bytes:
    """Return a float field."""
    return varint(field << 3 | 5) + struct.pack("<f", number)


def block(field: int, content: bytes | str) -> bytes:
    """Return a string, bytes or message field."""
    if isinstance(content, str):
        content = content.encode()
    return varint(field << 3 | 2) + varint(len(content)) + content
