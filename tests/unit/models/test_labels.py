"""Labelled files are read strictly, and a label set has one identity."""

from pathlib import Path

import msgspec
import pytest

from models.errors import CorpusError
from models.labels import CORPUS_FILES, LabelledMention, label_set_hash, load_corpus
from schemas.labels import INTENTS, LEG_OF_STAGE, STAGES

GOOD = (
    '{"id":"1","text":"lo quiero\u2028ya","lang":"es","intent":"latent",'
    '"stage":"","needs_reply":"no","sector":"telecom","note":"later fields are allowed"}'
)


def test_a_file_is_read_in_order_blank_lines_skipped(tmp_path: Path) -> None:
    file = tmp_path / "mentions.jsonl"
    second = GOOD.replace('"1"', '"2"')
    file.write_text(f"{GOOD}\n\n{second}\n", encoding="utf-8")

    items = load_corpus([file])

    assert [item.id for item in items] == ["1", "2"]
    assert (items[0].stage, items[0].parent_text, items[0].sector) == ("", None, "telecom")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "truncated"),
        ("[]", "object"),
        (GOOD.replace("latent", "maybe"), "maybe"),
        (GOOD.replace('"lang":"es",', ""), "lang"),
        (GOOD.replace("lo quiero\u2028ya", "  "), "text is empty"),
        (GOOD, "taken by .*:1"),
        ("[" * 100_000, "recursion|object"),
    ],
)
def test_an_error_names_file_and_line(tmp_path: Path, line: str, complaint: str) -> None:
    file = tmp_path / "mentions.jsonl"
    file.write_text(f"{GOOD}\n\n{line}\n", encoding="utf-8")

    with pytest.raises(CorpusError, match=rf"mentions\.jsonl:3: .*{complaint}"):
        load_corpus([file])


def test_invalid_bytes_and_missing_files_are_corpus_errors(tmp_path: Path) -> None:
    file = tmp_path / "mentions.jsonl"
    file.write_bytes(GOOD.encode().replace(b"lo", b"\xff"))

    with pytest.raises(CorpusError, match=":1"):
        load_corpus([file])
    with pytest.raises(CorpusError, match="No such file"):
        load_corpus([tmp_path / "absent.jsonl"])


def test_the_hash_depends_on_labels_not_on_order(corpus: list[LabelledMention]) -> None:
    relabelled = [msgspec.structs.replace(corpus[0], stage="none"), *corpus[1:]]

    assert label_set_hash(corpus) == label_set_hash(corpus[::-1])
    assert label_set_hash(corpus) != label_set_hash(relabelled)
    assert label_set_hash(corpus) != label_set_hash(corpus[1:])


def test_every_stage_has_a_leg() -> None:
    assert tuple(LEG_OF_STAGE) == STAGES
    assert INTENTS[0] == STAGES[0] == "none"


@pytest.mark.skipif(
    not all(file.exists() for file in CORPUS_FILES), reason="the corpus is not written yet"
)
def test_the_projects_corpus_is_valid() -> None:
    assert load_corpus()
