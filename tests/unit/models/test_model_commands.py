"""The commands of data scientists, as they are typed."""

import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from models.evaluated import Evaluation
from models.labels import LabelledMention
from models.propensity import COLUMNS, KNOWN, PropensityReport
from models.propensity_store import PropensityCard, PropensityStore
from models.store import ModelStore
from tests.unit.models.commanded import run, write

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


@pytest.fixture
def labelled(tmp_path: Path, corpus: list[LabelledMention]) -> Path:
    return write(tmp_path / "labelled.jsonl", corpus)


@pytest.mark.parametrize(
    "name",
    ["train", "evaluate", "classify", "models"]
    + [f"models {name}" for name in ("list", "card", "compare", "promote", "rollback")],
)
def test_help_has_an_example(store: ModelStore, name: str) -> None:
    result = run(store, *name.split(), "--help")

    assert result.exit_code == 0
    assert f"  escucha {name.split()[0]}" in result.output.replace("| escucha", "  escucha")


def test_list_and_card(store: ModelStore, versions: list[str]) -> None:
    listed = run(store, "models", "list").output.splitlines()
    as_json = json.loads(run(store, "models", "list", "--json").output)

    assert listed[0].startswith(f"  {versions[1]}")
    assert listed[1].startswith(f"* {versions[0]}")
    assert [(one["version"], one["current"]) for one in as_json["models"]] == [
        (versions[1], False),
        (versions[0], True),
    ]
    assert as_json["history"][0]["version"] == versions[0]
    card = run(store, "models", "card").output
    assert f"model {versions[0]}" in card
    assert "on made up" in card
    assert "intent" in card
    assert (
        json.loads(run(store, "models", "card", versions[1], "--json").output)["version"]
        == (versions[1])
    )
    missing = run(store, "models", "card", "20200101T000000Z-00000000")
    assert "escucha models list shows what is there" in str(missing.exception)


