"""Which replies lack the text of what they answer, and what becomes of them where no model is."""

from datetime import timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from streams.settings import Settings
from streams.upkeep import marks, parents_watch
from tests.integration.privacy.rows import insert, mention
from tests.integration.privacy.test_upkeep import upkeep
from tests.integration.privacy.waiting import PATIENCE_SEC

EDIT = 65_536
LONG_AGO = {"stored_days": 3}


def put(client: Client, mention_id: str, stored_days: int = 0, **changes: Any) -> None:
    """A mention that was stored so many days ago."""
    stored_at = marks.server_time(client) - timedelta(days=stored_days)
    insert(client, "mentions", mention(mention_id, **changes) | {"stored_at": stored_at})


@pytest.mark.parametrize(
    ("parent", "reply", "lacks"),
    [
        ({}, {}, True),  # whichever of the two came first
        (LONG_AGO, {}, True),  # one batch asked for too many
        ({}, LONG_AGO, False),  # what was judged so long ago stays as it is
        ({"version": EDIT}, LONG_AGO, True),  # but for an edit, whose old text went
        ({}, {"parent_text": "as the source told it"}, False),
        ({"text": ""}, {}, False),  # a picture
        (None, {}, False),
    ],
)
def test_a_reply_lacks_the_text_of_a_parent_that_is_there(
    client: Client, parent: dict[str, Any] | None, reply: dict[str, Any], lacks: bool
) -> None:
    put(client, "bluesky:2", author_id="luis", parent_id="bluesky:1", **reply)
    if parent is not None:
        put(client, "bluesky:1", **parent)
    assert parents_watch.is_due(client) is lacks
    looked = marks.look_since(client, parents_watch.JOB)
    assert (looked == marks.EPOCH) is lacks  # what is due stays due until it is done


def test_the_newest_version_of_a_reply_counts_and_nobody_answers_themselves(client: Client) -> None:
    put(client, "bluesky:1")
    put(client, "bluesky:2", parent_id="bluesky:1")
    put(client, "bluesky:2", parent_id="bluesky:1", parent_text="text of bluesky:1", version=1)
    put(client, "bluesky:3", parent_id="bluesky:3")
    assert not parents_watch.is_due(client)


def test_without_a_model_replies_wait_and_all_else_goes_on(
    settings: Settings, client: Client
) -> None:
    put(client, "bluesky:2", author_id="luis", parent_id="bluesky:1")
    put(client, "bluesky:1")
    with upkeep(settings, "--once") as process:
        _, said = process.communicate(timeout=PATIENCE_SEC)
    assert process.returncode == 0
    assert b"replies wait for the texts of their parents: " in said
    assert b"escucha train" in said
    assert marks.look_since(client, parents_watch.JOB) == marks.EPOCH
    assert marks.look_since(client, "retention") > marks.EPOCH
