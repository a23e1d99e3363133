"""The sentence encoders, for tests that need them, where their packages are installed."""

import pytest

from models.encoder.sentences import SentenceEncoder, shared_encoder
from models.errors import EncoderMissingError


def real_encoder() -> SentenceEncoder:
    """The encoder of this process; skips the test where its packages are not installed."""
    try:
        return shared_encoder()
    except EncoderMissingError as error:
        pytest.skip(str(error))
