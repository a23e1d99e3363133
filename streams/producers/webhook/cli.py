"""`escucha receive`: events by HTTP into Kafka."""

import asyncio

import click

from streams.local import local_settings
from streams.producers.live.secrets import secret
from streams.producers.webhook.options import ReceiverOptions
from streams.producers.webhook.signatures import secrets_in

_EPILOG = """\b
Senders are known by a secret, at least 16 characters:
  ESCUCHA_WEBHOOK_SECRETS=$(openssl rand -hex 32) escucha receive

\b
Several, with commas or on lines of a file, are accepted at once, so that one can be changed
without a pause:
  ESCUCHA_WEBHOOK_SECRETS_FILE=/etc/escucha/secrets escucha receive --host 0.0.0.0

\b
How to sign and send, with examples: http://127.0.0.1:8090/
The contract: http://127.0.0.1:8090/openapi.json
"""


@click.command("receive", epilog=_EPILOG)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option(
    "--port", type=click.IntRange(1, 65_535), default=8090, show_default=True, help="And port."
)
@click.option(
    "--max-body-kib",
    type=click.IntRange(1, 64 * 1024),
    default=1024,
    show_default=True,
    help="Largest request.",
)
@click.option(
    "--max-events",
    type=click.IntRange(1, 100_000),
    default=1_000,
    show_default=True,
    help="Most events in one request.",
)
@click.option(
    "--max-in-flight",
    type=click.IntRange(1, 10_000),
    default=64,
    show_default=True,
    help="Requests at once; further ones get 429.",
)
@click.option(
    "--requests-per-sec",
    type=click.FloatRange(min=0),
    default=1_000.0,
    show_default=True,
    help="Requests of one sender, by its secret; further ones get 429. 0 for no limit.",
)
@click.option(
    "--heartbeat-sec",
    type=click.FloatRange(min=0),
    default=5.0,
    show_default=True,
    help="Send a sign of life this often; 0 for none.",
)
@click.option(
    "--insecure-no-signature",
    is_flag=True,
    help="Take requests from anyone on this machine, to try things out.",
)
def receive_command(
    host: str,
    port: int,
    max_body_kib: int,
    max_events: int,
    max_in_flight: int,
    requests_per_sec: float,
    heartbeat_sec: float,
    insecure_no_signature: bool,
) -> None:
    """Take mentions, orders, gestures and labels from other systems by HTTP.

    A sender that is answered 202 knows that Kafka has every event of its request. Anything else
    says what to do; to send again is always safe.
    """
    from streams.producers.webhook.server import serve

    options = ReceiverOptions(
        host=host,
        port=port,
        secrets=secrets_in(secret("webhook", "secrets") or ""),
        insecure_no_signature=insecure_no_signature,
        max_body_bytes=max_body_kib * 1024,
        max_events=max_events,
        max_in_flight=max_in_flight,
        requests_per_sec=requests_per_sec,
        heartbeat_sec=heartbeat_sec,
    )
    settings = local_settings()

    def say(address: str) -> None:
        click.echo(f"receiving at {address}; how to sign and send is on that page", err=True)

    asyncio.run(serve(options, settings.kafka, settings.mentions_topic, say=say))
