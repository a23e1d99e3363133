"""Where personal data lies in ClickHouse. A table that is not listed here fails a test.

Each place can be asked what it has of a person, can give it out and can erase it. Order matters:
what is found through a person's mentions comes before the mentions.
"""

# ruff: noqa: S608 - statements are made of the constants below; values are bound
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from clickhouse_connect.driver.client import Client

from streams.privacy.receipts import Remainder
from streams.privacy.subject import Subject

_SYNC = {"lightweight_deletes_sync": 1, "mutations_sync": 1}
REASON = "forgotten"


class Place(Protocol):
    """Somewhere personal data lies; new ones join `forget` and `export` by being listed."""

    @property
    def name(self) -> str:
        """How receipts and exports call it."""
        ...

    def find(self, subject: Subject) -> int:
        """How many rows, records or files hold something of the person."""
        ...

    def rows(self, subject: Subject) -> Iterator[dict[str, Any]]:
        """What is stored of the person."""
        ...

    def erase(self, subject: Subject) -> list[Remainder]:
        """Remove it; returns what stays for a while, and until when."""
        ...


@dataclass(frozen=True)
class Table:
    """What of a table is a person's: whole rows, and parts of other people's rows.

    `blanks` gives columns of others' rows their new values where `touched` holds.
    """

    name: str
    own: str
    touched: str = ""
    blanks: str = ""
    has_place: bool = True  # its rows come from Kafka and are accounted for by the ledger
    before: str = ""  # a statement to run before rows go
    kept_by: str = ""  # a refreshable view makes its rows of other tables, which are erased first
    is_shown: bool = True  # in an export; not where rows are made of exported ones and name others


# Tables that hold nothing about a person, with the reason.
IMPERSONAL = {
    "mentions_by_hour": "counts",
    "mentions_to_count": "keeps nothing",
    "contacts_by_day": "counts",
    "engagement_weeks": "counts",
    "campaign_days": "counts",
    "experience_days": "counts",
    "heard_by_hour": "counts",
    "first_contacts_timed": "moments, without whose",
    "journey_places": "counts",
    "journey_changes": "counts, and how long",
    "journey_cohorts": "counts",
    "people_figures": "counts",
    "exchange_top": "counts",
    "referral_months": "sums",
    "gesture_days": "sums",
    "sources_kept": "counts",
    "brand_accounts_kept": "accounts of the brand",
    "listened": "of rules; they name brands and care accounts",
    "signal_settings": "of operators",
    "ledger": "counts",
    "dead_letter_replays": "places",
    "heartbeats": "of producers",
    "erased": "places",
    "backfills": "places and counts",
    "model_versions": "of models, and the operators who promoted them",
    "shadow_models": "the same",
    "worker_models": "of workers",
    "model_comparisons": "figures, and examples out of the project's own corpus",
    "drift_counts": "counts",
    "model_drift": "shares of counts",
    "model_calibration": "figures over many labels",
    "rewrites": "of commands",
    "rule_versions": "of rules; they name brands and care accounts",
    "erasure_receipts": "a keyed hash of who asked, on purpose: the proof that it was done",
    "upkeep_marks": "times",
    "value_runs": "times",
    "value_settings": "numbers, and who set them",
    "exchange_rates": "the same",
    "value_controls": "counts",
    "value_communities": "counts",
    "value_presence": "counts",
    "value_declared": "of rules",
    "value_attributes": "counts",
    "value_recommendations": "counts",
    "alerts": "of brands and topics: counts, words without handles, operators' names and notes",
    "alert_counts": "counts",
    "alert_deliveries": "of alerts; a channel is a hash",
    "alert_faults": "the same",
    "schema_migrations": "names of files",
    "console_accounts": "of operators",
    "console_sessions": "the same, and gone after two days",
    "console_sign_ins": "random numbers",
}

# Left out of an export where the row is somebody else's.
OF_OTHERS = frozenset(
    {"author_id", "author_handle", "author_name", "followers", "mention_id", "url", "order_id"}
)

