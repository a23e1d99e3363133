"""A rehearsal opens what the live watch would have opened, and tells two judgements apart."""

from datetime import UTC, datetime

import numpy as np

from models.reports.words import Wording
from streams.modelling.replay_alerts import AlertsReplayed, compared
from streams.modelling.replay_text import alert_lines
from streams.modelling.replay_words import REPLAY_WORDS
from streams.signals.emerging.lifecycle import Series
from streams.signals.emerging.points import HOUR_SEC
from streams.signals.emerging.rehearsal import Said, rehearse
from streams.signals.emerging.settings import DetectorSettings

SETTINGS = DetectorSettings()
SINCE = datetime(2026, 7, 6, tzinfo=UTC)
UNTIL = datetime(2026, 7, 8, tzinfo=UTC)
SERIES = [Series("brand", "Nimbara", "es"), Series("brand", "Otra", "es")]
BURST = 12


def said(*bursts: tuple[int, float, str, bool], authors: int = BURST, words: int = 0) -> Said:
    """Quiet weeks of two series, then bursts: series, hours after `SINCE`, name, intent.

    `authors` is how many people speak in a burst; all in the same words where some are given.
    """
    rng = np.random.default_rng(3)
    rows = [
        (n % 2, SINCE.timestamp() - rng.random() * 40 * 24 * HOUR_SEC, n, f"old-{n}", n, True)
        for n in range(1, 401)
    ]
    for number, hours, name, has_intent in bursts:
        begin = SINCE.timestamp() + hours * HOUR_SEC
        rows += [
            (
                number,
                begin + 90.0 * k,
                1_000_000 * number + 1_000 * int(hours) + k % authors,
                f"{name}-{k}",
                words or 10_000 * (number + 1) + 100 * int(hours) + k,
                has_intent,
            )
            for k in range(BURST)
        ]
    rows.sort(key=lambda row: row[1])
    number, at, author, mention, same, has_intent = (list(one) for one in zip(*rows, strict=True))
    return Said(
        series=SERIES,
        number=np.array(number, np.int64),
        at_sec=np.array(at),
        author=np.array(author, np.int64),
        mention=np.array(mention, dtype=object),
        words=np.array(same, np.uint64),
        has_intent=np.array(has_intent, np.bool_),
    )


def told(found: AlertsReplayed) -> tuple[list[str], list[str], list[str]]:
    return (
        [one.name for one in found.opening],
        [one.name for one in found.not_opening],
        [pair.before.name for pair in found.both],
    )


def run(talk: Said) -> list[tuple[str, int]]:
    found = rehearse(talk, SINCE.timestamp(), UNTIL.timestamp(), SETTINGS)
    return [(one.name, round((one.opened_at - SINCE).total_seconds() / 60)) for one in found]


def test_a_burst_opens_one_alert_that_closes_when_it_is_calm() -> None:
    talk = said((0, 10.0, "burst", True))
    [alert] = rehearse(talk, SINCE.timestamp(), UNTIL.timestamp(), SETTINGS)
    assert (alert.kind, alert.name, alert.lang) == ("brand", "Nimbara", "es")
    assert 0 <= (alert.since - SINCE).total_seconds() - 10 * HOUR_SEC <= 90
    assert 0 < (alert.opened_at - alert.since).total_seconds() <= BURST * 90
    assert alert.closed_at is not None
    # Two quiet hours, then twice as long.
    assert 6 * HOUR_SEC <= (alert.closed_at - alert.since).total_seconds() <= 7 * HOUR_SEC


def test_one_person_and_copies_of_one_text_open_nothing() -> None:
    assert run(said((0, 10.0, "burst", True))) != []
    assert run(said((0, 10.0, "burst", True), authors=1)) == []
    assert run(said((0, 10.0, "burst", True), words=99_999)) == []
    assert run(said((0, 10.0, "burst", False))) == []


def test_what_stood_before_the_days_is_not_opened_in_them() -> None:
    assert run(said((0, -1.0, "burst", True))) == []


def test_alerts_are_told_apart_by_series_and_overlap() -> None:
    talk = said(
        (0, 10.0, "stored", True),
        (1, 12.0, "found", False),
        (0, 30.0, "common", True),
    )
    has_intent = {
        mention: not mention.startswith("stored")
        for mention in talk.mention
        if not mention.startswith("old")
    }
    found = compared(talk, has_intent, SINCE, UNTIL, SETTINGS)
    assert told(found) == (["Otra"], ["Nimbara"], ["Nimbara"])
    assert (found.before, found.after) == (2, 2)
    text = "\n".join(alert_lines(found, Wording("en", REPLAY_WORDS)))
    assert "would open      brand Otra (es) since 2026-07-06 12:0" in text
    assert "would not open  brand Nimbara (es) since 2026-07-06 10:0" in text
    assert "in both         brand Nimbara (es) since 2026-07-07 06:0" in text
    assert "keep their stored judgement" in " ".join(text.split())
    spanish = "\n".join(alert_lines(found, Wording("es", REPLAY_WORDS)))
    assert "se abriría      marca Otra (es) desde el 2026-07-06 12:0" in spanish
    assert "conservan en ambos lados el juicio guardado" in " ".join(spanish.split())


def test_what_the_challenger_has_not_seen_counts_on_no_side() -> None:
    talk = said((0, 10.0, "late", True))
    assert told(compared(talk, {}, SINCE, UNTIL, SETTINGS)) == ([], [], [])
