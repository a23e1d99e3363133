"""What ends a command is said in Spanish to whoever asks for it; services stay English."""

import ast
import os
import re
import string
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import pytest

import models
from models.accurate_store import AccurateStore
from models.errors import PromotionRefusedError
from models.reports.card_words import CARD_WORDS
from models.store import ModelStore
from streams.errors import InputError
from streams.modelling import errors_es as of_models
from streams.modelling import gate_words, lines_es, notes_es, propensity_words, replay_words
from streams.operate import errors_es as of_servers
from streams.operate.spoken import Spoken
from streams.operate.told import error_in, usage_in
from streams.producers import errors_es as of_files
from streams.rules.entities import sensible
from streams.rules.errors import RuleError
from streams.training import SHIPPED

REPOSITORY = Path(models.__file__).parents[1]
TABLES: Mapping[str, Mapping[str, str]] = {
    "errors of models": of_models.SPANISH,
    "errors of files": of_files.SPANISH,
    "errors of servers": of_servers.SPANISH,
    "errors of systems": of_servers.FOREIGN,
    "usage": of_servers.USAGE,
    "lines": lines_es.SPANISH,
    "notes": {**notes_es.SPANISH, **propensity_words.NOTES},
}
PAIRS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "propensity": propensity_words.WORDS,
    "gate": gate_words._SAYS,
    "replay": replay_words.REPLAY_WORDS,
    "cards": CARD_WORDS,
}
# Each of whose errors a person can meet has its Spanish.
COVERED = (
    "models/evaluation_set.py",
    "models/labels.py",
    "streams/kafka_access.py",
    "streams/listening/terminal.py",
    "streams/modelling/drift_cli.py",
    "streams/modelling/judging.py",
    "streams/modelling/learn_cli.py",
    "streams/modelling/live_cli.py",
    "streams/modelling/options.py",
    "streams/producers/csv_reader.py",
    "streams/producers/mapping.py",
    "streams/producers/readers.py",
    "streams/settings.py",
)
SELDOM = ("not YAML",)  # a library's own words would be left in the middle
PART = re.compile(r"\{\}|[:;,.] | and ")  # what is between is put together in different ways
VARIABLES = {"place": "{}, line {}", "hint": ""}


def fields(text: str) -> int:
    return sum(name is not None for _, name, _, _ in string.Formatter().parse(text))


@pytest.mark.parametrize("name", TABLES)
def test_each_text_fills_in_as_much_in_both_languages(name: str) -> None:
    table = TABLES[name]
    assert {en: es for en, es in table.items() if fields(en) != fields(es)} == {}
    assert {en for en, es in table.items() if en == es} <= {"ESCUCHA_{}: {}"}


@pytest.mark.parametrize("name", PAIRS)
def test_each_key_has_both_languages(name: str) -> None:
    table = PAIRS[name]
    assert {key for key, (en, es) in table.items() if fields(en) != fields(es)} == set()
    assert {key for key, pair in table.items() if not all(pair)} == set()


