"""Options of the command line that several sources share."""

import click

from streams.producers.live.http import USER_AGENT


def user_agent_option() -> click.Option:
    """How Escucha names itself to a network; many ask for a contact in it."""
    return click.Option(
        ["--user-agent"],
        default=USER_AGENT,
        show_default=True,
        envvar="ESCUCHA_USER_AGENT",
        show_envvar=True,
        help="How to name oneself to the network; best with an address to write to.",
    )
