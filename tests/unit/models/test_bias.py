"""Rates by group are counted right, and say how much they can be trusted."""

import numpy as np
import pytest
from scipy.stats import binomtest

from models.bias import group_rates, lines, rate, varieties
from models.labels import LabelledMention
from models.predictions import HEADS, Predictions


def said(*intents: str) -> Predictions:
    """Predictions with these intents, and the first class of everything else."""
    chances = {
        name: np.eye(len(head.classes), dtype=np.float32)[[0] * len(intents)]
        for name, head in HEADS.items()
    }
    order = HEADS["intent"].classes
    chances["intent"] = np.eye(3, dtype=np.float32)[[order.index(one) for one in intents]]
    return Predictions.most_probable(chances)


def mention(number: int, intent: str, variety: str = "mx") -> LabelledMention:
    return LabelledMention(
        id=str(number), text="x", lang="es", intent=intent, stage="", needs_reply="",
        variety=variety,
    )  # fmt: skip


@pytest.mark.parametrize(("hits", "of"), [(0, 1), (1, 1), (3, 10), (50, 1000), (1000, 1000)])
def test_intervals_are_wilsons(hits: int, of: int) -> None:
    expected = binomtest(hits, of).proportion_ci(method="wilson")
    found = rate(hits, of)

    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-6)
    assert found.share == hits / of


def test_of_nothing_nothing_is_known() -> None:
    assert (rate(0, 0).low, rate(0, 0).high, str(rate(0, 0))) == (0, 1, "-")


def test_rates_and_errors_are_counted_by_group() -> None:
    items = [
        *(mention(n, "active") for n in range(4)),
        *(mention(n, "none", "ar") for n in range(4, 10)),
        mention(10, "", "ar"),  # not settled, so not counted
    ]
    predictions = said(*["active"] * 3, "none", *["latent"] * 2, *["none"] * 5)

    rows = {
        (row.group, row.label): row
        for row in group_rates(items, predictions, varieties(items))
        if row.head == "intent"
    }

    assert [(r.hits, r.of) for r in (rows["", "any"].labelled, rows["", "any"].predicted)] == [
        (4, 10),
        (5, 10),
    ]
    assert (rows["es-mx", "any"].missed.hits, rows["es-mx", "any"].missed.of) == (1, 4)
    assert (rows["es-ar", "any"].false_alarms.hits, rows["es-ar", "any"].false_alarms.of) == (2, 6)
    assert rows["es-ar", "active"].predicted.hits == 0
    assert rows["es-ar", "latent"].predicted.hits == 2
    assert all(row.small for row in rows.values())
    assert rows["es-ar", "any"].missed.of == 0


def test_groups_that_differ_by_more_than_chance_are_told() -> None:
    items = [mention(n, "active", "mx" if n < 100 else "ar") for n in range(200)]
    predictions = said(*["active"] * 62, *["none"] * 38, *["active"] * 40, *["none"] * 60)

    rows = group_rates(items, predictions, varieties(items))
    found = {(row.group, row.label): row for row in rows if row.head == "intent"}

    assert found["es-ar", "active"].apart == ("predicted", "missed")
    assert found["es-mx", "active"].apart == ("predicted", "missed")
    assert not found["es-ar", "active"].small
    assert found["", "active"].apart == ()
    assert found["es-ar", "latent"].small  # nobody has that label, so little can be said of it
    printed = lines(rows)
    assert "intent any" in printed[1]
    assert any("es-ar" in line and "0.60 [0.50 0.69]*" in line for line in printed)
    assert any("says little" in line for line in printed)


def test_acts_that_nobody_judged_are_not_counted() -> None:
    rows = group_rates([mention(0, "none")], said("none"), ["csv"])

    assert {row.labelled.of for row in rows if row.head == "act"} == {0}


def test_lengths_must_agree() -> None:
    with pytest.raises(ValueError, match="1 mentions, 2 predictions, 1 groups"):
        group_rates([mention(0, "none")], said("none", "none"), ["csv"])
