"""A teacher's probabilities are learnt as labels are, in proportion."""

from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner
from scipy import sparse
from scipy.special import softmax

from models import solver
from models.analyser import HashedText
from models.errors import CorpusError, ModelRejectedError
from models.folds import folds_of, groups_of, overlaps, skeleton
from models.heads import Model
from models.labels import LabelledMention
from models.pieces import main, pieces, stretch, with_gaps
from models.predictions import HEADS, Texts
from models.scoring import score_lines
from models.teaching import Taught
from models.training import Recipe, train

LINE = '{"text": "hola", "lang": null, "needs_reply": {"label": "no", "probabilities": %s}}\n'


def taught_by(model: Model, texts: list[str], file: Path) -> Taught:
    lines = (b'{"text": "%s", "lang": "es"}' % text.encode() for text in texts)
    file.write_bytes(b"".join(score_lines(lines, model, with_text=True)))
    return Taught.read([file])


def test_what_classify_writes_is_read(model: Model, tmp_path: Path) -> None:
    lines = [b'{"text": "voy a comprar", "lang": "es", "parent_text": "a ver"}', b'{"text": "b"}']
    file = tmp_path / "taught.jsonl"
    file.write_bytes(b"".join(score_lines(lines, model, with_text=True)))

    taught = Taught.read([file])

    assert list(taught.texts.texts) == ["voy a comprar", "b"]
    assert list(taught.texts.langs) == ["es", ""]
    assert list(taught.texts.parents) == ["a ver", ""]
    chances = model.predict(taught.texts).probabilities
    for name in ("intent", "stage", "needs_reply", "sentiment"):
        at, targets = taught.targets(name)
        assert at.tolist() == [0, 1]
        np.testing.assert_allclose(targets, chances[name], atol=1e-5)
    _, targets = taught.targets("act.praise")
    praise = chances["act"][:, HEADS["act"].classes.index("praise")]
    np.testing.assert_allclose(targets, np.column_stack([1 - praise, praise]), atol=1e-5)


def test_a_student_learns_from_the_teacher_what_no_label_says(
    model: Model, corpus: list[LabelledMention], small_text: HashedText, tmp_path: Path
) -> None:
    """The teacher knows "wish I could afford"; the student's labelled mentions never had it."""
    without = [item for item in corpus if "afford" not in item.text]
    posts = [f"wish I could afford {thing} some day" for thing in ("a boat", "a van", "a hat")]
    new = Texts.plain(["wish I could afford a kite some day"])
    recipe = Recipe(taught_weight=3)

    alone, _ = train(without, seed=7, text=small_text, recipe=recipe)
    taught = taught_by(model, posts * 3, tmp_path / "taught.jsonl")
    student, report = train(without, seed=7, text=small_text, recipe=recipe, taught=taught)

    due = model.predict(new).probabilities["intent"][0]
    before = abs(alone.predict(new).probabilities["intent"][0] - due).sum()
    after = abs(student.predict(new).probabilities["intent"][0] - due).sum()
    assert after < before / 3
    assert report.taught == 9
    assert len(report.taught_hash) == 64
    assert report.metrics["intent"].mentions == len(without)


def test_the_solver_finds_what_the_targets_are_made_of() -> None:
    random = np.random.default_rng(4)
    rows = sparse.random(4_000, 30, density=0.3, random_state=4, format="csr", dtype=np.float32)
    true = random.normal(size=(30, 3)) * 2
    targets = softmax(rows @ true + [0.5, 0, -0.5], axis=1)

    found = solver.fit(rows, targets, np.ones(4_000), seed=1)
    again = solver.fit(rows, targets, np.ones(4_000), seed=1)
    other = solver.fit(rows, targets, np.ones(4_000), seed=2)

    np.testing.assert_array_equal(found.coef_, again.coef_)
    assert (found.coef_ != other.coef_).any()
    np.testing.assert_allclose(found.predict_proba(rows), targets, atol=0.05)


def test_rows_of_no_weight_teach_nothing_and_two_classes_keep_one_row() -> None:
    rows = sparse.random(500, 20, density=0.3, random_state=5, format="csr", dtype=np.float32)
    targets = np.tile([0.9, 0.1], (500, 1))
    targets[250:] = [0.0, 1.0]
    weights = np.append(np.ones(250), np.zeros(250))

    found = solver.fit(rows, targets, weights, seed=1)

    assert (found.coef_.shape, found.intercept_.shape) == ((1, 20), (1,))
    np.testing.assert_allclose(found.predict_proba(rows)[:, 1], 0.1, atol=0.03)


def test_pieces_of_a_held_out_mention_do_not_tell_its_label(
    corpus: list[LabelledMention], small_text: HashedText, tmp_path: Path
) -> None:
    """A teacher that knows random labels by heart must not make them look learnable."""
    random = np.random.default_rng(8)
    words = [f"w{n}" for n in range(4_000)]
    items, lines = list(corpus), []
    for number in range(200):
        text = " ".join(random.choice(words, 12))
        label = "yes" if random.random() < 0.5 else "no"
        blank = {"intent": "", "stage": "", "lang": "es", "needs_reply": label}
        items.append(msgspec.convert({"id": f"x{number}", "text": text, **blank}, LabelledMention))
        chances = {"no": float(label == "no"), "yes": float(label == "yes")}
        lines.append({"text": stretch(text, random), "needs_reply": {"probabilities": chances}})
    file = tmp_path / "t.jsonl"
    file.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))

    with pytest.raises(ModelRejectedError, match="needs_reply"):
        train(items, seed=7, text=small_text, taught=Taught.read([file]))


