"""Files as they come: packed, marked, oddly delimited, damaged, endless."""

import datetime
import gzip
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from streams.errors import InputError
from streams.producers import csv_reader, readers
from streams.producers.readers import ReadOptions, Unreadable, open_reader

Rows = list[tuple[int, Any]]


def read(path: Path, **options: Any) -> tuple[tuple[str, ...], Rows]:
    with closing(open_reader(path, ReadOptions(**options))) as reader:
        return reader.columns, list(reader.rows())


def csv_file(tmp_path: Path, text: str, encoding: str = "utf-8", name: str = "a.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def test_csv_with_quotes_newlines_and_lines(tmp_path: Path) -> None:
    path = csv_file(tmp_path, 'id,text\r\n1,"two\nlines, ""so"""\r\n\r\n2,ñ 😀\r\n')

    assert read(path) == (("id", "text"), [(2, ["1", 'two\nlines, "so"']), (5, ["2", "ñ 😀"])])


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    rows = [["id", "text"], ["1", "so, this; and that"], ["2", "a|b, c"], ["3", "plain"]]
    text = "".join(
        delimiter.join(f'"{v}"' if set(",;|\t") & set(v) else v for v in row) + "\n" for row in rows
    )

    assert [row for _, row in read(csv_file(tmp_path, text))[1]] == rows[1:]


@pytest.mark.parametrize(
    "first", ["sep=;\r\n", "SEP=;\n", '"sep=;"\r\n', "\ufeffsep=;\r\n", "sep=;\r"]
)
def test_the_line_in_which_excel_names_the_delimiter_is_no_row(tmp_path: Path, first: str) -> None:
    # Sniffed, the comma would win: each row has one.
    path = csv_file(tmp_path, first + "id;text, whole\r\n1;so, this\r\n2;and, that\r\n")

    assert read(path) == (("id", "text, whole"), [(3, ["1", "so, this"]), (4, ["2", "and, that"])])


def test_a_delimiter_that_is_said_counts_and_the_line_is_still_no_row(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "sep=\t\n1|a\n2|b\n")

    columns, rows = read(path, delimiter="|", columns=("id", "text"))

    assert (columns, rows) == (("id", "text"), [(2, ["1", "a"]), (3, ["2", "b"])])


def test_a_header_that_only_begins_so_is_one(tmp_path: Path) -> None:
    assert read(csv_file(tmp_path, "sep=;id\n1;2\n"))[0] == ("sep=", "id")


def test_behind_that_line_a_bad_header_is_named_by_its_own(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="line 2: two columns are named id"):
        read(csv_file(tmp_path, "sep=;\nid;id\n"))
    with pytest.raises(InputError, match="line 2: no CSV header"):
        read(csv_file(tmp_path, "sep=;\n"))


def test_a_dialect_can_be_said(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "id#text\n1#'it\\'s # so'\n")

    _, rows = read(path, delimiter="#", quote="'", escape="\\")

    assert rows == [(2, ["1", "it's # so"])]


def test_quotes_can_mean_nothing(tmp_path: Path) -> None:
    path = csv_file(tmp_path, 'id\ttext\n1\t"half quoted\n2\tb\n', name="a.tsv")

    assert [row for _, row in read(path, quote="none")[1]] == [["1", '"half quoted'], ["2", "b"]]


@pytest.mark.parametrize("option", [{"delimiter": "ab"}, {"quote": "''"}, {"escape": "xx"}])
def test_a_wrong_dialect_is_an_input_error(tmp_path: Path, option: dict[str, str]) -> None:
    with pytest.raises(InputError, match="one character"):
        read(csv_file(tmp_path, "a,b\n1,2\n"), **option)


def test_a_file_without_header_takes_names(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "1,hello\n2,bye\n")

    assert read(path, columns=("id", "text")) == (
        ("id", "text"),
        [(1, ["1", "hello"]), (2, ["2", "bye"])],
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks_are_understood(tmp_path: Path, encoding: str) -> None:
    text = "id,text\n1,ñandú 😀\n"
    assert read(csv_file(tmp_path, text, encoding)) == (("id", "text"), [(2, ["1", "ñandú 😀"])])

    line = json.dumps({"text": "ñandú 😀"}, ensure_ascii=False) + "\n"
    _, rows = read(csv_file(tmp_path, line * 2, encoding, "a.jsonl"))
    assert [json.loads(row) for _, row in rows] == [{"text": "ñandú 😀"}] * 2


@pytest.mark.parametrize(("written", "said"), [("utf-8-sig", "UTF8"), ("utf-16", "utf-16-le")])
def test_a_mark_of_the_encoding_that_is_said_is_no_part_of_the_text(
    tmp_path: Path, written: str, said: str
) -> None:
    path = csv_file(tmp_path, "id,text\n1,ñ\n", written)
    assert read(path, encoding=said) == (("id", "text"), [(2, ["1", "ñ"])])

    path = csv_file(tmp_path, '{"text": "ñ"}\n', written, "a.jsonl")
    assert [row for _, row in read(path, encoding=said)[1]] == ['{"text": "ñ"}\n'.encode()]


def test_another_encoding_can_be_said(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "id,text\n1,mañana\n", "cp1252")
    assert read(path, encoding="cp1252")[1] == [(2, ["1", "mañana"])]
    with pytest.raises(InputError, match="cp1252"):
        read(path, encoding="klingon")
    with pytest.raises(InputError, match=r"line 1: not UTF-8.*--encoding"):
        read(csv_file(tmp_path, "año,text\n1,x\n", "cp1252"))


def test_rows_of_another_width_are_handed_out_as_unreadable(tmp_path: Path) -> None:
    _, rows = read(csv_file(tmp_path, "id,text\n1,a\n2\n3,b,c\n4,d\n"))

    assert [line for line, _ in rows] == [2, 3, 4, 5]
    assert isinstance(rows[1][1], Unreadable)
    assert rows[2][1] == Unreadable("3 columns where the header has 2")
    assert rows[3][1] == ["4", "d"]


def test_an_open_quote_costs_a_stretch_and_not_the_rest(tmp_path: Path) -> None:
    filler = "".join(f"{number},{'x' * 90}\n" for number in range(2_000))
    path = csv_file(tmp_path, 'id,text\n1,a\n2,"open\n' + filler)

    _, rows = read(path)

    bad = [(line, row) for line, row in rows if isinstance(row, Unreadable)]
    assert bad[0][0] == 3
    assert "quote" in bad[0][1].reason
    assert rows[-1][1] == ["1999", "x" * 90]


def test_an_open_quote_at_the_end_says_how_much_it_took(tmp_path: Path) -> None:
    _, rows = read(csv_file(tmp_path, 'id,text\n1,a\n"2,open\n3,b\n4,c\n'))

    assert rows[1:] == [
        (3, Unreadable("1 columns where the header has 2, in 3 lines; a quote may be left open"))
    ]


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="two columns are named text"):
        read(csv_file(tmp_path, "text,id,text\n"))

    column = pa.array(["a"])
    pq.write_table(pa.table([column] * 3, names=["text", "id", "text"]), tmp_path / "a.parquet")
    with pytest.raises(InputError, match="two columns are named text"):
        read(tmp_path / "a.parquet")


def test_raw_is_the_row_as_written(tmp_path: Path) -> None:
    path = csv_file(tmp_path, 'id,text\n1,"a\nb"\n2,c\n')
    with closing(open_reader(path, ReadOptions())) as reader:
        rows = reader.rows()
        next(rows)
        assert reader.raw() == '1,"a\nb"\n'
        next(rows)
        assert reader.raw() == "2,c\n"


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.ndjson.gz", "a.csv.gz", "a.csv"])
def test_gzip_is_known_by_its_bytes(tmp_path: Path, name: str) -> None:
    text = b"id,text\n1,a\n" if ".csv" in name else b'{"id":1}\n'
    (tmp_path / name).write_bytes(gzip.compress(text))

    _, rows = read(tmp_path / name)

    assert rows == ([(2, ["1", "a"])] if ".csv" in name else [(1, b'{"id":1}\n')])


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.csv.gz"])
def test_a_cut_gzip_names_the_line(tmp_path: Path, name: str) -> None:
    text = b"".join(b'{"id":%d,"t":"%d"}\n' % (n, n * 7919 % 10_007) for n in range(30_000))
    if "csv" in name:
        text = b"id,t\n" + text.replace(b'{"id":', b"").replace(b'"t":', b"").replace(b"}", b"")
    packed = gzip.compress(text)
    (tmp_path / name).write_bytes(packed[: len(packed) // 2])

    with pytest.raises(InputError, match=r"after line \d{3,}: the gzip data is damaged"):
        read(tmp_path / name)


@pytest.mark.parametrize("encoding", [None, "cp1252"])
def test_an_endless_line_is_one_unreadable_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str | None
) -> None:
    monkeypatch.setattr(readers, "MAX_LINE_BYTES", 100)
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a":1}\n' + b"x" * 1_050 + b"\n" + b'\n{"a":2}\n')

    _, rows = read(path, encoding=encoding)

    assert rows == [
        (1, b'{"a":1}\n'),
        (2, Unreadable("the line is over 100 bytes long")),
        (4, b'{"a":2}\n'),
    ]


def test_a_csv_without_line_ends_stays_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_reader, "MAX_LINE_BYTES", 1_000)
    path = csv_file(tmp_path, "id,text\n" + "x" * 5_000)

    _, rows = read(path)

    assert all(isinstance(row, Unreadable) for _, row in rows)


def test_a_json_array_says_how_to_mend_it(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"text": "a"}]')

    with pytest.raises(InputError, match="jq -c"):
        read(tmp_path / "a.json")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("none.csv", "there is no such file"),
        ("empty.csv", "the file is empty"),
        ("what.xyz", "the name does not tell the format; add --format"),
        ("folder.csv", "is a folder"),
        ("not.parquet", "not a Parquet file"),
    ],
)
def test_what_cannot_be_opened_says_why(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "empty.csv").touch()
    (tmp_path / "what.xyz").write_text("a")
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "not.parquet").write_text("id,text")

    with pytest.raises(InputError, match=f"{name}: {reason}"):
        read(tmp_path / name)


