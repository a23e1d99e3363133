"""Compiles the loops before the first test, so that none is slow because it came first."""

import pytest

from streams.steps.copies import signatures
from streams.steps.normalise import normalise


@pytest.fixture(scope="session", autouse=True)
def compiled() -> None:
    text = "one text of more than four words"
    normalise([text])
    signatures([text])
