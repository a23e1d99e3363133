"""What the API really answers is what its description says."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import jsonschema
import pytest
from clickhouse_connect.driver.client import Client

from dashboards.console import ConsoleConfig, Writers
from dashboards.console.access import RULES
from dashboards.console.openapi import document
from deploy.local.handles import ClickHouseHandle
from deploy.local.ports import free_ports
from streams.desk import Desk
from streams.settings import Settings
from tests.browser.data import insert_mention, refresh_kept
from tests.browser.serving import running

BOARD = "/api/dashboards/escucha-listening"
SURE = {"intent": "active", "intent_latent": 0.0, "intent_active": 1.0, "needs_reply": True}
ABOUT_LEAD = {"source": "csv", "subject": "api-ana", "expected_version": 0, "made_by": "ana"}
# Path as it is asked, path as it is described, body, status.
ASKED: list[tuple[str, str, Any, int]] = [
    ("/api/session", "/api/session", None, 200),
    ("/api/openapi.json", "/api/openapi.json", None, 200),
    ("/api/dashboards", "/api/dashboards", None, 200),
    (BOARD, "/api/dashboards/{uid}", None, 200),
    ("/api/dashboards/nothing", "/api/dashboards/{uid}", None, 404),
    (f"{BOARD}/variables", "/api/dashboards/{uid}/variables", None, 200),
    (f"{BOARD}/annotations", "/api/dashboards/{uid}/annotations", None, 200),
    (f"{BOARD}/panels/1/data", "/api/dashboards/{uid}/panels/{panel_id}/data", None, 200),
    (f"{BOARD}/panels/1/data?from=x", "/api/dashboards/{uid}/panels/{panel_id}/data", None, 400),
    ("/api/labelling", "/api/labelling", None, 200),
    ("/api/labelling/offer", "/api/labelling/offer", {"labeller": "ana"}, 200),
    ("/api/labels", "/api/labels", {"labels": [{}]}, 403),
    ("/api/leads?show=all", "/api/leads", None, 200),
    ("/api/leads?show=none", "/api/leads", None, 400),
    (
        "/api/leads/change",
        "/api/leads/change",
        ABOUT_LEAD | {"kind": "note", "value": "calls"},
        200,
    ),
    ("/api/leads/change", "/api/leads/change", ABOUT_LEAD | {"kind": "note", "value": "x"}, 409),
    ("/api/leads/history?source=csv&subject=api-ana", "/api/leads/history", None, 200),
    ("/api/care?show=all", "/api/care", None, 200),
    (
        "/api/care/change",
        "/api/care/change",
        ABOUT_LEAD | {"subject": "csv:api-1", "kind": "status", "value": "done"},
        200,
    ),
    ("/api/care/history?source=csv&subject=csv:api-1", "/api/care/history", None, 200),
]


@pytest.fixture(scope="module")
def browser(
    clickhouse: ClickHouseHandle, config: ConsoleConfig, writer: Client, tmp_path_factory: Any
) -> Iterator[httpx.Client]:
    """Before a lead, which also waits for a reply."""
    settings = Settings(
        clickhouse_url=clickhouse.url,
        clickhouse_user=clickhouse.user,
        clickhouse_password=clickhouse.password,
        run_dir=tmp_path_factory.mktemp("api"),
    )
    insert_mention(
        writer,
        800_001,
        datetime.now(UTC),
        mention_id="csv:api-1",
        source="csv",
        author_id="api-ana",
        author_handle="api-ana",
        text="¿Dónde compro unas Volta?",
        **SURE,
    )
    refresh_kept(writer)
    with (
        Desk(settings) as desk,
        running(replace(config, port=free_ports(1)[0]), Writers(desk=desk)) as url,
        httpx.Client(base_url=url, headers={"origin": url}, timeout=60) as browser,
    ):
        yield browser
    for table in ("mentions", "lead_events", "care_events"):
        writer.command(f"DELETE FROM {table} WHERE author_id = 'api-ana'")


@pytest.mark.parametrize(
    ("path", "described", "body", "status"), ASKED, ids=[f"{one[0]} {one[3]}" for one in ASKED]
)
def test_a_real_answer_is_as_described(
    browser: httpx.Client, path: str, described: str, body: Any, status: int
) -> None:
    answer = browser.get(path) if body is None else browser.post(path, json=body)

    assert answer.status_code == status, answer.text
    whole = document(RULES.values())
    operation = whole["paths"][described]["get" if body is None else "post"]
    told = operation["responses"].get(str(status)) or operation["responses"]["400"]
    schema = told["content"]["application/json"]["schema"]
    validator = jsonschema.Draft202012Validator({**schema, "components": whole["components"]})
    assert [error.message[:300] for error in validator.iter_errors(answer.json())] == []


def test_what_was_asked_of_was_there(browser: httpx.Client) -> None:
    """Or an empty list would have fitted."""
    for path in ("/api/leads?show=all", "/api/care?show=all"):
        items = browser.get(path).json()["items"]
        assert any(item["said"] for item in items), path
    for path in ("/api/leads/history?source=csv&subject=api-ana",):
        assert browser.get(path).json()["events"], path
