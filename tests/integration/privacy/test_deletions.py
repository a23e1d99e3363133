"""What networks take back and what edits replace leaves ClickHouse."""

from contextlib import suppress
from datetime import timedelta

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from streams.upkeep import deletions
from streams.upkeep.deletions import carry_out, purge
from streams.upkeep.marks import EPOCH, server_time
from tests.integration.privacy.rows import AT, deletion, ids, insert, interaction, mention

EDIT = 65_536


def erased(client: Client) -> list[tuple[str, int, str]]:
    rows = client.query(
        "SELECT table_name, kafka_offset, reason FROM erased FINAL ORDER BY ALL"
    ).result_rows
    return [tuple(row) for row in rows]


def test_a_deleted_mention_goes_with_all_its_versions_and_its_place_is_noted(
    client: Client,
) -> None:
    [first] = insert(client, "mentions", mention("bluesky:1"))
    second, _ = insert(
        client, "mentions", mention("bluesky:1", version=5 * EDIT), mention("bluesky:2")
    )
    insert(client, "deletions", deletion("mention", "bluesky:1"))
    report = carry_out(client, EPOCH)
    assert ids(client) == ["bluesky:2"]
    assert erased(client) == [("mentions", first, "deletion"), ("mentions", second, "deletion")]
    assert report.removed["mentions"] == 2
    assert carry_out(client, EPOCH).nothing


def test_a_mention_that_comes_after_its_deletion_goes_too(client: Client) -> None:
    insert(client, "deletions", deletion("mention", "bluesky:1"))
    carry_out(client, EPOCH)
    since = server_time(client)
    insert(client, "mentions", mention("bluesky:1"), mention("bluesky:2"))
    carry_out(client, since)
    assert ids(client) == ["bluesky:2"]


def test_one_source_cannot_delete_in_another(client: Client) -> None:
    insert(client, "mentions", mention("bluesky:1"))
    insert(client, "interactions", interaction("bluesky:l1"))
    insert(
        client,
        "deletions",
        deletion("mention", "bluesky:1", source="mastodon"),
        deletion("interaction", "bluesky:l1", source="mastodon"),
        deletion("author", "ana", source="mastodon"),
    )
    assert carry_out(client, EPOCH).nothing
    assert ids(client) == ["bluesky:1"]


def test_an_unliked_like_goes(client: Client) -> None:
    insert(client, "interactions", interaction("bluesky:l1"), interaction("bluesky:l2"))
    insert(client, "deletions", deletion("interaction", "bluesky:l1"))
    carry_out(client, EPOCH)
    assert ids(client, "interactions", "interaction_id") == ["bluesky:l2"]


@pytest.mark.parametrize("comes", ["before", "after"])
def test_of_a_deleted_author_all_up_to_that_moment_goes(client: Client, comes: str) -> None:
    def said() -> None:
        insert(
            client,
            "mentions",
            mention("bluesky:1"),
            mention("bluesky:2", published_at=AT + timedelta(hours=1)),
            mention("bluesky:3", "luis"),
        )
        insert(
            client,
            "interactions",
            interaction("bluesky:l1"),
            interaction("bluesky:l2", "luis", target_author_id="ana"),
            interaction("bluesky:l3", "luis", target_author_id="eva"),
        )

    since = EPOCH
    if comes == "before":
        said()
    insert(client, "deletions", deletion("author", "ana"), deletion("author", "eva"))
    if comes == "after":
        carry_out(client, EPOCH)
        since = server_time(client)
        said()
    carry_out(client, since)
    assert ids(client) == ["bluesky:2", "bluesky:3"]  # the account came back and spoke anew
    assert ids(client, "interactions", "interaction_id") == []


def test_what_was_derived_from_a_mention_and_its_text_in_replies_go(client: Client) -> None:
    insert(
        client,
        "mentions",
        mention("bluesky:1"),
        mention("bluesky:2", "luis", parent_id="bluesky:1", parent_text="text of bluesky:1"),
        mention("bluesky:3", "luis", parent_id="bluesky:4", parent_text="stays"),
    )
    client.insert(
        "near_duplicates",
        [["bluesky:1", "bluesky:9"], ["bluesky:8", "bluesky:1"], ["bluesky:2", "bluesky:3"]],
        column_names=["mention_id", "original"],
    )
    insert(client, "labels", {"mention_id": "bluesky:1", "labeller": "eva"})
    insert(client, "deletions", deletion("mention", "bluesky:1"))
    report = carry_out(client, EPOCH)
    assert report.parent_texts == 1
    assert ids(client, column="parent_text") == ["", "stays"]
    assert ids(client, "near_duplicates") == ["bluesky:2"]
    assert ids(client, "labels") == []


