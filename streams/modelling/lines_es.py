"""Lines of a run in Spanish, by the English of those who write them: {} is for what they fill in.

The same lines of `escucha prepare`, and of workers, stay in English: operators search their logs.
"""

import re
from collections.abc import Callable
from typing import Final

import click

from models.reports.card_words import CARD_WORDS
from models.reports.words import Language, Wording
from streams.asked import language_asked
from streams.modelling.gate_words import gate_in
from streams.operate.spoken import Spoken

SPANISH: Final = {
    # streams/training.py
    "training on {} labelled mentions; seed {}…": "entrenando con {} menciones etiquetadas; semilla {}…",
    "training on {} labelled mentions, {} held out to judge by; seed {}…": "entrenando con {} menciones etiquetadas, {} apartadas para juzgar con ellas; semilla {}…",
    "training on {} labelled mentions and {} that a teacher judged; seed {}…": "entrenando con {} menciones etiquetadas y {} juzgadas por un maestro; semilla {}…",
    "training on {} labelled mentions and {} that a teacher judged, {} held out to judge by; seed {}…": "entrenando con {} menciones etiquetadas y {} juzgadas por un maestro, {} apartadas para juzgar con ellas; semilla {}…",
    "model {} trained and saved": "modelo {} entrenado y guardado",
    "model {} promoted: {}": "modelo {} en vigor: {}",
    "training the accurate profile on {} labelled mentions; seed {}…": "entrenando el perfil preciso con {} menciones etiquetadas; semilla {}…",
    "heads of {} trained: share of intent {}, thresholds for {}": "perfil preciso de {} entrenado: proporción de intención {}, umbrales para {}",
    "no language has 300 labelled mentions: neither could be heeded": "ningún idioma tiene 300 menciones etiquetadas: no se pudo atender a ninguna de las dos cosas",
    "model {}, which comes along, is in force": "el modelo {}, que viene incluido, está en vigor",
    "model {}, which comes along and is in force, was put back": "se ha repuesto el modelo {}, que viene incluido y está en vigor",
    "{} was made for other classes by an older Escucha": "{} lo hizo un Escucha más antiguo, para otras clases",
    "{} stays in force; a newer model comes along. It has learnt all of the corpus, so judge it on labels of your own: escucha models compare {} {} --on FILE.jsonl, then escucha models promote {} --on FILE.jsonl": "{} sigue en vigor; viene incluido un modelo más nuevo. Ha aprendido todo el corpus, así que júzgalo con etiquetas tuyas: escucha models compare {} {} --on ARCHIVO.jsonl, y después escucha models promote {} --on ARCHIVO.jsonl",
    # progress
    "training": "entrenando",
    "mentions": "menciones",
    "{}: {} folds and the whole": "{}: {} partes y el conjunto",
    "{}, {} of {}": "{}, {} de {}",
    "{}: {} of {}": "{}: {} de {}",
    "reading": "lectura",
    "folds": "partes",
    "the whole": "el conjunto",
    "what to rule out": "qué descartar",
    # what else is said on the way
    "{} did not note what it learnt from: mentions it knows would flatter": "{} no anotó de qué aprendió: las menciones que conoce lo favorecerían",
    "page written to {}": "página escrita en {}",
    "from {} on; there are older ones: --since {} for all": "desde el {}; las hay más antiguas: --since {} para todas",
    "waits until escucha forget is done; if it was killed, run it again, or wait until {} UTC": "espera a que acabe escucha forget; si se interrumpió, repítelo, o espera hasta las {} UTC",
}
_ASKED_FOR: Final = dict(
    CARD_WORDS[key] for key in ("best f1", "a precision", "as labelled", "taken to be")
)
_NUMBER: Final = re.compile(r"\d+\.\d+")


def _within(text: str) -> str:
    """What a line fills in: a number, a head, or what the gate found."""
    if _NUMBER.fullmatch(text):
        return text.replace(".", ",")
    if text[:1].isdigit():
        return text
    said = gate_in(text, "es")
    return Wording("es").head(text) if said == text else said


line_in: Final = Spoken(SPANISH, _ASKED_FOR, within=_within)


def teller(language: Language | None = None, *, err: bool = False) -> Callable[[str], None]:
    """What prints lines in that language, else in that of the running command."""

    def tell(line: str) -> None:
        click.echo(line_in(line, language or language_asked()), err=err)

    return tell
