"""Reports hold every figure, in two languages, and no text of a mention gets out of its cell."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from html.parser import HTMLParser

import msgspec
import pytest

from models.accurate_store import AccurateStore
from models.comparison import compare
from models.evaluated import Evaluation
from models.evaluation import evaluate
from models.evaluation_set import EvaluationSet
from models.heads import Model
from models.keyword_rules import KeywordRules
from models.labels import LabelledMention
from models.promotions import Promotion
from models.reports.cards import behaviour_lines, card_text, heads_text, history_text
from models.reports.page import evaluation_page
from models.reports.terminal import comparison_text, evaluation_text
from models.reports.words import _WORDS, Language, Wording
from models.store import ModelStore
from streams.modelling import gate_words
from streams.modelling.replay_words import REPLAY_WORDS
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


@pytest.mark.parametrize("words", [_WORDS, gate_words._SAYS, REPLAY_WORDS])
def test_both_languages_have_every_word(words: Mapping[str, tuple[str, str]]) -> None:
    for key, pair in words.items():
        assert all(pair), key
        assert len({len(re.findall(r"{[^}]*}", text)) for text in pair}) == 1, key


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
    assert "\n".join(behaviour_lines(behaviour, Wording("en"))) in text
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


def test_a_card_in_spanish_says_the_same() -> None:
    store = ModelStore(SHIPPED)
    card = store.card(store.versions()[-1])

    text = card_text(card, "es")

    assert f"modelo {card.version}" in text
    assert "umbrales para la mejor F1, proporción de intención que se supone 0,16" in text
    for lang, one in card.training.languages.items():
        threshold = f"{one.threshold:.2f}".replace(".", ",")
        assert re.search(rf"^ +{lang} .* {threshold} ", text, re.MULTILINE)
    assert "pregunta dónde comprarlo" in text
    assert "Variedades a las que va de otro modo" in text
    own = text[text.index("Validación cruzada") :]  # above are names and words of its maker
    for english in ("mentions", "share", "held out", "should", "cases", "head", "average"):
        assert english not in own, english


@pytest.mark.parametrize(
    ("language", "of_before", "asked", "together"),
    [
        (
            "en",
            "calibrated as labelled (share of intent: es 8.1 %, en 21.3 %",
            "thresholds for precision 0.9, share of intent taken to be 0.05",
            "together precision 0.87, recall 0.60",
        ),
        (
            "es",
            "calibrado como en las etiquetas (proporción de intención: es 8,1 %, en 21,3 %",
            "umbrales para una precisión de 0,9, proporción de intención que se supone 0,05",
            "en conjunto precisión 0,87, exhaustividad 0,60",
        ),
    ],
)
def test_a_card_of_heads_says_what_they_are_calibrated_for(
    language: Language, of_before: str, asked: str, together: str
) -> None:
    """Those that ship are from before; of later ones it stands in the card, or that it failed."""
    version = ModelStore(SHIPPED).versions()[-1]
    card = AccurateStore(SHIPPED).card(version)
    assert of_before in " ".join(heads_text(card, language).split())

    one = ModelStore(SHIPPED).card(version).training.languages["es"]
    cascade = {
        lang: msgspec.structs.replace(found, precision=0.87, recall=0.6)
        for lang, found in card.training.cascade.items()
    }
    recipe = msgspec.structs.replace(card.training.recipe, prevalence=0.05, precision=0.9)
    training = msgspec.structs.replace(
        card.training, recipe=recipe, languages={"es": one}, cascade=cascade
    )
    later = msgspec.structs.replace(card, training=training, thresholds={"es": 0.4})
    told = heads_text(later, language)
    assert asked in told
    assert together in told
    assert of_before not in " ".join(told.split())
    few = msgspec.structs.replace(later, training=msgspec.structs.replace(training, languages={}))
    assert "300" in heads_text(few, language)


def test_the_history_in_spanish_says_what_the_gate_said() -> None:
    said = (
        "intent: macro f1 0.412, current 0.700: worse by 0.288 (-0.310 to -0.210), allowed 0.02;"
        " no head is worse by more than 0.02 (too few mentions to judge act, stage); something new"
    )
    one = Promotion(
        version="v", since=datetime(2026, 7, 4, tzinfo=UTC), how="rolled back", forced=True, gate=""
    )

    assert gate_words.gate_in(said, "en") == said
    assert gate_words.gate_in(said, "es") == (
        "intent: F1 macro 0,412, vigente 0,700: peor en 0,288 (de -0,310 a -0,210), se permite"
        " 0,02; ninguna pregunta empeora más de 0,02 (muy pocas menciones para juzgar act, stage);"
        " something new"
    )
    assert "vuelta atrás, a la fuerza" in history_text([one], "es")
    assert "rolled back, forced" in history_text([one])
