"""What of rules the console refuses, and how much it does at once."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from clickhouse_connect.driver.client import Client

from schemas.rules import MAX_RULES_BYTES
from streams.listening import stored
from tests.browser.ruling import FIRST, post

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"listening": "brands: 3"}, 422, "mistaken_rules"),
        ({"listening": "x" * (MAX_RULES_BYTES + 1)}, 400, "bad_request"),
        ({"listening": "ñ" * (MAX_RULES_BYTES // 2 + 1)}, 400, "bad_request"),
        ({"reason": " "}, 400, "bad_request"),
        ({"reason": "x" * 501}, 400, "bad_request"),
        ({"made_by": ""}, 400, "bad_request"),
        ({"expected_sequence": -1}, 400, "bad_request"),
        ({"colour": "red"}, 400, "bad_request"),
        ({"expected_sequence": 7}, 409, "changed_meanwhile"),
    ],
)
def test_what_cannot_be_meant_is_not_published(
    rules_url: str, writer: Client, change: dict[str, Any], status: int, code: str
) -> None:
    good = {"listening": FIRST + "\n", "expected_sequence": 1, "reason": "r", "made_by": "Eva"}
    answer = post(rules_url, "publish", good | change)

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    [[newest]] = writer.query("SELECT max(sequence) FROM rule_versions").result_rows
    assert newest == 1
    elsewhere = httpx.post(
        f"{rules_url}/api/rules/publish", json=good, headers={"origin": "http://evil.example"}
    )
    assert elsewhere.status_code == 403


@pytest.mark.parametrize(
    ("path", "body"),
    [("check", {"listening": 3}), ("preview", {"listening": "a", "days": 91}), ("check", {})],
)
def test_a_question_that_cannot_be_meant_is_refused(
    rules_url: str, path: str, body: dict[str, Any]
) -> None:
    answer = post(rules_url, path, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_a_preview_of_mistaken_rules_says_so(rules_url: str) -> None:
    answer = post(rules_url, "preview", {"listening": "brands: 3", "days": 1})
    assert '"failed"' in answer.text
    assert '"mistaken"' in answer.text


def test_only_so_many_previews_run_at_once(rules_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    original: Callable[..., Any] = stored.count

    async def held(*arguments: Any, **named: Any) -> Any:
        await asyncio.to_thread(go_on.wait, 60)
        return await original(*arguments, **named)

    monkeypatch.setattr(stored, "count", held)

    def ask(_: int) -> str:
        body = {"listening": FIRST, "days": 1}
        answer = post(rules_url, "preview", body)
        if '"busy"' in answer.text:
            go_on.set()
        return answer.text

    with ThreadPoolExecutor(3) as pool:
        told = list(pool.map(ask, range(3)))

    assert sum('"busy"' in one for one in told) == 1
    assert sum('"done"' in one for one in told) == 2
