"""Chances to buy without a database: what is refused, and what an interval is worth."""

import numpy as np
import pytest

from models.errors import ModelRejectedError
from models.propensity import MIN_BUYERS, STATE, States, evidence, has_intent, train


def states(
    people: int, *, effect: float, seed: int, moments: int = 6, level: float = -2.5
) -> States:
    """People at moments; only how lately they showed active intent says something."""
    random, moments = np.random.default_rng(seed), 6
    n = people * moments
    known = np.zeros((n, len(STATE)))
    known[:, STATE.index("mentions_90d")] = random.poisson(4, n)
    known[:, STATE.index("days_since_mention")] = random.uniform(0, 90, n)
    known[:, STATE.index("days_since_order")] = 365
    days = random.uniform(0, 60, n)
    known[:, STATE.index("days_since_active")] = days
    known[:, STATE.index("active_7d")] = days < 7
    own = np.repeat(random.normal(0, 0.5, people), moments)  # states of one person go together
    chance = 1 / (1 + np.exp(-(level + effect * np.exp(-days / 7) + own)))
    return States(
        known,
        np.repeat([f"p{person}" for person in range(people)], moments),
        random.random(n) < chance,
        np.ones(n),
    )


def test_the_same_states_give_the_same_model() -> None:
    some = states(400, effect=3, seed=1)
    one, other = train(some), train(some)
    assert one[1] == other[1]
    assert one[0].chances(some.known)[0].tolist() == other[0].chances(some.known)[0].tolist()


def test_what_says_nothing_is_refused() -> None:
    with pytest.raises(ModelRejectedError, match="by intent in the last week alone"):
        train(states(600, effect=0, seed=2))


def test_too_few_buyers_are_refused_with_the_number() -> None:
    few = states(60, effect=3, seed=3)
    assert few.buyers < MIN_BUYERS
    with pytest.raises(ModelRejectedError, match=f"{few.buyers} buyers of {MIN_BUYERS} needed"):
        train(few)


def test_buyers_are_people_not_moments() -> None:
    some = states(100, effect=9, seed=4, level=3)
    assert some.bought.sum() > 500
    assert some.buyers <= 100


def test_weights_stand_for_people_that_were_not_drawn() -> None:
    everybody = states(3_000, effect=3, seed=5, level=-4)
    whole, _ = train(everybody)
    bought = np.isin(everybody.authors, everybody.authors[everybody.bought])
    drawn = bought | (np.random.default_rng(1).random(3_000) < 0.2).repeat(6)
    fewer = States(
        everybody.known[drawn],
        everybody.authors[drawn],
        everybody.bought[drawn],
        np.where(bought[drawn], 1.0, 5.0),
    )
    sampled, report = train(fewer)
    difference = sampled.chances(everybody.known)[0] - whole.chances(everybody.known)[0]
    assert len(fewer.bought) < len(everybody.bought) / 2
    assert np.abs(difference).mean() < 0.004
    assert report.share == pytest.approx(everybody.bought.mean(), rel=0.1)


def test_intervals_hold_the_chance_that_other_samples_give() -> None:
    known = states(200, effect=3, seed=99).known
    whole, _ = train(states(20_000, effect=3, seed=7))
    chance = whole.chances(known)[0]
    held = []
    for seed in range(8):
        _, low, high = train(states(500, effect=3, seed=seed))[0].chances(known)
        held.append(np.mean((low <= chance) & (chance <= high)))
    assert np.mean(held) > 0.85


def test_evidence_is_the_strongest_sign() -> None:
    known = np.zeros((4, len(STATE)))
    known[0, STATE.index("active_7d")] = known[0, STATE.index("active_30d")] = 1
    known[1, STATE.index("active_30d")] = known[1, STATE.index("latent_30d")] = 1
    known[2, STATE.index("latent_30d")] = 1
    assert evidence(known) == ["active this week", "active this month", "latent this month", "none"]
    assert has_intent(known).tolist() == [True, False, False, False]
