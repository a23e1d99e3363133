"""What Jetstream's protocol asks of a client besides JSON: compression and late options."""

import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from streams.errors import InputError
from streams.producers.live.bluesky_mapping import MappingError

if TYPE_CHECKING or sys.version_info < (3, 14):
    from backports import zstd
else:
    from compression import zstd

_DID = re.compile(r"did:[a-z]+:[A-Za-z0-9._:%-]*[A-Za-z0-9._-]", re.ASCII)
_MOST_DID_CHARS = 2_048


def is_did(text: str) -> bool:
    """Whether this is a decentralised identifier, an account's id."""
    return len(text) <= _MOST_DID_CHARS and _DID.fullmatch(text) is not None


def options_update(collections: Sequence[str], dids: Sequence[str], max_bytes: int) -> str:
    """The message that tells a waiting server what is wanted."""
    payload = {
        "wantedCollections": list(collections),
        "wantedDids": list(dids),
        "maxMessageSizeBytes": max_bytes,
    }
    return msgspec.json.encode({"type": "options_update", "payload": payload}).decode()


class Inflate:
    """Unpacks zstd frames, never to more than `max_bytes`."""

    def __init__(self, dictionary: bytes | None, max_bytes: int) -> None:
        """Raises InputError when `dictionary` is not one."""
        self._max_bytes = max_bytes
        try:
            self._dictionary = zstd.ZstdDict(dictionary) if dictionary is not None else None
        except (ValueError, zstd.ZstdError) as error:
            raise InputError(f"the zstd dictionary is not one: {error}") from error

    def __call__(self, frame: bytes) -> bytes:
        """The message in a binary frame; raises MappingError."""
        if self._dictionary is None:
            raise MappingError("a binary frame, though no compression was asked for")
        unpack = zstd.ZstdDecompressor(zstd_dict=self._dictionary)
        try:
            message = unpack.decompress(frame, max_length=self._max_bytes)
        except zstd.ZstdError as error:
            raise MappingError(f"not zstd with this dictionary: {error}") from error
        if not unpack.eof:
            raise MappingError(f"a zstd frame cut short, or of more than {self._max_bytes} bytes")
        return message
