"""Texts to word pieces: the encoder's own vocabulary, handed to SentencePiece's compiled search."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, Final, Protocol

from models.encoder import protobuf
from models.encoder.e5_file import E5File
from models.encoder.packages import missing

MAX_CHARS: Final = 2_000  # of a text that are read; a post is seldom as long
_LINK: Final = re.compile(r"https?://\S+|www\.\S+|\{link\}")
_PSEUDONYM: Final = re.compile(r"@user_\w+")
_BLANKS: Final = re.compile(r"\s+")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")  # halves of broken emoji

# Numbers of SentencePiece's protobuf fields and enums.
_NORMAL, _UNKNOWN, _CONTROL = 1, 2, 3
_UNIGRAM: Final = 1
START, PAD, END, UNKNOWN = range(4)  # the encoder's first pieces


class Pieces(Protocol):
    """What is used of SentencePieceProcessor."""

    def encode(self, text: str, **how: object) -> list[int]:
        """Return the ids of the pieces of a text."""
        ...


def cleaned(text: str) -> str:
    """Return a text as encoders get it: no links, pseudonyms as one, single blanks."""
    text = _SURROGATES.sub("\ufffd", text[:MAX_CHARS])
    text = _PSEUDONYM.sub("@user", _LINK.sub(" ", text))
    return _BLANKS.sub(" ", text).strip()


class E5Pieces:
    """Cuts texts into the pieces that multilingual-e5 knows, at most `longest` of each."""

    def __init__(self, file: E5File, *, longest: int, prefix: str) -> None:
        self._characters = file.characters
        self._pieces = processor(model_proto=_model(file))
        self._longest = longest
        self._prefix = prefix

    def encode(self, cleaned_texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each text, with start and end."""
        return [self._one(self._prefix + text) for text in cleaned_texts]

    def _one(self, text: str) -> list[int]:
        text = unicodedata.normalize("NFC", text).translate(self._characters)
        ids = self._pieces.encode(text, out_type=int)
        return [START, *ids[: self._longest - 2], END]


def processor(**source: object) -> Pieces:
    """Return SentencePiece's own processor; raises EncoderMissingError where it is not there."""
    try:
        from sentencepiece import SentencePieceProcessor
    except ImportError as error:
        raise missing("sentencepiece") from error
    make: Any = SentencePieceProcessor
    made: Pieces = make(**source)
    return made


def _model(file: E5File) -> bytes:
    """The vocabulary as a SentencePiece model, in the encoder's order, texts taken as they are."""
    kinds = {START: _CONTROL, PAD: _CONTROL, END: _CONTROL, UNKNOWN: _UNKNOWN}
    kinds[len(file.pieces) - 1] = _CONTROL  # <mask>
    pieces = b"".join(
        protobuf.block(
            1,
            protobuf.block(1, piece)
            + protobuf.real(2, float(score))
            + protobuf.whole(3, kinds.get(at, _NORMAL)),
        )
        for at, (piece, score) in enumerate(zip(file.pieces, file.scores, strict=True))
    )
    trainer = protobuf.whole(3, _UNIGRAM) + b"".join(
        protobuf.whole(field, at)
        for field, at in ((40, UNKNOWN), (41, START), (42, END), (43, PAD))
    )
    normalizer = b"".join(
        protobuf.whole(field, 1)
        for field in (3, 4, 5)  # a blank before the first word, single blanks, blanks as ▁
    )
    return pieces + protobuf.block(2, trainer) + protobuf.block(3, normalizer)