_IDS = "{ids:Array(String)}"
_IN_SOURCE = "({source:String} = '' OR source = {source:String})"
_OWN = f"author_id IN {{ids:Array(String)}} AND {_IN_SOURCE}"
_POSTS = f"(SELECT mention_id FROM mentions WHERE {_OWN})"
# Two lists of their own lengths: a handle in a text has no id, and Bluesky's ids no handle.
_NAMED = (
    "(hasAny(mentioned_ids, {ids:Array(String)})"
    " OR arrayExists(h -> lowerUTF8(h) IN {handles:Array(String)}, mentioned_handles))"
)
_IS_PARENT = f"(parent_author_id IN {{ids:Array(String)}} OR parent_id IN {_POSTS})"
_IN_LINKS = "arrayExists(l -> arrayExists(n -> position(l, n) > 0, {needles:Array(String)}), links)"
_WITHOUT_HANDLE = "replaceRegexpAll({}, {{pattern:String}}, '‹@›')"

TABLES = (
    Table(
        "labels",
        own=f"mention_id IN {_POSTS} OR labeller IN {{ids:Array(String)}}",
    ),
    Table("shadow_judgements", own=f"mention_id IN {_POSTS}"),
    Table(
        "near_duplicates",
        own=f"mention_id IN {_POSTS} OR original IN {_POSTS} OR parent IN {_POSTS}",
        has_place=False,
        before=(
            "INSERT INTO copies_to_review (mention_id, published_at)"
            " SELECT mention_id, published_at FROM near_duplicates"
            f" WHERE (original IN {_POSTS} OR parent IN {_POSTS}) AND mention_id NOT IN {_POSTS}"
        ),
    ),
    Table("lead_events", own=_OWN, has_place=False),
    Table("care_events", own=_OWN, has_place=False),
    Table("alert_evidence", own=f"mention_id IN {_POSTS}", has_place=False),
    # The log of acts is only added to, but whom an act was about is forgotten like anybody.
    Table(
        "console_audit",
        own="0",
        touched=f"(thing = 'lead' AND subject IN {_IDS})"
        f" OR (thing = 'care' AND subject IN {_POSTS})",
        blanks="subject = ''",
        has_place=False,
    ),
    Table(
        "near_duplicates_by_time",
        own=f"mention_id IN {_POSTS} OR original IN {_POSTS} OR parent IN {_POSTS}",
        has_place=False,
        is_shown=False,
    ),
    Table("copies_to_review", own=f"mention_id IN {_POSTS}", has_place=False),
    Table("near_duplicate_bands", own=f"mention_id IN {_POSTS}", has_place=False),
    *(
        Table(
            name,
            own=" OR ".join(
                f"mention_id IN {_POSTS}" if column == "mention_id" else f"{column} IN {_IDS}"
                for column in columns
            ),
            has_place=False,
            is_shown=columns == ("author_id",),
        )
        # Computed anew all the time; until then the rows of whoever had to do with the person go.
        for name, columns in {
            "value_voices": ("author_id",),
            "value_answers": ("author_id", "answered_id", "mention_id"),
            "value_ties": ("one", "other"),
            "value_members": ("author_id",),
            "value_collaboration": ("author_id",),
            "value_exposures": ("person_id", "recommender_id", "mention_id"),
            "value_influence": ("person_id", "recommender_id", "mention_id"),
            "value_referrals": ("buyer_id", "recommender_id", "mention_id"),
            "value_people": ("author_id",),
            "value_examples": ("mention_id",),
        }.items()
    ),
    Table(
        "orders",
        own="author_id IN {ids:Array(String)}",
        touched="referred_by IN {ids:Array(String)}",
        blanks="referred_by = ''",
    ),
    Table("gestures", own="author_id IN {ids:Array(String)}"),
    Table("account_links", own="author_id IN {ids:Array(String)}", has_place=False),
    Table("propensity", own="author_id IN {ids:Array(String)}", has_place=False),
    Table(
        "dead_letters",
        own="key IN {ids:Array(String)}"
        " OR arrayExists(n -> position(value, n) > 0, {needles:Array(String)})"
        " OR match(value, {record_pattern:String})",
    ),
    Table(
        "deletions",
        own=f"(target_id IN {{ids:Array(String)}} OR author_id IN {{ids:Array(String)}}"
        f" OR target_id IN {_POSTS}"
        " OR target_id IN (SELECT interaction_id FROM interactions"
        f" WHERE {_OWN})) AND {_IN_SOURCE}",
    ),
    Table(
        "interactions",
        own=_OWN,
        touched=f"(target_author_id IN {{ids:Array(String)}} OR target_id IN {{ids:Array(String)}}"
        f" OR target_id IN {_POSTS}) AND NOT ({_OWN})",
        blanks="target_id = '', target_author_id = ''",
    ),
    Table(
        "mentions",
        own=_OWN,
        touched=f"({_IS_PARENT} OR root_id IN {_POSTS} OR quoted_id IN {_POSTS} OR {_NAMED}"
        f" OR {_IN_LINKS} OR match(text, {{pattern:String}})"
        f" OR match(parent_text, {{pattern:String}})) AND NOT ({_OWN}) AND {_IN_SOURCE}",
        blanks=(
            f"parent_text = if({_IS_PARENT}, '', {_WITHOUT_HANDLE.format('parent_text')}),"
            f" parent_id = if({_IS_PARENT}, '', parent_id),"
            f" parent_author_id = if({_IS_PARENT}, '', parent_author_id),"
            f" root_id = if(root_id IN {_POSTS}, '', root_id),"
            f" quoted_id = if(quoted_id IN {_POSTS}, '', quoted_id),"
            " mentioned_ids = arrayFilter(i -> i NOT IN {ids:Array(String)}, mentioned_ids),"
            " mentioned_handles = arrayFilter(h -> lowerUTF8(h) NOT IN {handles:Array(String)},"
            " mentioned_handles),"
            " links = arrayFilter(l -> NOT arrayExists(n -> position(l, n) > 0,"
            " {needles:Array(String)}), links),"
            f" text = {_WITHOUT_HANDLE.format('text')}"
        ),
    ),
    # After what they are made of, each after those it is made of in turn.
    *(
        Table(name, own=_OWN, has_place=False, kept_by=f"{name}_view")
        for name in (
            "first_contacts_kept",
            "intent_signals",
            "author_journeys",
            "journey_steps",
            "care_items",
            "care_replies",
        )
    ),
    *(
        Table(name, own=f"author_id IN {_IDS}", has_place=False, kept_by=f"{name}_view")
        for name in (
            "customers_top",
            "ratings_top",
            "bonds_top",
            "influence_top",
            "gestures_top",
            "leads_top",
            "care_queue_top",
            "propensity_top",
            "interests_top",
        )
    ),
    *(
        Table(name, own=f"{column} IN {_POSTS}", has_place=False, kept_by=f"{name}_view")
        for name, column in (
            ("labelled_mentions", "mention_id"),
            ("touchpoint_questions", "newest_id"),
        )
    ),
)


