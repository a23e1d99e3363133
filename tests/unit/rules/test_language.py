"""What rules match, one decision at a time, and what is said of those that make no sense."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.mention import Account, Author, Mention
from streams.rules.entities import sensible
from streams.rules.errors import RuleError
from streams.rules.explain import explain
from streams.rules.matcher import Matcher
from streams.rules.parser import MAX_CHARS, MAX_DEPTH


def said(text: str, **fields: object) -> Mention:
    author = Author(id="id1", handle="juan", followers=150)
    basis = {"mention_id": "csv:1", "source": "csv", "author": author, "text": text}
    return Mention(**basis | {"published_at": datetime(2026, 1, 1, tzinfo=UTC)} | fields)  # type: ignore[arg-type]


def matched(rule: str, text: str, lang: str = "", **fields: object) -> bool:
    """By the engine, which the explanation must agree with."""
    mention = said(text, **fields)
    tree = sensible(rule)
    rows, _ = Matcher([tree]).match([mention], [text], [lang])
    assert explain(tree, mention, text, lang).matched == bool(len(rows))
    return bool(len(rows))


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("nimbara", "¡NÍMBARA!"),
        ("nimbara", "#Nimbara"),
        ("nimbara", "Nimbara's"),
        ("nimbara", "el-nimbara-nuevo"),
        ("nimbara", "Ｎｉｍｂａｒａ"),
        ("nimbara", "nim\u200bbara"),
        ("don't", "I don’t"),
        ("año", "AÑO"),
        ("año", "an\u0303o"),
        ("H&M", "en h & m"),
        ("a b", "b y a"),
        ("a OR b c", "a"),
        ("a OR b c", "c b"),
        ("a NOT b", "a"),
        ("a -b", "a"),
        ("a AND NOT (b OR c)", "a d"),
        ('"muy bueno"', "Muy, ¡BUENO!"),
        ("“muy bueno”", "muy bueno"),
        ('"airl* food"', "airline food"),
        ("airl*", "airl"),
        ("wom?n", "women"),
        ("co*", "co"),
        ("que?", "ques"),
        ('"¿dónde está?"', "donde esta la"),
        ("móvil NEAR/2 barato", "barato un buen movil"),
        ("móvil NEAR/0 barato", "barato móvil"),
        ("móvil NEAR/2f barato", "móvil muy muy barato"),
        ("(a b c)~1", "c x b a"),
        ('"a b"~1', "b x a"),
        ('(a OR "b c") NEAR/1 d', "b c x d"),
        ("~comprar", "lo compré"),
        ("~comprar", "comprando"),
        ("~buy", "buying"),
        ('~"móvil barato"', "móviles baratas"),
        ("case:RED", "RED"),
        ("case:Mas", "Más"),
        ('exact:"Más vale"', "Más vale"),
        ("#oferta", "#Oferta"),
        ("@nimbara", "hola @Nimbara"),
        ("@nimbara.bsky.social", "@nimbara.bsky.social"),
        ("👍", "bien👍🏽👍"),
        ("👩‍💻", "👩🏽‍💻"),
        ("🇪🇸", "viva 🇪🇸🇫🇷"),
        ("手机", "我的手机很好"),
        ("€", "20€"),
        ("lang:es hola", "hola"),
        ("hola followers:>100", "hola"),
        ("hola followers:[100 TO 150]", "hola"),
        ("hola followers:<=150", "hola"),
        ("hola author:@Juan", "hola"),
        ("hola author:id1", "hola"),
        ("has:emoji", "😀"),
        ("has:link", "mira https://x.es"),
        ("has:hashtag", "#a"),
        ("has:mention", "@a"),
        ("10:30", "a las 10:30"),
    ],
)
def test_matches(rule: str, text: str) -> None:
    assert matched(rule, text, lang="es-MX" if "lang" in rule else "")


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("nimbara", "nimbaras"),
        ("nimbara", "@nimbara"),
        ("nimbara", "nimbara_oficial"),
        ("nimbara", "https://nimbara.example"),
        ("nimbara", "me@nimbara.example"),
        ("@nimbara", "me@nimbara.example"),
        ("@nimbara", "nimbara"),
        ("año", "ano"),
        ("ano", "año"),
        ("a b", "a"),
        ("a NOT b", "a b"),
        ('"muy bueno"', "bueno muy"),
        ('"muy bueno"', "muy 😀 bueno"),
        ("airl*", "air"),
        ("wom?n", "womn"),
        ("wom?n", "womens"),
        ("móvil NEAR/1 barato", "barato un buen movil"),
        ("móvil NEAR/2f barato", "barato móvil"),
        ("(a b c)~0", "c x b a"),
        ("(a a)~5", "a"),
        ("~comprar", "compras_"),
        ("~buy", "bus"),
        ("case:RED", "red"),
        ("exact:Más", "más"),
        ("exact:Más", "Mas"),
        ("#oferta", "oferta"),
        ("🇪🇸", "🇫🇷🇪🇦"),
        ("手机", "手和机"),
        ("lang:en hola", "hola"),
        ("hola followers:>150", "hola"),
        ("has:emoji", "→ €"),
        ("has:link", "x.es"),
    ],
)
def test_does_not_match(rule: str, text: str) -> None:
    assert not matched(rule, text, lang="es")


def test_fields_beside_the_text_are_seen() -> None:
    assert matched("type:reply", "x", kind="reply")
    assert matched("has:parent", "x", parent_id="csv:0")
    assert matched("has:quote", "x", quoted_id="csv:0")
    assert matched("has:link", "x", links=("https://x.es",))
    assert matched("has:hashtag has:mention", "x", hashtags=("a",), mentioned=(Account(id="1"),))
    assert matched('site:"r/Spain"', "x", site="r/spain")
    assert matched("source:(bluesky OR csv)", "x")


def test_forms_are_of_the_mentions_language_or_of_both_where_it_is_unknown() -> None:
    assert not matched("~comprar", "compré", lang="en")
    assert matched("~comprar", "compré", lang="pt")


MISTAKES = [
    ("lnag:es", 0, "unknown field `lnag:`", "did you mean `lang:`?"),
    ("hola (a b", 5, "`(` is never closed", "add `)`"),
    ("a)", 1, "`)` closes nothing", "remove it"),
    ('hola "a b', 5, "a quotation mark is never closed", 'add `"`'),
    ("", 0, "an empty rule", ""),
    ("  ", 0, "an empty rule", ""),
    ("a AND", 5, "something is missing at the end", ""),
    ("AND a", 0, "nothing to the left of `AND`", ""),
    ("a OR OR b", 5, "nothing to the left of `OR`", ""),
    ("()", 1, "nothing before `)`", ""),
    ("a and b", 2, "`and` in lower case is no operator", "write AND"),
    ("a NEAR b", 2, "`NEAR` is no operator", "NEAR/5"),
    ("a near/5 b", 2, "`near/5` is no operator", "NEAR/5"),
    ("nimbara~2", 7, "after a single word", "OR"),
    ("a^2", 0, "weight", ""),
    ("+hola", 0, "begins with `+`", "leave the `+` out"),
    ("/ho.a/", 0, "regular expressions", ""),
    ("*", 0, "`*` matches everything", ""),
    ("*foo", 0, "begins with a wildcard", "airl*"),
    ("a*", 0, "too few letters", "at least 2"),
    ('a ""', 2, "an empty phrase", ""),
    ("...", 0, "holds no word", ""),
    ("NOT a", 0, "matches almost everything", "NOT word"),
    ("a OR NOT b", 5, "matches almost everything", ""),
    ("a NOT a", 2, "can never match", ""),
    ('"a b" NOT a', 6, "contains `a`", ""),
    ("lang:es lang:en", 8, "exclude each other", ""),
    ("lang:es (lang:en OR lang:fr)", 9, "exclude each other", ""),
    ("followers:>5 followers:<3", 13, "exclude each other", ""),
    ("followers:5..3", 0, "empty range", ""),
    ("followers:>=0", 0, "holds for everybody", ""),
    ("followers:many", 0, "no number of followers", ""),
    ("type:replay", 0, "no type of mention", "did you mean `reply`?"),
    ("has:links", 0, "knows no `links`", "did you mean `link`?"),
    ("site:ab*", 0, "takes no wildcards", ""),
    ("raw:RED", 0, "unknown field", "exact:"),
    ("http://x.es", 0, "unknown field", "has:link"),
    ("(a)~5", 0, "one word alone is near nothing", ""),
    ("a NEAR/5 (b c)", 10, "can be near", ""),
    ("a NEAR/5 lang:es", 9, "can be near", ""),
    ("a NEAR/5 b NEAR/3 c", 0, "in one chain", ""),
    ("a NEAR/500 b", 0, "a distance of 500", "at most 100"),
    ("a - b", 2, "`-` cannot stand here", "write NOT"),
    ("~com*", 0, "mixes forms and wildcards", ""),
    ("me@x.es", 0, "looks like an address", ""),
    ("(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1), 0, "nested", ""),
    ("a" * (MAX_CHARS + 1), 0, "characters", ""),
]


@pytest.mark.parametrize(("rule", "start", "says", "remedy"), MISTAKES)
def test_a_mistake_is_named_at_its_place(rule: str, start: int, says: str, remedy: str) -> None:
    with pytest.raises(RuleError) as caught:
        sensible(rule)
    problem = caught.value.problems[0]
    assert says in problem.message
    assert remedy in problem.remedy
    assert problem.start == start


def test_all_mistakes_of_a_rule_are_named() -> None:
    with pytest.raises(RuleError) as caught:
        sensible("lnag:es AND (has:foo OR *x")
    assert [problem.start for problem in caught.value.problems] == [0, 12, 13, 24]


PIECES = (
    "AND", "OR", "NOT", "NEAR/3", "~", "~5", '"', "“", "(", ")", "-", "!", "*", "?", ":", "lang:",
    "followers:>", "[1 TO 2]", "case:", "#", "@", "a", "año", "💻", "&&", "||", "^", "\\", "/",
    "{", "\n", "has:", "..", "İ", "\ud800", "\x00", "manos*", "\u200d", "\u0301",
)  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(
    st.one_of(
        st.text(max_size=40),
        st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join),
        st.lists(st.sampled_from(PIECES), max_size=14).map("".join),
    )
)
@example("NOT " * 2_000 + "a")
@example("-" * 5_000 + "a")
@example("a OR b " * 1_000)
@example("lang:(" + "es OR " * 1_000 + "es)")
@example("(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH)
@example("~\u200d")
def test_garbage_is_a_rule_or_a_rule_error_with_a_place(text: str) -> None:
    error: RuleError | None = None
    try:
        tree = sensible(text)
    except RuleError as caught:
        error = caught
    else:
        Matcher([tree]).match([said("a año")], ["a año"], ["es"])
    if error is not None:
        assert error.problems
        assert all(0 <= p.start <= p.end <= len(text) for p in error.problems)


def test_a_deep_rule_within_the_limits_is_evaluated() -> None:
    half = MAX_DEPTH // 2 - 1
    rule = "c (" + "(NOT a OR (" * half + "b" + "))" * half + ")"
    assert matched(rule, "c b")
