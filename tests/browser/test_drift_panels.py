"""Drift and changes of models and rules on the dashboards, asked as the read-only user."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Page, expect

from dashboards.build import render

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
BOARD = json.loads(render()["escucha-models.json"])
PANELS = {
    panel["targets"][0]["rawSql"].splitlines()[0].removeprefix("-- query: "): panel["id"]
    for panel in BOARD["panels"]
    if panel["type"] != "row"
}
MODEL = "20260101T000000Z-00000000"


def ask(url: str, query: str, **period: str) -> Any:
    response = httpx.get(
        f"{url}/api/dashboards/escucha-models/panels/{PANELS[query]}/data",
        params={"from": "now-30d", "to": "now", **period},
        timeout=30,
    )
    assert response.status_code == 200, response.text
    return response.json()


def rows_of(answer: Any) -> list[dict[str, Any]]:
    names = [column["name"] for column in answer["columns"]]
    return [dict(zip(names, row, strict=True)) for row in answer["rows"]]


@pytest.fixture
def drifted(writer: Client) -> Iterator[Client]:
    """Ten quiet days of a model, and one on which a language flipped and Reddit changed."""
    rows = []
    for age in range(1, 11):
        for scope, name, what, kind in (
            ("all", "", "lang", "input"),
            ("all", "", "intent", "output"),
            ("lang", "es", "intent", "output"),
            ("lang", "", "intent", "output"),
            ("source", "reddit", "spam", "input"),
        ):
            alarm = age == 1 and what in {"lang", "spam"}
            rows.append(
                {
                    "model_version": MODEL,
                    "day": (NOW - age * DAY).date(),
                    "scope": scope,
                    "name": name,
                    "what": what,
                    "kind": kind,
                    "draws": 900,
                    "psi": 0.8 if alarm else 0.01 * age,
                    "noise": 0.01,
                    "is_enough": int(name != "" or scope == "all"),
                    "is_alarm": int(alarm),
                    "moved": [("es", 0.55, 0.12), ("", 0.05, 0.5)],
                }
            )
    insert(writer, "model_drift", rows)
    insert(
        writer,
        "model_calibration",
        [
            {
                "model_version": MODEL,
                "day": (NOW - age * DAY).date(),
                "head": head,
                "scope": "all",
                "labels": 100 + age,
                "ece": 0.3,
                "precision": 0.5,
                "recall": None,
                "is_alarm": int(head == "intent"),
            }
            for head in ("intent", "stage")
            for age in (1, 2)
        ],
    )
    insert(writer, "model_versions", [{"version": MODEL, "since": NOW - DAY / 2}])
    insert(writer, "rule_versions", [{"sequence": 1, "version": "abc", "applied_at": NOW - DAY}])
    yield writer
    for table in ("model_drift", "model_calibration", "model_versions", "rule_versions"):
        writer.command(f"TRUNCATE TABLE {table}")


def insert(client: Client, table: str, rows: list[dict[str, Any]]) -> None:
    names = list(rows[0])
    client.insert(table, [[row[name] for name in names] for row in rows], column_names=names)


def test_distances_are_drawn_by_what_by_language_and_by_source(
    console_url: str, drifted: Client
) -> None:
    for query, name, last in (
        ("drift_of_input", "lang", 0.8),
        ("drift_of_output", "intent", 0.01),
        ("drift_by_language", "es", 0.01),
        ("drift_by_source", "reddit", 0.8),
    ):
        answer = ask(console_url, query)
        [series] = answer["series"]  # what too few spoke of is not drawn
        assert series["name"] == name
        assert len(series["values"]) == 10
        assert series["values"][-1] == pytest.approx(last)


def test_alarms_are_told_in_words(console_url: str, drifted: Client) -> None:
    told = rows_of(ask(console_url, "drift_alarms"))

    assert [(row["what"], row["scope"], row["name"]) for row in told] == [
        ("lang", "", ""),
        ("spam", "source", "reddit"),
        ("calibration_intent", "", ""),
        ("calibration_intent", "", ""),
    ]
    assert told[0]["changed"] == "es 55\u00a0% → 12\u00a0%; — 5\u00a0% → 50\u00a0%"


def test_the_newest_calibration_of_each_question_is_shown(
    console_url: str, drifted: Client
) -> None:
    told = {row["head"]: row for row in rows_of(ask(console_url, "calibration_on_labels"))}

    assert {head: row["labels"] for head, row in told.items()} == {"intent": 101, "stage": 101}
    assert (told["intent"]["precision"], told["stage"]["precision"]) == (0.5, None)
    assert told["intent"]["recall"] is None


def test_changes_of_models_and_rules_are_annotations_of_every_dashboard(
    console_url: str, drifted: Client
) -> None:
    for board in ("escucha-models", "escucha-listening"):
        url = f"{console_url}/api/dashboards/{board}/annotations"
        found = httpx.get(url, params={"from": "now-2d", "to": "now"}).json()["annotations"]
        assert [one["text"] for one in found] == [
            f"Modelo {MODEL} · Model {MODEL}",
            "Reglas abc · Rules abc",
        ]
        assert len({one["color"] for one in found}) == 2
        assert found[1]["time"] == int((NOW - DAY).timestamp() * 1000)
        earlier = httpx.get(url, params={"from": "now-9d", "to": "now-8d"}).json()
        assert earlier == {"annotations": []}


@pytest.mark.browser
def test_a_change_of_model_is_seen_on_a_chart(
    console_url: str, drifted: Client, page: Page, complaints: list[str]
) -> None:
    page.goto(f"{console_url}/d/escucha-models?from=now-24h&to=now&refresh=")
    alarms = page.locator('[data-query="drift_alarms"]')
    alarms.scroll_into_view_if_needed()
    expect(alarms).to_contain_text("Ha cambiado: idioma", timeout=60_000)
    page.goto(f"{console_url}/d/escucha-listening?from=now-24h&to=now&refresh=")
    chart = page.locator('[data-query="volume_by_language"] .u-over')
    expect(chart).to_be_visible()
    box = chart.bounding_box()
    assert box is not None

    def hover() -> str:
        page.mouse.move(box["x"] + box["width"] / 2 + 1, box["y"] + box["height"] / 2)
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        return page.locator('[data-query="volume_by_language"] .tip').inner_text()

    expect_soon(page, lambda: f"Modelo {MODEL}" in hover())
    assert complaints == []


def expect_soon(page: Page, holds: Any) -> None:
    """Return once it holds; the answer about annotations comes when it comes."""
    for _ in range(100):
        if holds():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it never came")
