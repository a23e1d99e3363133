"""Drift found in a real ClickHouse: what changed raises an alarm, and what did not raises none."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

import models
from models.drift import WATCHED
from models.store import ModelStore
from streams.migrate import connect
from streams.privacy.retention import Retention
from streams.upkeep import drift, drift_watch, marks, service
from streams.upkeep.drift_store import Calibrated, Drift, read
from streams.upkeep.jobs import run_job
from tests.integration.streams.helpers import Lane, Services, one_line_of
from tests.integration.streams.traffic import SOURCES, Mix, say

MIDNIGHT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
USUAL = Mix()
SHIPPED = Path(models.__file__).parent / "shipped"
YESTERDAY = (MIDNIGHT - timedelta(days=1)).date()
DAYS = 8  # of the usual before the day that counts: a reference of seven and one to spare


TABLES = (
    *("mentions", "labels", "drift_counts", "model_drift", "model_calibration", "model_versions"),
    "upkeep_marks",
)


@pytest.fixture
def client(services: Services, tmp_path: Path, leaves_nothing: None) -> Iterator[Client]:
    """Drift looks at all mentions there are, so there must be none of others."""
    with connect(services.settings(tmp_path), in_database=True) as client:
        for table in TABLES:
            client.command("TRUNCATE TABLE {table:Identifier} SYNC", {"table": table})
        yield client


def usual_days(client: Client, mix: Mix = USUAL) -> None:
    for day in range(DAYS):
        say(client, mix, MIDNIGHT - timedelta(days=DAYS + 1 - day), seed=day)


def alarms(client: Client, store: Path) -> dict[tuple[str, str], set[str]]:
    """What rings on the last whole day, by where; the last 24 hours may hold most of it too."""
    kept = drift.keep(client, marks.EPOCH, store)
    found: dict[tuple[str, str], set[str]] = {}
    for one in kept.alarms:
        assert isinstance(one, Drift)
        assert one.day >= YESTERDAY, one
        found.setdefault((one.scope, one.name), set()).add(one.what)
    return found


@pytest.mark.parametrize("seed", [100, 101])
def test_days_like_the_others_raise_no_alarm(client: Client, tmp_path: Path, seed: int) -> None:
    usual_days(client)
    say(client, USUAL, MIDNIGHT - timedelta(days=1), seed=seed)

    kept = drift.keep(client, marks.EPOCH, tmp_path)

    judged = [one for one in kept.drifts if one.shift.is_enough]
    assert kept.alarms == []
    assert len({one.day for one in judged}) > 6
    assert {(one.scope, one.name) for one in judged} >= {("lang", "es"), ("source", "reddit")}


@pytest.mark.parametrize(
    ("mix", "where", "what", "bin_", "now"),
    [
        (USUAL.but(langs={"es": 0.2, "en": 0.73, "pt": 0.07}), ("all", ""), "lang", "en", 0.73),
        (
            USUAL.but(sources={**SOURCES, "youtube": 0.25}),
            ("all", ""),
            "source",
            "youtube",
            0.2,
        ),
        (USUAL.but(adverts=0.25), ("source", "reddit"), "spam", ">=0.95", 0.25),
        (USUAL.but(intent=0.45), ("lang", "es"), "intent", "active", 0.45),
    ],
    ids=["language flips", "new source", "burst of adverts", "intent rises"],
)
def test_a_changed_mix_raises_an_alarm_that_says_what_changed(
    client: Client,
    tmp_path: Path,
    mix: Mix,
    where: tuple[str, str],
    what: str,
    bin_: str,
    now: float,
) -> None:
    usual_days(client)
    say(client, mix, MIDNIGHT - timedelta(days=1), seed=100)

    assert what in alarms(client, tmp_path)[where]

    rows = client.query(
        "SELECT moved FROM model_drift FINAL WHERE is_alarm AND what = {what:String}"
        " AND scope = {scope:String} AND name = {name:String} AND day = {day:Date}",
        {"what": what, "scope": where[0], "name": where[1], "day": YESTERDAY},
    ).result_rows
    [[moved]] = rows
    shares = {name: (before, after) for name, before, after in moved}
    assert shares[bin_][1] == pytest.approx(now, abs=0.04)
    assert abs(shares[bin_][0] - shares[bin_][1]) > 0.15


def test_what_did_not_change_stays_silent_beside_what_did(client: Client, tmp_path: Path) -> None:
    usual_days(client)
    say(client, USUAL.but(adverts=0.25), MIDNIGHT - timedelta(days=1), seed=100)

    rings = alarms(client, tmp_path)

    assert {what for whats in rings.values() for what in whats} == {"spam"}
    assert {("all", ""), ("lang", "es"), ("lang", "en"), ("source", "bluesky")} <= set(rings)


def test_few_voices_never_shout(client: Client, tmp_path: Path) -> None:
    usual_days(client)
    few = USUAL.but(mentions=2_000, authors=3, langs={"en": 1.0})
    say(client, few, MIDNIGHT - timedelta(days=1), seed=100)

    assert alarms(client, tmp_path) == {}


def test_the_last_hours_count_against_the_reference(client: Client, tmp_path: Path) -> None:
    usual_days(client)
    now = datetime.now(UTC)
    say(client, USUAL.but(langs={"en": 1.0}), now - timedelta(hours=2), seed=100, hours=2)

    kept = drift.keep(client, marks.EPOCH, tmp_path)

    rings = {(one.day, one.what) for one in kept.alarms if isinstance(one, Drift)}
    assert (now.date(), "lang") in rings


def test_counting_again_changes_nothing_and_news_are_added(client: Client, tmp_path: Path) -> None:
    usual_days(client)
    counts = "SELECT count(), sum(arraySum(mapValues(counts))) FROM drift_counts FINAL"
    shifts = "SELECT count(), sum(psi), max(day) FROM model_drift FINAL"
    drift.keep(client, marks.EPOCH, tmp_path)
    before = client.query(counts).first_row, client.query(shifts).first_row
    drift.keep(client, marks.EPOCH, tmp_path)
    assert (client.query(counts).first_row, client.query(shifts).first_row) == before

    began = marks.server_time(client)
    say(client, USUAL, MIDNIGHT - timedelta(days=1), seed=100)
    kept = drift.keep(client, began, tmp_path)

    assert kept.hours == 24
    [[n]] = client.query(
        "SELECT sum(counts['es'] + counts['en'] + counts['pt']) FROM drift_counts FINAL"
        " WHERE what = 'lang' AND scope = 'all'"
    ).result_rows
    assert n == USUAL.mentions * (DAYS + 1)


def test_what_the_model_never_met_is_counted_on_a_sample(client: Client) -> None:
    [version] = ModelStore(SHIPPED).versions()
    mix = USUAL.but(version=version)
    usual_days(client, mix)
    say(client, mix, MIDNIGHT - timedelta(days=1), seed=100)
    client.command(
        "ALTER TABLE mentions UPDATE text = 'zxqv wqxk jjkq vvxz qqwx' WHERE"
        " mention_id LIKE 't:100-%' AND lang = 'en'",
        settings={"mutations_sync": 1},
    )

    rings = alarms(client, SHIPPED)

    assert "unseen" in rings["lang", "en"]
    assert "unseen" in rings["all", ""]
    assert ("lang", "es") not in rings


def test_a_damaged_model_stops_nothing_but_what_is_asked_of_it(
    client: Client, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    [version] = ModelStore(SHIPPED).versions()
    shutil.copytree(SHIPPED / version, tmp_path / version)
    (tmp_path / version / "model.skops").write_bytes(b"PK no model")
    mix = USUAL.but(version=version, mentions=1_000)
    for day in (2, 1):
        say(client, mix, MIDNIGHT - timedelta(days=day), seed=day)

    kept = drift.keep(client, marks.EPOCH, tmp_path)

    assert "is not what its card describes" in caplog.text
    assert {one.what for one in kept.drifts} == set(WATCHED) - {"unseen"}


def test_chances_that_do_not_come_true_are_told_by_fresh_labels(
    client: Client, tmp_path: Path
) -> None:
    say(client, USUAL, MIDNIGHT - timedelta(days=1), seed=1)
    for labeller, how, saw, truth in (
        ("honest", "random", 0, "if(cityHash64(mention_id) % 100 < 100 * chance, 1, 0)"),
        ("biased", "uncertain", 0, "0"),
        ("peeked", "random", 1, "0"),
    ):
        client.command(
            "INSERT INTO labels (mention_id, labeller, labelled_at, how, saw_model, intent)"
            f" SELECT mention_id, '{labeller}', now64(3), '{how}', {saw},"
            f" if({truth}, 'active', 'none')"
            " FROM (SELECT mention_id, intent_latent + intent_active AS chance FROM mentions"
            " ORDER BY mention_id LIMIT 400)"
        )
    kept = drift.keep(client, marks.EPOCH, tmp_path)
    everywhere = [one for one in kept.calibrations if (one.head, one.scope) == ("intent", "all")]
    [one] = everywhere
    assert one.found.labels == 400
    assert one.found.positives > 20
    assert one.found.ece < one.found.floor
    assert not one.found.is_alarm

    client.command("TRUNCATE TABLE labels SYNC")
    client.command(
        "INSERT INTO labels (mention_id, labeller, labelled_at, how, saw_model, intent)"
        " SELECT mention_id, 'honest', now64(3), 'random', 0,"
        " if(cityHash64(mention_id) % 100 < 40, 'active', 'none')"
        " FROM mentions ORDER BY mention_id LIMIT 400"
    )
    kept = drift.keep(client, marks.EPOCH, tmp_path)
    rings = {(one.head, one.scope) for one in kept.alarms if isinstance(one, Calibrated)}
    assert ("intent", "all") in rings
    [[recall, low, high]] = client.query(
        "SELECT recall, recall_low, recall_high FROM model_calibration FINAL"
        " WHERE head = 'intent' AND scope = 'all'"
    ).result_rows
    assert low < recall < high


def test_the_command_tells_in_words_and_by_its_exit_code(
    client: Client, services: Services
) -> None:
    lane = Lane(services.settings(services.model_store / "run"), "none", services.model_store)
    nothing = lane.run("models", "drift")
    assert (nothing.returncode, nothing.stdout) == (1, b"")
    assert "no mention that a model judged" in one_line_of(nothing)
    client.command("TRUNCATE TABLE upkeep_marks")  # the days before are about to come

    usual_days(client)
    say(client, USUAL, MIDNIGHT - timedelta(days=1), seed=100)
    calm = lane.run("models", "drift", "--language", "es")
    assert calm.returncode == 0, calm.stderr
    assert "sin alarmas" in calm.stdout.decode()
    assert "qué ha cambiado" in calm.stdout.decode()

    mistyped = lane.run("models", "drift", "20200101T000000Z-00000000")
    assert mistyped.returncode == 1
    assert "no mention that 20200101T000000Z-00000000 judged" in one_line_of(mistyped)

    other = USUAL.but(langs={"en": 1.0}, mentions=8_000)
    say(client, other, datetime.now(UTC) - timedelta(hours=1), seed=101, hours=1)
    loud = lane.run("models", "drift", "--json")
    found = json.loads(loud.stdout)
    assert loud.returncode == 3
    assert any("everywhere: language changed: es" in line for line in found["alarms"])
    assert {"model_version", "day", "scope", "what", "psi", "noise", "floor", "moved"} <= set(
        found["drift"][0]
    )
    assert any(one["is_alarm"] for one in found["drift"])


def test_what_is_kept_is_read_back_as_it_was_found(client: Client, tmp_path: Path) -> None:
    usual_days(client)
    say(client, USUAL.but(adverts=0.25), MIDNIGHT - timedelta(days=1), seed=100)
    kept = drift.keep(client, marks.EPOCH, tmp_path)

    found = read(client, USUAL.version, min(one.day for one in kept.drifts))

    assert {one.series for one in found.alarms} == {one.series for one in kept.alarms}
    assert len(found.drifts) == len(kept.drifts)
    first = kept.alarms[0]
    [same] = [one for one in found.alarms if (one.series, one.day) == (first.series, first.day)]
    assert isinstance(first, Drift)
    assert isinstance(same, Drift)
    assert same.shift.psi == pytest.approx(first.shift.psi, rel=1e-5)
    assert same.shift.draws == first.shift.draws
    assert same.shift.moved[0].bin == first.shift.moved[0].bin


def test_upkeep_tells_each_alarm_once(client: Client, services: Services, tmp_path: Path) -> None:
    usual_days(client)
    say(client, USUAL.but(adverts=0.25), MIDNIGHT - timedelta(days=1), seed=100)
    jobs = service.standard_jobs(services.settings(tmp_path), Retention.parse(""), waits=True)
    [job] = [one for one in jobs if one.name == drift_watch.JOB]

    first, again = (run_job(client, job) for _ in range(2))

    assert isinstance(first, list)
    assert any("everywhere: spam changed: >=0.95" in line for line in first)
    assert len(first) == len(set(first)) > 3
    assert again == []
