"""Labelled files are read strictly, and a label set has one identity."""

from collections import Counter
from pathlib import Path

import msgspec
import pytest

from models.errors import CorpusError
from models.labels import CORPUS_FILES, LabelledMention, label_set_hash, load_corpus
from schemas.labels import ACTS, INTENTS, LEG_OF_STAGE, NEEDS_REPLY, SENTIMENTS, STAGES
from tests.bench.corpus_tables import tables
from tests.likeness import nearest

NEAREST_ALLOWED = 0.4  # lines filled from one template are at 0.7 and above
HEADS = {"intent": INTENTS, "stage": STAGES, "needs_reply": NEEDS_REPLY, "sentiment": SENTIMENTS}
VARIETIES = {
    "es": ("es", "mx", "ar", "co", "cl", "pe", "ec", "uy", "mix"),
    "en": ("en", "us", "uk", "ie", "au", "ca", "in", "ng", "za", "mix"),
}

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


def test_the_hash_covers_every_label(corpus: list[LabelledMention]) -> None:
    first, rest = corpus[0], corpus[1:]
    kept = label_set_hash(corpus)

    for change in (
        {"sentiment": "negative"},
        {"acts": None},
        {"acts": ("praise",)},
        {"variety": "mx"},
        {"draw": "natural"},
    ):
        assert label_set_hash([msgspec.structs.replace(first, **change), *rest]) != kept, change
    there = msgspec.structs.replace(first, acts=("praise", "question"))
    back = msgspec.structs.replace(first, acts=("question", "praise"))
    assert label_set_hash([there, *rest]) == label_set_hash([back, *rest])


@pytest.fixture(scope="module")
def own() -> list[LabelledMention]:
    return load_corpus()


def test_the_projects_corpus_is_large_and_half_of_each_language(own: list[LabelledMention]) -> None:
    languages = Counter(item.lang for item in own)
    draws = Counter(item.draw for item in own)

    assert len(own) >= 6_000
    assert abs(languages["es"] / len(own) - 0.5) < 0.03
    assert set(draws) == {"balanced", "natural"}
    assert draws["natural"] >= 1_900
    for lang, countries in {"es": "es mx ar co cl pe", "en": "uk us ie au ca in ng za"}.items():
        varieties = Counter(item.variety for item in own if item.lang == lang)
        assert all(varieties[country] >= 80 for country in countries.split()), varieties


def test_every_line_of_the_projects_corpus_is_labelled(own: list[LabelledMention]) -> None:
    for item in own:
        assert item.id.split("-")[0] == item.lang, item
        assert all(getattr(item, head) for head in HEADS), item
        assert item.acts is not None, item
        assert list(item.acts) == sorted(set(item.acts), key=ACTS.index), item
        assert item.variety in VARIETIES[item.lang], item
        assert item.sector, item
        if item.intent != "none":
            assert item.stage in ("consideration", "decision"), item
        if item.stage == "none":
            assert (item.intent, item.acts) == ("none", ()), item
        if "asks_recommendation" in item.acts:
            assert "question" in item.acts, item
    for head, labels in HEADS.items():
        found = Counter(getattr(item, head) for item in own)
        assert all(found[label] >= 150 for label in labels), found
    acts = Counter(act for item in own for act in item.acts or ())
    assert all(acts[act] >= 100 for act in ACTS), acts


def test_the_files_of_the_corpus_are_sorted_and_say_their_draw() -> None:
    for file in CORPUS_FILES:
        items = load_corpus([file])
        draw, lang = file.stem.replace("mentions", "balanced").split("_")
        assert [item.id for item in items] == sorted(item.id for item in items)
        assert {(item.draw, item.lang) for item in items} == {(draw, lang)}


def test_intent_is_as_rare_in_the_natural_draw_as_in_life(own: list[LabelledMention]) -> None:
    for draw, (least, most) in {"balanced": (0.4, 0.6), "natural": (0.05, 0.15)}.items():
        drawn = [item.intent != "none" for item in own if item.draw == draw]
        assert least < sum(drawn) / len(drawn) < most, draw


def test_no_two_lines_of_the_corpus_are_nearly_the_same(own: list[LabelledMention]) -> None:
    for lang in ("es", "en"):
        items = [item for item in own if item.lang == lang]
        best, where = nearest([item.text for item in items])
        worst = int(best.argmax())
        assert best[worst] < NEAREST_ALLOWED, (items[worst].text, items[int(where[worst])].text)


def test_the_readme_of_the_corpus_counts_what_is_there() -> None:
    readme = (CORPUS_FILES[0].parent / "README.md").read_text(encoding="utf-8")
    written = readme.split("<!-- tables -->")[1].split("<!-- /tables -->")[0]
    assert written.strip() == tables(), "python -m tests.bench.corpus_tables writes them"
    assert f"{len(load_corpus()):,} short posts" in readme
