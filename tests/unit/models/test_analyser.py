"""The compiled analyser equals the plain-Python reference, and behaves as scikit-learn expects."""

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from models import analyser, kernels, reference, sums
from models.analyser import HashedText
from tests.unit.models.texts import SETTINGS, TEXTS


def as_dicts(matrix: sparse.csr_matrix) -> list[dict[int, np.float32]]:
    rows = []
    for start, end in zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True):
        row = dict(zip(matrix.indices[start:end].tolist(), matrix.data[start:end], strict=True))
        assert len(row) == end - start, "a column occurs twice in a row"
        rows.append(row)
    return rows


@given(texts=TEXTS, parameters=SETTINGS)
@example(texts=[], parameters={})
@example(texts=["", "\ud83d", "\ude00"], parameters={})  # halves must not join across texts
@example(texts=["a b" * 400, "", "ab" * 3000], parameters={"char_ngrams": (2, 6)})
@settings(max_examples=400, deadline=None)
def test_the_compiled_analyser_equals_the_reference(
    texts: list[str], parameters: dict[str, Any]
) -> None:
    matrix = HashedText(**parameters).transform(texts)

    assert matrix.shape == (len(texts), parameters.get("n_features", 2**18))
    assert matrix.dtype == np.float32
    expected = [reference.row(text, **parameters) for text in texts]
    assert as_dicts(matrix) == [
        {column: np.float32(value) for column, value in row.items()} for row in expected
    ]


def test_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analyser, "MIN_CODE_POINTS_PER_THREAD", 10)
    texts = [f"mention {number} " * (number % 7) for number in range(101)]

    alone, shared = HashedText().transform(texts), HashedText(threads=4).transform(texts)

    for name in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(alone, name), getattr(shared, name))


def test_a_row_does_not_depend_on_its_batch() -> None:
    texts = ["quiero uno", "quiero otro", "quiero uno"]
    together = as_dicts(HashedText().transform(texts))

    assert together == [as_dicts(HashedText().transform([text]))[0] for text in texts]


def test_it_is_a_scikit_learn_transformer() -> None:
    text = HashedText(2**10, char_ngrams=None, threads=2)

    assert clone(text).get_params() == text.get_params()
    assert HashedText().set_params(norm="l1").norm == "l1"
    assert not text.__sklearn_tags__().requires_fit
    pickled = pickle.loads(pickle.dumps(text))  # noqa: S301  # our own, a line ago
    assert pickled.get_params() == text.get_params()
    pipeline = make_pipeline(text, LogisticRegression())
    pipeline.fit(["lo compro", "lo vendo"] * 3, [1, 0] * 3)
    assert pipeline.predict(["compro"]).tolist() == [1]


@pytest.mark.parametrize(
    "parameters",
    [
        {"n_features": 1000},
        {"n_features": 1},
        {"n_features": 2**31},
        {"word_ngrams": (2, 1)},
        {"char_ngrams": (0, 3)},
        {"norm": "max"},
        {"threads": 0},
    ],
)
def test_invalid_parameters_are_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(parameters))):
        HashedText(**parameters).fit()


def test_one_string_is_not_a_sequence_of_texts() -> None:
    with pytest.raises(ValueError, match="one string"):
        HashedText().transform("quiero uno")


def test_more_text_than_row_ends_can_count_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analyser, "MAX_ENTRIES", 100)

    with pytest.raises(ValueError, match="too much text"):
        HashedText().transform(["a" * 50])


@pytest.mark.parametrize("kernel", [kernels.hash_rows, sums.add, sums.to_probabilities])
def test_the_heavy_parts_release_the_gil_and_are_compiled_once(kernel: Any) -> None:
    analyser.warm_up()
    before = len(kernel.signatures)

    HashedText(16, norm=None, sublinear_tf=True).transform(["a", "\ud800", ""])

    assert kernel.targetoptions["nogil"]
    assert len(kernel.signatures) == before
