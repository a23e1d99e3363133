"""`escucha explain`: a text judged by every head, with the words that drove each judgement."""

import sys
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Final

import click
import numpy as np

from models.accurate import ACCURATE
from models.explain import Explanation
from models.predictions import HEADS, Predictions, Texts
from models.profiles import AnyModel
from streams.asked import language_option
from streams.settings import language_of_environment

ROWS: Final = 6  # of each table
# Of the strongest token; what moves the score less is not marked.
_WORTH_MARKING: Final = 0.2
_BAR: Final = 12
_TOKEN_WIDTH: Final = 24

# For people; programs read `escucha classify --explain`.
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "marks": "in brackets: the words that argue most for this intent",
        "against": "against {}",
        "others": "against the others",
        "start": "without any word",
        "rest": "all other words",
        "parent": "what it answers",
        "total": "total, in log odds",
        "accurate": "Labels and probabilities are the accurate profile's, which cannot say what"
        " each word did; words and numbers are the fast profile's view of the same labels.",
    },
    "es": {
        "marks": "entre corchetes: las palabras que más pesan a favor de esta intención",
        "against": "frente a {}",
        "others": "frente a las demás",
        "start": "sin palabra alguna",
        "rest": "las demás palabras",
        "parent": "a lo que responde",
        "total": "total, en log-odds",
        "accurate": "Etiquetas y probabilidades son del perfil preciso, que no sabe decir qué hizo"
        " cada palabra; palabras y números son la visión del perfil rápido de esas etiquetas.",
    },
}
_SPANISH: Final[Mapping[str, str]] = {
    "intent": "intención",
    "stage": "etapa",
    "needs_reply": "necesita respuesta",
    "sentiment": "sentimiento",
    "act": "acto",
    "none": "ninguna",
    "latent": "latente",
    "active": "activa",
    "awareness": "conocimiento",
    "consideration": "consideración",
    "decision": "decisión",
    "use": "uso",
    "advocacy": "recomendación",
    "yes": "sí",
    "negative": "negativo",
    "neutral": "neutro",
    "positive": "positivo",
    "question": "pregunta",
    "order_status": "estado de un pedido",
    "incident": "incidencia",
    "complaint": "queja",
    "praise": "elogio",
    "asks_recommendation": "pide consejo",
    "gives_recommendation": "da consejo",
    "usage_tip": "truco de uso",
}

_EXAMPLES = """\b
Examples:
  escucha explain '¿Dónde puedo comprar los Nimbara Uno?'
  escucha explain 'my router is down again' --language es
  echo 'where can I buy it?' | escucha explain -
"""


@click.command("explain", epilog=_EXAMPLES)
@click.argument("text")
@language_option(language_of_environment)
@click.option("--lang", default="", help="Of the text, where a model asks for it.")
@click.option("--reply-to", default="", help="Text of what it answers.")
def explain_command(text: str, language: str, lang: str, reply_to: str) -> None:
    """Show how TEXT (- for standard input) is judged, and which of its words drove each judgement.

    A word's number is what it adds to the log odds; with where the count begins they add up to the
    total. Above 0 the label is likelier than what it is compared with.
    """
    from streams import training
    from streams.local import local_settings
    from streams.modelling.lines_es import teller

    if text == "-":
        text = sys.stdin.read().rstrip("\n")
    settings = local_settings()
    training.train_if_missing(settings, say=teller(err=True))
    model = training.current_model(settings)
    for line in explained(model, text, language, lang=lang, parent=reply_to):
        click.echo(line)


def explained(
    model: AnyModel, text: str, language: str, *, lang: str = "", parent: str = ""
) -> Iterator[str]:
    """Yield the lines of the answer; styles are in them, which click drops where none can show."""
    words = _WORDS[language]
    texts = Texts([text], [lang], [parent])
    predictions = model.predict(texts)
    judged = list(_judged(model, predictions, texts))
    intent = judged[0][0]
    yield marked(text, intent)
    yield click.style(words["marks"], dim=True)
    for found, chance in judged:
        yield ""
        yield from _table(found, chance, text, language)
    yield ""
    judged_by = predictions.versions[0] if predictions.versions else model.version
    if judged_by.endswith(ACCURATE):
        yield words["accurate"]
    yield click.style(judged_by, dim=True)


def marked(text: str, found: Explanation) -> str:
    """Return the text with the tokens that argued most for the label in brackets and colour.

    Of intent "none" those that argued most for it; brackets, since not every terminal has colours.
    """
    strongest = max((part.amount for part in found.contributions), default=0.0)
    written, at = "", 0
    for part in found.contributions:
        if part.amount > 0 and part.amount >= _WORTH_MARKING * strongest:
            token = f"[{_shown(text[part.start : part.end])}]"
            written += _shown(text[at : part.start]) + click.style(token, fg="green", bold=True)
            at = part.end
    return written + _shown(text[at:])


def _judged(
    model: AnyModel, predictions: Predictions, given: Texts
) -> Iterator[tuple[Explanation, float]]:
    """Each label that was given, intent first, why, and its probability."""
    for name, head in HEADS.items():
        if head.many:
            labels = np.flatnonzero(predictions.acts[0]).tolist()
        else:
            labels = predictions.labels[name].tolist()
        why = model.explainer.explain(
            [*given.texts] * len(labels),
            name,
            labels,
            langs=[*given.langs] * len(labels),
            parents=[*given.parents] * len(labels),
        )
        for found, label in zip(why, labels, strict=True):
            yield found, float(predictions.probabilities[name][0][label])


def _table(found: Explanation, chance: float, text: str, language: str) -> Iterator[str]:
    words = _WORDS[language]
    if found.against:
        against = "  " + words["against"].format(_name(found.against, language))
    else:
        against = "" if HEADS[found.head].many else f"  {words['others']}"
    title = f"{_name(found.head, language)}: {_name(found.label, language)}"
    yield f"{click.style(title, bold=True)}  {chance:.0%}{click.style(against, dim=True)}"
    strongest = found.strongest(ROWS)
    most = max((abs(part.amount) for part in strongest), default=1.0)
    for part in strongest:
        bar = "█" * max(1, round(_BAR * abs(part.amount) / most))
        colour = "green" if part.amount > 0 else "red"
        token = _cut(text[part.start : part.end])
        yield f"  {token:<{_TOKEN_WIDTH}} {part.amount:+7.2f}  {click.style(bar, fg=colour)}"
    own = sum(part.amount for part in found.contributions)
    rest = own - sum(part.amount for part in strongest)
    if len(found.contributions) > len(strongest):
        yield f"  {words['rest']:<{_TOKEN_WIDTH}} {rest:+7.2f}"
    if found.parent:
        yield f"  {words['parent']:<{_TOKEN_WIDTH}} {found.of_parent:+7.2f}"
    yield f"  {words['start']:<{_TOKEN_WIDTH}} {found.intercept:+7.2f}"
    yield f"  {words['total']:<{_TOKEN_WIDTH}} {found.total:+7.2f}"


def _name(name: str, language: str) -> str:
    if language == "es":
        return _SPANISH.get(name, name)
    return name.replace("_", " ")


def _cut(token: str) -> str:
    shown = " ".join(_shown(token).split())
    return shown if len(shown) <= _TOKEN_WIDTH else f"{shown[: _TOKEN_WIDTH - 1]}…"


def _shown(text: str) -> str:
    """The text without what would steer a terminal, or what it could not print."""
    return "".join(
        " " if unicodedata.category(c) in ("Cc", "Cs") and c != "\n" else c for c in text
    )
