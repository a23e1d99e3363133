"""Which column is which: guessed, by flag, by file."""

from pathlib import Path

import pytest

from streams.errors import InputError
from streams.producers.columns import columns_of, guess_columns, source_name, source_of_file
from streams.producers.mapping import ColumnMapping, MappingRequest, from_flags, from_yaml, resolve


def resolved(request: MappingRequest, *columns: str) -> ColumnMapping:
    return resolve(request, place="a.csv", file_format="csv", columns=columns, default_source="a")


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (
            "tweet_id,author_id,inbound,created_at,text,response_tweet_id,in_response_to_tweet_id",
            "id=tweet_id author=author_id published_at=created_at text=text "
            "parent_id=in_response_to_tweet_id",
        ),
        (
            "tweet_id,tweet_created,author,airline,text",
            "id=tweet_id published_at=tweet_created author=author text=text",
        ),
        (
            "ID,User Name,Display Name,Created At,Message,Language,Like Count",
            "id=ID author=User Name author_name=Display Name published_at=Created At "
            "text=Message lang=Language likes=Like Count",
        ),
        (
            "idStr,fullText,createdAt,user.id,user.screen_name,user.followers_count,retweetCount",
            "id=idStr text=fullText published_at=createdAt author=user.id "
            "author_handle=user.screen_name followers=user.followers_count reposts=retweetCount",
        ),
        ("id,body,date,name", "id=id text=body published_at=date author=name"),
    ],
)
def test_usual_names_are_understood(columns: str, expected: str) -> None:
    assert guess_columns(columns.split(","), {}) == _pairs(expected)


def _pairs(text: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    target = ""
    for word in text.split():
        if "=" in word:
            target, _, word = word.partition("=")
            pairs[target] = word
        else:
            pairs[target] += f" {word}"
    return pairs


def test_a_flag_wins_over_a_guess_and_frees_nothing_twice() -> None:
    mapping = resolved(
        from_flags(["text=summary"], ["lang=es"]), "text", "summary", "date", "user", "lang"
    )

    assert mapping.columns == {"text": "summary", "published_at": "date", "author": "user"}
    assert mapping.constants == {"lang": "es", "source": "a"}
    assert mapping.unused == ("text", "lang")
    assert any("summary (as asked)" in line for line in mapping.describe())
    assert any("date (guessed)" in line for line in mapping.describe())


def test_a_missing_column_is_named_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"a\.csv: --map text=txet: .*there are: text, date"):
        resolved(from_flags(["text=txet"], []), "text", "date")
    with pytest.raises(InputError, match=r"published_at; say which with --map published_at=COLUMN"):
        resolved(MappingRequest(), "text", "user")


@pytest.mark.parametrize(
    ("maps", "sets", "reason"),
    [
        (["text"], [], "--map 'text': write it as"),
        (["text="], [], "write it as"),
        (["txt=a"], [], "no such field; there are: id, text"),
        ([], ["id=7"], "each row needs an id of its own"),
        (["lang=a"], ["lang=en"], "both --map and --set"),
        (["text=a", "text=b"], [], "--map text: given twice, as a and as b"),
    ],
)
def test_wrong_flags_say_how_to_write_them(maps: list[str], sets: list[str], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        from_flags(maps, sets)


def test_a_mapping_file_gives_way_to_flags(tmp_path: Path) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text(
        "map: {text: tweet_text, author: user}\nset:\n  lang: es\n  source: planes\n"
        "timezone: Europe/Madrid\ntime_format: '%d/%m/%Y'\n"
    )

    request = from_flags(["lang=idioma"], ["text=hola"]).over(from_yaml(path))

    assert request.columns == {"author": "user", "lang": "idioma"}
    assert request.constants == {"source": "planes", "text": "hola"}
    assert (request.timezone, request.time_format) == ("Europe/Madrid", "%d/%m/%Y")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("map:\n  text: a\n  txt: b\n", r"mapping\.yaml, line 3: map txt: no such field"),
        ("map: {text: a}\ncolour: red\n", r"mapping\.yaml, line 2: 'colour' is not known"),
        ("map: [text]\n", r"line 1: map must hold"),
        ("- text\n", r"line 1: the file must hold"),
        ("set:\n  lang: [es, en]\n", r"line 2: lang needs one value"),
        ("set:\n  id: 7\n", r"line 2: set id: each row"),
        ("map: {lang: a}\nset: {lang: es}\n", r"line 2: lang: in map and in set"),
        ("map: {text: 'a\n", r"not YAML.*line"),
        ("map:\n  text: a\n  text: b\n", r"line 3: text stands in line 2 too"),
    ],
)
def test_a_wrong_mapping_file_names_the_line(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text(text)

    with pytest.raises(InputError, match=reason):
        from_yaml(path)


def test_an_empty_mapping_file_asks_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "mapping.yaml").write_text("# nothing yet\n")

    assert from_yaml(tmp_path / "mapping.yaml") == MappingRequest()
    with pytest.raises(InputError, match="cannot be read"):
        from_yaml(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("Airlines EN", "airlines_en"),
        ("tuits-de-ñandú", "tuits_de_nandu"),
        ("2024 tweets", "file_2024_tweets"),
        ("日本", "file"),
        ("a" * 40, "a" * 32),
    ],
)
def test_sources_fit_the_contract(name: str, source: str) -> None:
    assert source_name(name) == source


def test_the_source_is_the_file_without_its_endings() -> None:
    assert source_of_file(Path("x/My.Tweets.csv.gz")) == "my"


def test_columns_of_objects_reach_one_level_in() -> None:
    assert columns_of([{"a": 1, "user": {"id": 2}}, {"b": {}}]) == ("a", "user.id")


def test_the_digest_follows_what_matters() -> None:
    one = resolved(MappingRequest(), "text", "date")

    assert one.digest() == resolved(MappingRequest(), "text", "date", "more").digest()
    assert one.digest() != resolved(MappingRequest(timezone="Asia/Tokyo"), "text", "date").digest()
    assert one.digest() != resolved(from_flags([], ["lang=es"]), "text", "date").digest()
