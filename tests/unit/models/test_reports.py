"""Reports hold every figure, in two languages, and no text of a mention gets out of its cell."""

import re
from html.parser import HTMLParser

import msgspec
import pytest

from models.comparison import compare
from models.evaluated import Evaluation
from models.evaluation import evaluate
from models.evaluation_set import EvaluationSet
from models.heads import Model
from models.keyword_rules import KeywordRules
from models.labels import LabelledMention
from models.reports.page import evaluation_page
from models.reports.terminal import card_text, comparison_text, evaluation_text
from models.reports.words import Language, Wording
from models.store import ModelStore
from streams.training import SHIPPED

NASTY = '<script>alert(1)</script> & "quoted" \x1b[31m\u202e</td> cómo te quiero 😍'


@pytest.fixture(scope="module")
def found(corpus: list[LabelledMention]) -> Evaluation:
    items = [
        msgspec.structs.replace(item, text=f"{NASTY} {item.text}", intent="active", variety="mx")
        for item in corpus
    ]
    items[::3] = corpus[::3]
    return evaluate(KeywordRules(), EvaluationSet.of(items), resamples=30, examples=60)


class Page(HTMLParser):
    """What is in a page, and that its elements are closed in order."""

    VOID = ("meta", "line", "circle", "polyline")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_page_needs_nothing_and_runs_nothing(found: Evaluation, language: Language) -> None:
    text = evaluation_page(found, language)
    page = Page(text)

    tags = {tag for tag, _ in page.seen}
    assert not tags & {"script", "img", "link", "iframe", "object", "form"}
    for tag, attributes in page.seen:
        assert not {"src", "onclick", "onload"} & set(attributes)
        assert tag != "a" or (attributes["href"] or "").startswith("#")
    assert "url(" not in text
    assert "@import" not in text
    assert NASTY in page.text  # as it was written, and only as text
    assert evaluation_page(found, language) == text


def test_the_page_can_be_read_without_seeing_it(found: Evaluation) -> None:
    page = Page(evaluation_page(found))

    ids = [attributes["id"] for _, attributes in page.seen if "id" in attributes]
    assert len(ids) == len(set(ids))
    svgs = [attributes for tag, attributes in page.seen if tag == "svg"]
    assert len(svgs) >= 2 * len(found.heads)
    for svg in svgs:
        assert svg["role"] == "img"
        assert set((svg["aria-labelledby"] or "").split()) <= set(ids)
    assert [tag for tag, _ in page.seen if tag == "h1"] == ["h1"]
    assert {a["scope"] for tag, a in page.seen if tag == "th"} == {"col", "row"}
    assert page.seen[0] == ("html", {"lang": "en"})
    assert len([1 for tag, _ in page.seen if tag == "details"]) == sum(
        len(head.groups) for head in found.heads
    )


@pytest.mark.parametrize(
    ("language", "words", "number"),
    [
        ("en", ["Evaluation of model keyword-rules", "always yes", "The surest"], r"0\.\d\d \(0\."),
        (
            "es",
            ["Evaluación del modelo keyword-rules", "siempre sí", "Los errores"],
            r"0,\d\d \(0,",
        ),
    ],
)
def test_the_text_says_the_same(
    found: Evaluation, language: Language, words: list[str], number: str
) -> None:
    text = evaluation_text(found, language)

    for word in words:
        assert word in text
    assert re.search(number, text)
    for head in found.heads:
        assert Wording(language)(head.head) in text
    assert Wording(language)("lifts by group") in text
    assert Wording(language)("confusion") in text.split(f"{Wording(language)('language')} es. ")[1]
    assert "\x1b" not in text  # a mention moves no cursor
    assert Wording(language).figure(found.heads[0].figures["macro_f1"]) in text


def test_prevalence_and_what_was_left_out_are_told(corpus: list[LabelledMention]) -> None:
    found = evaluate(
        KeywordRules(), EvaluationSet.of(corpus), prevalence=0.05, resamples=10, learnt=7
    )

    text = " ".join(evaluation_text(found).split())

    assert "as if 5.0 % of mentions had purchase intent (in the file 50.0 %)" in text
    assert "7 mentions were left out" in text
    assert "Ponderado como si el 5,0 %" in " ".join(evaluation_text(found, "es").split())


def test_both_languages_have_every_word() -> None:
    from models.reports.words import _WORDS

    for key, (english, spanish) in _WORDS.items():
        assert english.count("{}") == spanish.count("{}"), key
        assert english, key
        assert spanish, key


def test_a_comparison_as_text(model: Model, corpus: list[LabelledMention]) -> None:
    found = compare(
        KeywordRules(), model, EvaluationSet.of(corpus), resamples=100, examples=2, learnt=3
    )

    text = comparison_text(found)

    assert "A = keyword-rules" in text
    assert "better" in text
    assert "3 mentions were left out" in text
    assert found.examples[0].text[:40] in text
    assert "mejor" in comparison_text(found, "es")


def test_what_is_not_defined_is_a_dash(corpus: list[LabelledMention]) -> None:
    calm = [item for item in corpus if item.intent == "none"]

    found = evaluate(KeywordRules(), EvaluationSet.of(calm), resamples=10)

    alert = found.heads[0].alert
    assert alert is not None
    assert alert.recall.value is None
    assert "–" in evaluation_text(found)
    Page(evaluation_page(found))


def test_a_card_as_text_tells_thresholds_limits_and_biases() -> None:
    store = ModelStore(SHIPPED)
    card = store.card(store.versions()[-1])

    text = card_text(card)

    for lang, one in card.training.languages.items():
        threshold = f"{one.threshold:.2f}"
        assert re.search(rf"^ +{lang} +{one.mentions:,} .* {threshold} ", text, re.MULTILINE)
    assert "thresholds for the best F1, share of intent taken to be 0.16" in text
    behaviour = card.training.behaviour
    assert behaviour is not None
    assert "\n".join(behaviour.lines()) in text
    assert f"{len(behaviour.failures)} failures" in text
    apart = {one.group for one in card.training.bias if one.apart}
    told = text.partition("Varieties that fare otherwise")[2]
    assert apart
    assert all(re.search(rf"^ +{group} ", told, re.MULTILINE) for group in apart)
    assert "Sources that fare otherwise" not in text  # it is from before sources were looked at
    by_source = msgspec.structs.replace(card.training, bias_by_source=card.training.bias)
    told = card_text(msgspec.structs.replace(card, training=by_source))
    assert all(
        re.search(rf"^ +{group} ", told.partition("Sources that fare otherwise")[2], re.MULTILINE)
        for group in apart
    )
    recipe = msgspec.structs.replace(card.training.recipe, precision=0.9, prevalence=None)
    strict = msgspec.structs.replace(card.training, recipe=recipe)
    assert "thresholds for precision 0.9, share of intent as labelled" in card_text(
        msgspec.structs.replace(card, training=strict)
    )
