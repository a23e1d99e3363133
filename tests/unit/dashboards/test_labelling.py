import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from dashboards.console import ConsoleConfig, Writers, create_app
from dashboards.console.guard import MAX_BODY_BYTES
from dashboards.console.labelling import MAX_LABELS, SaveLabels
from schemas.business import Label

ORIGIN = "http://localhost:8080"
JSON = {"origin": ORIGIN, "content-type": "application/json"}


class Kept:
    """Keeps labels, or says why not."""

    def __init__(self, trouble: str = "") -> None:
        self.trouble = trouble
        self.labels: list[Label] = []

    async def __call__(self, labels: Sequence[Label]) -> str:
        if not self.trouble:
            self.labels.extend(labels)
        return self.trouble


@asynccontextmanager
async def console(save: SaveLabels | None) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(ConsoleConfig(clickhouse_url="http://127.0.0.1:1"), Writers(labels=save))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN) as client,
    ):
        yield client


def label(**changes: Any) -> dict[str, Any]:
    return {
        "mention_id": "csv:1",
        "labeller": "ana",
        "labelled_at": datetime.now(UTC).isoformat(),
        "guide_version": "4",
        "intent": "active",
        "acts": ["question"],
        "how": "random",
        **changes,
    }


def body(*labels: Any) -> bytes:
    return json.dumps({"labels": labels}).encode()


async def test_labels_are_handed_over_as_the_contract_has_them() -> None:
    kept = Kept()
    async with console(kept) as client:
        about = (await client.get("/api/labelling")).json()
        answer = await client.post("/api/labels", content=body(label(), label()), headers=JSON)

    assert about["enabled"] is True
    assert (answer.status_code, answer.json()) == (200, {"saved": 2})
    assert {(one.mention_id, one.intent, one.acts, one.how) for one in kept.labels} == {
        ("csv:1", "active", ("question",), "random")
    }


async def test_labels_that_cannot_be_kept_are_told_with_the_remedy() -> None:
    async with console(Kept("Kafka does not answer; start it")) as client:
        answer = await client.post("/api/labels", content=body(label()), headers=JSON)

    assert answer.status_code == 503
    assert answer.json()["code"] == "labels_away"
    assert answer.json()["remedy"] == "Kafka does not answer; start it"


async def test_a_console_without_a_writer_takes_none() -> None:
    async with console(None) as client:
        assert (await client.get("/api/labelling")).json()["enabled"] is False
        answer = await client.post("/api/labels", content=body(label()), headers=JSON)

    assert answer.status_code == 403
    assert answer.json()["code"] == "no_labels"


@pytest.mark.parametrize(
    "bad",
    [
        label(intent="perhaps"),
        label(labeller=" "),
        label(mention_id="1"),
        label(acts=["shouting"]),
        label(labelled_at=(datetime.now(UTC) + timedelta(hours=1)).isoformat()),
        label(labelled_at=(datetime.now(UTC) - timedelta(days=100)).isoformat()),
        "text",
    ],
)
async def test_one_bad_label_is_named_and_none_is_kept(bad: Any) -> None:
    kept = Kept()
    async with console(kept) as client:
        answer = await client.post("/api/labels", content=body(label(), bad), headers=JSON)

    assert answer.status_code == 422
    assert list(answer.json()["problems"]) == ["1"]
    assert kept.labels == []


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b"{}", 400),
        (b"\xff", 400),
        (b'{"labels": []}', 400),
        (body(*[label()] * (MAX_LABELS + 1)), 400),
        (b"[" * 100_000, 400),
        (b" " * (MAX_BODY_BYTES + 1), 413),
    ],
)
async def test_what_is_no_list_of_labels_is_refused(content: bytes, status: int) -> None:
    kept = Kept()
    async with console(kept) as client:
        answer = await client.post("/api/labels", content=content, headers=JSON)

    assert answer.status_code == status
    assert answer.json()["remedy"]
    assert kept.labels == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "http://localhost:8081"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": ""}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"host": "evil.example", "origin": "http://evil.example"}, 403),
        ({"content-type": "text/plain"}, 415),
        ({"content-type": "application/x-www-form-urlencoded"}, 415),
        ({"content-length": ""}, 411),
        ({"content-length": "9" * 12}, 413),
    ],
)
@pytest.mark.parametrize("path", ["/api/labels", "/api/labelling/offer"])
async def test_only_the_page_itself_may_post(
    path: str, headers: dict[str, str], status: int
) -> None:
    kept = Kept()
    async with console(kept) as client:
        answer = await client.post(path, content=body(label()), headers=JSON | headers)

    assert answer.status_code == status
    assert kept.labels == []
    assert "access-control-allow-origin" not in answer.headers


async def test_nothing_else_takes_a_post_and_the_rest_no_body() -> None:
    async with console(Kept()) as client:
        for path in ("/", "/labels", "/api/labelling", "/api/dashboards"):
            assert (await client.post(path, content=b"{}", headers=JSON)).status_code == 405
        assert (await client.options("/api/labels", headers=JSON)).status_code == 405
        assert (await client.get("/api/labels")).status_code == 405


@pytest.mark.parametrize(
    "ask",
    [
        {},
        {"labeller": ""},
        {"labeller": "ana", "days": 0},
        {"labeller": "ana", "langs": ["xx"]},
        {"labeller": "ana", "seen": ["no id"]},
        {"labeller": "ana", "sql": "SELECT 1"},
    ],
)
async def test_an_offer_is_asked_for_in_the_agreed_form(ask: dict[str, Any]) -> None:
    async with console(Kept()) as client:
        answer = await client.post("/api/labelling/offer", json=ask, headers={"origin": ORIGIN})
        assert answer.status_code == 400
        good = {"labeller": "ana", "days": 7, "langs": ["es"], "seen": ["csv:1"]}
        answer = await client.post("/api/labelling/offer", json=good, headers={"origin": ORIGIN})
        assert answer.json()["code"] == "database_away"
