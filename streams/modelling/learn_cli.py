"""`escucha train`, `escucha evaluate` and `escucha classify`."""

import sys
from pathlib import Path
from typing import BinaryIO

import click
import msgspec

from models.reports.words import Language
from streams.errors import InputError
from streams.modelling import options


@click.command("train")
@click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), default=7, show_default=True, help="Of the folds."
)
@options.on_files("More labelled mentions to learn from, JSON lines.", natural=False)
@click.option(
    "--learn-natural",
    is_flag=True,
    help="Learn from the natural part of the corpus too, which is held out to judge by.",
)
@click.option(
    "--teacher",
    "teachers",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Unlabelled mentions with a better model's probabilities: classify --with-text.",
)
@click.option(
    "--recipe",
    "recipe_file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="How to learn, a JSON object, for example the training.recipe of a card.",
)
@click.option(
    "--every",
    type=click.IntRange(1, 20),
    default=1,
    show_default=True,
    help="Learn from every Nth mention of the corpus: a rough model in seconds, to try the loop.",
)
@click.option(
    "--profile",
    type=click.Choice(["fast", "accurate"]),
    default="fast",
    show_default=True,
    help="accurate: also heads over sentence encoders, which takes some minutes more.",
)
@click.option(
    "--beside",
    metavar="VERSION",
    help="With --profile accurate: only the heads, beside a model that is in the store, whose"
    " prevalence and precision hold where none are given.",
)
@options.calibrated_for
@options.precise
@click.option("--promote/--no-promote", default=True, help="Make it current.  [default: promote]")
@click.option(
    "--judge-on",
    "judged_on",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=str),
    help="What the gate judges on, JSON lines, as promote --on. While the model that comes along"
    " is in force it takes labels of your own, which neither has learnt.  [default: natural]",
)
@click.option("--if-missing", is_flag=True, help="Do nothing when there is a current model.")
@options.language
def train_command(
    seed: int,
    files: tuple[Path, ...],
    learn_natural: bool,
    teachers: tuple[Path, ...],
    recipe_file: Path | None,
    prevalence: float | None,
    precision: float | None,
    every: int,
    profile: str,
    beside: str | None,
    promote: bool,
    judged_on: tuple[str, ...],
    if_missing: bool,
    language: Language,
) -> None:
    """Train a model on the project's corpus and your own files, and let workers use it.

    The same files and seed give the same model. A model that is worse than the current one, or
    cannot be judged, is stored and not in force: the last line says so, with the remedy, and the
    exit code is 1.

    \b
      escucha train
      escucha train --on learn.jsonl --judge-on judge.jsonl
      escucha train --on our_labels.jsonl --on more.jsonl --no-promote
      escucha classify --with-text posts.jsonl > taught.jsonl
      escucha train --on our_labels.jsonl --teacher taught.jsonl
      escucha train --profile accurate --on our_labels.jsonl
      escucha train --profile accurate --beside VERSION --prevalence 0.05
    """
    from streams import training
    from streams.local import local_settings
    from streams.modelling.lines_es import teller

    settings, say = local_settings(), teller(language)
    of_fast = teachers or recipe_file
    if if_missing and (of_fast or prevalence or precision):
        raise InputError("--if-missing takes no --teacher, --recipe, --prevalence or --precision")
    if judged_on and (not promote or if_missing or beside):
        raise InputError(
            "--judge-on is for the gate: it does not go with --no-promote, --if-missing or --beside"
        )
    recipe = options.recipe_of(recipe_file, prevalence, precision)
    if beside and profile != "accurate":
        raise InputError("--beside goes with --profile accurate")
    if beside and (of_fast or every > 1):
        raise InputError(
            "--beside trains heads alone: --teacher, --recipe and --every are of the fast model"
        )
    if if_missing and profile == "accurate":
        raise InputError("--if-missing goes with --profile fast")
    with options.progress_of_training(language) as progress:
        if profile == "accurate":
            version = (
                beside
                or training.train(
                    settings,
                    say=say,
                    seed=seed,
                    on=files,
                    learn_natural=learn_natural,
                    teachers=teachers,
                    recipe=recipe,
                    every=every,
                    promote=False,
                    judge_on=judged_on,
                    progress=progress,
                ).version
            )
        elif if_missing:
            training.train_if_missing(
                settings,
                say=say,
                seed=seed,
                on=files,
                learn_natural=learn_natural,
                progress=progress,
            )
        else:
            training.train(
                settings,
                say=say,
                seed=seed,
                on=files,
                learn_natural=learn_natural,
                teachers=teachers,
                recipe=recipe,
                every=every,
                promote=promote,
                judge_on=judged_on,
                progress=progress,
            )
    if profile != "accurate":
        return
    with options.progress_of_heads(language) as progress:
        training.train_accurate(
            settings,
            version,
            say=say,
            seed=seed,
            on=files,
            learn_natural=learn_natural,
            prevalence=prevalence,
            precision=precision,
            progress=progress,
        )
    if promote and not beside:
        training.promote_trained(settings, version, say=say, judge_on=judged_on)


