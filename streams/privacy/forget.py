"""`escucha forget`: find a person everywhere, erase, search again, and write the receipt."""

import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import msgspec
from clickhouse_connect.driver.client import Client

from streams import clock
from streams.errors import InputError
from streams.privacy import receipts
from streams.privacy.places import Place, made_of_kept, post_ids, settle_views
from streams.privacy.receipts import Erased, Receipt, Remainder
from streams.privacy.search import search, take_traces
from streams.privacy.subject import Subject, with_known_handles
from streams.privacy.turns import Forgetting
from streams.upkeep.deletions import purge

BLOCKED_UNTIL = datetime(2099, 12, 31, tzinfo=UTC)


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a person a place holds."""

    place: str
    found: int


def look(client: Client, places: Sequence[Place], subject: Subject) -> list[Finding]:
    """What would be erased, place by place; changes nothing."""
    subject = subject.with_posts(post_ids(client, subject))
    return [Finding(place=place.name, found=place.find(subject)) for place in places]


def forget(
    client: Client,
    places: Sequence[Place],
    subject: Subject,
    *,
    subject_hash: str,
    keep: Sequence[str] = (),
    block: bool = False,
    say: Callable[[str], None] = lambda _line: None,
) -> Receipt:
    """Erase the person everywhere but in `keep`, prove it, and store the receipt.

    Killed or failed half way it can be called again: what is found through the person's mentions
    goes before the mentions. With `block`, a deletion of the author stays behind, by which
    `escucha upkeep` removes what comes later. Waits for a page that a backfill rewrites, and holds
    further ones off. Raises InputError for a place that does not exist.
    """
    unknown = sorted(set(keep) - {place.name for place in places})
    if unknown:
        names = ", ".join(place.name for place in places)
        raise InputError(f"there is no place {unknown[0]!r} to keep; there are {names}")
    requested_at = clock.now()
    turn = Forgetting(client, say)
    with turn.turn():
        receipt = _erase(
            client, places, subject, turn, requested_at,
            subject_hash=subject_hash, keep=keep, block=block, say=say,
        )  # fmt: skip
    receipts.store(client, receipt)
    return receipt


def _erase(
    client: Client,
    places: Sequence[Place],
    subject: Subject,
    turn: Forgetting,
    requested_at: datetime,
    *,
    subject_hash: str,
    keep: Sequence[str],
    block: bool,
    say: Callable[[str], None],
) -> Receipt:
    subject = with_known_handles(client, subject)  # a page may have brought some in the meantime
    sources = _sources(client, subject)
    subject = subject.with_posts(post_ids(client, subject))
    traces = take_traces(client, subject)
    before, remains = dict[str, int](), list[Remainder]()
    for place in places:
        before[place.name] = place.find(subject)
        if place.name not in keep and before[place.name]:
            say(f"erasing {before[place.name]} in {place.name}")
            turn.go_on()
            remains += place.erase(subject)
    purge(client)
    settle_views(places, subject)
    kept = [*keep, *made_of_kept(places, subject, keep)]
    after = {place.name: place.find(subject) for place in places if place.name not in kept}
    kept_tables = frozenset(name.removeprefix("clickhouse ") for name in kept)
    searched = search(client, subject, traces, kept_tables)
    if block:
        _block(client, subject, sources)
    return Receipt(
        receipt_id=str(uuid.uuid4()),
        subject_hash=subject_hash,
        requested_at=requested_at,
        finished_at=clock.now(),
        places=[
            Erased(place=name, before=before[name], after=left) for name, left in after.items()
        ],
        kept=kept,
        remains=remains,
        searched_columns=searched.columns,
        searched_values=searched.values + len(subject.post_ids),
        found_columns=searched.found,
        blocked=block,
    )


def _sources(client: Client, subject: Subject) -> list[str]:
    if subject.source:
        return [subject.source]
    rows = client.query(
        "SELECT DISTINCT source FROM mentions WHERE author_id IN {ids:Array(String)} UNION DISTINCT"
        " SELECT DISTINCT source FROM interactions WHERE author_id IN {ids:Array(String)}",
        subject.parameters,
    ).result_rows
    return sorted(source for (source,) in rows)


def _block(client: Client, subject: Subject, sources: Sequence[str]) -> None:
    if not sources:
        raise InputError("nothing is stored of this author, so name the --source to block them in")
    client.insert(
        "deletions",
        [
            ["author", author_id, source, author_id, BLOCKED_UNTIL, BLOCKED_UNTIL]
            for author_id in sorted(subject.author_ids)
            for source in sources
        ],
        column_names=[
            "target",
            "target_id",
            "source",
            "author_id",
            "deleted_at",
            "kafka_timestamp",  # the newest row of a target stands
        ],
    )
