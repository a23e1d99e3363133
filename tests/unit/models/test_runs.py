"""What a run of training gathers."""

from pathlib import Path

import pytest

from models.labels import load_corpus
from models.runs import gather


@pytest.mark.parametrize("every", [1, 7])
def test_of_the_corpus_every_nth_is_learnt_and_of_own_files_all(every: int, tmp_path: Path) -> None:
    own = tmp_path / "own.jsonl"
    line = '{{"id": "own:{}", "text": "t", "lang": "es", "intent": "", "stage": "",'
    line += ' "needs_reply": ""}}\n'
    own.write_text("".join(line.format(number) for number in range(20)))
    balanced = sum(item.draw != "natural" for item in load_corpus())

    data = gather([own], every=every)

    assert data.files[-1].mentions == sum(item.id.startswith("own:") for item in data.items) == 20
    assert abs(len(data.items) - 20 - balanced / every) < 2
    assert data.held_out == sum(item.draw == "natural" for item in load_corpus())
