"""What the commands about models have in common."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from models.evaluation_set import NATURAL
from models.reports.words import Language, Wording
from models.store import ModelStore
from models.training import DEFAULT_RECIPE, Progress, Recipe
from streams.asked import language_option
from streams.errors import InputError
from streams.settings import language_of_environment

if TYPE_CHECKING:
    from streams.setting_values import Profile

Command = TypeVar("Command", bound=Callable[..., Any])

as_json = click.option("--json", "as_json", is_flag=True, help="For programs.")
language = language_option(language_of_environment)
prevalence = click.option(
    "--prevalence",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    metavar="SHARE",
    help="Weigh mentions as if this share of them had purchase intent, for example 0.05. Files are"
    " often richer in intent than traffic is, which flatters.",
)
calibrated_for = click.option(
    "--prevalence",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    metavar="SHARE",
    help="Calibrate, and choose thresholds, as if this share of each language had intent.",
)
precise = click.option(
    "--precision",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    metavar="SHARE",
    help="Choose thresholds of intent that find most while this share of it is right, in place of"
    " those with the best F1. What came of it the card says.",
)
resamples = click.option(
    "--resamples",
    type=click.IntRange(10, 100_000),
    default=1_000,
    show_default=True,
    help="For the 95 % intervals.",
)
threshold = click.option(
    "--alert-threshold",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="Yes from this probability on.",
)
include_learnt = click.option(
    "--include-learnt", is_flag=True, help="Also mentions that the model has learnt from."
)


def on_files(help_text: str, *, natural: bool = True) -> Callable[[Command], Command]:
    """`--on FILE`, several times, or --on natural."""
    kind = click.Path(path_type=str) if natural else click.Path(path_type=Path)
    return click.option("--on", "files", multiple=True, metavar="FILE", type=kind, help=help_text)


def recipe_of(
    file: Path | None, prevalence: float | None, precision: float | None = None
) -> Recipe:
    """The recipe of a file, or the usual one; raises InputError for what is none."""
    recipe = DEFAULT_RECIPE
    if file is not None:
        try:
            content = file.read_bytes()
            recipe = msgspec.json.decode(content, type=Recipe)
            unknown = set(msgspec.json.decode(content)) - set(Recipe.__struct_fields__)
        except OSError as error:
            raise InputError(f"{file}: {error.strerror}") from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise InputError(f"{file}: {error}: a recipe is as in escucha models card") from error
        if unknown:
            raise InputError(f"{file}: no recipe has {min(unknown)!r}")
    if prevalence is not None:
        recipe = msgspec.structs.replace(recipe, prevalence=prevalence)
    if precision is not None:
        recipe = msgspec.structs.replace(recipe, precision=precision)
    return recipe


def store() -> ModelStore:
    """The store of the local stack or of the environment."""
    from streams.local import local_settings
    from streams.training import store_of

    return store_of(local_settings())


def profile() -> "Profile":
    """The profile that the environment asks for."""
    from streams.local import local_settings

    return local_settings().model_profile


NATURAL_HELP = (
    f"{NATURAL!r} is the part of the project's corpus that escucha train holds out (the model that"
    " comes along has learnt it)"
)


@contextmanager
def progress_of_training(language: Language) -> Iterator[Progress]:
    """Show heads and folds on standard error: a bar for a person, a line a head for a log."""
    from streams.modelling.lines_es import line_in, teller

    fits: dict[str, int] = {}
    told = teller(language, err=True)

    def line(estimator: str, done: int, of: int) -> None:
        if done == of:
            told(f"{estimator}: {of - 1} folds and the whole")

    if not sys.stderr.isatty() or os.name == "nt":
        yield line
        return
    from models.heads import ESTIMATORS

    with click.progressbar(
        length=1_000,
        label=line_in("training", language),
        file=sys.stderr,
        item_show_func=lambda item: item or "",
    ) as bar:

        def tell(estimator: str, done: int, of: int) -> None:
            fits[estimator] = done
            at = 1_000 * sum(fits.values()) // (of * len(ESTIMATORS))
            bar.update(at - bar.pos, line_in(f"{estimator}, {done} of {of}", language))

        yield tell


@contextmanager
def progress_of_heads(language: Language) -> Iterator[Progress]:
    """Say on standard error how far the accurate profile is, a tenth of a step at a time."""
    from streams.modelling.lines_es import line_in

    said: dict[str, int] = {}
    say = Wording(language)

    def line(step: str, done: int, of: int) -> None:
        tenth = 10 * done // of
        if tenth > said.get(step, 0):
            said[step] = tenth
            told = line_in(f"{step}: {say.count(done)} of {say.count(of)}", language)
            click.echo(told, err=True)

    yield line
