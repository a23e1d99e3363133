import json
import re
from pathlib import Path

import yaml

from dashboards import build
from dashboards.alerting import RULES, provisioning
from dashboards.named import QUERIES

ROOT = Path(__file__).parents[3]
PROVISIONING = Path(__file__).parents[3] / "deploy" / "grafana" / "provisioning"


def test_every_panel_finds_its_data_source() -> None:
    document = yaml.safe_load((PROVISIONING / "datasources" / "escucha.yaml").read_text())
    (source,) = document["datasources"]

    for text in build.render().values():
        for panel in json.loads(text)["panels"]:
            for target in panel.get("targets", []):
                assert target["datasource"] == {"type": source["type"], "uid": source["uid"]}


def test_no_password_is_written_down() -> None:
    document = yaml.safe_load((PROVISIONING / "datasources" / "escucha.yaml").read_text())

    assert document["datasources"][0]["secureJsonData"]["password"].startswith("$ESCUCHA_")
    assert document["datasources"][0]["jsonData"]["username"] == "grafana"


def test_alerting_is_what_the_sources_give_and_drift_is_seen(tmp_path: Path) -> None:
    assert build.differences(provisioning(), build.ALERTING) == []

    build.write(provisioning(), tmp_path)
    (tmp_path / "escucha.json").write_text("{}")
    assert build.differences(provisioning(), tmp_path) == [
        "escucha.json is not what the sources give"
    ]


def test_alarms_ask_the_data_source_and_compare_one_number_with_a_limit() -> None:
    datasources = yaml.safe_load((PROVISIONING / "datasources" / "escucha.yaml").read_text())
    document = json.loads((PROVISIONING / "alerting" / "escucha.json").read_text())
    (group,) = document["groups"]

    assert len({rule["uid"] for rule in group["rules"]}) == len(RULES) == len(group["rules"])
    for rule in group["rules"]:
        asked, newest, limit = rule["data"]
        assert asked["datasourceUid"] == datasources["datasources"][0]["uid"]
        assert newest["model"]["expression"] == asked["refId"]
        assert limit["model"]["expression"] == newest["refId"]
        assert limit["refId"] == rule["condition"]
        assert re.fullmatch(r".+ · .+", rule["title"])
        # Grafana would read a dollar as the name of one of its environment variables.
        assert "$" not in asked["model"]["rawSql"]
    assert {f"alert_{rule.name}" for rule in RULES} <= {path.stem for path in QUERIES.glob("*.sql")}


def test_who_is_told_comes_from_the_environment_that_compose_gives() -> None:
    document = json.loads((PROVISIONING / "alerting" / "escucha.json").read_text())
    (contact,) = document["contactPoints"]
    (policy,) = document["policies"]
    address = contact["receivers"][0]["settings"]["addresses"]
    compose = (ROOT / "deploy" / "compose" / "compose.yaml").read_text()

    assert policy["receiver"] == contact["name"]
    assert address.startswith("$ESCUCHA_")
    assert f"{address.removeprefix('$')}:" in compose


def test_each_alarm_has_its_chapter_in_the_runbook() -> None:
    chapters = set(re.findall(r"^### (\w+)", (ROOT / "deploy" / "RUNBOOK.md").read_text(), re.M))

    assert {rule.chapter for rule in RULES} <= chapters
