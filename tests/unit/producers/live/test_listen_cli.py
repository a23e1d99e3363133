"""`escucha listen`: the list of sources, and keys that never show."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from streams.errors import SettingsError
from streams.producers.live.bluesky import Bluesky
from streams.producers.live.cli import SOURCES, _what_is_kept, listen_command
from streams.producers.live.progress import Lag, ListenProgress, describe
from streams.producers.live.rss import RssSource
from streams.producers.live.secrets import needed_secret, secret
from streams.rules.loading import EXAMPLE, load_listening


def test_the_sources_are_listed_without_importing_them() -> None:
    listed = CliRunner().invoke(listen_command, ["--list"])
    assert json.loads(listed.output)["bluesky"].startswith("Posts")
    assert set(json.loads(listed.output)) == set(SOURCES)
    shown = CliRunner().invoke(listen_command, [])
    assert "bluesky" in shown.output


def test_a_source_shows_its_own_options_and_those_of_all() -> None:
    shown = CliRunner().invoke(listen_command, ["bluesky", "--help"])
    assert shown.exit_code == 0
    for option in ("--want", "--zstd-dictionary", "--checkpoint", "--heartbeat-sec"):
        assert option in shown.output


@pytest.mark.parametrize("name", list(SOURCES))
def test_every_source_is_a_command(name: str) -> None:
    shown = CliRunner().invoke(listen_command, [name, "--help"])
    assert shown.exit_code == 0, shown.exception
    assert "--checkpoint" in shown.output


def test_who_listens_to_a_whole_network_is_told_what_is_kept() -> None:
    assert any("keep: {bluesky: …}" in line for line in _what_is_kept(Bluesky()))
    assert _what_is_kept(Bluesky(dids=("did:plc:a",))) == []
    assert _what_is_kept(RssSource(feeds=("https://blog.example/feed",))) == []


def test_the_bundled_rules_keep_of_bluesky_what_they_match_and_all_of_the_rest() -> None:
    assert load_listening(EXAMPLE).keep == {"default": "everything", "bluesky": "matched"}


def test_an_unknown_source_is_refused() -> None:
    assert CliRunner().invoke(listen_command, ["myspace"]).exit_code == 2


def test_a_key_comes_from_the_environment_or_a_file_and_does_not_show(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("hidden\n")
    given = secret("youtube", "key", {"ESCUCHA_YOUTUBE_KEY": "hidden"})
    read = secret("youtube", "key", {"ESCUCHA_YOUTUBE_KEY_FILE": str(file)})
    assert given == read == "hidden"
    assert "hidden" not in repr(given)
    assert secret("youtube", "key", {}) is None


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, "get one at the desk"),
        ({"ESCUCHA_X_KEY": "  "}, "get one at the desk"),
        ({"ESCUCHA_X_KEY": "a", "ESCUCHA_X_KEY_FILE": "b"}, "both set"),
        ({"ESCUCHA_X_KEY_FILE": "/nowhere/at/all"}, "cannot be read"),
    ],
)
def test_a_missing_key_names_its_variable_and_the_remedy(
    environment: dict[str, str], words: str
) -> None:
    with pytest.raises(SettingsError, match=words) as raised:
        needed_secret("x", "key", "get one at the desk", environment)
    assert "ESCUCHA_X_KEY" in str(raised.value)


def test_a_line_says_how_it_goes() -> None:
    progress = ListenProgress(
        received=5_000,
        delivered=4_900,
        rejected=2,
        skipped=1,
        waiting=1_200,
        reconnects=3,
        lag_sec=1.25,
        state="connecting again: it sleeps",
    )
    assert describe(progress, 1_234.5) == (
        "1,234 events/s, 4,900 delivered, 1,200 waiting for Kafka, 2 rejected, 1.2 s behind, "
        "3 reconnects, connecting again: it sleeps"
    )
    assert Lag().seconds() is None