def test_parquet_rows_in_batches(tmp_path: Path) -> None:
    moment = datetime.datetime(2026, 7, 4, 10, 0, tzinfo=datetime.UTC)
    table = pa.table(
        {
            "id": list(range(5_000)),
            "at": pa.array([moment] * 5_000, pa.timestamp("ns", "UTC")),
            "text": [f"text {number}" for number in range(5_000)],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=3_000)

    with closing(open_reader(tmp_path / "a.parquet", ReadOptions())) as reader:
        rows = list(reader.rows())

    assert reader.columns == ("id", "at", "text")
    assert len(rows) == 5_000
    assert rows[4_321] == (0, (4_321, moment, "text 4321"))
    assert reader.raw() == {"id": 4_999, "at": moment, "text": "text 4999"}
    assert reader.fraction() == 1.0


def test_damaged_parquet_names_the_row(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": [f"text {n * 7919}" for n in range(50_000)]}), path)
    data = bytearray(path.read_bytes())
    data[100:20_000] = bytes(19_900)
    path.write_bytes(data)

    with pytest.raises(InputError, match=r"after row \d+: the Parquet data is damaged"):
        read(path)


def test_the_fraction_read_grows_to_one(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b'{"a":1}\n' * 10))
    with closing(open_reader(tmp_path / "a.jsonl.gz", ReadOptions())) as reader:
        list(reader.rows())
        assert reader.fraction() == 1.0


def test_the_fraction_is_that_of_the_rows_handed_out_and_not_of_what_is_buffered(
    tmp_path: Path,
) -> None:
    path = tmp_path / "small.jsonl"
    path.write_bytes(b'{"a": 1}\n' * 4)
    reader = open_reader(path, ReadOptions())
    rows = reader.rows()
    assert [reader.fraction() for _ in rows] == [0.25, 0.5, 0.75, 1.0]
    reader.close()
