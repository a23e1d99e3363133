"""`escucha report`: a week on one page, as a file, as a PDF, and to whom it may concern."""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from streams.errors import InputError, SettingsError

if TYPE_CHECKING:
    from streams.report.panels import Language
    from streams.settings import Settings

FORMATS = ("html", "pdf")


def _formats(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> tuple[str, ...]:
    if value is None:
        if find_spec("typst") is not None:
            return FORMATS
        click.echo("no PDF: that needs pip install '.[pdf]' in the checkout", err=True)
        return ("html",)
    wanted = tuple(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))
    if not wanted or set(wanted) - set(FORMATS):
        raise click.BadParameter("say html, pdf, or html,pdf")
    return wanted


@click.command("report")
@click.option("--week", default="last", show_default=True, help="As 2026-W48, or last.")
@click.option(
    "--lang",
    type=click.Choice(["es", "en"]),
    help="Language.  [default: that of notices, ESCUCHA_ALERTS_LANGUAGE]",
)
@click.option("--brand", default="", help="Only this brand.  [default: all]")
@click.option(
    "--format",
    "formats",
    callback=_formats,
    help="html, pdf, or both with a comma.  [default: html, and pdf where its extra is installed]",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Folder to write to.  [default: this one]",
)
@click.option("--send", "is_sent", is_flag=True, help="Also send it where notices of alerts go.")
@click.option("--again", is_flag=True, help="With --send: also to those who have it already.")
def report_command(
    week: str,
    lang: "Language | None",
    brand: str,
    formats: tuple[str, ...],
    out: Path,
    is_sent: bool,
    again: bool,
) -> None:
    """Write what a week was like, beside the one before: headlines, what is said and asked,
    emerging intent, leads, care, value, and what to know before believing it.

    Prints the files. Figures and words are those of the dashboards; what people asked to have
    erased is not in it. The PDF needs the extra `pdf`.
    """
    from streams import clock
    from streams.local import local_settings
    from streams.migrate import clickhouse_errors_as_ours
    from streams.report import build
    from streams.report.weeks import Week
    from streams.signals.emerging.notify.addresses import channels

    settings = local_settings()
    now = clock.now()
    asked = Week.parse(week, now)
    language: Language = lang or ("en" if settings.alerts_language == "en" else "es")
    ways = channels(settings) if is_sent else []
    with clickhouse_errors_as_ours():
        facts = _gather(settings, asked, brand, now)
    document = build.document(facts, language, settings.console_url)
    files = _write(out, document, formats, f"{asked.name}{_slug(brand)}-{language}", now)
    for path in files:
        click.echo(str(path))
    if is_sent:
        _send(settings, ways, document, facts, files, again)


def _gather(settings: "Settings", week: Any, brand: str, now: Any) -> Any:
    """Ask as the user who may only read, as dashboards do."""
    from dataclasses import replace

    from streams.migrate import connect
    from streams.report.facts import gather

    reader = replace(
        settings,
        clickhouse_user=settings.clickhouse_reader_user,
        clickhouse_password=settings.clickhouse_reader_password,
    )
    with connect(reader, in_database=True) as client:
        return gather(client, week, brand, now)


def _write(out: Path, document: Any, formats: tuple[str, ...], name: str, now: Any) -> list[Path]:
    """Write the files whole, for their owner alone: they quote people."""
    from streams.report.html import page
    from streams.report.pdf import pdf

    made = {}
    if "html" in formats:
        made["html"] = page(document).encode()
    if "pdf" in formats:
        made["pdf"] = pdf(document, now)
    files = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        for form, content in made.items():
            path = out / f"escucha-{name}.{form}"
            beside = path.with_name(f".{path.name}.new")
            beside.touch(mode=0o600)
            beside.write_bytes(content)
            beside.replace(path)
            files.append(path)
    except OSError as error:
        raise InputError(f"--out {out}: {error}") from error
    return files


def _send(
    settings: "Settings", ways: Any, document: Any, facts: Any, files: list[Path], again: bool
) -> None:
    from streams.migrate import clickhouse_errors_as_ours, connect
    from streams.report import sending

    readers = sending.readers(ways)
    if not readers:
        raise SettingsError(
            "nobody to send to: set ESCUCHA_ALERTS_TO, ESCUCHA_ALERTS_FILE or"
            " ESCUCHA_ALERTS_WEBHOOK"
        )
    with clickhouse_errors_as_ours(), connect(settings, in_database=True) as client:
        letter = sending.letter(document, facts, files)
        fates = sending.send(client, readers, letter, again=again)
    for name, fate in fates.items():
        click.echo(f"{name}: {fate}", err=True)
    sys.exit(0 if set(fates.values()) <= {"sent", "had it already"} else 1)


def _slug(brand: str) -> str:
    """A brand as part of a file's name."""
    plain = "".join(c if c.isalnum() else "-" for c in brand.lower()).strip("-")
    return f"-{plain[:40]}" if plain else ""
