"""What reports say, in English and Spanish, and how they write numbers."""

from collections.abc import Mapping
from typing import Final, Literal

from models.evaluated import Figure
from models.reports.card_words import CARD_WORDS

Language = Literal["en", "es"]
MISSING: Final = "–"

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "title": ("Evaluation of model {}", "Evaluación del modelo {}"),
    "compared": ("Comparison of {} and {}", "Comparación de {} y {}"),
    "measured on": ("Measured on", "Medido con"),
    "mentions": ("mentions", "menciones"),
    "learnt": (
        "{} mentions were left out: the model has learnt from them.",
        "Se dejaron fuera {} menciones: el modelo ha aprendido de ellas.",
    ),
    "labels": ("label set", "conjunto de etiquetas"),
    "intervals": (
        "In brackets: the middle 95 % of {} resamples of the mentions (bootstrap, seed {}).",
        "Entre paréntesis: el 95 % central de {} remuestreos de las menciones"
        " (bootstrap, semilla {}).",
    ),
    "prevalence as is": (
        "{} of the mentions have purchase intent. Where it is rarer, precision and average"
        " precision are lower: ask for the share of your own traffic with --prevalence.",
        "El {} de las menciones tiene intención de compra. Donde sea más rara, la precisión y la"
        " precisión media son menores: pide la proporción de tu tráfico con --prevalence.",
    ),
    "prevalence weighed": (
        "Weighed as if {} of mentions had purchase intent (in the file {}): what would be measured"
        " there, provided that mentions with intent look alike in both places, and those without"
        " too. Counts of mentions and confusions are not weighed.",
        "Ponderado como si el {} de las menciones tuviera intención de compra (en el archivo, el"
        " {}): lo que se mediría allí, siempre que las menciones con intención se parezcan en"
        " ambos sitios, y las que no la tienen también. Los recuentos y las confusiones no se"
        " ponderan.",
    ),
    "not labelled": ("Without labels in this file: {}.", "Sin etiquetas en este archivo: {}."),
    "summary": ("Every head", "Todas las preguntas"),
    "summary note": (
        "Macro F1 is the mean over classes. Average precision: of yes or no (intent, needs reply),"
        " else the mean over classes. Calibration error: how far probabilities are off, on"
        " average.",
        "F1 macro es la media de las clases. Precisión media: de sí o no (intención, pide"
        " respuesta); en las demás, la media de las clases. Error de calibración: cuánto se"
        " desvían las probabilidades, de media.",
    ),
    "head": ("head", "pregunta"),
    "class": ("class", "clase"),
    "macro_f1": ("macro F1", "F1 macro"),
    "decided_f1": ("F1 as decided", "F1 al decidir"),
    "average_precision": ("average precision", "precisión media"),
    "ece": ("calibration error", "error de calibración"),
    "precision": ("precision", "precisión"),
    "recall": ("recall", "exhaustividad"),
    "f1": ("F1", "F1"),
    "alert": ("{}: yes or no, at {}", "{}: sí o no, a partir de {}"),
    "alert note": (
        "An alert is given when the probability is at least {}. Here {} of the mentions are truly"
        " yes, and {} are alerted.",
        "Se avisa cuando la probabilidad es al menos {}. Aquí el {} de las menciones es realmente"
        " sí, y se avisa del {}.",
    ),
    "any intent": ("any purchase intent", "alguna intención de compra"),
    "needs reply": ("needs a reply", "pide respuesta"),
    "against": ("Against no model at all", "Frente a no tener modelo"),
    "against note": (
        "A lift is the model's figure divided by the baseline's: above 1 the model is better.",
        "La mejora es la cifra del modelo dividida por la de la referencia: por encima de 1 gana"
        " el modelo.",
    ),
    "model": ("the model", "el modelo"),
    "always yes": ("always yes", "siempre sí"),
    "always the commonest": ("always the commonest class", "siempre la clase más común"),
    "class shares": ("guessing by class shares", "azar según las proporciones"),
    "keywords": ("keyword rules", "reglas de palabras clave"),
    "baseline": ("who", "quién"),
    "lift_f1": ("lift in F1", "mejora en F1"),
    "lift_average_precision": ("lift in av. precision", "mejora en prec. media"),
    "thresholds": ("Other thresholds", "Otros umbrales"),
    "threshold": ("alert from", "avisar desde"),
    "flagged": ("alerted", "avisadas"),
    "classes": ("Classes", "Clases"),
    "confusion": (
        "What is so (rows) and what was decided (columns)",
        "Lo que es (filas) y lo que se decidió (columnas)",
    ),
    "yes": ("yes", "sí"),
    "no": ("no", "no"),
    "reliability": ("Reliability", "Fiabilidad"),
    "reliability note": (
        "Of mentions with this probability, how many were right. Honest probabilities lie on the"
        " diagonal.",
        "De las menciones con esta probabilidad, cuántas acertaron. Las probabilidades honestas"
        " están en la diagonal.",
    ),
    "bin": ("probability", "probabilidad"),
    "promised": ("promised", "prometido"),
    "came": ("came", "ocurrido"),
    "groups": ("By language, source and variety", "Por idioma, fuente y variedad"),
    "lifts by group": (
        "Against no model at all, by language, source and variety",
        "Frente a no tener modelo, por idioma, fuente y variedad",
    ),
    "groups note": (
        "Groups of fewer than 20 mentions are left out.",
        "Se omiten los grupos de menos de 20 menciones.",
    ),
    "group": ("group", "grupo"),
    "language": ("language", "idioma"),
    "source": ("source", "fuente"),
    "variety": ("variety", "variedad"),
    "mistakes": ("The surest mistakes", "Los errores más seguros"),
    "mistakes note": (
        "Texts of people: keep this report where such data may be.",
        "Textos de personas: guarda este informe donde puedan estar esos datos.",
    ),
    "text": ("text", "texto"),
    "truth": ("is", "es"),
    "decided": ("decided", "decidido"),
    "probability": ("probability", "probabilidad"),
    "curve": ("Precision and recall", "Precisión y exhaustividad"),
    "curve note": (
        "Each point is a threshold; the dashed line is what guessing reaches.",
        "Cada punto es un umbral; la línea discontinua es lo que alcanza el azar.",
    ),
    "difference": ("difference", "diferencia"),
    "disagree": ("decided differently", "decididas de otro modo"),
    "figure": ("figure", "cifra"),
    "examples": ("Mentions decided differently", "Menciones decididas de otro modo"),
    "verdict better": ("better", "mejor"),
    "verdict worse": ("worse", "peor"),
    "verdict open": ("may be chance", "puede ser azar"),
    "verdict": ("so", "luego"),
    "intent": ("Intent", "Intención"),
    "stage": ("Journey stage", "Etapa del recorrido"),
    "needs_reply": ("Needs a reply", "Pide respuesta"),
    "sentiment": ("Sentiment", "Sentimiento"),
    "act": ("What it does", "Qué hace"),
    **CARD_WORDS,
}


