"""What is watched has a query, a name in both languages at the terminal, and one on the page."""

from datetime import date

import numpy as np
import pytest

from dashboards import drift as panels
from models.drift import WATCHED, compare
from models.fresh_labels import calibration
from streams.upkeep import drift_queries, drift_words
from streams.upkeep.drift_store import Calibrated, Drift
from streams.upkeep.drift_words import Language

DAY = date(2026, 11, 29)


def test_whatever_is_watched_is_asked_for_and_named_everywhere() -> None:
    assert set(drift_words.NAMES) == set(WATCHED) == set(panels.WATCHED)
    assert set(WATCHED) - {"unseen"} == {
        what for what in WATCHED if f"('{what}', " in drift_queries.COUNT
    }
    heads = {"intent", "stage", "needs_reply"}
    assert set(panels.ALARMS) == set(WATCHED) | {f"calibration_{head}" for head in heads}


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("es", "fuente reddit: ha cambiado: idioma: en 10% → 80%; es 90% → 20%"),
        ("en", "source reddit: language changed: en 10% → 80%; es 90% → 20%"),
    ],
)
def test_an_alarm_says_where_what_and_from_which_share_to_which(
    language: Language, said: str
) -> None:
    shift = compare({"es": 900, "en": 100}, {"es": 200, "en": 800})
    line = drift_words.alarm(Drift("v1", DAY, "source", "reddit", "lang", shift), language)
    assert said in line
    assert line.startswith("2026-11-29 v1, ")
    assert "1000" in line


def test_an_alarm_of_chances_says_how_far_and_on_how_many_labels() -> None:
    chances = np.full(80, 0.9)
    found = calibration(chances, chances < 0.5, chances > 0.5)
    one = Calibrated("v1", DAY, "intent", "lang", "", found)
    assert drift_words.alarm(one, "en").endswith(
        "language ?: chances do not come true: intent: calibration error 0.90 (chance gives 0.03),"
        " 80 labels"
    )
    assert "las probabilidades no se cumplen: intención" in drift_words.alarm(one, "es")
