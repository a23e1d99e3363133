"""The network of all heads learns what is there to learn, the same each time."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from models.labels import LabelledMention
from models.network import N_OUTPUTS, SLICES, HeadNetwork, targets_of
from models.predictions import HEADS

WIDTH = 40


@pytest.fixture(scope="module")
def lesson() -> tuple[np.ndarray, np.ndarray]:
    """Rows of which the first columns say each head's answer, and targets."""
    random = np.random.default_rng(0)
    rows = random.normal(size=(1_500, WIDTH)).astype(np.float32)
    targets = np.zeros((len(rows), N_OUTPUTS), np.float32)
    for name, part in SLICES.items():
        if HEADS[name].many:
            targets[:, part] = rows[:, part] > 0.5
        else:
            targets[np.arange(len(rows)), part.start + rows[:, part].argmax(axis=1)] = 1
    return rows, targets


def test_it_learns_every_head(lesson: tuple[np.ndarray, np.ndarray]) -> None:
    rows, targets = lesson
    network = HeadNetwork(hidden=64, epochs=30, batch=32, dropout=0.1, input_dropout=0.0)
    said = network.fit(rows[:1_200], targets[:1_200]).predict_proba(rows[1_200:])

    for name, part in SLICES.items():
        if HEADS[name].many:
            right = (said[:, part] > 0.5) == targets[1_200:, part]
        else:
            np.testing.assert_allclose(said[:, part].sum(axis=1), 1, atol=1e-5)
            right = said[:, part].argmax(axis=1) == targets[1_200:, part].argmax(axis=1)
        assert right.mean() > 0.7, name


def test_its_gradients_are_those_of_its_loss(lesson: tuple[np.ndarray, np.ndarray]) -> None:
    rows, targets = (part[:8].astype(np.float64) for part in lesson)
    network = HeadNetwork(hidden=5, dropout=0.0, input_dropout=0.0)
    random = np.random.default_rng(1)
    parts = {
        "w1": random.normal(0, 0.3, (WIDTH, 5)),
        "b1": random.normal(0, 0.1, 5),
        "w2": random.normal(0, 0.3, (5, N_OUTPUTS)),
        "b2": random.normal(0, 0.1, N_OUTPUTS),
    }
    emphases = random.uniform(0.2, 1, (8, 1)) * np.ones((8, N_OUTPUTS))

    def loss() -> float:
        network.w1_, network.b1_, network.w2_, network.b2_ = (parts[n] for n in parts)
        said = network.predict_proba(rows).astype(np.float64)
        total = 0.0
        for name, part in SLICES.items():
            terms = targets[:, part] * np.log(said[:, part])
            if HEADS[name].many:
                terms += (1 - targets[:, part]) * np.log(1 - said[:, part])
            total -= (terms * emphases[:, part]).sum()
        return total / len(rows)

    network.n_features_in_ = WIDTH
    found = network._gradients(parts, rows, targets, emphases, random)
    for name, part in parts.items():
        at = tuple(random.integers(0, size) for size in part.shape)
        kept, step = part[at], 1e-2
        part[at] = kept + step
        above = loss()
        part[at] = kept - step
        slope = (above - loss()) / (2 * step)
        part[at] = kept
        assert found[name][at] == pytest.approx(slope, rel=0.02, abs=2e-4), name


def test_a_missing_label_teaches_nothing(lesson: tuple[np.ndarray, np.ndarray]) -> None:
    rows, targets = lesson
    known = targets.copy()
    known[:, SLICES["stage"]] = np.nan
    wrong = np.where(np.isnan(known), 0, known)
    settings = {"hidden": 16, "epochs": 2, "random_state": 3}
    masked = HeadNetwork(**settings).fit(rows, known)
    parts = SLICES["stage"]

    assert np.isfinite(masked.w2_).all()
    # Only decay moves what a head without labels would change.
    assert (
        np.abs(masked.w2_[:, parts]).max()
        < np.abs(HeadNetwork(**settings).fit(rows, wrong).w2_[:, parts]).max()
    )
    assert not masked.b2_[parts].any()


def test_the_same_seed_gives_the_same_network(lesson: tuple[np.ndarray, np.ndarray]) -> None:
    rows, targets = lesson
    network = HeadNetwork(hidden=16, epochs=2, random_state=5).fit(rows, targets)
    again = clone(network).fit(rows, targets)
    other = HeadNetwork(hidden=16, epochs=2, random_state=6).fit(rows, targets)

    np.testing.assert_array_equal(network.w1_, again.w1_)
    assert not np.array_equal(network.w1_, other.w1_)
    assert network.w1_.dtype == np.float16


def test_weights_of_mentions_count(lesson: tuple[np.ndarray, np.ndarray]) -> None:
    rows, targets = lesson
    turned = targets.copy()
    turned[:750, SLICES["intent"]] = np.roll(targets[:750, SLICES["intent"]], 1, axis=1)
    weights = np.where(np.arange(len(rows)) < 750, 0, 1).astype(np.float32)
    network = HeadNetwork(hidden=64, epochs=30, batch=32, dropout=0.1, input_dropout=0.0)
    right = (
        network.fit(rows, turned, weights).predict_proba(rows)[:, SLICES["intent"]].argmax(axis=1)
    )

    assert (right == targets[:, SLICES["intent"]].argmax(axis=1)).mean() > 0.8


def test_what_does_not_fit_is_refused(lesson: tuple[np.ndarray, np.ndarray]) -> None:
    rows, targets = lesson
    with pytest.raises(ValueError, match="targets"):
        HeadNetwork().fit(rows, targets[:, 1:])
    with pytest.raises(NotFittedError):
        HeadNetwork().predict_proba(rows)


def test_targets_are_the_labels(corpus: list[LabelledMention]) -> None:
    item = corpus[0]
    made = targets_of([item])[0]

    assert made[SLICES["intent"]].tolist() == [0, 0, 1]
    assert made[SLICES["act"]].tolist() == [0] * 8
    assert np.isnan(targets_of([type(item)(**{**_fields(item), "acts": None})])[0, -8:]).all()


def _fields(item: LabelledMention) -> dict[str, object]:
    return {name: getattr(item, name) for name in item.__struct_fields__}
