"""Labels of people and public sets become labelled mentions, and errors say what to do."""

import json
from pathlib import Path

import pytest

from models.errors import CorpusError
from models.importers import (
    IMPORTERS,
    from_airlines,
    from_airlines_es,
    from_brands,
    from_labels,
    main,
)
from models.labels import LabelledMention, load_corpus

HEAD = "mention_id,labeller,labelled_at,guide_version,intent,stage,needs_reply"


def written(folder: Path, name: str, *lines: str, encoding: str = "utf-8") -> Path:
    file = folder / name
    file.write_text("\n".join(lines) + "\n", encoding=encoding)
    return file


def judged(file: Path, texts: Path | None = None) -> dict[str, LabelledMention]:
    return {item.id: item for item in from_labels(file, texts)}


def test_an_ingested_file_is_joined_with_its_mentions(tmp_path: Path) -> None:
    labels = written(
        tmp_path,
        "labels.csv",
        HEAD,
        "csv:1,ana,2026-07-06T11:00:00Z,4,active,consideration,true",
        "csv:2,ana,2026-07-06T11:01:00Z,4,latente,consideración,no",
        "csv:3,ana,2026-07-06T11:02:00Z,4,none,,",
    )
    mentions = written(
        tmp_path,
        "mentions.csv",
        "id;text;lang;parent_text",
        "csv:1;¿cuánto cuesta;es;",
        'csv:2;"quiero uno; o dos";ES;¿qué tal?',
        "csv:3;nothing here;en;",
        "csv:4;nobody judged it;en;",
        "csv:5;ninguém o julgou;pt;",
    )

    items = judged(labels, mentions)

    assert list(items) == ["csv:1", "csv:2", "csv:3"]
    assert items["csv:1"] == LabelledMention(
        id="csv:1",
        text="¿cuánto cuesta",
        lang="es",
        intent="active",
        stage="consideration",
        needs_reply="yes",
    )
    assert items["csv:2"].text == "quiero uno; o dos"
    assert items["csv:2"].parent_text == "¿qué tal?"
    assert (items["csv:2"].intent, items["csv:2"].needs_reply) == ("latent", "no")
    assert (items["csv:3"].stage, items["csv:3"].needs_reply, items["csv:3"].acts) == ("", "", None)


def test_an_export_has_the_text_in_the_row_and_the_last_word_counts(tmp_path: Path) -> None:
    row = {"mention_id": "x:1", "labeller": "ana", "text": "a\u2028b", "lang": "en"}
    rows = [
        {**row, "labelled_at": "2026-07-06 11:00:00.000", "intent": "active", "stage": "use"},
        {**row, "labelled_at": "2026-07-05 11:00:00.000", "intent": "none", "stage": "none"},
    ]
    file = written(tmp_path, "labels.jsonl", *(json.dumps(r, ensure_ascii=False) for r in rows))

    assert judged(file)["x:1"].text == "a\u2028b"
    assert (judged(file)["x:1"].intent, judged(file)["x:1"].stage) == ("active", "use")


def test_the_majority_decides_each_head_and_a_tie_leaves_it_open(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "labels.csv",
        f"{HEAD},sentiment,acts,text,lang",
        'x:1,ana,2026-07-06,4,active,use,yes,negative,"question,incident",hola,es',
        "x:1,ben,2026-07-06,4,active,decision,no,neutro,question,hola,es",
        "x:1,eva,2026-07-06,4,latent,none,,negative,-,hola,es",
        "x:2,ana,2026-07-06,4,none,none,no,,praise,hello,en",
        "x:2,ben,2026-07-06,4,none,none,no,,,hello,en",
        "x:3,ana,2026-07-06,4,none,none,no,,praise,hello,en",
        "x:3,ben,2026-07-06,4,none,none,no,,-,hello,en",
        "x:4,ana,2026-07-06,4,none,none,no,,-,hello,en",
    )

    items = judged(file)

    one = items["x:1"]
    assert (one.intent, one.stage, one.needs_reply, one.sentiment) == ("active", "", "", "negative")
    assert one.acts == ("question",)
    assert [items[f"x:{n}"].acts for n in (2, 3, 4)] == [("praise",), None, ()]


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (",ana,2026-07-06,4,none,none,no,hi,en", "mention_id is empty: name the mention"),
        ("x:1,ana,2026-07-06,4,maybe,none,no,hi,en", "intent is 'maybe': it is one of none, lat"),
        ("x:1,ana,06/07/2026,4,none,none,no,hi,en", "labelled_at is '06/07/2026': write it as"),
        ("x:1,ana,2026-07-06,4,none,none,no,,en", "no text for x:1: add columns text and lang"),
        ("x:1,ana,2026-07-06,4,none,none,no,oi,pt", "lang is 'pt': the models read es and en"),
        ("x:1,ana,2026-07-06,4,none,none,no,oh, well,en", "put cells that hold ',' in quotes"),
        ("x:1,ana,2026-07-06,4,none,none", "another number of cells than the header"),
        ('x:1,ana,2026-07-06,4,none,none,no,"hi" there,en', "is it a CSV file"),
    ],
)
def test_an_error_names_the_line_and_the_remedy(tmp_path: Path, row: str, complaint: str) -> None:
    good = "x:0,ana,2026-07-06,4,none,none,no,hi,en"
    file = written(tmp_path, "labels.csv", f"{HEAD},text,lang", good, row)

    with pytest.raises(CorpusError) as caught:
        from_labels(file)
    assert str(caught.value).startswith(f"{file}:3: ")
    assert complaint in str(caught.value)


