"""What `promote`, `rollback`, `shadow` and `rescore` say, and what the gate said, in two languages.

The gate's own words are English: they stand in the history, and programs read them.
"""

import re
from typing import Final

from models.reports.words import Language, Wording
from streams.operate.spoken import Spoken

_POINT: Final = re.compile(r"(?<=\d)\.(?=\d)")
_SAYS: Final = {
    "promoted now": ("{} is current: {}", "{} está en vigor: {}"),
    "promoted by force": ("{} is current by force: {}", "{} está en vigor a la fuerza: {}"),
    "refused": (
        "{} is not promoted over {}: {}. Judge it on other labelled mentions with --on FILE.jsonl,"
        " allow more with --margin, or insist with --force",
        "{} no se promueve sobre {}: {}. Júzgalo con otras menciones etiquetadas con --on"
        " ARCHIVO.jsonl, permite más con --margin, o insiste con --force",
    ),
    "way back": ("back to {}: escucha models rollback", "volver a {}: escucha models rollback"),
    "current again": (
        "{} is current again, in place of {}",
        "{} vuelve a estar en vigor, en lugar de {}",
    ),
    "into shadow": (
        "model {} goes into shadow; workers follow within seconds",
        "el modelo {} pasa a la sombra; los procesos le siguen en segundos",
    ),
    "out of shadow": (
        "no model is in shadow any more; workers follow within seconds",
        "ya no hay ningún modelo en sombra; los procesos siguen en segundos",
    ),
    "in shadow": ("in shadow: {}", "en sombra: {}"),
    "none": ("none", "ninguno"),
    "beside": (", shadow {}", ", en sombra {}"),
    "rescored": (
        "{} mentions judged anew by {}, {} of them otherwise than before",
        "{} menciones juzgadas de nuevo por {}, {} de ellas de otro modo que antes",
    ),
    "left": (
        "{} came meanwhile from workers that had another model; run it again",
        "{} llegaron mientras tanto de procesos que tenían otro modelo; repítelo",
    ),
}
_GATE: Final = Spoken(
    {
        "the first model: nothing to compare with": "el primer modelo: no hay con qué compararlo",
        "no head is worse by more than {}": "ninguna pregunta empeora más de {}",
        "no head is worse by more than {} (too few mentions to judge {})": (
            "ninguna pregunta empeora más de {} (muy pocas menciones para juzgar {})"
        ),
        "could not be judged: {}": "no se pudo juzgar: {}",
        "too few labelled mentions to judge by: {}, need {}": (
            "muy pocas menciones etiquetadas para juzgar: {}, hacen falta {}"
        ),
        "all {} mentions were learnt by one of the two": (
            "uno de los dos ha aprendido las {} menciones"
        ),
        "{}: macro f1 {}, current {}: worse by {} ({} to {}), allowed {}": (
            "{}: F1 macro {}, vigente {}: peor en {} (de {} a {}), se permite {}"
        ),
        "{}: average precision {}, current {}: worse by {} ({} to {}), allowed {}": (
            "{}: precisión media {}, vigente {}: peor en {} (de {} a {}), se permite {}"
        ),
    }
)


def saying(language: Language) -> Wording:
    """The words of these commands."""
    return Wording(language, _SAYS)


def gate_in(said: str, language: Language) -> str:
    """What the gate said; its parts as they are where nobody has written them so yet."""
    return "; ".join(_part(part, language) for part in said.split("; "))


def _part(said: str, language: Language) -> str:
    told = _GATE(said, language)
    return said if told == said else _POINT.sub(",", told)
