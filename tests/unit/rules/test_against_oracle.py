"""The engine against an independent evaluator, on thousands of random rules and texts."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime

from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.mention import Author, Mention
from streams.rules.keys import keys_of
from streams.rules.matcher import Matcher
from streams.rules.nodes import Node
from streams.rules.parser import parse
from streams.rules.plainly import Text, evaluate
from tests.unit.rules.oracle import Rule, Said, matches, words_of, written

WORDS = (
    "año", "ano", "Más", "mas", "comprar", "compro", "compré", "buying", "buy", "RED", "red",
    "straße", "İstanbul", "mo\u0301vil", "móvil", "movil", "nimbara", "x", "10", "a_b", "手", "机",
    "ซื้อ", "مرحبا", "👩", "💻", "👍", "🇪🇸", "€", "ﬁn", "Ａｂ",
)  # fmt: skip
STARTS = ("mo", "nim", "com", "bu", "añ", "str", "مر")
PATTERNS = ("mo?il", "mo*l", "nim*a?a", "com?r*", "bu??ng", "re?")
GLUE = (
    " ", " ", " ", " ", ", ", ".", "-", "'", "#", "@", " #", " @", "\u200b", "\u200d", "\u0301",
    "\u0303", "🏽", "\u200f", "\ufe0f", "\n", "¿", "?", "_", "", " https://x.es/a-b ", " www.red ",
)  # fmt: skip


def glued(parts: Sequence[tuple[str, str]]) -> str:
    return "".join(word + glue for word, glue in parts)


TEXTS = st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(GLUE)), max_size=12).map(glued)
SAID = st.builds(
    Said,
    text=TEXTS,
    lang=st.sampled_from(("es", "en", "es-MX", "", "pt")),
    source=st.sampled_from(("csv", "bluesky")),
    site=st.sampled_from(("", "Spain")),
    handle=st.sampled_from(("", "Juan")),
    followers=st.integers(0, 30),
    kind=st.sampled_from(("post", "reply")),
)
WORD = st.one_of(
    st.tuples(st.just("word"), st.sampled_from([w for w in WORDS if len(words_of(w)) == 1])),
    st.tuples(st.just("prefix"), st.sampled_from(STARTS)),
    st.tuples(st.just("pattern"), st.sampled_from(PATTERNS)),
    st.tuples(st.just("stem"), st.sampled_from(("comprar", "buy", "nimbaras", "reds"))),
    st.tuples(st.just("case"), st.sampled_from(("RED", "Mas", "Compro", "Ab", "año"))),
    st.tuples(st.just("exact"), st.sampled_from(("Más", "mas", "compré", "movil", "İstanbul"))),
    st.tuples(st.just("tag"), st.sampled_from(("red", "año", "手", "x"))),
    st.tuples(st.just("handle"), st.sampled_from(("red", "nimbara", "x"))),
)
OPERAND = st.lists(WORD, min_size=1, max_size=2)
NEAR = st.tuples(
    st.just("near"), st.integers(0, 4), st.booleans(), st.lists(OPERAND, min_size=2, max_size=4)
)
FIELD = st.sampled_from(
    [
        ("field", "lang", "es"), ("field", "lang", "es-mx"), ("field", "lang", "en"),
        ("field", "source", "csv"), ("field", "site", "spain"), ("field", "author", "juan"),
        ("field", "type", "reply"), ("field", "followers", "5..20"), ("field", "has", "hashtag"),
        ("field", "has", "mention"),
    ]
)  # fmt: skip
PHRASE = st.tuples(
    st.just("phrase"),
    st.lists(st.sampled_from([w for w in WORDS if len(words_of(w)) == 1]), min_size=1, max_size=3),
)
LEAF = st.one_of(WORD, WORD, PHRASE, NEAR, FIELD)


def lists_of(children: st.SearchStrategy[Rule]) -> st.SearchStrategy[Rule]:
    return st.one_of(
        st.tuples(st.just("and"), st.lists(children, min_size=2, max_size=3)),
        st.tuples(st.just("or"), st.lists(children, min_size=2, max_size=3)),
        st.tuples(st.just("not"), children),
    )


RULES = st.recursive(LEAF, lists_of, max_leaves=6)


def mention_of(said: Said) -> Mention:
    return Mention(
        mention_id="csv:1",
        source=said.source,
        author=Author(id="id1", handle=said.handle, followers=said.followers),
        text=said.text,
        published_at=datetime(2026, 1, 1, tzinfo=UTC),
        site=said.site,
        kind=said.kind,  # type: ignore[arg-type]
    )


def engine_says(rules: Sequence[Node], said: Sequence[Said]) -> set[tuple[int, int]]:
    found = Matcher(rules).match(
        [mention_of(s) for s in said], [s.text for s in said], [s.lang for s in said]
    )
    return set(zip(found[0].tolist(), found[1].tolist(), strict=True))


@settings(max_examples=300, deadline=None)
@given(st.lists(RULES, min_size=1, max_size=12), st.lists(SAID, max_size=6), st.randoms())
@example(
    [("near", 0, False, [[("word", "x")], [("word", "x")]])],
    [Said("x x"), Said("x")],
    random.Random(1),
)
def test_the_engine_finds_what_the_oracle_finds(
    rules: list[Rule], said: list[Said], luck: random.Random
) -> None:
    """A rule that lacks anything to be found by is joined with one that has it."""
    trees = []
    for number, rule in enumerate(rules):
        tree = parse(written(rule, luck))
        if keys_of(tree) is None:
            rules[number] = ("and", [("or", [("word", "red"), ("word", "x")]), rule])
            tree = parse(written(rules[number], luck))
        trees.append(tree)
    expected = {
        (row, number)
        for row, one in enumerate(said)
        for number, rule in enumerate(rules)
        if matches(rule, one, words_of(one.text))
    }
    assert engine_says(trees, said) == expected


@settings(max_examples=150, deadline=None)
@given(
    st.lists(RULES, min_size=1, max_size=8),
    st.lists(
        st.one_of(st.text(), TEXTS, st.text(st.sampled_from("".join(WORDS) + "".join(GLUE)))),
        max_size=5,
    ),
    st.randoms(),
)
def test_the_engine_agrees_with_the_plain_evaluation_that_explains(
    rules: list[Rule], texts: list[str], luck: random.Random
) -> None:
    trees = [parse(written(("and", [("word", "x"), rule]), luck)) for rule in rules]
    trees += [tree for rule in rules if keys_of(tree := parse(written(rule, luck))) is not None]
    said = [Said(text) for text in texts]
    plainly = {
        (row, number)
        for row, one in enumerate(said)
        for number, tree in enumerate(trees)
        if evaluate(tree, Text.of(mention_of(one), one.text, one.lang))
    }
    assert engine_says(trees, said) == plainly
