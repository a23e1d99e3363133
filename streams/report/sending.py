"""Sending a report where notices of alerts go: at least once, and no second time unasked."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

from clickhouse_connect.driver.client import Client

from streams.report.document import Document
from streams.report.facts import Facts
from streams.retry import blocking_until_deadline
from streams.signals.emerging.notify import outbox
from streams.signals.emerging.notify.channels import Channel, Letter, Messenger, UndeliveredError

_TRY_FOR_SEC: Final = 60.0


def letter(document: Document, facts: Facts, files: Sequence[Path]) -> Letter:
    """Return what is sent: headlines in the text, the report as files."""
    lines = [document.note]
    lines += [f"{card.label}: {card.value}. {card.reading}" for card in document.cards]
    told: dict[str, Any] = {
        "event": "report",
        "week": facts.week.name,
        "brand": facts.brand,
        "language": document.language,
        "title": document.title,
        "figures": document.figures(),
    }
    key = f"report/{facts.week.name}/{document.language}/{facts.brand}"
    title = f"{document.title}. {document.subtitle}"
    return Letter(key, title, "\n".join(lines), told, tuple(files))


def readers(channels: Sequence[Channel]) -> list[Messenger]:
    """Those of the notices' ways out that take letters: all but Kafka, which is for alerts."""
    return [cast(Messenger, channel) for channel in channels if hasattr(channel, "post")]


def send(
    client: Client,
    channels: Sequence[Messenger],
    what: Letter,
    *,
    again: bool,
    try_for_sec: float = _TRY_FOR_SEC,
) -> dict[str, str]:
    """Send to each, trying for a while; return for each what became of it.

    "sent", "had it already", or why it did not arrive. Who has it is noted as for alerts, so the
    same command sends to the others later.
    """
    fates = {}
    for channel in channels:
        try:
            is_sent = blocking_until_deadline(
                partial(outbox.deliver_letter, client, channel, what, again=again),
                retry_on=UndeliveredError,
                deadline_sec=try_for_sec,
                what=f"report to {channel.name}",
            )
            fates[channel.name] = "sent" if is_sent else "had it already"
        except UndeliveredError as error:
            fates[channel.name] = str(error)
    return fates
