"""Forgetting where people lie beside tables and topics: files, and views that make tables anew."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from clickhouse_connect.driver.client import Client

from streams.labels import labels_group
from streams.privacy import forget as forgetting
from streams.privacy.export import export
from streams.privacy.registry import all_places
from streams.settings import Settings
from tests.integration.privacy.people import ANA_SAID, LUIS, STAYS, events, fill_tables
from tests.integration.privacy.rows import ids, insert, mention
from tests.integration.privacy.test_forget import ana, erase


def test_files_of_the_run_directory_lose_the_person(settings: Settings, client: Client) -> None:
    fill_tables(client)
    folder = settings.run_dir / "training"
    folder.mkdir(parents=True)
    mine, other = json.dumps({"id": ANA_SAID}), json.dumps({"id": STAYS})
    (folder / "set.jsonl").write_text(f"{mine}\n{other}\n")
    export(client, all_places(settings, client), ana(client), settings.run_dir / "exports/a.json")
    receipt = erase(settings, client)
    assert receipt.is_proven
    assert (folder / "set.jsonl").read_text() == f"{other}\n"
    assert list((settings.run_dir / "exports").iterdir()) == []


def test_a_set_to_train_on_loses_the_person_wherever_it_was_written(
    settings: Settings, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both what the person said and what others answered, with the words that they answered."""
    monkeypatch.setattr("streams.local.local_settings", lambda: settings)
    fill_tables(client)
    words = events()[0]["text"]
    answer = mention("bluesky:answer", LUIS, text="sí", parent_id=ANA_SAID, parent_text=words)
    insert(client, "mentions", answer)
    told = "ALTER TABLE mentions UPDATE lang = 'es' WHERE 1"
    client.command(told, settings={"mutations_sync": 1})
    client.command("TRUNCATE TABLE labels")
    for said in (ANA_SAID, "bluesky:answer", STAYS):
        insert(client, "labels", {"mention_id": said, "labeller": "eva", "intent": "none"})
    written, gone = tmp_path / "elsewhere/our_labels.jsonl", tmp_path / "served.jsonl"
    written.parent.mkdir()
    for path in (written, written, gone):
        done = CliRunner().invoke(labels_group, ["export", str(path)])
        assert done.exit_code == 0, done.output
    gone.unlink()
    assert {line["id"] for line in lines_of(written)} == {ANA_SAID, "bluesky:answer", STAYS}

    receipt = erase(settings, client)
    assert receipt.is_proven
    [place] = [place for place in receipt.places if place.place == "files exported sets"]
    assert (place.before, place.after) == (2, 0)
    assert [line["id"] for line in lines_of(written)] == [STAYS]
    assert written.stat().st_mode & 0o777 == 0o600


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_refresh_that_read_the_person_before_does_not_bring_them_back(
    settings: Settings, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every ten minutes tables are made anew, and one may end just when all is erased."""
    fill_tables(client)
    purge = forgetting.purge

    def the_refresh_ends(_client: Client) -> None:
        purge(client)
        insert_kept(client, ANA_SAID)

    monkeypatch.setattr(forgetting, "purge", the_refresh_ends)
    receipt = erase(settings, client)
    assert ids(client, "labelled_mentions") == [STAYS]
    assert receipt.is_proven


def insert_kept(client: Client, mention_id: str) -> None:
    client.insert(
        "labelled_mentions",
        [[mention_id, "es", "none"]],
        column_names=["mention_id", "lang", "intent"],
    )