@dataclass(frozen=True)
class TablePlace:
    """One table of ClickHouse."""

    client: Client
    table: Table

    @property
    def name(self) -> str:
        """Its name there."""
        return f"clickhouse {self.table.name}"

    @property
    def _condition(self) -> str:
        return f"({self.table.own})" + (f" OR ({self.table.touched})" if self.table.touched else "")

    def find(self, subject: Subject) -> int:
        """Rows of the person, and rows of others that name them."""
        return self._count(self._condition, subject)

    def rows(self, subject: Subject) -> Iterator[dict[str, Any]]:
        """Both kinds of rows, all versions; of others' rows not who they are."""
        if not self.table.is_shown:
            return
        query = (
            f"SELECT *, ({self.table.own}) AS own FROM {self.table.name} WHERE {self._condition}"
        )
        with self.client.query_rows_stream(query, subject.parameters) as stream:
            names = stream.source.column_names
            for values in stream:
                row = dict(zip(names, values, strict=True))
                yield row if row["own"] else {k: v for k, v in row.items() if k not in OF_OTHERS}

    def erase(self, subject: Subject) -> list[Remainder]:
        """Delete the person's rows and blank them out of others', on the disk as well."""
        given, name = subject.parameters, self.table.name
        if self.table.kept_by:
            self._make_anew()
            return []
        if self.table.touched and self._count(self.table.touched, subject):
            self.client.command(
                f"ALTER TABLE {name} UPDATE {self.table.blanks} WHERE {self.table.touched}",
                given,
                settings=_SYNC,
            )
        if self._count(self.table.own, subject):
            if self.table.before:
                self.client.command(self.table.before, given)
            if self.table.has_place:
                self.client.command(
                    "INSERT INTO erased"
                    " (table_name, topic_id, kafka_partition, kafka_offset, reason)"
                    f" SELECT '{name}', topic_id, kafka_partition, kafka_offset, '{REASON}'"
                    f" FROM {name} WHERE {self.table.own}",
                    given,
                )
            self.client.command(
                f"ALTER TABLE {name} DELETE WHERE {self.table.own}", given, settings=_SYNC
            )
        return []

    def settle(self, subject: Subject) -> None:
        """Once all is erased: no refresh that read it before may bring it back.

        One is either under way or has ended by now; one that begins now finds nothing.
        """
        [[under_way]] = self.client.query(
            "SELECT count() FROM system.view_refreshes WHERE database = currentDatabase()"
            " AND view = {view:String} AND status IN ('Running', 'RunningOnAnotherReplica')",
            {"view": self.table.kept_by},
        ).result_rows
        # What was theirs by their mentions cannot be told any more: these are gone.
        was_theirs = bool(subject.post_ids) if _POSTS in self.table.own else self.find(subject) > 0
        if under_way or was_theirs:
            self._make_anew()

    def _make_anew(self) -> None:
        # One under way may still have read what is erased by now, so it is given up.
        for what in ("CANCEL", "REFRESH", "WAIT"):
            self.client.command(f"SYSTEM {what} VIEW {self.table.kept_by}")

    def _count(self, condition: str, subject: Subject) -> int:
        [[count]] = self.client.query(
            f"SELECT count() FROM {self.table.name} WHERE {condition}", subject.parameters
        ).result_rows
        return int(count)