def texts_of(path: Path) -> Iterator[str]:
    """All texts of a module, {} for what they fill in."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant | ast.JoinedStr):
            yield _text(node)


def _text(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(map(_text, values))
        case ast.FormattedValue(value=ast.Name(id=name)):
            return VARIABLES.get(name, "{}")
        case ast.FormattedValue(value=ast.Call() | ast.Attribute() | ast.BinOp() | ast.Constant()):
            return "{}"
    return "{}" if isinstance(node, ast.FormattedValue) else ""


@pytest.fixture(scope="module")
def written() -> str:
    """Every text of the program."""
    paths = (
        path
        for room in ("models", "streams", "deploy")
        for path in Path(REPOSITORY, room).rglob("*.py")
    )
    return "\n".join(
        text for path in paths if not path.name.endswith("_es.py") for text in texts_of(path)
    )


@pytest.mark.parametrize(
    "name", ["errors of models", "errors of files", "errors of servers", "lines", "notes"]
)
def test_no_text_is_kept_that_nobody_says_any_more(name: str, written: str) -> None:
    said = "\n".join([written, *notes_that_come_along()])
    parts = {part.strip(" )") for text in TABLES[name] for part in PART.split(text)}
    assert {part for part in parts if len(part) > 9 and part not in said} == set()


def notes_that_come_along() -> Iterator[str]:
    """What the cards of the models that come along say they were trained on."""
    store = ModelStore(SHIPPED)
    heads = AccurateStore(SHIPPED)
    for version in store.versions():
        card = store.card(version)
        yield from card.trained_on
        yield from (file.name for file in card.data if " " in file.name)
        yield from heads.card(version).trained_on


def raised(path: str) -> Iterator[str]:
    """The words of each error that a module raises."""
    for node in ast.walk(ast.parse(Path(REPOSITORY, path).read_text("utf-8"))):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
            text = _text(node.exc.args[0])
            if re.sub(r"\{\}|\W", "", text):
                yield text


@pytest.mark.parametrize("path", COVERED)
def test_each_error_of_these_modules_is_there_in_spanish(path: str) -> None:
    texts = {text for text in raised(path) if not any(one in text for one in SELDOM)}
    assert texts
    filled = {text.replace("{}", "•") for text in texts}
    assert {text for text in filled if error_in(InputError(text), "es") == text} == set()


@pytest.mark.parametrize(
    ("english", "spanish"),
    [
        (
            "a.csv: cannot be read (Permission denied)",
            "a.csv: no se puede leer (permiso denegado)",
        ),
        (
            "a.csv: the file's size, the topic changed since 7 rows of it were delivered or"
            " rejected; --restart sends it from its first row (same ids, so nothing is counted"
            " twice), --checkpoint OTHER keeps both. The checkpoint is c.json",
            "a.csv: ya no es lo mismo que antes (el tamaño, el tema): de él se entregaron o"
            " rechazaron 7 filas; --restart lo envía desde la primera (con los mismos id, así que"
            " nada cuenta dos veces), --checkpoint OTRO conserva ambos. El punto de control es"
            " c.json",
        ),
        (
            "ESCUCHA_KAFKA_PARTITIONS: give a whole number of at least 1 (it is 'x')",
            "ESCUCHA_KAFKA_PARTITIONS: pon un número entero de 1 o más (ahora es 'x')",
        ),
        (
            "no model was promoted in m: run escucha train, or say with ESCUCHA_MODEL_STORE where"
            " models are",
            "no hay ningún modelo en vigor en m: ejecuta escucha train, o di con"
            " ESCUCHA_MODEL_STORE dónde están los modelos",
        ),
        (
            "model 2 is stored and not in force; 1 stays in force. Intent: macro f1 0.31, current"
            " 0.62: worse by 0.31 (0.20 to 0.40), allowed 0.02. To judge it on labelled mentions"
            " that neither has learnt: escucha models promote 2 --on FILE.jsonl (--force insists);"
            " the next time: escucha train --judge-on FILE.jsonl",
            "el modelo 2 está guardado y no en vigor; sigue en vigor 1. Intent: F1 macro 0,31,"
            " vigente 0,62: peor en 0,31 (de 0,20 a 0,40), se permite 0,02. Para juzgarlo con"
            " menciones etiquetadas que ninguno de los dos haya aprendido: escucha models promote 2"
            " --on ARCHIVO.jsonl (--force insiste); la próxima vez: escucha train --judge-on"
            " ARCHIVO.jsonl",
        ),
        ("{0.__class__}: there is no such file", "{0.__class__}: no existe ese archivo"),
        ("what nobody wrote down", "what nobody wrote down"),
    ],
)
def test_what_an_error_is_about_is_kept(english: str, spanish: str) -> None:
    assert error_in(PromotionRefusedError(english), "es") == spanish
    assert error_in(PromotionRefusedError(english), "en") == english


def test_mistakes_of_a_rule_are_told_at_their_place() -> None:
    with pytest.raises(RuleError) as caught:
        sensible("x (y")
    assert error_in(caught.value, "es") == "línea 1, columna 3: `(` no se cierra: añade `)`"


@pytest.mark.parametrize(
    ("typed", "spanish"),
    [
        (["--nothing"], "No existe la opción --nothing"),
        (["--lines", "x", "f"], "Valor no válido para '--lines': 'x' no es un número entero."),
        (["--lines", "7", "f"], "Valor no válido para '--lines': 7 está fuera del intervalo x<=3."),
        (["--kind", "z", "f"], "Valor no válido para '--kind': 'z' no es uno de estos: 'a', 'b'."),
        (["--since", "z", "f"], "Valor no válido para '--since': 'z' no sigue ninguno de los"),
        (["--file", "/none"], "Valor no válido para '--file': no existe el archivo '/none'."),
        (["--file"], "La opción '--file' necesita un valor."),
        ([], "Falta el argumento 'NAME'."),
        (["a", "b"], "Sobra un argumento (b)"),
    ],
)
def test_slips_of_the_command_line(typed: list[str], spanish: str) -> None:
    """By the library itself, so that one with other texts is found out."""

    @click.command("try", context_settings={"help_option_names": ["-h"]})
    @click.option("--lines", type=click.IntRange(max=3))
    @click.option("--kind", type=click.Choice(["a", "b"]))
    @click.option("--since", type=click.DateTime())
    @click.option("--file", type=click.Path(exists=True, dir_okay=False))
    @click.argument("name")
    def command(**given: object) -> None: ...

    with pytest.raises(click.UsageError) as caught:
        command(typed, "try", standalone_mode=False)

    said = usage_in(caught.value, "es")
    if caught.value.ctx is not None:
        assert said.startswith("Uso: try [OPTIONS] NAME\nAyuda: try -h\n\nError: ")
    assert f"Error: {spanish}" in said


def typed(folder: Path, *words: str, **environment: str) -> tuple[int, str]:
    """Exit code and standard error of a command, as somebody would type it."""
    done = subprocess.run(
        [sys.executable, "-m", "streams.cli", *words],
        cwd=folder,
        env={
            **{name: value for name, value in os.environ.items() if "ESCUCHA" not in name},
            "ESCUCHA_RUN_DIR": str(folder / "run"),
            "ESCUCHA_MODEL_STORE": str(folder / "models"),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stderr


def test_a_file_without_the_column_that_is_needed(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")

    assert typed(tmp_path, "ingest", "a.csv", ESCUCHA_LANG="es") == (
        1,
        "escucha: a.csv: ninguna columna parece text; di cuál es con --map text=COLUMNA. Las que"
        " hay: a, b\n",
    )


def test_the_option_counts_for_errors_too_and_services_stay_english(tmp_path: Path) -> None:
    command = ("models", "card", "--language")

    assert typed(tmp_path, *command, "es", LANG="C")[1].startswith("escucha: no hay ningún modelo")
    assert typed(tmp_path, *command, "en", ESCUCHA_LANG="es")[1].startswith("escucha: no model was")
    assert typed(tmp_path, "worker", ESCUCHA_LANG="es")[1].startswith("escucha: no model was")


def test_a_part_that_is_a_text_itself_is_said_too_and_no_other() -> None:
    say = Spoken({"{} is here": "{} está aquí", "the sun": "el sol", "rain": "la lluvia"})

    assert say("the sun is here", "es") == "el sol está aquí"
    assert say("the sun, rain is here", "es") == "el sol, la lluvia está aquí"
    assert say("the sun, snow is here", "es") == "the sun, snow está aquí"


def test_the_notes_of_models_that_come_along_are_all_in_spanish() -> None:
    for note in notes_that_come_along():
        said = notes_es.note_in(note, "es")
        assert said != note
        assert not re.search(r"\b(the|and|of|with)\b", said.replace("heads of", "")), said
