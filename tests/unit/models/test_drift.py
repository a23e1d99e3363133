"""Distances of histograms and of chances: what chance alone gives, and what it does not."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from models.drift import MIN_DRAWS, REST, WATCHED, aligned, compare
from models.fresh_labels import MIN_LABELS, calibration, wilson

Shares = npt.NDArray[np.float64]
DAYS = 1_500  # simulated for each shape and size
SHAPES: dict[str, Shares] = {
    "even": np.full(10, 0.1),
    "skewed": 0.6 ** np.arange(12) / (0.6 ** np.arange(12)).sum(),
    "many rare": np.append(0.9, np.full(60, 0.1 / 60)),
    "yes or no": np.array([0.95, 0.05]),
}
SIZES = ((MIN_DRAWS, MIN_DRAWS), (MIN_DRAWS, 7 * MIN_DRAWS), (5_000, 35_000))


def named(counts: npt.NDArray[np.int64]) -> dict[str, int]:
    return {f"{bin_}": int(count) for bin_, count in enumerate(counts)}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("fresh", "reference"), SIZES)
def test_where_nothing_changed_less_than_one_day_in_500_alarms(
    shape: str, fresh: int, reference: int
) -> None:
    random = np.random.default_rng(5)
    now = random.multinomial(fresh, SHAPES[shape], size=DAYS)
    then = random.multinomial(reference, SHAPES[shape], size=DAYS)

    shifts = [compare(named(b), named(a)) for a, b in zip(now, then, strict=True)]

    assert sum(one.is_alarm for one in shifts) <= DAYS / 500
    assert sum(one.psi > one.floor for one in shifts) <= DAYS / 500
    # The mean of the noise is what theory says it is.
    assert np.mean([one.psi for one in shifts]) == pytest.approx(
        np.mean([one.noise for one in shifts]), rel=0.15
    )


def test_authors_who_say_three_things_in_a_row_are_no_alarm_either() -> None:
    random = np.random.default_rng(5)
    shape = SHAPES["skewed"]
    alarms, as_if_single = 0, 0
    for _ in range(DAYS):
        then, now = (3 * random.multinomial(n, shape) for n in (1_400, 200))
        alarms += compare(named(then), named(now), draws=200, reference_draws=1_400).is_alarm
        single = compare(named(then), named(now))
        as_if_single += single.psi > single.floor

    assert alarms <= DAYS / 500
    assert as_if_single > DAYS / 50  # what it would be if each mention were a draw of its own


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p[::-1],  # a language flips
        lambda p: np.append(p[:-1] * 0.6, 1 - 0.6 * p[:-1].sum()),  # one bin fills up
    ],
)
def test_a_large_change_is_found_in_every_sample(change: Callable[[Shares], Shares]) -> None:
    random = np.random.default_rng(5)
    shape = SHAPES["skewed"][:4] / SHAPES["skewed"][:4].sum()
    for _ in range(200):
        then, now = random.multinomial(1_400, shape), random.multinomial(400, change(shape))
        assert compare(named(then), named(now)).is_alarm


def test_psi_is_what_a_person_computes() -> None:
    found = compare({"es": 500, "en": 500}, {"es": 800, "en": 200})

    # (0.8 - 0.5) ln(0.8 / 0.5) + (0.2 - 0.5) ln(0.2 / 0.5), less what half a mention does
    assert found.psi == pytest.approx(0.4159, abs=0.002)
    assert [(one.bin, round(one.before, 2), round(one.now, 2)) for one in found.moved] == [
        ("en", 0.5, 0.2),
        ("es", 0.5, 0.8),
    ]


def test_rare_bins_are_taken_together_but_not_one_that_fills_up() -> None:
    then = {"es": 900, "en": 90, "eu": 4, "gl": 3, "ca": 3}
    now = {"es": 900, "en": 90, "eu": 4, "gl": 3, "pt": 100}

    names, before, after = aligned(then, now)

    assert list(names) == ["en", "es", "pt", REST]
    assert list(before) == [90, 900, 0, 10]
    assert list(after) == [90, 900, 100, 7]


def test_few_draws_say_nothing_however_far_they_are() -> None:
    few = MIN_DRAWS - 1
    assert not compare({"es": 10_000}, {"en": few}).is_alarm
    assert compare({"es": 10_000}, {"en": MIN_DRAWS}).is_alarm
    assert not compare({"es": few}, {"en": 10_000}).is_alarm
    assert not compare({}, {"en": 10_000}).is_alarm


@pytest.mark.parametrize("what", [name for name, one in WATCHED.items() if one.edges])
def test_every_number_has_one_bin(what: str) -> None:
    measured = WATCHED[what]
    assert measured.bin(measured.edges[0]) == measured.labels[1]
    assert measured.bin(-1e9) == measured.labels[0]
    assert measured.bin(1e9) == measured.labels[-1]
    assert len(set(measured.labels)) == len(measured.edges) + 1


def chances_and_truth(seed: int, n: int, skew: float = 0.0) -> tuple[Shares, npt.NDArray[np.bool_]]:
    random = np.random.default_rng(seed)
    chances = random.beta(0.6, 2.5, n)
    return chances, random.random(n) < np.clip(chances + skew, 0, 1)


def test_true_chances_seldom_alarm_and_inflated_ones_do() -> None:
    alarms = {0.0: 0, 0.25: 0}
    for skew in alarms:
        for seed in range(60):
            chances, came = chances_and_truth(seed, 120, skew)
            alarms[skew] += calibration(chances, came, chances > 0.5, seed=seed).is_alarm
    assert alarms == {0.0: 0, 0.25: 60}


def test_few_labels_say_nothing() -> None:
    chances = np.full(MIN_LABELS - 1, 0.9)
    nobody = np.zeros(len(chances), bool)
    assert not calibration(chances, nobody, ~nobody).is_alarm
    more = np.append(chances, 0.9)
    assert calibration(more, np.append(nobody, False), more > 0.5).is_alarm


def test_precision_and_recall_have_wilsons_bounds() -> None:
    came = np.array([True] * 8 + [False] * 12)
    decided = np.array([True] * 6 + [False] * 2 + [True] * 3 + [False] * 9)

    found = calibration(np.where(decided, 0.8, 0.1), came, decided)

    assert (found.precision.value, found.recall.value) == (6 / 9, 6 / 8)
    assert (found.recall.low, found.recall.high) == pytest.approx((0.4093, 0.9285), abs=1e-4)
    assert np.isnan(wilson(0, 0).low)
    with pytest.raises(ValueError, match="no labels"):
        calibration(np.array([]), np.array([], bool), np.array([], bool))