def test_the_commands_speak_spanish(
    store: ModelStore, versions: list[str], labelled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spanish = ("--language", "es")
    assert "intención en validación cruzada: F1 " in run(store, "models", "list", *spanish).output
    assert f"modelo {versions[0]}" in run(store, "models", "card", *spanish).output
    options = ("models", "promote", versions[1], "--on", labelled)
    refused = run(store, *options, *spanish)
    assert f"{versions[1]} no se promueve sobre {versions[0]}: " in str(refused.exception)
    assert "intent: F1 macro 0," in str(refused.exception)
    monkeypatch.setenv("ESCUCHA_LANG", "es")  # as for the doctor
    forced = run(store, *options, "--force").output
    assert f"{versions[1]} está en vigor a la fuerza: intent: F1 macro 0," in forced
    assert f"volver a {versions[0]}: escucha models rollback" in forced
    listed = run(store, "models", "list").output
    assert "promovido, a la fuerza" in listed
    assert ": peor en " in listed
    back = run(store, "models", "rollback").output
    assert back == f"{versions[0]} vuelve a estar en vigor, en lugar de {versions[1]}\n"
    english = run(store, "models", "list", "--language", "en").output
    assert "rolled back" in english


def test_a_card_of_propensity_in_both_languages(store: ModelStore) -> None:
    report = PropensityReport(
        states=4_200, positives=310, share=0.0731, log_loss=0.2, share_log_loss=0.3,
        baseline_log_loss=0.25, average_precision=0.4, baseline_average_precision=0.21,
        ece=0.0123, lift_10=3.26, weights=dict.fromkeys(COLUMNS, -0.5) | {"active_lately": 1.25},
    )  # fmt: skip
    card = PropensityCard(
        version="", created_at=NOW, status=KNOWN, horizon_days=14, moments=[NOW, NOW], orders=1_500,
        buyers=310, report=report, notes=["1500 orders were stored when it was made"],
    )  # fmt: skip
    version = PropensityStore(store.place).save(card, None).version
    command = ("models", "propensity", "card")

    spanish = run(store, *command, "--language", "es").output.splitlines()
    english = run(store, *command).output

    assert spanish[:8] == [
        f"{version}: muy pocos pedidos",  # as no model was saved with it
        "había 1500 pedidos guardados cuando se hizo",
        "compra en un plazo de 14 días; 310 compradores en 2 momentos",
        "4.200 observaciones, de las que compraron 310 (7,31 %)",
        "con autores que no había visto:",
        "  precisión media 0,400; solo con la intención activa de la última semana, 0,210",
        "  pérdida logarítmica 0,2000; solo con la intención activa de la última semana, 0,2500;"
        " solo con la proporción, 0,3000",
        "  error de calibración 0,0123; la décima parte más alta compra 3,3 veces más a menudo",
    ]
    assert spanish[8].startswith("pesos: intención activa hace poco +1,25; habló hace poco -0,50;")
    assert not any(name in spanish[8] for name in COLUMNS)
    assert "4,200 states, 310 of which bought (7.31 %)" in english
    assert "weights: active_lately +1.25, mentioned_lately -0.50, " in english


def test_a_damaged_card_hides_no_other_model(store: ModelStore, versions: list[str]) -> None:
    (Path(store.place) / versions[1] / "card.json").write_text("{")

    result = run(store, "models", "list")

    assert result.exit_code == 0
    assert result.stdout.startswith(f"* {versions[0]}")
    assert f"! {versions[1]}: card.json" in result.stderr
    listed = json.loads(run(store, "models", "list", "--json").stdout)
    assert [one["version"] for one in listed["models"]] == versions[:1]


def test_an_empty_store_says_what_to_do(store: ModelStore) -> None:
    result = run(store, "models", "list")

    assert (result.exit_code, result.stdout) == (0, "")
    assert "run escucha train" in result.stderr
    assert "no model was promoted" in str(run(store, "models", "rollback").exception)


def test_evaluate_as_text_json_and_page(
    store: ModelStore, versions: list[str], labelled: Path, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    options = ("--on", labelled, "--resamples", 20)

    text = run(store, "evaluate", *options, "--prevalence", 0.05, "--language", "es").output
    both = run(store, "evaluate", *options, "--json", "--html", page, "--examples", 0)

    assert f"Evaluación del modelo {versions[0]}" in text
    assert f"{versions[0]} did not note what it learnt from" in both.stderr
    assert "Ponderado" in text
    found = msgspec.json.decode(both.stdout, type=Evaluation)
    assert (found.mentions, found.files, found.examples) == (60, ["labelled.jsonl"], [])
    assert {"source", "language"} == {group.kind for group in found.heads[0].groups}
    assert page.read_text("utf-8").startswith("<!doctype html>")
    rules = run(store, "evaluate", *options, "--model", "keyword-rules", "--json").stdout
    assert json.loads(rules)["model"] == "keyword-rules"


def test_evaluate_leaves_out_what_was_learnt(
    store: ModelStore,
    versions: list[str],
    labelled: Path,
    tmp_path: Path,
    corpus: list[LabelledMention],
) -> None:
    options = ("evaluate", "--model", versions[1], "--resamples", 10, "--json", "--on")

    found = json.loads(run(store, *options, labelled).stdout)
    everything = json.loads(run(store, *options, labelled, "--include-learnt").stdout)
    only_learnt = run(store, *options, write(tmp_path / "one.jsonl", corpus[:1]))

    assert (found["mentions"], found["learnt"]) == (59, 1)
    assert (everything["mentions"], everything["learnt"]) == (60, 0)
    assert "--include-learnt" in str(only_learnt.exception)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("evaluate",), "say what to measure on: --on FILE.jsonl"),
        (("evaluate", "--on", "nosuch.jsonl"), "nosuch.jsonl: No such file"),
        (("evaluate", "--on", "LABELLED", "--model", "x"), "not a version: 'x'"),
        (("evaluate", "--on", "LABELLED", "--html", "/nosuch/x.html"), "give another --html"),
        (("train", "--on", "nosuch.jsonl"), "nosuch.jsonl: No such file"),
        (("train", "--teacher", "nosuch.jsonl"), "nosuch.jsonl: No such file"),
        (("train", "--teacher", "LABELLED"), "`str`"),
        (("train", "--recipe", "LABELLED"), "a recipe is as in"),
        (("train", "--if-missing", "--prevalence", "0.1"), "--if-missing takes no"),
        (("train", "--judge-on", "nosuch.jsonl"), "nosuch.jsonl: No such file"),
        (("train", "--judge-on", "LABELLED", "--no-promote"), "--judge-on is for the gate"),
        (("train", "--if-missing", "--precision", "0.9"), "--if-missing takes no"),
        (
            ("train", "--profile", "accurate", "--beside", "x", "--every", "2"),
            "are of the fast model",
        ),
        (("evaluate", "--on", "CSV"), "a line is as escucha evaluate --help shows"),
        (("models", "compare", "current", "x", "--on", "LABELLED"), "not a version: 'x'"),
    ],
)
def test_a_mistake_is_told_with_its_remedy(
    store: ModelStore,
    versions: list[str],
    labelled: Path,
    arguments: tuple[str, ...],
    says: str,
) -> None:
    table = labelled.with_suffix(".csv")
    table.write_text("text,intent\nhola,none\n")
    files = {"LABELLED": str(labelled), "CSV": str(table)}

    result = run(store, *(files.get(one, one) for one in arguments))

    assert result.exit_code == 1
    assert says in str(result.exception)


