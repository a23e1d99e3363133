"""What the API really answers is what its description says."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
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
from streams.listening.desk import RulesDesk
from streams.listening.searching import Searching
from streams.modelling.keeper import ModelKeeper
from streams.settings import Settings
from streams.signals.emerging.acting import AlertDesk
from streams.signals.emerging.notify import outbox
from streams.signals.emerging.notify.channels import UndeliveredError
from tests.browser.crowds import Receiver, many, watch
from tests.browser.data import insert_mention, refresh_kept
from tests.browser.ruling import FIRST
from tests.browser.serving import running
from tests.browser.shelving import Shelf
from tests.integration.streams.helpers import wait_for

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
    ("/api/pages", "/api/pages", None, 200),
    ("/api/live/before", "/api/live/before", None, 200),
    ("/api/live/before?least=7", "/api/live/before", None, 400),
    ("/api/search/about", "/api/search/about", None, 200),
    ("/api/search/check?q=a+OR+b", "/api/search/check", None, 200),
    ("/api/search/check?q=a+or+lnag:es", "/api/search/check", None, 200),
    ("/api/search?q=a+or+lnag:es", "/api/search", None, 400),
    ("/api/alerts?id=none", "/api/alerts", None, 200),
    ("/api/alerts?state=none", "/api/alerts", None, 400),
    ("/api/rules/version?number=7", "/api/rules/version", None, 404),
    ("/api/models/card?version=none", "/api/models/card", None, 404),
    ("/api/models/comparison?id=none", "/api/models/comparison", None, 404),
]
LONG_SEC = 120.0  # a comparison loads scikit-learn in a process of its own, on a busy machine
EMPTIED = (
    "alerts", "alert_evidence", "alert_counts", "alert_deliveries", "alert_faults",
    "rule_versions", "model_comparisons", "shadow_models", "shadow_judgements", "worker_models",
)  # fmt: skip


@pytest.fixture(scope="module")
def browser(
    clickhouse: ClickHouseHandle,
    config: ConsoleConfig,
    writer: Client,
    shelf: Shelf,
    tmp_path_factory: Any,
) -> Iterator[httpx.Client]:
    """Before a lead, which also waits for a reply."""
    shelf.begin_anew()
    settings = Settings(
        clickhouse_url=clickhouse.url,
        clickhouse_user=clickhouse.user,
        clickhouse_password=clickhouse.password,
        run_dir=tmp_path_factory.mktemp("api"),
        clickhouse_reader_user=clickhouse.reader_user,
        clickhouse_reader_password=clickhouse.reader_password,
        model_store=shelf.place,
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
        AlertDesk(settings) as alerts,
        RulesDesk(settings) as rules,
        ModelKeeper(settings, resamples=40) as models,
        running(
            replace(config, port=free_ports(1)[0]),
            Writers(
                desk=desk, alerts=alerts, rules=rules, models=models, search=Searching(settings)
            ),
        ) as url,
        httpx.Client(base_url=url, headers={"origin": url}, timeout=60) as browser,
    ):
        yield browser
    for table in ("mentions", "lead_events", "care_events"):
        writer.command(f"DELETE FROM {table} WHERE author_id = 'api-ana'")
    writer.command("DELETE FROM mentions WHERE author_id LIKE 'crowd-%'")
    for table in EMPTIED:
        writer.command("TRUNCATE TABLE {name:Identifier}", {"name": table})


def held(answer: httpx.Response, described: str = "", status: int = 200) -> Any:
    """What was answered; fails where the description has it otherwise."""
    assert answer.status_code == status, answer.text
    whole = document(RULES.values())
    operations = whole["paths"][described or answer.request.url.path]
    operation = operations[answer.request.method.lower()]
    told = operation["responses"].get(str(status)) or operation["responses"]["400"]
    schema = told["content"]["application/json"]["schema"]
    validator = jsonschema.Draft202012Validator({**schema, "components": whole["components"]})
    found = answer.json()
    assert [f"{one.json_path}: {one.message[:300]}" for one in validator.iter_errors(found)] == []
    return found


@pytest.mark.parametrize(
    ("path", "described", "body", "status"), ASKED, ids=[f"{one[0]} {one[3]}" for one in ASKED]
)
def test_a_real_answer_is_as_described(
    browser: httpx.Client, path: str, described: str, body: Any, status: int
) -> None:
    answer = browser.get(path) if body is None else browser.post(path, json=body)
    held(answer, described, status)


def test_only_the_description_itself_has_no_shape() -> None:
    """A new route says what it answers."""
    assert [rule.path for rule in RULES.values() if rule.answers in (dict, list, Any)] == [
        "/api/openapi.json"
    ]


def test_what_was_asked_of_was_there(browser: httpx.Client) -> None:
    """Or an empty list would have fitted."""
    for path in ("/api/leads?show=all", "/api/care?show=all"):
        items = browser.get(path).json()["items"]
        assert any(item["said"] for item in items), path
    for path, name in (
        ("/api/leads/history?source=csv&subject=api-ana", "events"),
        ("/api/live/before", "mentions"),
        ("/api/search/about", "columns"),
        ("/api/search/check?q=a+or+lnag:es", "problems"),
    ):
        assert browser.get(path).json()[name], path


def test_alerts_are_as_described(browser: httpx.Client, writer: Client) -> None:
    many(writer, 8_000, "Nimbara", 14)
    outbox.register(writer, receiver := Receiver())
    receiver.takes = False
    assert watch(writer)
    with pytest.raises(UndeliveredError):
        outbox.deliver(writer, receiver)

    answer = held(browser.get("/api/alerts"))
    [alert] = answer["items"]
    for name in ("said", "counted", "told"):
        assert alert[name], name  # an empty list fits anything
    assert answer["choices"]["series"] == ["Nimbara"]
    about = {"alert_id": alert["alert_id"], "made_by": "Ana"}
    act = about | {"act": "acknowledge", "expected_change": alert["change"]}
    acted = held(browser.post("/api/alerts/act", json=act))
    assert acted["item"]["acknowledged_by"] == "Ana"
    assert held(browser.post("/api/alerts/act", json=act), status=409)["item"]
    snooze = act | {
        "act": "snooze",
        "expected_change": acted["item"]["change"],
        "until": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
    }
    assert held(browser.post("/api/alerts/act", json=snooze))["item"]["snoozed_till"]
    history = browser.get("/api/alerts/history", params={"id": alert["alert_id"]})
    assert len(held(history)["events"]) == 3


def test_rules_are_as_described(browser: httpx.Client) -> None:
    assert held(browser.get("/api/rules"))["versions"] == []  # those of the release hold
    assert held(browser.get("/api/rules/version?number=0"))["applied_at"] is None
    publication = {"listening": FIRST, "expected_sequence": 0, "reason": "x", "made_by": "Ana"}
    assert held(browser.post("/api/rules/publish", json=publication))["fate"] == "saved"
    held(browser.post("/api/rules/publish", json=publication | {"listening": "x"}), status=422)
    other = publication | {"listening": FIRST.replace("Kestrel", "Volantis")}
    assert held(browser.post("/api/rules/publish", json=other), status=409)["item"]
    assert len(held(browser.get("/api/rules"))["versions"]) == 1
    assert held(browser.get("/api/rules/version?number=1"))["listening"] == FIRST
    draft = {"listening": FIRST.replace("own:", "ownn:")}
    assert held(browser.post("/api/rules/check", json=draft))["mistakes"]


def test_models_are_as_described(browser: httpx.Client, writer: Client, shelf: Shelf) -> None:
    def post(what: str, said: dict[str, Any], status: int = 200) -> Any:
        answer = browser.post(f"/api/models/{what}", json={"made_by": "Ana"} | said)
        return held(answer, status=status)

    both = {"a": shelf.current, "b": shelf.broken}
    ended = post("compare", both)["id"]
    assert held(browser.get("/api/models/running"))["running"]["id"] == ended
    post("compare", both, 409)
    post("cancel", {"id": ended})

    def is_idle() -> bool:
        return held(browser.get("/api/models/running"))["running"] is None

    wait_for(is_idle, "the comparison to be ended", LONG_SEC)
    made = post("compare", both)["id"]
    wait_for(is_idle, "the comparison to end", LONG_SEC)
    assert held(browser.get("/api/models/comparison", params={"id": ended}))["found"] is None
    found = held(browser.get("/api/models/comparison", params={"id": made}))["found"]
    assert found["comparison"]["examples"]
    assert found["languages"]

    swap = {"version": shelf.broken, "instead_of": shelf.current, "reason": "x"}
    swap["comparison"] = made
    post("promote", swap, 409)
    post("promote", swap | {"force": True})
    back = {"to": shelf.current, "instead_of": shelf.broken, "reason": "y"}
    post("roll-back", back)
    post("shadow", {"version": shelf.equal})
    worker = {"worker": "w", "model_version": shelf.current, "shadow_version": shelf.equal}
    writer.insert("worker_models", [list(worker.values())], column_names=list(worker))
    judged = {
        "mention_id": "csv:api-1",
        "published_at": datetime.now(UTC),
        "model_version": shelf.equal,
        "intent": "none",
    }
    writer.insert("shadow_judgements", [list(judged.values())], column_names=list(judged))

    answer = held(browser.get("/api/models"))
    for name in ("shadow_said", "workers", "comparisons", "versions", "history"):
        assert answer[name], name
    for version in answer["versions"]:
        card = held(browser.get("/api/models/card", params={"version": version["version"]}))
        assert card["metrics"]
