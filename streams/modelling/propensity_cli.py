"""`escucha models propensity train | score | card`: who is about to buy."""

from datetime import datetime
from typing import TYPE_CHECKING

import click
import msgspec

from models.reports.words import Language
from streams import clock
from streams.listening.terminal import run
from streams.modelling import options
from streams.settings import Settings

if TYPE_CHECKING:  # the commands import them: help needs none of them
    from models.propensity_store import PropensityCard
    from streams.modelling.propensity import Scored
    from streams.sinks.clickhouse import ClickHouse


@click.group("propensity")
def propensity() -> None:
    """The chance that an author buys within some days, from the journey so far and orders.

    \b
      escucha models propensity train --days 14     from stored mentions and orders
      escucha models propensity score               every author of the last 90 days
      escucha models propensity card                what the model is, and how good

    With fewer than 150 buyers nothing is claimed: authors get the evidence of their intent, marked
    as a fallback, and no chance. How your orders get in: escucha ingest --help.
    """


@propensity.command("train")
@click.option(
    "--days",
    "horizon_days",
    type=click.IntRange(1, 90),
    default=14,
    show_default=True,
    help="Within how many days they buy.",
)
@click.option("--until", type=click.DateTime(), help="What came later is not used, UTC.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=7, show_default=True)
@options.language
@options.as_json
def train_command(
    horizon_days: int, until: datetime | None, seed: int, language: Language, as_json: bool
) -> None:
    """Learn who buys, from authors at moments a horizon apart, and store the model.

    Features are of before each moment, outcomes of after it; authors whose outcome it is judged
    by were not learnt from. A model that says no more than "who showed active intent last week" is
    refused.
    """
    from models.propensity_store import PropensityStore
    from streams.modelling.propensity import learn

    async def work(clickhouse: "ClickHouse", settings: Settings) -> "PropensityCard":
        return await learn(
            clickhouse,
            PropensityStore(settings.model_store),
            horizon_days=horizon_days,
            until=clock.utc(until) if until else clock.now(),
            created_at=clock.now(),
            seed=seed,
        )

    _show(run(work), language, as_json=as_json)


@propensity.command("score")
@click.argument("version", required=False)
@click.option("--at", type=click.DateTime(), help="As of when, UTC.  [default: today, 0:00 UTC]")
@options.language
@options.as_json
def score_command(
    version: str | None, at: datetime | None, language: Language, as_json: bool
) -> None:
    """Score every author who spoke in the 90 days before, into the table `propensity`.

    By default with the newest model. May be stopped and run again: who has a row of this model and
    moment is not scored again. Where there were too few orders, rows have no chance.
    """
    from models.propensity_store import PropensityStore
    from streams.modelling.lines_es import teller
    from streams.modelling.propensity import score
    from streams.modelling.propensity_words import saying

    moment = clock.utc(at) if at else clock.now().replace(hour=0, minute=0, second=0, microsecond=0)

    async def work(clickhouse: "ClickHouse", settings: Settings) -> "Scored":
        store = PropensityStore(settings.model_store)
        card = store.card(version)
        return await score(
            clickhouse,
            card,
            store.load(card.version),
            at=moment,
            say=teller(language, err=True),
        )

    done = run(work)
    if as_json:
        click.echo(msgspec.json.encode(done))
        return
    say = saying(language)
    authors, moment_told = say.count(done.authors), f"{done.as_of:%Y-%m-%d %H:%M}"
    if done.status == "probability":
        click.echo(say("scored", authors, done.version, moment_told))
    else:
        click.echo(say("noted", authors, say(done.status), done.version, moment_told))


@propensity.command("card")
@click.argument("version", required=False)
@options.language
@options.as_json
def card_command(version: str | None, language: Language, as_json: bool) -> None:
    """What a model of propensity is.  [default: the newest]"""
    from models.propensity_store import PropensityStore
    from streams.local import local_settings

    card = PropensityStore(local_settings().model_store).card(version)
    _show(card, language, as_json=as_json)


def _show(card: "PropensityCard", language: Language, *, as_json: bool) -> None:
    from streams.modelling.propensity_words import note_in, saying

    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(card)))
        return
    say = saying(language)
    click.echo(say("is", card.version, say.known(card.status)))
    for note in card.notes:
        click.echo(note_in(note, language))
    moments = say.count(len(card.moments))
    click.echo(say("buys within", card.horizon_days, say.count(card.buyers), moments))
    found = card.report
    if found is None:
        return
    share = f"{say.number(100 * found.share)} %"  # buyers are few
    click.echo(say("states", say.count(found.states), say.count(found.positives), share))
    click.echo(say("unseen"))
    precisions = found.average_precision, found.baseline_average_precision
    click.echo(say("precision of", *(say.number(one, 3) for one in precisions)))
    losses = found.log_loss, found.baseline_log_loss, found.share_log_loss
    click.echo(say("loss of", *(say.number(one, 4) for one in losses)))
    click.echo(say("calibrated", say.number(found.ece, 4), say.number(found.lift_10, 1)))
    strongest = sorted(found.weights.items(), key=lambda one: -abs(one[1]))
    weights = (f"{say.known(name)} {say.number(one, sign=True)}" for name, one in strongest)
    click.echo(say("weights", (", " if language == "en" else "; ").join(weights)))