def test_compare_shows_which_is_better_and_where(
    store: ModelStore, versions: list[str], labelled: Path
) -> None:
    options = ("--on", labelled, "--resamples", 50, "--examples", 2)

    text = run(store, "models", "compare", *versions, *options).output
    found = json.loads(
        run(store, "models", "compare", "current", versions[1], *options, "--json").stdout
    )

    assert "worse" in text
    assert (found["a"], found["b"], found["learnt"]) == (*versions, 1)
    assert found["heads"][0]["differences"][0]["difference"]["high"] < 0
    assert {example["head"] for example in found["examples"]} == {"intent"}
    assert found["examples"][0]["text"] in text


def test_promote_goes_through_the_gate_and_back(
    store: ModelStore, versions: list[str], labelled: Path
) -> None:
    refused = run(store, "models", "promote", versions[1], "--on", labelled)
    assert refused.exit_code == 1
    assert "intent: macro f1" in str(refused.exception)
    assert store.current() == versions[0]

    forced = run(store, "models", "promote", versions[1], "--on", labelled, "--force")
    assert f"{versions[1]} is current by force: intent: macro f1" in forced.output
    assert f"back to {versions[0]}: escucha models rollback" in forced.output
    assert "promoted, forced" in run(store, "models", "list").output

    back = run(store, "models", "rollback")
    assert back.output == f"{versions[0]} is current again, in place of {versions[1]}\n"
    assert store.current() == versions[0]
    equal = run(store, "models", "promote", versions[0], "--on", labelled, "--json")
    assert json.loads(equal.stdout)["verdict"]["passed"]


def test_classify_takes_the_model_that_comes_along_where_none_is(
    store: ModelStore, tmp_path: Path
) -> None:
    lines = tmp_path / "lines.jsonl"
    lines.write_bytes(b"x" * 9_000_000 + b'\n{"text": "where can I buy it?"}\n')

    result = run(store, "classify", lines)

    too_long, judged = map(json.loads, result.stdout.splitlines())
    assert too_long == {"error": "the line is over 4194304 bytes long", "line": 1}
    assert judged["model_version"] == store.current()
    assert "comes along" in result.stderr
