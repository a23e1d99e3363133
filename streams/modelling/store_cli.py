"""`escucha models list | card | compare | promote | rollback`."""

import click
import msgspec

from models.reports.words import Language
from streams.modelling import options


@click.command("list")
@options.as_json
def list_command(as_json: bool) -> None:
    """Stored models, newest first; * is the current one.

    \b
      escucha models list
    """
    from models.errors import ModelNotFoundError, ModelStoreError
    from models.reports.terminal import history_text

    store = options.store()
    try:
        current = store.current()
    except ModelNotFoundError:
        current = ""
    cards = []
    damaged = 0
    for version in reversed(store.versions()):
        try:
            cards.append(store.card(version))
        except ModelStoreError as error:  # the others can be told all the same
            damaged += 1
            click.echo(f"! {error}", err=True)
    history = store.history()
    if as_json:
        shown = [
            {
                "version": card.version,
                "created_at": card.created_at,
                "current": card.version == current,
                "label_set_hash": card.training.label_set_hash,
                "seed": card.training.seed,
                "trained_on": card.trained_on,
            }
            for card in cards
        ]
        click.echo(msgspec.json.encode({"models": shown, "history": history}))
        return
    if not cards and not damaged:
        click.echo(f"no models in {store.place}: run escucha train", err=True)
        return
    for card in cards:
        mark = "*" if card.version == current else " "
        intent = card.training.metrics.get("intent")
        if intent is None:
            click.echo(f"{mark} {card.version}  made for other heads, by another Escucha")
            continue
        click.echo(
            f"{mark} {card.version}  {intent.mentions:>7,}"
            f" mentions, seed {card.training.seed}, cross-validated intent F1"
            f" {intent.macro_f1:.3f}, average precision {intent.average_precision:.3f}"
        )
    if history:
        click.echo(history_text(history))


@click.command("card")
@click.argument("version", required=False)
@options.as_json
def card_command(version: str | None, as_json: bool) -> None:
    """What a model is: data, features, cross-validated figures.  [default: the current one]

    \b
      escucha models card
      escucha models card 20261129T120000Z-0a1b2c3d --json
    """
    from models.accurate_store import AccurateStore
    from models.reports.heads import heads_text
    from models.reports.terminal import card_text

    store = options.store()
    card = store.card(version)
    heads = AccurateStore(store.place)
    found = heads.card(card.version) if heads.has(card.version) else None
    if as_json:
        both = {**msgspec.to_builtins(card), "accurate": msgspec.to_builtins(found)}
        click.echo(msgspec.json.format(msgspec.json.encode(both)))
        return
    click.echo(card_text(card))
    if found is not None:
        click.echo("\n" + heads_text(found))


@click.command("compare")
@click.argument("a")
@click.argument("b")
@options.on_files(f"Labelled mentions, JSON lines; {options.NATURAL_HELP}.  [default: natural]")
@click.option("--examples", type=click.IntRange(min=0), default=0, help="So many texts a head.")
@options.prevalence
@options.threshold
@options.resamples
@options.include_learnt
@options.language
@options.as_json
def compare_command(
    a: str,
    b: str,
    files: tuple[str, ...],
    examples: int,
    prevalence: float | None,
    alert_threshold: float,
    resamples: int,
    include_learnt: bool,
    language: Language,
    as_json: bool,
) -> None:
    """Judge models A and B on the same mentions: differences with 95 % intervals, and texts.

    A and B are versions, also "VERSION+accurate" and "VERSION+cascade", "current", or
    "keyword-rules" (the baseline without a model). The intervals are of the paired difference:
    where one holds 0, it may be chance.

    \b
      escucha models compare current 20261129T120000Z-0a1b2c3d --on labelled.jsonl --examples 5
      escucha models compare keyword-rules current --on labelled.jsonl --prevalence 0.05
    """
    from models.comparison import compare
    from models.reports.terminal import comparison_text
    from streams.modelling.judging import data_for, open_model

    store = options.store()
    one, other = (open_model(store, name, options.profile()) for name in (a, b))
    versions = () if include_learnt else (one.version, other.version)
    data, left_out = data_for(store, versions, files or ("natural",))
    found = compare(
        one,
        other,
        data,
        prevalence=prevalence,
        alert_threshold=alert_threshold,
        resamples=resamples,
        examples=examples,
        learnt=left_out,
    )
    if as_json:
        click.echo(msgspec.json.encode(found))
    else:
        click.echo(comparison_text(found, language))


@click.command("promote")
@click.argument("version")
@options.on_files(f"What to judge on, JSON lines; {options.NATURAL_HELP}.  [default: natural]")
@click.option(
    "--margin",
    type=click.FloatRange(0, 1),
    default=0.02,
    show_default=True,
    help="How much lower macro F1 and average precision of a head may be.",
)
@options.prevalence
@click.option("--force", is_flag=True, help="Promote whatever the gate says; the history tells.")
@options.as_json
def promote_command(
    version: str,
    files: tuple[str, ...],
    margin: float,
    prevalence: float | None,
    force: bool,
    as_json: bool,
) -> None:
    """Make VERSION the current model, unless it is worse than the one that is.

    A head stands in the way when it is worse by more than the margin, beyond chance (paired
    95 % interval) or by more than five margins. Mentions that either model has learnt are left
    out, and heads with fewer than 50 are not judged.

    \b
      escucha models promote 20261129T120000Z-0a1b2c3d --on labelled.jsonl --margin 0.01
      escucha models promote 20261129T120000Z-0a1b2c3d    (both made by escucha train)
    """
    from models.gate import promote
    from streams import clock

    outcome = promote(
        options.store(),
        version,
        on=list(files) or None,
        margin=margin,
        prevalence=prevalence,
        force=force,
        at=clock.now(),
        profile=options.profile(),
    )
    if as_json:
        click.echo(msgspec.json.encode(outcome))
        return
    forced = " by force" if outcome.forced else ""
    click.echo(f"{version} is current{forced}: {outcome.gate}")
    if outcome.before:
        click.echo(f"back to {outcome.before}: escucha models rollback")


@click.command("rollback")
@options.as_json
def rollback_command(as_json: bool) -> None:
    """Make the model current that was before this one; again, the one before that.

    \b
      escucha models rollback
    """
    from streams import clock

    store = options.store()
    before = store.current()
    version = store.rollback(at=clock.now())
    if as_json:
        click.echo(msgspec.json.encode({"version": version, "before": before}))
    else:
        click.echo(f"{version} is current again, in place of {before}")
