"""Labels by the commands: served, taken and given out."""

import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx

from deploy.local.ports import free_ports
from models.labels import load_corpus
from schemas import labels as contract
from streams.accounts import link
from tests.browser.labelling import Stack
from tests.integration.streams.helpers import wait_for


def test_labels_are_exported_as_a_corpus(stack: Stack, tmp_path: Path) -> None:
    stack.client.command(
        "INSERT INTO labels (mention_id, labeller, labelled_at, intent, stage, acts, acts_judged,"
        " how) SELECT mention_id, 'exporter', now64(3), 'latent', 'use', ['praise'], 1, 'random'"
        " FROM mentions_current WHERE lang IN ('es', 'pt') LIMIT 40"
    )
    file = tmp_path / "labels.jsonl"
    command = [sys.executable, "-m", "streams.cli", "labels", "export", str(file)]
    ran = subprocess.run(
        command, env=stack.environment, cwd=tmp_path, capture_output=True, text=True, check=True
    )

    items = {item.id: item for item in load_corpus([file])}
    assert ran.stdout.startswith(f"{len(items)} labelled mentions")
    assert "left out: in another language" in ran.stderr
    exported = stack.client.query(
        "SELECT m.mention_id, m.text FROM labels_current AS l INNER JOIN mentions_current AS m"
        " ON m.mention_id = l.mention_id WHERE labeller = 'exporter' AND m.lang = 'es'"
    ).result_rows
    assert len(exported) > 20
    for mention_id, text in exported:
        assert items[mention_id].text == text
        assert items[mention_id].stage == "use"
        assert items[mention_id].draw == "natural"


def test_the_command_serves_the_page_and_takes_labels(stack: Stack, tmp_path: Path) -> None:
    [port] = free_ports(1)
    reader = {
        "ESCUCHA_CLICKHOUSE_READER_USER": stack.clickhouse.reader_user,
        "ESCUCHA_CLICKHOUSE_READER_PASSWORD": stack.clickhouse.reader_password,
        "ESCUCHA_CONSOLE_PORT": str(port),
    }
    url = f"http://127.0.0.1:{port}"
    label = {
        "mention_id": "csv:command",
        "labeller": "local",
        "labelled_at": datetime.now(UTC).isoformat(),
        "guide_version": contract.GUIDE_VERSION,
        "intent": "latent",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "streams.cli", "console"],
        env=stack.environment | reader,
        cwd=tmp_path,
    )
    try:
        wait_for(lambda: answers(url), "the console to answer")
        with httpx.Client(base_url=url, headers={"origin": url}, timeout=60) as browser:
            assert browser.post("/api/labels", json={"labels": [label]}).status_code == 401
            token = link.read(stack.folder / "run")
            assert browser.post("/api/session/link", json={"token": token}).status_code == 200
            browser.headers["x-escucha-csrf"] = browser.get("/api/session").json()["csrf"]
            assert "labels/page.js" in browser.get("/labels").text
            answer = browser.post("/api/labels", json={"labels": [label]})
            assert answer.json() == {"saved": 1}
            stack.wait_for_labels("local", 1)
            others = browser.post("/api/labels", json={"labels": [label | {"labeller": "Pia"}]})
            assert others.json()["problems"] == {"0": "labeller is not who is signed in"}
        process.terminate()
        assert process.wait(15) in {0, -signal.SIGTERM}
    finally:
        process.kill()
        process.wait()


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").status_code == 200
    except httpx.TransportError:
        return False