def test_the_text_before_an_edit_leaves_the_disk(client: Client) -> None:
    """FINAL hides it; the law wants it gone."""
    [old] = insert(client, "mentions", mention("bluesky:1", text="before"))
    insert(client, "mentions", mention("bluesky:1", text="new text", version=5 * EDIT + 3))
    insert(  # a re-run of rules
        client,
        "mentions",
        mention("bluesky:1", text="new text", version=5 * EDIT + 4),
        mention("bluesky:2", version=7),
    )
    assert carry_out(client, EPOCH).superseded == 1
    assert ids(client, column="text") == ["new text", "new text", "text of bluesky:2"]
    assert erased(client) == [("mentions", old, "edit")]
    assert purge(client) == ["mentions"]
    assert purge(client) == []


def test_replies_do_not_keep_what_an_edit_replaced(client: Client) -> None:
    insert(
        client,
        "mentions",
        mention("bluesky:1", text="before"),
        mention("bluesky:2", "luis", parent_id="bluesky:1", parent_text="before"),
        mention("bluesky:3", "luis", parent_id="bluesky:1", parent_text="new text"),
        mention("bluesky:4", "luis", parent_id="bluesky:2", parent_text="text of bluesky:2"),
    )
    assert carry_out(client, EPOCH).parent_texts == 0
    insert(client, "mentions", mention("bluesky:1", text="new text", version=5 * EDIT + 3))
    assert carry_out(client, EPOCH).parent_texts == 1
    assert sorted(ids(client, column="parent_text")) == [
        "", "", "new text", "text of bluesky:2",
    ]  # fmt: skip
    assert carry_out(client, EPOCH).nothing


def test_a_first_version_that_comes_after_its_edit_goes(client: Client) -> None:
    insert(client, "mentions", mention("bluesky:1", text="new", version=5 * EDIT))
    carry_out(client, EPOCH)
    since = server_time(client)
    insert(client, "mentions", mention("bluesky:1", text="old"))
    carry_out(client, since)
    assert ids(client, column="text") == ["new"]


def test_a_block_that_is_repeated_after_its_deletion_stays_away(client: Client) -> None:
    """The pipeline repeats blocks under their tokens after a crash."""
    rows = [mention(f"bluesky:{n}") | {"kafka_offset": n} for n in (1, 2)]
    insert(client, "mentions", *rows, block="block")
    insert(client, "deletions", deletion("mention", "bluesky:1"))
    carry_out(client, EPOCH)
    purge(client)
    insert(client, "mentions", *rows, block="block")
    assert ids(client) == ["bluesky:2"]


def test_a_block_of_which_nothing_was_left_goes_again_by_its_place(client: Client) -> None:
    """ClickHouse forgets the token of a part that it drops for being empty."""
    row = mention("bluesky:1") | {"kafka_offset": 1}
    insert(client, "mentions", row, block="block")
    insert(client, "deletions", deletion("mention", "bluesky:1"))
    carry_out(client, EPOCH)
    purge(client)
    client.command("TRUNCATE TABLE deletions")
    since = server_time(client)
    insert(client, "mentions", row, block="block")
    carry_out(client, since)
    assert ids(client) == []
    assert client.query("SELECT sum(mentions) FROM mentions_by_hour").first_row == (1,)


def test_counts_per_hour_are_not_lowered(client: Client) -> None:
    insert(client, "mentions", mention("bluesky:1"))
    insert(client, "deletions", deletion("mention", "bluesky:1"))
    carry_out(client, EPOCH)
    assert client.query("SELECT sum(mentions) FROM mentions_by_hour").first_row == (1,)


class KilledError(Exception):
    """As if the process had ended."""


def test_killed_at_any_statement_the_next_run_completes_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = client.command
    for survived in range(8):
        tag = f"bluesky:{survived}-"
        insert(
            client,
            "mentions",
            mention(f"{tag}1"),
            mention(f"{tag}2", "luis", parent_id=f"{tag}1", parent_text="x"),
        )
        insert(client, "mentions", mention(f"{tag}2", "luis", version=5 * EDIT, text="newer"))
        insert(client, "interactions", interaction(f"{tag}l"))
        insert(client, "labels", {"mention_id": f"{tag}1", "labeller": "eva"})
        insert(
            client,
            "deletions",
            deletion("mention", f"{tag}1"),
            deletion("interaction", f"{tag}l"),
        )
        left = [survived]

        def command(*arguments: object, left: list[int] = left, **options: object) -> object:
            if not left[0]:
                raise KilledError
            left[0] -= 1
            return real(*arguments, **options)  # type: ignore[arg-type]

        monkeypatch.setattr(client, "command", command)
        with suppress(KilledError):
            carry_out(client, EPOCH)
        monkeypatch.setattr(client, "command", real)
        carry_out(client, EPOCH)
        assert [i for i in ids(client) if i.startswith(tag)] == [f"{tag}2"]
        assert ids(client, "interactions", "interaction_id") == []
        assert ids(client, "labels") == []
        # The version before an edit may have been merged away by then.
        places = [place for place in erased(client) if place[2] == "deletion"]
        assert len(places) == 2 * (survived + 1)


def test_every_table_that_deletions_name_exists(client: Client) -> None:
    for derived in deletions.DERIVED:
        client.query(f"SELECT {derived.id_column}, {derived.stored_column} FROM {derived.table}")
    with pytest.raises(ClickHouseError):
        client.query("SELECT nothing FROM labels")
