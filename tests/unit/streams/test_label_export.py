"""What people judged becomes a corpus: one label where they agree, none where they do not."""

import json
from pathlib import Path

from models.labels import is_own, load_corpus
from streams.labels import Answer, Exported, labelled, write_lines


def answer(mention: str, head: str, value: str, how: str = "uncertain", lang: str = "es") -> Answer:
    return Answer(mention, f"text of {mention}", "", lang, how, head, value)


def test_a_label_on_which_people_differ_is_left_open_and_a_majority_settles_it() -> None:
    exported = Exported()
    [first, second] = labelled(
        [
            answer("csv:1", "intent", "active"),
            answer("csv:1", "intent", "none"),
            answer("csv:1", "stage", "use"),
            answer("csv:2", "intent", "latent"),
            answer("csv:2", "intent", "latent"),
            answer("csv:2", "intent", "none"),
        ],
        exported,
    )

    assert (first.intent, first.stage, first.needs_reply, first.acts) == ("", "use", "", None)
    assert (second.intent, second.stage) == ("latent", "")
    assert exported.mentions == 2
    assert exported.unsettled == {"intent": 1}


def test_acts_are_none_where_nobody_judged_them_and_empty_where_there_are_none() -> None:
    [judged, none] = labelled(
        [
            answer("csv:1", "question", "yes"),
            answer("csv:1", "praise", "no"),
            answer("csv:2", "question", "no"),
        ],
        Exported(),
    )

    assert judged.acts == ("question",)
    assert none.acts == ()


def test_a_thumb_counts_only_where_nobody_thought_about_it() -> None:
    given = [
        answer("csv:1", "intent", "active", "thumb"),
        answer("csv:1", "intent", "active", "thumb"),
        answer("csv:1", "intent", "none"),
        answer("csv:2", "intent", "latent", "thumb"),
    ]

    assert [one.intent for one in labelled(given, Exported())] == ["none", "latent"]
    without = Exported()
    assert [one.intent for one in labelled(given, without, thumbs=False)] == ["none"]
    assert without.left_out == {"nothing settled": 1}


def test_only_the_random_draw_is_called_natural_and_can_be_had_alone() -> None:
    given = [
        answer("csv:1", "intent", "none", "random"),
        answer("csv:2", "intent", "none", "uncertain"),
        answer("csv:3", "intent", "none", "random", lang="pt"),
    ]

    assert [one.draw for one in labelled(given, Exported())] == ["natural", ""]
    exported = Exported()
    assert [one.id for one in labelled(given, exported, random_only=True)] == ["csv:1"]
    assert sum(exported.left_out.values()) == 2
    to_learn = Exported()
    assert [one.id for one in labelled(given, to_learn, random=False)] == ["csv:2"]
    assert to_learn.left_out["of the random draw"] == 1


def test_the_random_draw_of_a_stream_is_not_taken_for_the_projects_own_writing() -> None:
    told = Answer("csv:1", "a text", "", "es", "random", "intent", "none", source="forum")

    [one, other] = labelled([told, answer("csv:2", "intent", "none", "random")], Exported())

    assert (one.source, one.draw) == ("forum", "natural")
    assert other.source
    assert not is_own(one)
    assert not is_own(other)
    assert all(is_own(item) for item in load_corpus())


def test_what_is_written_is_what_the_corpus_reads(tmp_path: Path) -> None:
    file = tmp_path / "labels.jsonl"
    items = list(
        labelled(
            [
                answer("csv:1", "intent", "active", "random"),
                answer("csv:1", "needs_reply", "yes", "random"),
                answer("csv:1", "question", "yes", "random"),
                Answer("csv:2", "línea\u2028dos\n«ñ»", "la otra", "en", "thumb", "intent", "none"),
            ],
            Exported(),
        )
    )

    write_lines(items, file)

    assert load_corpus([file]) == items
    assert file.stat().st_mode & 0o077 == 0
    assert json.loads(file.read_text().splitlines()[0])["stage"] == ""
    assert [path.name for path in tmp_path.iterdir()] == ["labels.jsonl"]
