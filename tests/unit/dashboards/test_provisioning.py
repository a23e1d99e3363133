import json
from pathlib import Path

import yaml

from dashboards import build

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
