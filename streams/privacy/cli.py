"""`escucha forget` and `escucha export`."""

import sys
from pathlib import Path

import click
import msgspec


@click.command("forget")
@click.argument("author")
@click.option("--source", default="", help="Only in this source, for example bluesky.")
@click.option("--yes", is_flag=True, help="Do it. Without, only say what would go.")
@click.option(
    "--keep", multiple=True, metavar="PLACE", help="Leave a place out, as the law may ask"
)
@click.option("--block", is_flag=True, help="Remove what the author says later as well.")
@click.option("--language", type=click.Choice(["en", "es"]), default="en", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The receipt for programs.")
def forget_command(
    author: str,
    source: str,
    yes: bool,
    keep: tuple[str, ...],
    block: bool,
    language: str,
    as_json: bool,
) -> None:
    """Erase AUTHOR (an id or a handle) from topics, tables and files, and print the receipt.

    \b
      escucha forget did:plc:abc                      shows what would go
      escucha forget did:plc:abc --yes                erases it and proves it
      escucha forget ana --source csv --yes --keep "clickhouse orders" --keep "kafka orders.v1"

    Workers have to run, since a topic is cut only up to where they have read.
    """
    from streams.local import local_settings
    from streams.migrate import clickhouse_errors_as_ours, connect
    from streams.privacy import receipts
    from streams.privacy.forget import forget, look
    from streams.privacy.registry import all_places
    from streams.privacy.subject import find_subject
    from streams.steps.pseudonyms import AuthorKeys

    settings = local_settings()
    with clickhouse_errors_as_ours(), connect(settings, in_database=True) as client:
        places = all_places(settings, client)
        subject = find_subject(client, author, source, AuthorKeys.parse(settings.author_keys))
        if not yes:
            findings = look(client, places, subject)
            if as_json:
                click.echo(msgspec.json.encode(findings))
                return
            click.echo(f"ids: {', '.join(sorted(subject.author_ids))}")
            click.echo(f"handles: {', '.join(sorted(subject.handles)) or 'none known'}")
            for finding in findings:
                click.echo(f"{finding.found:>8} {finding.place}")
            click.echo("nothing was changed; add --yes to erase this", err=True)
            return
        receipt = forget(
            client,
            places,
            subject,
            subject_hash=receipts.subject_hash(settings.run_dir, author, source),
            keep=keep,
            block=block,
            say=lambda line: click.echo(line, err=True),
        )
    if as_json:
        click.echo(msgspec.json.encode(receipt))
    else:
        click.echo(receipts.describe(receipt, "es" if language == "es" else "en"))
    sys.exit(0 if receipt.is_proven else 1)


@click.command("export")
@click.argument("author")
@click.option("--source", default="", help="Only of this source.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write.  [default: exports/ in the run directory]",
)
def export_command(author: str, source: str, output: Path | None) -> None:
    """Write everything stored of AUTHOR (an id or a handle) to one JSON file."""
    from streams import clock
    from streams.local import local_settings
    from streams.migrate import clickhouse_errors_as_ours, connect
    from streams.privacy import receipts
    from streams.privacy.export import export
    from streams.privacy.files import FilesPlace
    from streams.privacy.registry import all_places
    from streams.privacy.subject import find_subject
    from streams.steps.pseudonyms import AuthorKeys

    settings = local_settings()
    who = receipts.subject_hash(settings.run_dir, author, source)[: receipts.SHOWN_CHARS]
    path = output or settings.run_dir / "exports" / f"{who}-{clock.now():%Y%m%dT%H%M%SZ}.json"
    with clickhouse_errors_as_ours(), connect(settings, in_database=True) as client:
        subject = find_subject(client, author, source, AuthorKeys.parse(settings.author_keys))
        places = [
            place
            for place in all_places(settings, client)
            if not (isinstance(place, FilesPlace) and place.folder.name == "exports")
        ]
        counts = export(client, places, subject, path)
    for place, count in counts.items():
        if count:
            click.echo(f"{count:>8} {place}", err=True)
    click.echo(str(path))
