import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboards import build
from dashboards.alerting import RULES
from dashboards.links import LINKS
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
    monkeypatch.setattr(build, "GENERATED", tmp_path / "generated")
    monkeypatch.setattr(build, "ALERTING", tmp_path / "alerting")
    assert build.main([]) == 0
    assert build.main(["--check"]) == 0

    (tmp_path / "generated" / "escucha-listening.json").write_text("{}")
    (tmp_path / "generated" / "forgotten.json").write_text("{}")
    (tmp_path / "alerting" / "escucha.json").unlink()

    assert build.main(["--check"]) == 1
    said = capsys.readouterr().err
    assert "escucha-listening.json is not what the sources give" in said
    assert "forgotten.json has no source" in said
    assert "alerting: escucha.json is missing" in said
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

    root = QUERIES.parents[1]
    code = "".join(
        file.read_text()
        for room in ("dashboards", "streams")
        for file in (root / room).rglob("*.py")
    )
    words = set(re.findall(r'"(\w+)"', code))
    named = words | {f"alert_{rule.name}" for rule in RULES}
    for prefix in re.findall(r'read_query\(f"(\w+_)\{', code):
        named |= {prefix + word for word in words}
    assert {query.stem for query in QUERIES.glob("*.sql")} <= used | named
    assert used <= {query.stem for query in QUERIES.glob("*.sql")}


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_alerts_and_changes_are_drawn_over_every_dashboard(board: dict[str, Any]) -> None:
    span = TimeRange.parse("now-30d", "now")
    asked = board["annotations"]["list"]

    assert [one["target"]["rawSql"].splitlines()[0] for one in asked] == [
        "-- query: annotation_campaigns",
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


UNITS = {"short", "none", "s", "percentunit"}  # those that the console knows how to write
BILINGUAL = re.compile(r".+ · .+")
# Pages of the console that figures lead to.
PAGES = {"search", "leads", "care", "alerts", "rules", "models", "labels", ""}


@pytest.mark.parametrize("panel", list(panels()))
def test_a_panel_says_its_unit_and_its_thresholds(panel: dict[str, Any]) -> None:
    defaults = panel["fieldConfig"]["defaults"]
    told = [defaults.get("unit", "")]
    for override in panel["fieldConfig"]["overrides"]:
        told += [one["value"] for one in override["properties"] if one["id"] == "unit"]

    assert set(told) <= UNITS
    assert defaults["thresholds"]["mode"] == "absolute"
    assert defaults["thresholds"]["steps"]


@pytest.mark.parametrize("panel", list(panels()))
def test_what_a_reader_sees_of_a_panel_is_in_both_languages(panel: dict[str, Any]) -> None:
    same = {"Spam", "p95", "p90", "Sentimiento", "Error", "—", "No", "Social"}
    shown = [panel["title"]]
    for override in panel["fieldConfig"]["overrides"]:
        for one in override["properties"]:
            if one["id"] == "displayName":
                shown.append(one["value"])
            elif one["id"] == "links":
                shown += [link["title"] for link in one["value"]]
            elif one["id"] == "mappings":
                for mapping in one["value"]:
                    shown += [option["text"] for option in mapping["options"].values()]
    shown += [link["title"] for link in panel.get("links", [])]

    assert [text for text in shown if not BILINGUAL.fullmatch(text) and text not in same] == []


def links_of(panel: dict[str, Any]) -> list[str]:
    config = panel["fieldConfig"]
    found = [link["url"] for link in config["defaults"].get("links", []) + panel.get("links", [])]
    for override in config["overrides"]:
        for one in override["properties"]:
            if one["id"] == "links":
                found += [link["url"] for link in one["value"]]
    return found


@pytest.mark.parametrize("panel", list(panels()))
def test_links_lead_to_pages_of_the_console_or_out_to_what_was_said(panel: dict[str, Any]) -> None:
    columns = {override["matcher"]["options"] for override in panel["fieldConfig"]["overrides"]} | {
        panel.get("options", {}).get("xField")
    }
    for url in links_of(panel):
        if url == "${__value.raw}":  # the address of a mention, or of an alert, as it is stored
            continue
        page = re.fullmatch(r"\$\{console\}/(\w*)(\?.*)?", url)
        assert page is not None, url
        assert page[1] in PAGES
        assert set(re.findall(r"__data\.fields\.(\w+)", url)) <= columns


def test_every_figure_leads_somewhere_unless_there_is_nothing_behind_it() -> None:
    # Counts of money and of records, and how programs fare: nothing was said that one could read.
    nowhere = {
        "freshness_p95", "freshness_over_time", "dead_letters_waiting", "latest_dead_letters",
        "ledger_gap", "ledger_by_partition", "sources_stalled", "heartbeat_age", "workers_heard",
        "throughput_by_worker", "jobs", "kept_views", "value_customers_total", "value_moved",
        "value_segments", "value_exchange", "value_referred_share", "value_referrals",
        "value_referral_types", "value_gestures_over_time", "value_listen_react",
        "value_mutual_share", "value_capital", "value_networks",
    }  # fmt: skip
    found = {
        panel["targets"][0]["rawSql"].splitlines()[0].removeprefix("-- query: "): links_of(panel)
        for board in BOARDS.values()
        for panel in board["panels"]
        if panel["type"] != "row"
    }

    assert {query for query, links in found.items() if not links} == nowhere
    assert set(LINKS) <= set(found)


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_a_dashboard_leads_to_the_others_and_to_a_console_that_can_be_set(board: Any) -> None:
    [address] = [one for one in board["templating"]["list"] if one["name"] == "console"]
    others, console = board["links"]

    assert (address["type"], address["query"]) == ("textbox", "http://localhost:8080")
    assert (others["type"], others["tags"], others["keepTime"]) == ("dashboards", ["escucha"], True)
    assert console["url"] == "${console}/"
    assert "escucha" in board["tags"]
    for variable in board["templating"]["list"]:
        assert BILINGUAL.fullmatch(variable["label"])
    for annotation in board["annotations"]["list"]:
        assert BILINGUAL.fullmatch(annotation["name"])
    spanish, english = board["description"].split("\n\n")
    assert spanish != english


def test_a_figure_stands_in_one_place() -> None:
    # Whoever reads what was said has to see whether it is whole: these stand twice on purpose.
    twice = {"freshness_p95", "dead_letters_waiting", "ledger_gap"}
    names = [
        panel["targets"][0]["rawSql"].splitlines()[0].removeprefix("-- query: ")
        for board in BOARDS.values()
        for panel in board["panels"]
        if panel["type"] != "row"
    ]

    assert {name for name in names if names.count(name) > 1} == twice


def test_no_query_reads_what_a_replay_would_double() -> None:
    """Plain tables to which each repetition of a batch would add, without looking at versions."""
    once = re.compile(r"\b(?:FROM|JOIN)\s+(mentions|interactions|orders|gestures)\b(?!\s+FINAL)")
    # Each with what makes it right all the same.
    guarded = {
        "latest_mentions": "LIMIT 1 BY mention_id",
        "fresh": "LIMIT 1 BY mention_id",
        "freshness_p95": "quantile",
        "freshness_over_time": "quantile",
        "open_leads": "max(ordered_at)",
        "variable_brand": "ORDER BY sum(said)",
        "variable_topic": "ORDER BY sum(said)",
        "label_offer": "FROM mentions FINAL",
        "live_arrivals": "AND counted",
        "live_before": "LIMIT 1 BY mention_id",
        "live_new": "AND counted",
        "live_sample": "AND counted",
    }
    for query in [*QUERIES.glob("*.sql"), *QUERIES.glob("parts/*.sql")]:
        text = query.read_text()
        if once.search(text):
            assert guarded[query.stem] in text