def test_heads_that_a_teacher_does_not_judge_are_not_taught(tmp_path: Path) -> None:
    file = tmp_path / "t.jsonl"
    file.write_text(LINE % '{"no": 0.8, "yes": 0.2}')

    taught = Taught.read([file])

    assert len(taught.targets("intent").at) == 0
    np.testing.assert_allclose(taught.targets("needs_reply").chances, [[0.8, 0.2]])
    assert len(taught.targets("act.question").at) == 0


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (LINE % '{"no": 0.8}', "needs a probability for each"),
        (LINE % '{"no": 0.8, "yes": 0.8}', "are no probabilities"),
        (LINE % '{"no": 1.5, "yes": -0.5}', "are no probabilities"),
        ('{"lang": "es"}\n', "text"),
        ("hola\n", "malformed"),
        ("\n", "empty"),
    ],
)
def test_a_file_that_is_none_is_named(line: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "t.jsonl"
    file.write_text("\n" + line)

    with pytest.raises(CorpusError, match=says) as error:
        Taught.read([file])

    assert line == "\n" or f"{file}:2" in str(error.value)


def test_near_copies_are_in_one_fold_and_classes_in_all() -> None:
    texts = [f"Oferta {n % 40}: portátil Zeta{' ' * (n % 3)} a {n}€ https://x.example/{n}"
             if n % 2 else f"texto {chr(97 + n % 26)}{chr(97 + n // 26)} propio"
             for n in range(200)]  # fmt: skip
    labels = np.array([n % 2 for n in range(200)])
    groups = groups_of(texts)
    assert len(set(groups[1::2])) == 1
    assert len(set(groups[::2])) == 100

    with pytest.raises(ValueError, match="fewer than 5"):
        folds_of(labels, groups, 5, seed=1)
    folds = folds_of(0 * labels, groups, 5, seed=1)

    assert len(set(folds[1::2].tolist())) == 1
    assert np.bincount(folds[::2], minlength=5).min() >= 15
    np.testing.assert_array_equal(folds, folds_of(0 * labels, groups, 5, seed=1))


def test_pieces_are_found_in_what_they_are_cut_from() -> None:
    posts = [
        f"{a} {b} compré un {c} en la {d} y {e} no {f} {g} nada {h}"
        for a, b, c, d, e, f, g, h in np.random.default_rng(3)
        .choice([f"palabra{n}" for n in range(200)], (60, 8))
        .tolist()
    ]
    random = np.random.default_rng(1)
    stretches = [stretch(post, random) for post in posts]
    gapped = [with_gaps(post, random) for post in posts]
    joins = [f"{a} {b}" for a, b in zip(stretches, stretches[1:] + stretches[:1], strict=True)]

    for made in (stretches, gapped, joins):
        found = overlaps(made, posts).toarray()
        assert np.diag(found).mean() > 0.9
        assert np.triu(found, 2).mean() < 0.03
    assert overlaps(["otra cosa muy distinta de todo"], posts).nnz == 0
    assert overlaps([], posts).shape == (0, 60)


def test_a_skeleton_is_what_copies_share() -> None:
    assert skeleton("@ana Bajó a 499€!! https://t.co/x") == skeleton("@beto bajó a 399 €")
    assert skeleton("bajó de precio") != skeleton("subió de precio")


def test_pieces_are_words_of_their_texts_in_order_and_repeatable() -> None:
    texts = ["uno dos tres cuatro cinco seis siete", "a b c d e f", "corto"]

    made = list(pieces(texts, seed=3, rounds=4))

    assert made == list(pieces(texts, seed=3, rounds=4)) != list(pieces(texts, seed=4, rounds=4))
    assert {len(piece.split()) for piece in made} > {3, 4, 5}
    words = [text.split() for text in texts[:2]]
    joined = 0
    for piece in made:
        found = [[word for word in piece.split() if word in text] for text in words]
        assert sum(map(len, found)) == len(piece.split())
        joined += all(found)
        if not all(found):
            (own,) = [n for n in (0, 1) if found[n]]
            places = [words[own].index(word) for word in found[own]]
            halves = [n for n, (a, b) in enumerate(pairwise(places)) if b <= a]
            assert len(halves) <= 1  # one text joined with itself
    assert joined


def test_pieces_of_a_file_are_by_language_and_can_be_judged(model: Model, tmp_path: Path) -> None:
    file = tmp_path / "posts.jsonl"
    lines = [
        {"text": "voy a comprar un portátil ya", "lang": "es"},
        {"text": "one two three four five"},
    ]
    file.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))

    done = CliRunner().invoke(main, [str(file), "--rounds", "2"])

    assert done.exit_code == 0, done.output
    judged = tmp_path / "taught.jsonl"
    judged.write_bytes(b"".join(score_lines(done.stdout_bytes.splitlines(), model, with_text=True)))
    taught = Taught.read([judged])
    assert set(taught.texts.langs) == {"", "es"}
    assert len(taught) == 12
