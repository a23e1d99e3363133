"""What `escucha models propensity` says, in English and Spanish; features are named for people."""

from typing import Final

from models.reports.words import Language, Wording
from streams.operate.spoken import Spoken

WORDS: Final[dict[str, tuple[str, str]]] = {
    "scored": (
        "{} authors scored by {} as of {}",
        "{} autores puntuados por {} a fecha de {}",
    ),
    "noted": (
        "{} authors noted without a chance ({}) by {} as of {}",
        "{} autores anotados sin probabilidad ({}) por {} a fecha de {}",
    ),
    "is": ("{}: {}", "{}: {}"),
    "probability": ("probability", "con probabilidades"),
    "too few orders": ("too few orders", "muy pocos pedidos"),
    "buys within": (
        "buys within {} days; {} buyers at {} moments",
        "compra en un plazo de {} días; {} compradores en {} momentos",
    ),
    "states": (
        "{} states, {} of which bought ({})",
        "{} observaciones, de las que compraron {} ({})",
    ),
    "unseen": ("on authors it had not seen:", "con autores que no había visto:"),
    "precision of": (
        "  average precision {}; by active intent last week {}",
        "  precisión media {}; solo con la intención activa de la última semana, {}",
    ),
    "loss of": (
        "  log loss {}; by active intent last week {}; by the share alone {}",
        "  pérdida logarítmica {}; solo con la intención activa de la última semana, {}; solo con"
        " la proporción, {}",
    ),
    "calibrated": (
        "  calibration error {}; the highest tenth buys {} times as often",
        "  error de calibración {}; la décima parte más alta compra {} veces más a menudo",
    ),
    "weights": ("weights: {}", "pesos: {}"),
    # columns of the model, as programs call them in English
    "mentioned_lately": ("mentioned_lately", "habló hace poco"),
    "active_lately": ("active_lately", "intención activa hace poco"),
    "active_within_month": ("active_within_month", "intención activa este mes"),
    "strongest_30d": ("strongest_30d", "intención más fuerte (30 d)"),
    "mentions_90d": ("mentions_90d", "menciones (90 d)"),
    "active_30d": ("active_30d", "con intención activa (30 d)"),
    "latent_30d": ("latent_30d", "con intención latente (30 d)"),
    "considering_30d": ("considering_30d", "en consideración (30 d)"),
    "deciding_30d": ("deciding_30d", "en decisión (30 d)"),
    "using_90d": ("using_90d", "en uso (90 d)"),
    "asking_30d": ("asking_30d", "preguntas (30 d)"),
    "replies_30d": ("replies_30d", "respuestas (30 d)"),
    "interactions_30d": ("interactions_30d", "interacciones (30 d)"),
    "orders_365d": ("orders_365d", "pedidos (365 d)"),
    "ordered_lately": ("ordered_lately", "pidió hace poco"),
}
# The notes of a card, which are kept in English.
NOTES: Final = {
    "{} orders were stored when it was made": "había {} pedidos guardados cuando se hizo",
    "too few orders: {} authors bought within {} days of a moment, {} are needed; authors get the"
    " evidence of their intent and no chance": (
        "muy pocos pedidos: {} autores compraron en los {} días que siguen a un momento y hacen"
        " falta {}; los autores reciben las pruebas de su intención y ninguna probabilidad"
    ),
}
note_in: Final = Spoken(NOTES)


def saying(language: Language) -> Wording:
    """The words of these commands."""
    return Wording(language, WORDS)
