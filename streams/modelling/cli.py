"""`escucha models …`: the commands of data scientists."""

import click

from streams.modelling.drift_cli import drift_command
from streams.modelling.live_cli import replay_command, rescore_command, shadow_command
from streams.modelling.propensity_cli import propensity
from streams.modelling.store_cli import (
    card_command,
    compare_command,
    list_command,
    promote_command,
    rollback_command,
)


@click.group("models")
def models() -> None:
    """See what models there are, compare them, and say which one is in force.

    \b
      escucha train                            a new model, into the store
      escucha models list                      what is there, and what is current
      escucha models compare A B --on FILE     which is better, and on which texts they differ
      escucha models promote VERSION           through a gate that refuses a worse one
      escucha models rollback                  back to the one before
      escucha models shadow VERSION            try one beside the one in force
      escucha models replay VERSION            what it would change in stored mentions
      escucha models rescore --since DATE      judge stored mentions anew
      escucha models drift                     is it still given, and does it say, the same
      escucha models propensity train          who is about to buy
    """


for _command in (
    list_command,
    card_command,
    compare_command,
    promote_command,
    rollback_command,
    shadow_command,
    replay_command,
    rescore_command,
    drift_command,
    propensity,
):
    models.add_command(_command)
