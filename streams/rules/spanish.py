"""What is said of a rule or of a listening file, in Spanish.

The language itself speaks English; a sentence is found again here by its pattern, so that mistakes
need no second text where they are made. What no pattern knows stays as it is, and a test holds that
of all mistakes the tests can make none does.
"""

import re
from typing import Final

from schemas.rules import Told
from streams.asked import Language

# `{}` stands for what a sentence speaks about, which is kept; a sentence's remedy has its own line.
_SENTENCES: Final[dict[str, str]] = {
    # The text of a rule
    "a rule of {} characters": "una regla de {} caracteres",
    "at most {}": "como mucho {}",
    "at most six": "como mucho seis",
    "an empty rule": "una regla vacía",
    "write what to look for": "escribe qué buscar",
    "`)` closes nothing": "`)` no cierra nada",
    "remove it": "quítalo",
    "`(` is never closed": "`(` no se cierra",
    "add `{}`": "añade `{}`",
    "a quotation mark is never closed": "unas comillas no se cierran",
    "parentheses nested {} deep": "paréntesis de {} niveles",
    "something is missing at the end": "falta algo al final",
    "`{}` after a single word (similar spellings are not searched)": (
        "`{}` tras una sola palabra (no se buscan grafías parecidas)"
    ),
    'write spellings out with OR, `~word` for its forms, or `"two words"~5`': (
        'escribe las grafías con OR, `~palabra` para sus formas, o `"dos palabras"~5`'
    ),
    "nothing to the left of `{}`": "no hay nada a la izquierda de `{}`",
    "write it, or remove the operator": "escríbelo o quita el operador",
    'write it, or "{}" in quotes to search for the word': (
        'escríbelo, o "{}" entre comillas para buscar la palabra'
    ),
    "nothing before `)`": "no hay nada antes de `)`",
    "write what to look for, or remove it": "escribe qué buscar o quítalo",
    "`{}` cannot stand here": "`{}` no puede ir aquí",
    "ranges need a field: {}": "un intervalo necesita un campo: {}",
    'write `~word` for its forms, `"two words"~5` for words near each other': (
        'escribe `~palabra` para sus formas, `"dos palabras"~5` para palabras cercanas'
    ),
    "a field and its value stand together: {}": "un campo y su valor van juntos: {}",
    "write NOT, or `{}` right before what must not be there": (
        "escribe NOT, o `{}` justo antes de lo que no debe estar"
    ),
    "write AND": "escribe AND",
    "write OR": "escribe OR",
    "put it in quotes to search for it": "ponlo entre comillas para buscarlo",
    "`{}` in lower case is no operator": "`{}` en minúsculas no es un operador",
    'write {}, or "{}" in quotes to search for the word': (
        'escribe {}, o "{}" entre comillas para buscar la palabra'
    ),
    "`{}` is no operator": "`{}` no es un operador",
    "write NEAR/5 (at most five words between), NEAR/5f to keep the order": (
        "escribe NEAR/5 (como mucho cinco palabras entre medias), NEAR/5f para guardar el orden"
    ),
    "`{}` begins with `+`": "`{}` empieza con `+`",
    "leave the `+` out: all words are required unless you write OR": (
        "quita el `+`: todas las palabras son necesarias si no escribes OR"
    ),
    "regular expressions are not searched": "no se buscan expresiones regulares",
    "write words with wildcards: {}": "escribe palabras con comodines: {}",
    "`{}`: a weight has no meaning here": "`{}`: un peso no significa nada aquí",
    "leave it out: a rule matches or does not": "quítalo: una regla coincide o no",
    "`{}` mixes forms and wildcards": "`{}` mezcla formas y comodines",
    "choose one of them": "elige una de las dos cosas",
    "{} in one chain": "{} en una misma cadena",
    "use one of them, or join two rules with AND": "usa uno de ellos, o une dos reglas con AND",
    "only words and phrases, or some of them joined with OR, can be near": (
        "solo palabras y frases, o varias unidas con OR, pueden estar cerca"
    ),
    "move the rest outside with AND": "saca lo demás fuera con AND",
    "one word alone is near nothing": "una palabra sola no está cerca de nada",
    "write two, or no distance": "escribe dos, o ninguna distancia",
    "{} words near each other": "{} palabras cercanas entre sí",
    "a distance of {} words": "una distancia de {} palabras",
    # Words
    "`{}` looks like an address": "`{}` parece una dirección de correo",
    "addresses are not searched; look for the words around it": (
        "no se buscan direcciones; busca las palabras de alrededor"
    ),
    "an empty phrase: it can never match": "una frase vacía: no puede coincidir nunca",
    "`{}` holds no word: it can never match": (
        "`{}` no contiene ninguna palabra: no puede coincidir nunca"
    ),
    "write a word, a number, an emoji, #tag or @handle": (
        "escribe una palabra, un número, un emoji, #etiqueta o @cuenta"
    ),
    "a phrase of {} words": "una frase de {} palabras",
    "`{}` matches everything": "`{}` coincide con todo",
    "write letters before the wildcard": "escribe letras antes del comodín",
    "`{}` begins with a wildcard": "`{}` empieza con un comodín",
    "write the words out with OR, or their common beginning: {}": (
        "escribe las palabras con OR, o su comienzo común: {}"
    ),
    "`{}` has too few letters before its wildcard": "`{}` tiene pocas letras antes del comodín",
    "write at least {}": "escribe al menos {}",
    # Fields
    "unknown field `{}`": "campo desconocido `{}`",
    "links are not searched; use has:link": "no se busca en enlaces; usa has:link",
    "here it is {}": "aquí se escribe {}",
    "write `{}`": "escribe `{}`",
    "`{}` has an empty value": "`{}` no tiene valor",
    "write one, as in {}": "escribe uno, como en {}",
    "`{}` takes no wildcards": "`{}` no admite comodines",
    "write the values out: {}": "escribe los valores: {}",
    "`{}` is no language code": "`{}` no es un código de idioma",
    "write two letters, as in {}": "escribe dos letras, como en {}",
    "`{}` is no source": "`{}` no es una fuente",
    "write its short name, as in {}": "escribe su nombre corto, como en {}",
    "write its short name": "escribe su nombre corto",
    "`{}` is no type of mention": "`{}` no es un tipo de mención",
    "`has:` knows no `{}`": "`has:` no conoce `{}`",
    "`{}` is no number of followers": "`{}` no es un número de seguidores",
    "write followers:>1000, followers:<=500 or followers:100..500": (
        "escribe followers:>1000, followers:<=500 o followers:100..500"
    ),
    "`{}` is an empty range": "`{}` es un intervalo vacío",
    "no number is in it": "no contiene ningún número",
    "`{}` is more than anyone can have": "`{}` es más de lo que nadie puede tener",
    "write a smaller number": "escribe un número menor",
    "`{}` holds for everybody": "`{}` vale para cualquiera",
    "leave it out": "quítalo",
    "did you mean `{}`?": "¿querías decir `{}`?",
    "there are none": "no hay ninguna",
    "there are `{}`": "hay `{}`",
    # Sense
    "this rule can never match": "esta regla no puede coincidir nunca",
    "this part can never match": "esta parte no puede coincidir nunca",
    "change one of them": "cambia una de las dos cosas",
    "change one": "cambia uno",
    "this rule matches almost everything: NOT alone asks for nothing to be there": (
        "esta regla coincide con casi todo: NOT por sí solo no pide que haya nada"
    ),
    "add a word or a field that must be there: {}": (
        "añade una palabra o un campo que deba estar: {}"
    ),
    "this stands twice in the same OR": "esto está dos veces en el mismo OR",
    "{} must be there and must not": "{} debe estar y no debe estar",
    "{} contains {}, which must not be there": "{} contiene {}, que no debe estar",
    "{} and {} exclude each other": "{} y {} se excluyen",
    "{}: `{}` and `{}` have the same rule": "{}: `{}` y `{}` tienen la misma regla",
    "{}: {} finds both `{}` and `{}`": "{}: {} encuentra tanto `{}` como `{}`",
    "{}: `{}`": "{}: `{}`",
    # The file
    "the file is empty": "el archivo está vacío",
    "this is no YAML: {}": "esto no es YAML: {}",
    "this is no YAML": "esto no es YAML",
    "indent with blanks, not with tabs": "sangra con espacios, no con tabuladores",
    "put it in single quotes: '…'; or, a rule, in the line below `rule: >`": (
        "ponlo entre comillas simples: '…'; o, si es una regla, en la línea bajo `rule: >`"
    ),
    "aliases (&name, *name) are not read here": "aquí no se leen alias (&nombre, *nombre)",
    "write it out again": "escríbelo otra vez",
    "nested too deep": "demasiados niveles",
    "a list is wanted here: [a, b] or lines with `- `": (
        "aquí va una lista: [a, b] o líneas con `- `"
    ),
    "fields are wanted here, as in `name: Nimbara`": "aquí van campos, como en `name: Nimbara`",
    "the name of a field is wanted here": "aquí va el nombre de un campo",
    "`{}` stands here twice": "`{}` está aquí dos veces",
    "`{}` is missing": "falta `{}`",
    "`{}` is not known here": "`{}` no se conoce aquí",
    "true or false is wanted here": "aquí va true o false",
    "a day is wanted here, as in {}": "aquí va un día, como en {}",
    "a whole number is wanted here": "aquí va un número entero",
    "a text is wanted here": "aquí va un texto",
    "put `{}` in quotes": "pon `{}` entre comillas",
    "write something (what follows # is a comment, unless it is in quotes)": (
        "escribe algo (lo que sigue a # es un comentario, salvo entre comillas)"
    ),
    "this is empty": "esto está vacío",
    "write something, or remove the field": "escribe algo o quita el campo",
    "{} characters, at most {}": "{} caracteres, como mucho {}",
    "one value is wanted here": "aquí va un solo valor",
    "two {} have the name `{}`": "dos de {} tienen el nombre `{}`",
    "this leaves nothing of the rule": "esto no deja nada de la regla",
    "nothing finds this brand": "nada encuentra esta marca",
    "add `names:`, `handles:` or a `rule:`": "añade `names:`, `handles:` o una `rule:`",
    "this campaign ends ({}) before it starts ({})": (
        "esta campaña acaba ({}) antes de empezar ({})"
    ),
    "no brand is named `{}`": "ninguna marca se llama `{}`",
    "{}: there is no such file": "{}: no existe ese archivo",
    "{}: cannot be read: {}": "{}: no se puede leer: {}",
    "{}: larger than {} MiB": "{}: pasa de {} MiB",
    "{}: not UTF-8: save the file as UTF-8": "{}: no es UTF-8: guarda el archivo como UTF-8",
    # What is said of a file without mistakes, and of how a rule matches
    "warning": "aviso",
    "version {}, no mistakes": "versión {}, sin errores",
    "all of": "todo esto",
    "any of": "algo de esto",
    "not": "no",
    "near each other, at most {} words between": "cerca, como mucho {} palabras entre medias",
    "near each other, at most {} words between, in this order": (
        "cerca, como mucho {} palabras entre medias, en este orden"
    ),
    # PyYAML's own words for what goes wrong most often
    "mapping values are not allowed here": "aquí no puede ir otro `campo:`",
    "could not find expected ':'": "falta `:`",
    "found character '\\t' that cannot start any token": "un tabulador no puede ir aquí",
    "found character '{}' that cannot start any token": "`{}` no puede empezar un valor",
    "found unexpected end of stream": "el texto acaba antes de tiempo",
    "while scanning a quoted scalar": "unas comillas no se cierran",
    "expected <block end>, but found {}": "la sangría no cuadra (se encontró {})",
    "found undefined alias {}": "el alias {} no existe",
}
# One and several.
_COUNTED: Final = {
    "mistake": ("error", "errores"),
    "warning": ("aviso", "avisos"),
    "brand": ("marca", "marcas"),
    "topic": ("tema", "temas"),
    "campaign": ("campaña", "campañas"),
    "attribute": ("atributo", "atributos"),
    "interest": ("interés", "intereses"),
}


