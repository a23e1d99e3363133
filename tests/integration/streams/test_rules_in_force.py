"""Rules that change while workers run: taken up, previewed, run over what came before them."""

import json
from pathlib import Path

import pytest

from tests.builders import mention, raw
from tests.integration.streams.helpers import Lane, one_line_of, wait_for

RULES = """
brands:
  - {{name: Nimbara, own: true}}
topics:
  - {{name: umbrellas, rule: '{umbrellas}'}}
interests: []
keep: {{default: matched}}
"""
TEXTS = ("hoy llueve mucho", "busco un paraguas", "el Nimbara es bueno")


def rules_file(folder: Path, umbrellas: str) -> Path:
    path = folder / "listening.yaml"
    path.write_text(RULES.format(umbrellas=umbrellas), encoding="utf-8")
    return path


def send(lane: Lane, first: int, count: int, **changes: object) -> None:
    """Mentions of the three texts in turn, each with an id of its own, over both partitions."""
    for partition in (0, 1):
        lane.produce(
            (
                raw(
                    mention(
                        f"csv:{lane.topic}-{number}",
                        text=TEXTS[number % 3],
                        published_at=f"2026-07-04T10:{number % 60:02}:00Z",
                        **changes,
                    )
                )
                for number in range(first + partition, first + count, 2)
            ),
            partition=partition,
        )


def matched(lane: Lane, condition: str) -> int:
    with lane.client() as client:
        found = client.query(
            f"SELECT count() FROM mentions FINAL WHERE topic_id = {{id:String}} AND {condition}",
            {"id": lane.topic_id},
        ).first_row[0]
    return int(found)


@pytest.fixture
def no_rules_of_others(lane: Lane) -> None:
    """Rules hold for a whole database."""
    with lane.client() as client:
        for table in ("rule_versions", "mentions"):  # what others stored would be matched again
            client.command("TRUNCATE TABLE {name:Identifier}", {"name": table})


@pytest.mark.usefixtures("no_rules_of_others")
def test_rules_are_taken_up_while_running_and_run_over_what_was_filtered_out(
    lane: Lane, tmp_path: Path
) -> None:
    first = rules_file(tmp_path, "sombrilla*")
    assert lane.run("rules", "apply", first).returncode == 0
    with lane.worker(rules_refresh_sec=0.2) as worker:
        send(lane, 0, 300)
        wait_for(lambda: lane.planned("records") == 300, "the first mentions")
        wait_for(lambda: lane.count("mentions") == 100, "those that match")
        assert lane.planned("filtered") == 200

        second = rules_file(tmp_path, "paragu* OR sombrilla*")
        preview = json.loads(
            lane.run(
                *("rules", "preview", second, "--json"),
                *("--since", "2026-07-01", "--until", "2026-08-01"),
            ).stdout
        )
        assert [name["name"] for name in preview["names"]] == ["Nimbara"]  # all that is stored
        applied = lane.run("rules", "apply", second)
        assert applied.returncode == 0, applied.stderr.decode()
        assert b"number 2" in applied.stdout
        assert b"number 2" in lane.run("rules", "apply", second).stdout  # nothing new
        assert lane.run("rules", "show", 1).stdout.decode() == first.read_text().replace(
            "paragu* OR sombrilla*", "sombrilla*"
        )
        wait_for(lambda: follows(lane, 300), "the worker to take the new rules up")
        before = lane.count("mentions")

        for expected in ((100, 100), (0, 0)):  # a second run finds nothing left to do
            done = json.loads(
                lane.run("rules", "backfill", "--json", "--since", "2026-07-01").stdout
            )
            assert (done["history"]["mentions"], done["stored"]["rewritten"]) == expected

        assert lane.count("mentions") > before
        assert matched(lane, "has(topics, 'umbrellas')") >= 200
        assert matched(lane, "bitAnd(version, 65535) != 2") == 0
        balance = lane.balance_once_settled()
        assert worker.terminate() == 0
    assert balance.problems == []
    assert sum(partition.filtered for partition in balance.partitions) > 0


def follows(lane: Lane, count: int) -> bool:
    """Send as many again, with new ids; says whether the newest rules matched some."""
    follows.sent += count  # type: ignore[attr-defined]
    send(lane, follows.sent, count)  # type: ignore[attr-defined]
    return matched(lane, "has(topics, 'umbrellas')") > 0


follows.sent = 0  # type: ignore[attr-defined]


def test_a_file_with_mistakes_is_not_applied(lane: Lane, tmp_path: Path) -> None:
    result = lane.run("rules", "apply", rules_file(tmp_path, "(paraguas"))

    assert result.returncode == 1
    assert "listening.yaml:5:" in one_line_of(result)


@pytest.mark.usefixtures("no_rules_of_others")
def test_a_backfill_needs_rules_that_were_applied(lane: Lane) -> None:
    result = lane.run("rules", "backfill")

    assert result.returncode == 1
    assert "escucha rules apply" in one_line_of(result)