def test_acts_are_named_when_unknown_and_lines_that_are_no_objects(tmp_path: Path) -> None:
    row = {"mention_id": "x:1", "text": "hi", "lang": "en", "acts": ["shout"]}
    with pytest.raises(CorpusError, match=r"labels\.jsonl:1: acts has 'shout': they are question"):
        from_labels(written(tmp_path, "labels.jsonl", json.dumps(row)))
    with pytest.raises(CorpusError, match=r"labels\.jsonl:2: .*one JSON object a line"):
        from_labels(written(tmp_path, "labels.jsonl", json.dumps({**row, "acts": []}), "[]"))
    with pytest.raises(CorpusError, match="no column 'mention_id', only id: rename it"):
        from_labels(written(tmp_path, "other.csv", "id", "x:1"))
    with pytest.raises(CorpusError, match="No such file"):
        from_labels(tmp_path / "absent.csv")
    broken = tmp_path / "utf16.csv"
    broken.write_bytes(b"\xff\xfea")
    with pytest.raises(CorpusError, match="save it as UTF-8"):
        from_labels(broken)


def test_airlines_are_read_with_their_sentiment_only(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "Tweets.csv",
        "tweet_id,airline_sentiment,negativereason,text",
        '1,negative,Late Flight,"@vuelanova two hours\nat the gate, no water"',
        "2,positive,,@vuelanova lovely crew",
        "3,neutral,,@vuelanova do you fly to Oslo",
        "2,positive,,@vuelanova lovely crew",
        "3,negative,Can't Tell,@vuelanova do you fly to Oslo",
    )

    one, two = from_airlines(file)

    assert (one.id, one.sentiment, one.sector) == ("airlines:1", "negative", "airlines")
    assert one.text.splitlines()[1] == "at the gate, no water"
    assert (two.id, two.sentiment) == ("airlines:2", "positive")
    assert (one.lang, one.intent, one.stage, one.needs_reply, one.acts) == ("en", "", "", "", None)


def test_spanish_airlines_come_in_utf_16(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "tweets_public_es.csv",
        "airline_sentiment,is_reply,text,tweet_id",
        "negative,True,@vuelanova mañana será otro día,77",
        encoding="utf-16",
    )

    (one,) = from_airlines_es(file)

    assert (one.id, one.lang, one.sentiment) == ("airlines-es:77", "es", "negative")
    assert one.text == "@vuelanova mañana será otro día"


def test_brands_are_known_by_their_text(tmp_path: Path) -> None:
    label = "is_there_an_emotion_directed_at_a_brand_or_product"
    file = written(
        tmp_path,
        "brands.csv",
        f"tweet_text,emotion_in_tweet_is_directed_at,{label}",
        "my café loves the Okari 5,Okari,Positive emotion",
        "the Okari queue is round the block,,No emotion toward brand or product",
        "what is this,,I can't tell",
        ",,No emotion toward brand or product",
        "the Okari queue is round the block,,No emotion toward brand or product",
        encoding="cp1252",
    )

    items = from_brands(file)

    assert [item.sentiment for item in items] == ["positive", "neutral"]
    assert items[0].text == "my café loves the Okari 5"
    assert len({item.id for item in items}) == 2
    with pytest.raises(CorpusError, match=r"brands\.csv:2: no column 'text'.*rename"):
        from_airlines(file)
    other = written(tmp_path, "other.csv", f"tweet_text,{label}", "hello,happy")
    with pytest.raises(CorpusError, match=r"other\.csv:2: .*'happy': is this the file of the set"):
        from_brands(other)


def test_the_command_writes_what_load_corpus_reads(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    labels = written(tmp_path, "labels.csv", HEAD, "x:1,ana,2026-07-06,4,active,decision,yes")
    texts = written(tmp_path, "texts.csv", "mention_id,text,lang", "x:1,la compro mañana,es")

    main(["labels", str(labels), "--texts", str(texts)])

    out = tmp_path / "out.jsonl"
    out.write_bytes(capfdbinary.readouterr().out)
    assert load_corpus([out]) == from_labels(labels, texts)
    with pytest.raises(SystemExit, match=r"error: .*no text for x:1"):
        main(["labels", str(labels)])


@pytest.mark.parametrize("name", sorted(set(IMPORTERS) - {"labels"}))
def test_every_public_set_names_its_licence(name: str) -> None:
    assert "Licence" in (IMPORTERS[name].__doc__ or "")