def table_places(client: Client) -> list[Place]:
    """All tables, in the order in which they have to be erased."""
    return [TablePlace(client, table) for table in TABLES]


def settle_views(places: Sequence[Place], subject: Subject) -> None:
    """Leave no refresh behind that could bring the person back; see `TablePlace.settle`."""
    for place in places:
        if isinstance(place, TablePlace) and place.table.kept_by:
            place.settle(subject)


def made_of_kept(places: Sequence[Place], subject: Subject, keep: Sequence[str]) -> list[str]:
    """Places that ClickHouse makes of others and that hold the person for as long as those do.

    Whatever they hold was read anew from tables that are either searched or kept.
    """
    tables = {place.name: place for place in places if isinstance(place, TablePlace)}
    if tables.keys().isdisjoint(keep):
        return []
    made = [name for name, place in tables.items() if place.table.kept_by and name not in keep]
    return [name for name in made if tables[name].find(subject)]


def post_ids(client: Client, subject: Subject) -> frozenset[str]:
    """Ids of everything the person said and did, to search topics and the proof by."""
    rows = client.query(
        f"SELECT mention_id FROM mentions WHERE {_OWN}"
        f" UNION ALL SELECT interaction_id FROM interactions WHERE {_OWN}",
        subject.parameters,
    ).result_rows
    return frozenset(post_id for (post_id,) in rows)
