"""The bundled interests compile, and match what they are named after and nothing like it."""

from datetime import UTC, datetime

import pytest

from schemas.mention import Author, Mention
from streams.rules.compiled import CompiledRules
from streams.rules.listening import Listening
from streams.rules.loading import load_listening

AT = datetime(2026, 7, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> CompiledRules:
    file = tmp_path_factory.mktemp("listening") / "listening.yaml"
    file.write_text("brands: [{name: Nimbara}]\n", encoding="utf-8")
    interests = load_listening(file).interests
    assert interests is not None
    return CompiledRules(Listening(interests=interests))


def interests_of(rules: CompiledRules, text: str) -> set[str]:
    mention = Mention(
        mention_id="test:1", source="test", author=Author(id="a"), text=text, published_at=AT
    )
    return set(rules.match([mention], [text], ["es"])[0].interests)


@pytest.mark.parametrize(
    ("text", "interest"),
    [
        ("Qué golazo en la Champions League", "football"),
        ("Anoche vi la final de la NBA", "basketball"),
        ("Gran etapa del Tour de Francia", "cycling"),
        ("Mañana salgo a mi primera media maratón", "running"),
        ("went to the gym this morning", "health and fitness"),
        ("ensayo con mi banda de rock", "rock music"),
        ("Curso de flamenco y bulerías", "flamenco"),
        ("tengo entradas para el concierto", "concerts"),
        ("Otra serie de Netflix este finde", "cinema and series"),
        ("Mi libro favorito de siempre", "books"),
        ("una receta de pollo al horno", "cooking"),
        ("una copa de vino tinto al sol", "wine"),
        ("viaje de novios: nuestra luna de miel", "travel"),
        ("me compro una motocicleta", "motor"),
        ("enganchado a un videojuego nuevo", "video games"),
        ("street photography in the rain", "photography"),
        ("Semana de la moda en París", "fashion"),
        ("este año planto en mi huerto", "gardening"),
        ("my dog ate the charger", "pets"),
        ("mi hija empieza el cole", "parenting"),
        ("a course of machine learning", "technology"),
        ("debate antes de las elecciones", "politics"),
        ("la NASA vuelve a la luna", "science"),
        ("abre una galería de arte", "art"),
        ("nos vemos en Sanfermines", "festivals"),
    ],
)
def test_an_interest_is_told(rules: CompiledRules, text: str, interest: str) -> None:
    assert interest in interests_of(rules, text)


@pytest.mark.parametrize(
    "text",
    [
        "I booked a flight and it will not run on time, please match the price",
        "La banda ancha va lenta y nadie me da una carrera profesional",
        "el portátil se calienta al jugar en la red, ¿lo devuelvo?",
        "mi copa de la suerte",
        "the app plays dead again, any fix?",
        "el precio del vuelo sube cada hora",
    ],
)
def test_words_with_other_meanings_are_none(rules: CompiledRules, text: str) -> None:
    assert interests_of(rules, text) == set()
