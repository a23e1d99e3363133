"""What is checked is what runs: a worker's rules are those that `escucha rules check` named."""

from datetime import UTC, datetime
from pathlib import Path

from schemas.mention import Author, Mention
from streams.rule_book import RulesInForce
from streams.rules.compiled import compile_rules
from streams.rules.loading import load_listening
from streams.steps.pseudonyms import AuthorKeys

LISTENING = "brands: [{name: Nimbara}]\n"


def in_force(listening: str) -> RulesInForce:
    return RulesInForce.of(1, listening, "listening.yaml", AuthorKeys())


def test_the_bundled_interests_are_in_force_where_a_file_names_none() -> None:
    text = "Qué golazo en la Champions League"
    mention = Mention(
        mention_id="test:1",
        source="test",
        author=Author(id="a"),
        text=text,
        published_at=datetime(2026, 7, 4, tzinfo=UTC),
    )
    [hits] = in_force(LISTENING).rules.match([mention], [text], ["es"])
    assert hits.interests == ("football",)
    [hits] = in_force(LISTENING + "interests: []\n").rules.match([mention], [text], ["es"])
    assert hits.interests == ()


def test_a_checked_file_and_the_rules_in_force_have_the_same_version(tmp_path: Path) -> None:
    file = tmp_path / "listening.yaml"
    file.write_text(LISTENING, encoding="utf-8")
    assert in_force(LISTENING).rules.version == compile_rules(load_listening(file)).version
