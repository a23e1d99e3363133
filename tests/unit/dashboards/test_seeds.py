"""The map from the source texts to the panels names only what there is."""

import json
import re
from pathlib import Path

import pytest

from dashboards import build
from tests.integration.journeys import test_any_order as journeys
from tests.integration.value import test_any_order as value

ROOT = Path(__file__).parents[3]
ROWS = [
    [cell.strip() for cell in line.strip("|\n").split("|")]
    for line in (ROOT / "dashboards" / "SEEDS.md").read_text(encoding="utf-8").splitlines()
    if re.match(r"\| (?!claim )", line)
]
SQL = "\n".join(path.read_text() for path in (ROOT / "schemas" / "clickhouse").glob("*.sql"))
VIEWS = set(re.findall(r"CREATE (?:OR REPLACE )?(?:VIEW|TABLE) (?:IF NOT EXISTS )?(\w+)", SQL))
PANELS = {
    (board["uid"], panel["title"].split(" · ")[-1])
    for board in map(json.loads, build.render().values())
    for panel in board["panels"]
    if panel["type"] != "row"
}
SECTIONS = (
    "1. Zappos",
    "2. Vaynerchuk",
    "3. White paper",
    '4. "10 puntos"',
    '5. "Los tres pilares"',
)


def test_all_five_texts_are_there() -> None:
    claims = " ".join(row[0] for row in ROWS)

    assert [text for text in SECTIONS if f"**{text}.**" not in claims] == []
    assert len(ROWS) > 40


@pytest.mark.parametrize("row", ROWS, ids=[row[0][:40] for row in ROWS])
def test_a_claim_has_a_view_a_panel_and_a_test(row: list[str]) -> None:
    _claim, view, panel, test = row
    shown = re.fullmatch(r"`([\w-]+)` (.+)", panel)
    path, _, name = test.strip("`").partition("::")

    assert view.strip("`") in VIEWS
    assert shown is not None
    assert (shown[1], shown[2]) in PANELS
    assert re.search(rf"^def {name}\(", (ROOT / path).read_text(), re.MULTILINE)


# Their order does not come out of stored rows: each change has a number and wins once.
IN_ORDER = {"alerts_current"}
# A table; what fills it is compared as "what propensity knows".
REPLAYED_ELSEWHERE = {"propensity_top"}


def test_every_view_is_replayed_in_any_order_and_twice() -> None:
    replayed = {*journeys.VIEWS, *value.VIEWS, *IN_ORDER, *REPLAYED_ELSEWHERE}
    views = {re.sub("_(now|between)$", "", row[1].strip("`")) for row in ROWS}

    assert views - {re.sub("_(now|between)$", "", view) for view in replayed} == set()
