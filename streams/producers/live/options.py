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


def private_networks_option() -> click.Option:
    """Whether names may lead into networks of one's own."""
    return click.Option(
        ["--private-networks"],
        is_flag=True,
        envvar="ESCUCHA_PRIVATE_NETWORKS",
        show_envvar=True,
        help="Also connect where a name or a redirect leads into a private network; without it "
        "only to public addresses and to those written out, such as http://127.0.0.1:8000/.",
    )