class Wording:
    """The words and numbers of one language."""

    def __init__(
        self, language: Language, words: Mapping[str, tuple[str, str]] | None = None
    ) -> None:
        """`words` are (English, Spanish) by key, beside those of reports."""
        self.language = language
        self._words = {**_WORDS, **(words or {})}

    def __call__(self, key: str, *values: object) -> str:
        """Return the words for a key with the values put in; KeyError for an unknown one."""
        english, spanish = self._words[key]
        return (spanish if self.language == "es" else english).format(*values)

    def head(self, name: str) -> str:
        """Return what a head or estimator is called in a row: in English as programs call it."""
        head, dot, label = name.partition(".")
        if self.language == "en" or head not in self._words:
            return name
        return f"{self(head).lower()}{': ' if dot else ''}{label}"

    def known(self, text: str) -> str:
        """Return the words for a key, or the text itself where it is none."""
        return self(text) if text in self._words else text

    def number(self, value: float | None, decimals: int = 2, sign: bool = False) -> str:
        """Return a number, or a dash where there is none."""
        if value is None:
            return MISSING
        text = f"{value:+.{decimals}f}" if sign else f"{value:.{decimals}f}"
        return text.replace(".", ",") if self.language == "es" else text

    def plain(self, value: float) -> str:
        """Return a number with no more decimals than it has."""
        return f"{value:g}".replace(".", "," if self.language == "es" else ".")

    def share(self, value: float | None) -> str:
        """Return a share in per cent."""
        if value is None:
            return MISSING
        return f"{self.number(100 * value, 1)} %"

    def count(self, value: int) -> str:
        """Return a whole number, its thousands set apart."""
        text = f"{value:,}"
        return text.replace(",", "." if self.language == "es" else ",")

    def figure(self, figure: Figure, sign: bool = False) -> str:
        """Return a figure with its interval."""
        if figure.value is None or figure.low is None or figure.high is None:
            return self.number(figure.value, sign=sign)
        ends = [self.number(end, sign=sign) for end in (figure.low, figure.high)]
        return f"{self.number(figure.value, sign=sign)} ({ends[0]}{' ' if sign else '–'}{ends[1]})"
