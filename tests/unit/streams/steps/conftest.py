"""Compiles the loops before the first test, so that none is slow because it came first."""

import numpy as np
import pytest

from streams.steps.decode import decode_batch
from tests.builders import ENRICHER, RULES, FakeRecord, mention, raw


@pytest.fixture(scope="session", autouse=True)
def compiled() -> None:
    texts = ["one text of more than four words", "ana@example.org wrote to you"]
    events = [mention(f"csv:{n}", text=text) for n, text in enumerate(texts)]
    decoded = decode_batch([FakeRecord(n, raw(event)) for n, event in enumerate(events)])
    rules = RULES.current
    heard = ENRICHER.hear(decoded, rules.rules, rules.pseudonymiser)
    ENRICHER.enrich(heard, {})
    heard.only(np.array([True, False]), np.zeros(0, bool))
