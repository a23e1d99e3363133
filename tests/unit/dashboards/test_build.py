import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboards import build
from dashboards.macros import MacroContext, expand
from dashboards.named import QUERIES
from dashboards.timerange import TimeRange
from dashboards.variables import interpolate

BOARDS = {name: json.loads(text) for name, text in build.render().items()}


def panels() -> Iterator[Any]:
    for board in BOARDS.values():
        for panel in board["panels"]:
            if panel["type"] != "row":
                yield pytest.param(panel, id=f"{board['uid']}-{panel['id']}")


def test_the_files_are_what_the_sources_give() -> None:
    assert build.differences(build.render(), build.GENERATED) == []


def test_building_twice_gives_the_same_bytes() -> None:
    assert build.render() == build.render()


def test_the_check_fails_on_drift_and_says_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(build, "GENERATED", tmp_path)
    assert build.main([]) == 0
    assert build.main(["--check"]) == 0

    (tmp_path / "escucha-listening.json").write_text("{}")
    (tmp_path / "forgotten.json").write_text("{}")

    assert build.main(["--check"]) == 1
    said = capsys.readouterr().err
    assert "escucha-listening.json is not what the sources give" in said
    assert "forgotten.json has no source" in said
    assert "python -m dashboards.build" in said


def test_ids_are_unique_and_panels_do_not_overlap() -> None:
    for board in BOARDS.values():
        ids = [panel["id"] for panel in board["panels"]]
        assert len(ids) == len(set(ids))
        cells = [cell for panel in board["panels"] for cell in cells_of(panel["gridPos"])]
        assert len(cells) == len(set(cells))
        assert max(x for x, _ in cells) < 24


def cells_of(place: dict[str, int]) -> Iterator[tuple[int, int]]:
    for x in range(place.get("x", 0), place.get("x", 0) + place["w"]):
        for y in range(place.get("y", 0), place.get("y", 0) + place["h"]):
            yield x, y


@pytest.mark.parametrize("panel", list(panels()))
def test_a_panel_speaks_both_languages(panel: dict[str, Any]) -> None:
    spanish, english = panel["description"].split("\n\n")
    assert spanish
    assert english
    assert spanish != english
    assert panel["title"].count(" · ") <= 1


@pytest.mark.parametrize("panel", list(panels()))
def test_a_panel_asks_the_data_source_by_its_fixed_uid(panel: dict[str, Any]) -> None:
    (target,) = panel["targets"]
    assert target["refId"] == "A"
    assert target["datasource"] == {"type": "grafana-clickhouse-datasource", "uid": "escucha"}
    assert target["editorType"] == "sql"
    assert target["format"] == (0 if panel["type"] == "timeseries" else 1)
    assert target["queryType"] == ("timeseries" if panel["type"] == "timeseries" else "table")


@pytest.mark.parametrize("panel", list(panels()))
@pytest.mark.parametrize("values", [[], ["a'b\\"]])
def test_every_query_expands_completely(panel: dict[str, Any], values: list[str]) -> None:
    span = TimeRange.parse("now-30d", "now")
    names = set(re.findall(r"\$\{(\w+)", panel["targets"][0]["rawSql"]))

    expanded = expand(panel["targets"][0]["rawSql"], MacroContext(span, span.interval(90)))
    sql = interpolate(expanded, dict.fromkeys(names, values), dict.fromkeys(names, "'*'"))

    assert "$" not in sql
    assert "include:" not in sql
    assert sql.count("(") == sql.count(")")


def test_rollups_are_always_summed() -> None:
    for query in [*QUERIES.glob("*.sql"), *QUERIES.glob("parts/*.sql")]:
        text = query.read_text()
        if re.search(r"\bmentions_by_hour\b", text):
            assert "sum" in text, query.name


def test_every_query_file_is_used() -> None:
    used = set(re.findall(r"-- query: (\w+)", "".join(build.render().values())))

    desk = {"leads", "care", "lead_history", "care_history", "desk_texts"}
    live = {"live_arrivals", "live_before", "live_new", "live_sample"}
    of_the_console = {"label_offer"} | desk | live
    assert {query.stem for query in QUERIES.glob("*.sql")} == used | of_the_console


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_alerts_and_changes_are_drawn_over_every_dashboard(board: dict[str, Any]) -> None:
    span = TimeRange.parse("now-30d", "now")
    asked = board["annotations"]["list"]

    assert [one["target"]["rawSql"].splitlines()[0] for one in asked] == [
        "-- query: annotation_alerts",
        "-- query: annotation_models",
        "-- query: annotation_rules",
    ]
    for one in asked:
        assert one["enable"]
        assert one["datasource"] == {"type": "grafana-clickhouse-datasource", "uid": "escucha"}
        assert (one["target"]["editorType"], one["target"]["format"]) == ("sql", 1)
        sql = expand(one["target"]["rawSql"], MacroContext(span, span.interval(90)))
        assert "$" not in sql
        assert "AS time" in sql
        assert "AS text" in sql
