"""Rules that change while workers run: taken up, previewed, run over what came before them."""

import json
import re
from pathlib import Path

import pytest

from streams.rules.loading import EXAMPLE
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
        bundled = lane.run("rules", "show", 0).stdout.decode()  # the way back from the first
        assert bundled == EXAMPLE.read_text("utf-8")
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


@pytest.mark.usefixtures("no_rules_of_others")
def test_a_preview_sets_what_is_gained_and_lost_beside_the_rules_in_force(
    lane: Lane, tmp_path: Path
) -> None:
    path = rules_file(tmp_path, "paragu*")
    path.write_text(path.read_text("utf-8").replace("matched", "everything"), "utf-8")
    assert lane.run("rules", "apply", path).returncode == 0
    days = {number: "2026-07-04" if number < 18 else "2026-07-05" for number in range(30)}
    with lane.worker() as worker:
        lane.produce(
            raw(
                mention(
                    f"csv:{lane.topic}-{number}",
                    text=f"{TEXTS[number % 3]}, número {number}",
                    published_at=f"{day}T10:00:00Z",
                )
            )
            for number, day in days.items()
        )
        wait_for(lambda: lane.count("mentions") == 30, "the mentions")
        assert worker.terminate() == 0
    path.write_text(path.read_text("utf-8").replace("paragu*", "llueve OR bueno"), "utf-8")

    asked = ("rules", "preview", path, "--since", "2026-07-01", "--until", "2026-08-01")
    found = json.loads(lane.run(*asked, "--json", "--examples", "2").stdout)
    [topic] = [one for one in found["names"] if one["name"] == "umbrellas"]
    [brand] = [one for one in found["names"] if one["name"] == "Nimbara"]
    assert (topic["in_force"], topic["new"], topic["gained"], topic["lost"]) == (10, 20, 20, 10)
    assert topic["days"] == {
        "2026-07-04": {"in_force": 6, "new": 12},
        "2026-07-05": {"in_force": 4, "new": 8},
    }
    assert [len(topic[f"{kind}_examples"]) for kind in ("gained", "lost")] == [2, 2]
    assert all("paraguas" in example for example in topic["lost_examples"])
    assert (brand["in_force"], brand["new"], brand["gained"], brand["lost"]) == (10, 10, 0, 0)

    shown = lane.run(*asked, "--name", "umbrellas", "--examples", "1").stdout.decode()
    assert re.search(r"topic +umbrellas +10 +20 +\+20 +-10", shown)
    assert "topic umbrellas: gained, for example" in shown
    assert "topic umbrellas: lost, for example" in shown
    assert matched(lane, "has(topics, 'umbrellas')") == 10  # nothing was changed


def test_a_file_with_mistakes_is_not_applied(lane: Lane, tmp_path: Path) -> None:
    result = lane.run("rules", "apply", rules_file(tmp_path, "(paraguas"))

    assert result.returncode == 1
    assert "listening.yaml:5:" in one_line_of(result)


@pytest.mark.usefixtures("no_rules_of_others")
def test_a_backfill_needs_rules_that_were_applied(lane: Lane) -> None:
    result = lane.run("rules", "backfill")

    assert result.returncode == 1
    assert "escucha rules apply" in one_line_of(result)
