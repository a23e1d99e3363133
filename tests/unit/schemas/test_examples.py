"""Golden messages: the decoder and the JSON Schema judge each as its index says."""

import pytest

from tests.unit.schemas.judges import EXAMPLES, INDEX, Example, examples, refusal, valid


@pytest.mark.parametrize("example", examples("good"), ids=lambda example: example.name)
def test_a_good_message_is_taken_by_both(example: Example) -> None:
    assert refusal(example.contract, example.raw) is None
    assert valid(example.contract, example.raw)


@pytest.mark.parametrize("example", examples("bad"), ids=lambda example: example.name)
def test_a_bad_message_is_refused_by_both_for_its_reason(example: Example) -> None:
    reason = refusal(example.contract, example.raw)

    assert reason is not None
    assert example.reason in reason
    assert example.reason
    assert not valid(example.contract, example.raw)


def test_the_index_names_every_file_and_no_other() -> None:
    present = {str(path.relative_to(EXAMPLES)) for path in EXAMPLES.glob("*/*.json")}

    assert present == set(INDEX)
