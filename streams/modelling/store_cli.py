"""`escucha models list | card | compare | promote | rollback`."""

import click
import msgspec

from models.reports.words import Language
from streams.modelling import options


@click.command("list")
@options.language
@options.as_json
def list_command(language: Language, as_json: bool) -> None:
    """Stored models, newest first; * is the current one.

    \b
      escucha models list
    """
    from models.errors import ModelNotFoundError, ModelStoreError
    from models.reports.cards import history_text
    from models.reports.words import Wording
    from streams.modelling.gate_words import gate_in
    from streams.operate.told import error_in

    store, say = options.store(), Wording(language)
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
            click.echo(f"! {error_in(error, language)}", err=True)
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
        click.echo(say("no models", store.place), err=True)
        return
    for card in cards:
        mark = "*" if card.version == current else " "
        intent = card.training.metrics.get("intent")
        if intent is None:
            click.echo(f"{mark} {card.version}  {say('other heads')}")
            continue
        figures = say.number(intent.macro_f1, 3), say.number(intent.average_precision, 3)
        told = say("listed", say.count(intent.mentions), card.training.seed, *figures)
        click.echo(f"{mark} {card.version}  {told}")
    if history:
        click.echo(history_text(history, language, gate=lambda said: gate_in(said, language)))


@click.command("card")
@click.argument("version", required=False)
@options.language
@options.as_json
def card_command(version: str | None, language: Language, as_json: bool) -> None:
    """What a model is: data, features, cross-validated figures.  [default: the current one]

    \b
      escucha models card
      escucha models card 20261129T120000Z-0a1b2c3d --language es
    """
    from models.accurate_store import AccurateStore
    from models.reports.cards import card_text, heads_text
    from streams.modelling.notes_es import note_in

    store = options.store()
    card = store.card(version)
    heads = AccurateStore(store.place)
    found = heads.card(card.version) if heads.has(card.version) else None
    if as_json:
        both = {**msgspec.to_builtins(card), "accurate": msgspec.to_builtins(found)}
        click.echo(msgspec.json.format(msgspec.json.encode(both)))
        return

    def note(said: str) -> str:
        return note_in(said, language)

    click.echo(card_text(card, language, note=note))
    if found is not None:
        click.echo("\n" + heads_text(found, language, note=note))


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
@options.language
@options.as_json
def promote_command(
    version: str,
    files: tuple[str, ...],
    margin: float,
    prevalence: float | None,
    force: bool,
    language: Language,
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
    from models.errors import PromotionRefusedError
    from models.gate import promote
    from streams import clock
    from streams.modelling.gate_words import gate_in, saying

    store, say = options.store(), saying(language)
    try:
        outcome = promote(
            store,
            version,
            on=list(files) or None,
            margin=margin,
            prevalence=prevalence,
            force=force,
            at=clock.now(),
            profile=options.profile(),
        )
    except PromotionRefusedError as error:
        if language == "en":
            raise
        said = gate_in(error.reason, language)
        told = say("refused", version, store.current(), said)
        raise PromotionRefusedError(told, error.reason) from error
    if as_json:
        click.echo(msgspec.json.encode(outcome))
        return
    key = "promoted by force" if outcome.forced else "promoted now"
    click.echo(say(key, version, gate_in(outcome.gate, language)))
    if outcome.before:
        click.echo(say("way back", outcome.before))


@click.command("rollback")
@options.language
@options.as_json
def rollback_command(language: Language, as_json: bool) -> None:
    """Make the model current that was before this one; again, the one before that.

    \b
      escucha models rollback
    """
    from streams import clock
    from streams.modelling.gate_words import saying

    store = options.store()
    before = store.current()
    version = store.rollback(at=clock.now())
    if as_json:
        click.echo(msgspec.json.encode({"version": version, "before": before}))
    else:
        click.echo(saying(language)("current again", version, before))
