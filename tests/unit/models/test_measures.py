"""Weighted figures are scikit-learn's, for every weighting at once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from models import measures

ROWS = st.integers(1, 40).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(0, 2), min_size=n, max_size=n),
        st.lists(st.integers(0, 2), min_size=n, max_size=n),
        st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.95, 1.0]), min_size=n, max_size=n),
        st.lists(st.integers(0, 3), min_size=n, max_size=n),
    )
)


@given(rows=ROWS)
@settings(max_examples=200, deadline=None)
def test_figures_are_those_of_scikit_learn(
    rows: tuple[list[int], list[int], list[float], list[int]],
) -> None:
    truth, decided = np.array(rows[0]), np.array(rows[1])
    scores, weight = np.array(rows[2]), np.array(rows[3], dtype=float)
    weights = np.vstack([np.ones(len(truth)), weight])

    for row, given_weight in enumerate(weights):
        if not given_weight.sum():
            continue
        table = measures.confusion(weights, truth, decided, 3)
        expected = metrics.confusion_matrix(
            truth, decided, labels=[0, 1, 2], sample_weight=given_weight
        )
        np.testing.assert_allclose(table[row], expected)
        known = metrics.precision_recall_fscore_support(
            truth, decided, labels=[0, 1, 2], sample_weight=given_weight, zero_division=np.nan
        )
        found = measures.agreement(table)
        np.testing.assert_allclose(found.precision[row], known[0])
        np.testing.assert_allclose(found.recall[row], known[1])
        np.testing.assert_allclose(found.f1[row], known[2])
        yes = truth == 1
        two = measures.yes_or_no(weights, yes, decided == 1)
        np.testing.assert_allclose([part[row] for part in two], [part[row, 1] for part in found])
        if (given_weight * yes).sum():
            np.testing.assert_allclose(
                measures.average_precision(weights, yes, scores)[row],
                metrics.average_precision_score(yes, scores, sample_weight=given_weight),
            )


def test_what_is_not_defined_is_nan() -> None:
    weights, nothing = np.ones((1, 2)), np.zeros(2, dtype=bool)

    assert np.isnan(measures.average_precision(weights, nothing, np.array([0.1, 0.2])))
    assert np.isnan(measures.yes_or_no(weights, nothing, nothing).precision)


def test_the_calibration_error_is_the_mean_gap() -> None:
    promised = np.array([0.05, 0.05, 0.95, 0.95, 1.0])
    came = np.array([False, True, True, True, True])

    found = measures.reliability(np.ones((1, 5)), promised, came)

    assert found.mass[0, [0, 9]].tolist() == [2, 3]
    assert found.error()[0] == pytest.approx((2 * 0.45 + 3 * (0.1 / 3)) / 5)
    heavier = measures.reliability(np.array([[0, 0, 1, 1, 1.0]]), promised, came)
    assert heavier.error()[0] == pytest.approx(0.1 / 3)


def test_resamples_keep_the_number_and_are_the_same_each_time() -> None:
    first, again = ([*measures.resamples(300, 2_000, seed)] for seed in (1, 1))
    rows = np.concatenate(first)

    assert len(first) > 1
    np.testing.assert_array_equal(rows, np.concatenate(again))
    assert rows.shape == (2_000, 300)
    assert set(rows.sum(axis=1)) == {300}
    assert rows.mean(axis=0) == pytest.approx(1, abs=0.15)
    assert rows.std() == pytest.approx(1, rel=0.02)  # counts of a bootstrap are nearly Poisson


def test_positives_get_the_share_that_is_asked_for() -> None:
    positive = np.array([True, True, False, False, False, False])
    settled = np.array([True, True, True, True, True, False])
    weights = np.array([[1.0, 1, 1, 1, 1, 1], [3, 0, 1, 0, 1, 1], [0, 0, 1, 1, 1, 1]])

    weighed = measures.to_prevalence(weights, positive, settled, 0.05)

    for row in weighed[:2]:
        assert row[positive].sum() / row[settled].sum() == pytest.approx(0.05)
        assert (row[settled].sum(), row[5]) == (pytest.approx(5), 1)
    np.testing.assert_array_equal(weighed[2], weights[2])  # none to weigh
