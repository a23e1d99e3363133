"""What cards say a model was trained on, in Spanish: {} is for what a note fills in.

Notes are English in the card, where programs and other Escuchas read them; a test holds that those
of the models that come along are all here.
"""

import re
from typing import Final

from models.reports.card_words import CARD_WORDS
from models.reports.words import Language
from models.runs import CORPUS
from streams.operate.spoken import Spoken

SPANISH: Final = {
    "{}, judged by a teacher": "{}, juzgado por un maestro",
    "the project's own corpus, models/corpus, with {}": "el corpus del propio proyecto, models/corpus, con {}",
    "real posts, not part of the project": "mensajes reales, que no forman parte del proyecto",
    "{} real posts, read and labelled for the project by its guide, not part of it: {}; the model holds hashed features, no text. To have one without them: escucha train": "{} mensajes reales, leídos y etiquetados para el proyecto según su guía, que no forman parte de él: {}; el modelo guarda características en forma de hash, ningún texto. Para tener uno sin ellos: escucha train",
    "{} real posts, read and labelled for the project by its guide, not part of it: {}; the heads hold sums over sentence vectors, no text. To have some without them: escucha train --profile accurate": "{} mensajes reales, leídos y etiquetados para el proyecto según su guía, que no forman parte de él: {}; el perfil guarda sumas sobre vectores de frases, ningún texto. Para tener uno sin ellos: escucha train --profile accurate",
    "airlines ({}), laptops ({}), customer support on Twitter ({}), SXSW, EmoEvent": "aerolíneas ({}), portátiles ({}), atención al cliente en Twitter ({}), SXSW, EmoEvent",
    "the judgements of a teacher, a network over two frozen sentence encoders (models/EXPERIMENTS.md) that learnt from the above, on {} further posts of the same sources without labels, and on pieces of all of them (models/pieces.py)": "los juicios de un maestro, una red sobre dos codificadores de frases fijos (models/EXPERIMENTS.md) que aprendió de lo anterior, sobre otros {} mensajes de las mismas fuentes sin etiquetas y sobre trozos de todos ellos (models/pieces.py)",
}
_COUNT: Final = re.compile(r"\d{1,3}(,\d{3})+")


def _within(text: str) -> str:
    if _COUNT.fullmatch(text):
        return text.replace(",", ".")
    return text.replace(" and i", " e i").replace(" and ", " y ")


_NOTES: Final = Spoken(SPANISH, {CORPUS: CARD_WORDS[CORPUS][1]}, within=_within)


def note_in(note: str, language: Language) -> str:
    """The note in that language; as it is where nobody has written it so."""
    return _NOTES(note, language)