def _pattern(sentence: str) -> re.Pattern[str]:
    return re.compile("(.*?)".join(map(re.escape, sentence.split("{}"))), re.DOTALL)


# Sentences with more words of their own first: `unknown field `{}`` before `{}: `{}``.
_PATTERNS: Final = [
    (_pattern(english), spanish)
    for english, spanish in sorted(
        _SENTENCES.items(), key=lambda pair: len(pair[0].replace("{}", "")), reverse=True
    )
]
MAX_CHARS: Final = 600  # of a message that patterns are tried on


def in_spanish(message: str) -> str:
    """Return the message in Spanish; as it is where it is not known."""
    return _known(message) or message


def in_language(message: str, language: Language) -> str:
    """Return the message in that language."""
    return in_spanish(message) if language == "es" else message


def counted_in_spanish(number: int, what: str) -> str:
    """Return how many of what there are; KeyError for what is not counted."""
    return f"{number} {_COUNTED[what][number != 1]}"


def in_both(message: str) -> Told:
    """Return the message in both languages of the product."""
    return Told(en=message, es=in_spanish(message))


def is_known(message: str) -> bool:
    """Whether there is Spanish for all of it."""
    return _known(message) is not None


def _known(message: str) -> str | None:
    if len(message) > MAX_CHARS:
        return None
    return _whole(message) or _in_parts(message)


def _whole(message: str) -> str | None:
    for pattern, spanish in _PATTERNS:
        found = pattern.fullmatch(message)
        if found is not None and ": " not in "".join(found.groups()):
            return spanish.format(*found.groups())
    return None


def _in_parts(message: str) -> str | None:
    """A sentence, what is wrong with it and what helps, joined with colons."""
    at = message.find(": ")
    while at >= 0:
        first = _whole(message[:at])
        rest = _known(message[at + 2 :]) if first else None
        if first and rest:
            return f"{first}: {rest}"
        at = message.find(": ", at + 2)
    return None