@click.command("evaluate")
@click.option(
    "--model",
    "name",
    metavar="VERSION",
    help='A version, also "VERSION+accurate" or "VERSION+cascade", "current+accurate", or'
    ' "keyword-rules", the baseline.  [default: the current one]',
)
@options.on_files(f"Labelled mentions, JSON lines; {options.NATURAL_HELP}.")
@options.prevalence
@options.threshold
@options.resamples
@click.option(
    "--examples",
    type=click.IntRange(min=0),
    default=5,
    show_default=True,
    help="The surest mistakes of each head, with their texts; 0 for none.",
)
@options.include_learnt
@click.option(
    "--html",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Also write one page with plots; it needs no network and runs no script.",
)
@options.language
@options.as_json
def evaluate_command(
    name: str | None,
    files: tuple[str, ...],
    prevalence: float | None,
    alert_threshold: float,
    resamples: int,
    examples: int,
    include_learnt: bool,
    html: Path | None,
    language: Language,
    as_json: bool,
) -> None:
    """Say how good a model is on labelled mentions it has not seen.

    For each head, language, source and variety: precision, recall, F1, average precision,
    confusion, reliability and calibration error with 95 % intervals, beside always saying yes,
    guessing by class shares, and a set of keyword rules.

    \b
      escucha evaluate --on labelled.jsonl
      escucha evaluate --on labelled.jsonl --prevalence 0.05 --html report.html --language es
      escucha evaluate --on natural --model VERSION       (one that escucha train made)
      escucha evaluate --on labelled.jsonl --json | jq '.heads[0].alert.f1'

    A line of FILE is as in the corpus, and may have a "source":
    {"id": "1", "text": "…", "lang": "es", "intent": "active", "stage": "decision",
    "needs_reply": "yes", "source": "forum"}; an empty label is not counted.
    """
    from models.evaluation import evaluate
    from models.reports.page import evaluation_page
    from models.reports.terminal import evaluation_text
    from streams.modelling.judging import data_for, open_model
    from streams.modelling.lines_es import teller

    if not files:
        raise InputError(
            "say what to measure on: --on FILE.jsonl with labelled mentions, or --on natural."
            " Cross-validated figures of a model are in its card: escucha models card"
        )
    store = options.store()
    model = open_model(store, name, options.profile())
    versions = () if include_learnt else (model.version,)
    data, left_out = data_for(store, versions, files)
    found = evaluate(
        model,
        data,
        prevalence=prevalence,
        alert_threshold=alert_threshold,
        resamples=resamples,
        examples=examples,
        learnt=left_out,
    )
    if html is not None:
        try:
            html.write_text(evaluation_page(found, language), "utf-8")
        except OSError as error:
            raise InputError(f"{html}: {error.strerror}: give another --html FILE") from error
        teller(language, err=True)(f"page written to {html}")
    if as_json:
        click.echo(msgspec.json.encode(found))
    elif html is None:
        click.echo(evaluation_text(found, language))


@click.command("classify")
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--explain", is_flag=True, help="Say which words drove each judgement.")
@click.option("--with-text", is_flag=True, help="Repeat the texts: a file for train --teacher.")
def classify_command(file: BinaryIO, explain: bool, with_text: bool) -> None:
    """Score JSON lines from FILE or standard input, without any server.

    \b
    In:   {"text": "¿dónde lo compro?", "id": 1, "lang": "es", "parent_text": "…"}
    Out:  the same id and lang, each head with probabilities, model_version.
    A bad line is answered by an error object in its place. Example:
      echo '{"text": "where can I buy it?"}' | escucha classify
    """
    from models.scoring import bounded_lines, score_lines
    from streams import training
    from streams.local import local_settings
    from streams.modelling.lines_es import teller

    settings = local_settings()
    training.train_if_missing(settings, say=teller(err=True))
    out = sys.stdout.buffer
    model = training.current_model(settings)
    explainer = model.explainer if explain else None
    lines = bounded_lines(file)
    for line in score_lines(lines, model, explainer=explainer, with_text=with_text):
        out.write(line)
    out.flush()
