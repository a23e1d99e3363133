"""Mentions, alerts and their deliveries in ClickHouse."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
from clickhouse_connect.driver.client import Client

from streams.errors import SinkUnavailableError
from streams.signals.emerging.lifecycle import EPOCH, Change, Notices, Series
from streams.signals.emerging.points import Ints
from streams.signals.emerging.rehearsal import Said
from streams.signals.emerging.settings import DetectorSettings
from streams.signals.emerging.watching import Counted, Heard
from streams.tokens import until_kept
from streams.upkeep.similarity import MIN_SIMILARITY, similarity, wording

_SEPARATOR: Final = "\x1f"
_NOTICE_HOURS: Final = 24

# What counts: nobody of a brand, ours or a rival, no bot, no spam, no giveaway, no repost, no copy.
# Copies are what upkeep has found, what has the same words as an earlier mention of the span, and,
# until upkeep has had its time, what upkeep's comparison calls a copy here.
_HAS_INTENT: Final = "intent IN ('active', 'latent')"
_MAY_COUNT: Final = """
    published_at > {since:DateTime64(3)} AND published_at <= {until:DateTime64(3)}
        AND NOT is_deleted
        AND kind != 'repost'
        AND author_role = ''
        AND NOT author_is_bot
        AND spam < {max_spam:Float32}
        AND NOT has(spam_reasons, 'giveaway')
        AND mention_id NOT IN
        (
            SELECT mention_id FROM near_duplicates FINAL
            WHERE original != mention_id AND published_at > {since:DateTime64(3)}
        )
"""
_BY_SERIES: Final = """
    arrayJoin(arrayConcat(
        arrayMap(name -> concat('brand\x1f', name, '\x1f', lang), brands),
        arrayMap(name -> concat('topic\x1f', name, '\x1f', lang), topics)
    )) AS series,
    toUnixTimestamp64Milli(published_at) / 1000 AS at,
    toInt64(bitShiftRight(cityHash64(source, author_id), 1)) AS author,
    mention_id
"""
_HEARD: Final = f"""
SELECT {_BY_SERIES}
FROM
(
    SELECT
        mention_id, source, author_id, published_at, lang, brands, topics, fingerprint,
        row_number() OVER (
            PARTITION BY if(fingerprint = 0, mention_id, toString(fingerprint))
            ORDER BY published_at, mention_id
        ) AS nth
    FROM mentions FINAL
    WHERE {_HAS_INTENT} AND {_MAY_COUNT}
)
WHERE nth = 1
"""  # noqa: S608 - constants
# The same before copies of the same words are left out, and from a moment on without intent too:
# for who asks what would be heard if other mentions had intent.
_SAID: Final = f"""
SELECT {_BY_SERIES}, fingerprint, {_HAS_INTENT} AS has_intent
FROM mentions FINAL
WHERE ({_HAS_INTENT} OR published_at >= {{also_without_from:DateTime64(3)}}) AND {_MAY_COUNT}
"""  # noqa: S608 - constants
# What was stored a moment ago, with earlier mentions that share a band with it.
_MAY_BE_COPY: Final = """
WITH span AS
(
    SELECT mention_id, published_at, stored_at, text, brands, arrayJoin(bands) AS band
    FROM mentions FINAL
    WHERE published_at > {since:DateTime64(3)} AND published_at <= {until:DateTime64(3)}
        AND NOT is_deleted
        AND intent IN ('active', 'latent')
)
SELECT
    f.mention_id AS mention_id,
    any(f.text) AS text,
    any(f.brands) AS brands,
    groupUniqArray(64)((m.text, m.brands)) AS earlier
FROM (SELECT * FROM span WHERE stored_at > {fresh:DateTime64(3)}) AS f
INNER JOIN span AS m ON m.band = f.band
WHERE (m.published_at, m.mention_id) < (f.published_at, f.mention_id)
GROUP BY mention_id
"""

# The words that argued for the intent of the most mentions (not what it is called, nor a question
# mark: that tells nobody anything), and the surest mentions of different authors.
_ABOUT: Final = """
WITH splitByWhitespace(lowerUTF8({brand:String})) AS named
SELECT
    arrayMap(pair -> pair.1, arraySlice(arraySort(
        pair -> (-pair.2, pair.1),
        arrayZip(
            sumMap(said, arrayMap(word -> 1, said)).1,
            sumMap(said, arrayMap(word -> 1, said)).2
        )
    ), 1, 5)) AS words,
    arraySlice(arrayMap(t -> t.2, arrayReverseSort(
        groupArray((greatest(intent_active, intent_latent), mention_id))
    )), 1, 5) AS evidence
FROM
(
    SELECT
        arrayFilter(
            word -> match(word, '\\pL') AND NOT has(named, word),
            arrayDistinct(intent_words)
        ) AS said,
        intent_active, intent_latent, mention_id
    FROM mentions FINAL
    WHERE published_at >= {since:DateTime64(3)} AND published_at <= {until:DateTime64(3)}
        AND NOT is_deleted AND mention_id IN {ids:Array(String)}
)
"""

# Of the authors of these mentions, the share that had nothing to do with the brand before: with the
# series' own, or with ours where it is a topic (any, where the rules call none our own). A mention
# that names the brand is a contact, so what counts is one that came before it.
_BEFORE_CONTACT: Final = """
WITH ours AS
(
    SELECT name FROM listened_current WHERE section = 'brand' AND own
),
said AS
(
    SELECT source, author_id, min(published_at) AS said_at
    FROM mentions FINAL
    WHERE published_at >= {since:DateTime64(3)} AND published_at <= {until:DateTime64(3)}
        AND NOT is_deleted AND mention_id IN {ids:Array(String)}
    GROUP BY source, author_id
)
SELECT countIf(c.contacts = 0 OR c.first_at >= said.said_at) / count()
FROM said
LEFT JOIN
(
    SELECT source, author_id, min(at) AS first_at, count() AS contacts
    FROM contacts
    WHERE if(
            {brand:String} = '',
            brand IN (SELECT name FROM ours) OR (SELECT count() FROM ours) = 0,
            brand = {brand:String}
        )
        AND (source, author_id) IN (SELECT source, author_id FROM said)
    GROUP BY source, author_id
) AS c ON c.source = said.source AND c.author_id = said.author_id
"""

_COLUMNS: Final = (
    "kind", "series", "lang", "change", "alert_id", "event", "state", "at", "opened_at", "since",
    "severity", "observed", "expected", "window_min", "false_per_week", "sure", "watched",
    "before_contact", "words", "link", "settings_version", "settings", "notice", "snoozed_until",
    "acknowledged_by", "by", "note", "state_at",
)  # fmt: skip
_MOMENTS: Final = ("at", "opened_at", "since", "snoozed_until", "state_at")
_READ: Final = ", ".join(_COLUMNS)


def heard(client: Client, since: datetime, until: datetime, settings: DetectorSettings) -> Heard:
    """The mentions with intent that were published in between."""
    given = {"since": since, "until": until, "max_spam": settings.max_spam}
    return _heard(client.query_arrow(_HEARD, given), frozenset())


def said_query(
    since: datetime, until: datetime, also_without_from: datetime, settings: DetectorSettings
) -> tuple[str, dict[str, Any]]:
    """A query and its parameters: what `said_of` reads."""
    return _SAID, {
        "since": since,
        "until": until,
        "also_without_from": also_without_from,
        "max_spam": settings.max_spam,
    }


def said_of(table: pa.Table) -> Said:
    """What was said, in the order of time, whoever judges it."""
    table = table.sort_by([("at", "ascending"), ("mention_id", "ascending")])
    series, number = _series(table)
    return Said(
        series=series,
        number=number,
        at_sec=table["at"].to_numpy().astype(np.float64),
        author=table["author"].to_numpy().astype(np.int64),
        mention=np.array(table["mention_id"].to_pylist(), dtype=object),
        words=table["fingerprint"].to_numpy().astype(np.uint64),
        has_intent=table["has_intent"].to_numpy().astype(np.bool_),
    )


def heard_lately(
    client: Client, since: datetime, until: datetime, settings: DetectorSettings
) -> Heard:
    """The same; of what was stored a moment ago, copies are told here as upkeep will tell them."""
    given = {"since": since, "until": until, "max_spam": settings.max_spam}
    fresh = until - timedelta(seconds=settings.copies_known_after_sec)
    rows = client.query(_MAY_BE_COPY, {"since": since, "until": until, "fresh": fresh}).result_rows
    copies = frozenset(row[0] for row in rows if _is_copy(*row[1:]))
    return _heard(client.query_arrow(_HEARD, given), copies)


def _is_copy(
    text: str, brands: Sequence[str], earlier: Sequence[tuple[str, Sequence[str]]]
) -> bool:
    own = wording(text, brands)
    return any(similarity(own, wording(*other)) >= MIN_SIMILARITY for other in earlier)


def _heard(table: pa.Table, left_out: frozenset[str]) -> Heard:
    if left_out:
        keep = [mention not in left_out for mention in table["mention_id"].to_pylist()]
        table = table.filter(pa.array(keep))
    series, number = _series(table)
    return Heard(
        series=series,
        number=number,
        at_sec=table["at"].to_numpy().astype(np.float64),
        author=table["author"].to_numpy().astype(np.int64),
        mention=np.array(table["mention_id"].to_pylist(), dtype=object),
    )


def _series(table: pa.Table) -> tuple[list[Series], Ints]:
    names, number = np.unique(
        np.array(table["series"].to_pylist(), dtype=object).astype(str), return_inverse=True
    )
    return [Series(*str(name).split(_SEPARATOR)) for name in names], number.astype(np.int64)


def about(
    client: Client, ids: Sequence[str], since: datetime, until: datetime, brand: str
) -> tuple[tuple[str, ...], tuple[str, ...], float | None]:
    """Driving words, evidence, and the share before any contact, of these mentions."""
    given = {"ids": list(ids), "since": since, "until": until, "brand": brand}
    [[words, evidence]] = client.query(_ABOUT, given).result_rows
    [[share]] = client.query(_BEFORE_CONTACT, given).result_rows
    known = None if share is None or math.isnan(share) else float(share)
    return tuple(words), tuple(evidence), known


def newest(client: Client, alert_id: str = "") -> dict[Series, Change]:
    """The newest change of each series, or of the one that the alert is about."""
    rows = client.query(
        f"SELECT {_READ} FROM alerts FINAL"  # noqa: S608 - constants
        " WHERE {alert:String} = '' OR (kind, series, lang) IN"
        " (SELECT kind, series, lang FROM alerts WHERE alert_id = {alert:String})"
        " ORDER BY change DESC LIMIT 1 BY kind, series, lang",
        {"alert": alert_id},
    ).result_rows
    return {change.series: change for change in map(_change, rows)}


def standing(client: Client) -> list[Change]:
    """Each alert as it stands, the newest first."""
    rows = client.query(
        f"SELECT {_READ} FROM alerts_current ORDER BY at DESC, alert_id"  # noqa: S608
    ).result_rows
    return [_change(row) for row in rows]


def notices(client: Client, series: Series, now: datetime) -> Notices:
    """How many notices were given in the 24 hours before `now`."""
    [[own, every]] = client.query(
        "SELECT countIf((kind, series, lang) ="
        " ({kind:String}, {series:String}, {lang:String})), count()"
        " FROM alerts FINAL WHERE notice AND at > {since:DateTime64(3)}",
        {
            "kind": series.kind,
            "series": series.name,
            "lang": series.lang,
            "since": now - timedelta(hours=_NOTICE_HOURS),
        },
    ).result_rows
    return Notices(int(own), int(every))


def append(client: Client, change: Change, settings: DetectorSettings) -> Change:
    """Store the change, unless another stands in its place; returns the one that stands."""
    series = change.series
    name = _SEPARATOR.join((series.kind, series.name, series.lang, str(change.change)))
    if standing_now := until_kept(name, lambda token: _append(client, change, settings, token)):
        return standing_now
    raise SinkUnavailableError(f"alerts: ClickHouse keeps no change {change.change} of {series}")


def _append(client: Client, change: Change, settings: DetectorSettings, name: str) -> Change | None:
    series = change.series
    token = {"insert_deduplication_token": name}
    if change.evidence:
        # First, so that whoever sees the alert sees what it is about.
        client.insert(
            "alert_evidence",
            [[change.alert_id, mention] for mention in change.evidence],
            column_names=["alert_id", "mention_id"],
            settings=token,
        )
    client.insert("alerts", [_row(change, settings)], column_names=_COLUMNS, settings=token)
    rows = client.query(
        f"SELECT {_READ} FROM alerts FINAL WHERE kind = {{kind:String}}"  # noqa: S608
        " AND series = {series:String} AND lang = {lang:String} AND change = {change:UInt32}",
        {
            "kind": series.kind,
            "series": series.name,
            "lang": series.lang,
            "change": change.change,
        },
    ).result_rows
    return _change(rows[0]) if rows else None


def keep_counts(client: Client, alert_id: str, counted: Sequence[Counted]) -> None:
    """Store what was counted around an alert; of the same 20 minutes the newest stands."""
    rows = [[alert_id, one.at, one.observed, one.expected] for one in counted]
    client.insert("alert_counts", rows, column_names=["alert_id", "at", "observed", "expected"])


def evidence(client: Client, alert_id: str) -> tuple[str, ...]:
    """Ids of the mentions that show it, as far as they are still there."""
    rows = client.query(
        "SELECT mention_id FROM alert_evidence FINAL WHERE alert_id = {id:String}"
        " ORDER BY mention_id",
        {"id": alert_id},
    ).result_rows
    return tuple(mention for (mention,) in rows)


def _row(change: Change, settings: DetectorSettings) -> list[Any]:
    series = change.series
    return [
        series.kind, series.name, series.lang, change.change, change.alert_id, change.event,
        change.state, change.at, change.opened_at, change.since, change.severity, change.observed,
        change.expected, change.window_min, change.false_per_week, change.sure, change.watched,
        change.before_contact, list(change.words), change.link, settings.version,
        msgspec.json.encode(settings).decode(), int(change.notice), change.snoozed_until,
        change.acknowledged_by, change.by, change.note,
        change.state_at if change.state_at > EPOCH else change.at,
    ]  # fmt: skip


def _change(row: Sequence[Any]) -> Change:
    found = dict(zip(_COLUMNS, row, strict=True))
    series = Series(found.pop("kind"), found.pop("series"), found.pop("lang"))
    del found["settings_version"], found["settings"]
    moments = {name: _utc(found[name]) for name in _MOMENTS}
    return Change(
        series=series,
        **{
            **found,
            **moments,
            "words": tuple(found["words"]),
            "notice": bool(found["notice"]),
        },
    )


def _utc(moment: datetime) -> datetime:
    # The client leaves the zone out where it is UTC.
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
