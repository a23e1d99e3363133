"""What doctor asks of ClickHouse: whether it answers, what users may, how its tables are."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from streams import clock
from streams.errors import SinkUnavailableError
from streams.migrate import connect, migrations
from streams.operate.findings import Finding, Patient, bad, ok, size, skipped, warn
from streams.privacy.retention import Retention, out_of_step
from streams.settings import Settings

RIGHTS = (
    "SELECT",
    "INSERT",
    "ALTER TABLE",
    "CREATE TABLE",
    "CREATE VIEW",
    "DROP TABLE",
    "TRUNCATE",
)
# Tables of the console's users: the read-only user is kept out of them.
OPERATORS_ONLY = ("console_accounts", "console_sessions", "console_sign_ins", "console_audit")
SKEW_WARN_SEC, SKEW_BAD_SEC = 2.0, 60.0
UPKEEP_LATE_SEC = 600.0
BACKUP_OLD_DAYS = 7
WORKER_SILENT_SEC = 180.0  # each says every minute that it lives
MANY_PARTS = 1_000
LITTLE_SHARE, LITTLE_BYTES = 0.1, 5e9
OLDEST_VERSION = (24, 8)


def clickhouse(patient: Patient) -> Iterator[Finding]:
    """Everything about ClickHouse, as far as it can be asked."""
    settings = patient.settings
    if not patient.expects_services:
        yield skipped("clickhouse", "No ClickHouse is expected yet.", "Start it: escucha up")
        return
    try:
        client = connect(settings)
    except SinkUnavailableError as error:
        yield bad(
            "clickhouse",
            f"{error}",
            "Start it (escucha up), or correct the variables. In a container, localhost is the"
            " container itself.",
        )
        return
    with client:
        yield from _server(client, settings)
        yield from _clock(client)
        yield from _room(client)
        client.database = settings.clickhouse_database
        behind = list(_migrations(client, settings))
        yield from behind
        yield from _rights(client, settings)
        if all(finding.state == "ok" for finding in behind):
            yield from _reader(settings)
            yield from _tables(client, settings)
            yield from _kept(client)
            yield from _workers(client)
            yield from _upkeep(client)
            yield from _signals(client)
            if not patient.stack_runs:  # on a laptop nobody is called at night for it
                yield from _backup(client)


def _server(client: Client, settings: Settings) -> Iterator[Finding]:
    version = str(client.server_version)
    numbers = tuple(int(part) for part in version.split(".")[:2])
    if numbers < OLDEST_VERSION:
        yield bad(
            "clickhouse",
            f"ClickHouse {version} is too old: it cannot keep counts exact.",
            f"Upgrade it to {'.'.join(map(str, OLDEST_VERSION))} or newer.",
        )
    else:
        yield ok("clickhouse", f"ClickHouse {version} at {settings.clickhouse_url} answers.")
    if settings.clickhouse_url.startswith("http://") and not _is_local(settings.clickhouse_url):
        yield warn(
            "clickhouse-tls",
            "Passwords and posts go to ClickHouse unencrypted.",
            "Use an https address in ESCUCHA_CLICKHOUSE_URL.",
        )


def _is_local(url: str) -> bool:
    return any(f"//{host}" in url for host in ("127.0.0.1", "localhost", "[::1]"))


def _clock(client: Client) -> Iterator[Finding]:
    before = clock.now()
    [[there]] = client.query("SELECT now64(3, 'UTC')").result_rows
    after = clock.now()
    middle = before + (after - before) / 2
    skew = abs((there.replace(tzinfo=UTC) - middle).total_seconds())
    says = f"This machine's clock and ClickHouse's are {skew:.1f} s apart."
    remedy = "Let both machines keep time (NTP): timedatectl set-ntp true"
    if skew > SKEW_BAD_SEC:
        yield bad("clock", f"{says} Freshness and retention would be wrong.", remedy)
    elif skew > SKEW_WARN_SEC:
        yield warn("clock", says, remedy)
    else:
        yield ok("clock", "Clocks agree.")


def _room(client: Client) -> Iterator[Finding]:
    rows = client.query("SELECT name, free_space, total_space FROM system.disks").result_rows
    for name, free, total in rows:
        says = f"ClickHouse's disk {name} has {size(free)} of {size(total)} free."
        if free < min(LITTLE_BYTES, total * LITTLE_SHARE):
            yield bad(
                "clickhouse-disk",
                says,
                "Make it larger, or keep rows for fewer days with ESCUCHA_RETENTION_DAYS. When it"
                " is full, workers wait and nothing is lost.",
            )
        else:
            yield ok("clickhouse-disk", says)


def _migrations(client: Client, settings: Settings) -> Iterator[Finding]:
    database = settings.clickhouse_database
    try:
        rows = client.query("SELECT DISTINCT name FROM schema_migrations").result_rows
    except ClickHouseError:
        yield bad(
            "migrations",
            f"The database {database} has no tables of Escucha, or {settings.clickhouse_user} may"
            " not read them.",
            "Run: escucha migrate",
        )
        return
    applied, known = {str(row[0]) for row in rows}, [one.name for one in migrations()]
    pending = [name for name in known if name not in applied]
    newer = sorted(applied - set(known))
    if newer:
        yield bad(
            "migrations",
            f"The database is newer than this program: it has {', '.join(newer)}.",
            "Upgrade Escucha here; tables never go backwards.",
        )
    elif pending:
        yield bad(
            "migrations",
            f"{len(pending)} changes of tables are not made yet: {', '.join(pending)}.",
            "Look (escucha migrate --dry-run), then run: escucha migrate",
        )
    else:
        yield ok("migrations", f"All {len(known)} changes of tables are made.")


def _rights(client: Client, settings: Settings) -> Iterator[Finding]:
    missing = [right for right in RIGHTS if not _may(client, right, settings)]
    if missing:
        where = f"{settings.clickhouse_database}.*"
        yield bad(
            "rights",
            f"The user {settings.clickhouse_user} lacks {', '.join(missing)} on {where}.",
            f"As an administrator: GRANT {', '.join(missing)} ON {where} TO"
            f" {settings.clickhouse_user}",
        )
    else:
        yield ok("rights", f"The user {settings.clickhouse_user} may do what it must.")


def _may(client: Client, right: str, settings: Settings, table: str = "*") -> bool:
    database = settings.clickhouse_database.replace("`", "``")
    try:
        return bool(client.query(f"CHECK GRANT {right} ON `{database}`.{table}").result_rows[0][0])
    except ClickHouseError:
        return False


def _reader(settings: Settings) -> Iterator[Finding]:
    user = settings.clickhouse_reader_user
    as_reader = replace(
        settings,
        clickhouse_user=user,
        clickhouse_password=settings.clickhouse_reader_password,
    )
    try:
        with connect(as_reader, in_database=True) as client:
            client.query("SELECT count() FROM mentions WHERE mention_id = ''")
            writes = _may(client, "INSERT", as_reader)
            pries = [table for table in OPERATORS_ONLY if _may(client, "SELECT", as_reader, table)]
    except (SinkUnavailableError, ClickHouseError):
        if not settings.clickhouse_reader_password:  # workers and upkeep are not told it
            yield skipped(
                "reader",
                f"The password of {user} is not given here, so it was not tried.",
                "Look where the console runs: escucha doctor",
            )
            return
        yield bad(
            "reader",
            f"The user {user}, with which console and Grafana read, cannot read the tables.",
            "Check ESCUCHA_CLICKHOUSE_READER_USER and _READER_PASSWORD; as an administrator:"
            f" GRANT SELECT ON {settings.clickhouse_database}.* TO {user}",
        )
        return
    yield _accounts_are_shut(pries, settings)
    if writes:
        yield warn(
            "reader",
            f"The user {user} may write, and console and Grafana only read.",
            f"As an administrator: REVOKE INSERT ON {settings.clickhouse_database}.* FROM {user}",
        )
    else:
        yield ok("reader", f"The user {user} may read and not write.")


def _accounts_are_shut(open_tables: list[str], settings: Settings) -> Finding:
    user, database = settings.clickhouse_reader_user, settings.clickhouse_database
    if not open_tables:
        return ok("reader-accounts", f"The user {user} may not read the console's accounts.")
    revokes = [
        f"REVOKE SELECT ON {database}.{table} FROM {user}"  # noqa: S608 - words for a person
        for table in open_tables
    ]
    return bad(
        "reader-accounts",
        f"The user {user} may read who uses the console: {', '.join(open_tables)}.",
        f"As an administrator: {'; '.join(revokes)}",
    )


def _tables(client: Client, settings: Settings) -> Iterator[Finding]:
    rows = client.query(
        "SELECT name, engine_full FROM system.tables WHERE database = currentDatabase()"
    ).result_rows
    engines = {str(name): str(engine) for name, engine in rows}
    other = out_of_step(engines, Retention.parse(settings.retention_days))
    if other:
        told = ", ".join(f"{t} ({d} days)" if d else f"{t} (for ever)" for t, d in other.items())
        yield warn(
            "retention",
            f"These tables do not keep rows for as long as they should yet: {told}.",
            "`escucha upkeep` sets it within the hour; `up` runs one, elsewhere run one.",
        )
    else:
        yield ok("retention", "Tables keep rows for as long as ESCUCHA_RETENTION_DAYS says.")
    stuck = client.query(
        "SELECT DISTINCT table, latest_fail_reason FROM system.mutations"
        " WHERE database = currentDatabase() AND NOT is_done AND latest_fail_reason != ''"
    ).result_rows
    for table, reason in stuck:
        yield bad(
            "mutations",
            f"A change of {table} does not get done: {str(reason)[:200]}",
            "Mend the reason (mostly disk or memory); it is then tried again by itself.",
        )
    [[parts]] = client.query(
        "SELECT max(n) FROM (SELECT count() AS n FROM system.parts"
        " WHERE database = currentDatabase() AND active GROUP BY table, partition_id)"
    ).result_rows
    if parts > MANY_PARTS:
        yield warn(
            "parts",
            f"A table is in {parts} pieces, and inserts will soon be slowed down.",
            "Raise ESCUCHA_BATCH_LINGER_MS, so that batches are larger, or give ClickHouse more"
            " processor to merge.",
        )


def _kept(client: Client) -> Iterator[Finding]:
    rows = client.query(
        "SELECT view, exception FROM system.view_refreshes"
        " WHERE database = currentDatabase() AND (exception != '' OR status = 'Disabled')"
    ).result_rows
    for view, exception in rows:
        reason = str(exception).partition(", Stack trace")[0] or "it was stopped"
        if "Empty query" in reason:
            remedy = (
                "A full disk has emptied its definition. Make room; the local stack then puts it"
                " back by itself. A server: see RUNBOOK, A full disk, before you stop it."
            )
        else:
            remedy = (
                "Mend the reason (mostly disk or memory); it is then tried again by itself. To try"
                f" at once: SYSTEM START VIEW {view}; SYSTEM REFRESH VIEW {view}"
            )
        yield warn("kept-tables", f"{view} is refreshed no more: {reason[:200]}", remedy)
    if not rows:
        yield ok("kept-tables", "All kept tables are refreshed.")


def _workers(client: Client) -> Iterator[Finding]:
    rows = client.query(
        "SELECT worker, trouble FROM worker_models FINAL"
        " WHERE seen_at > now64(3) - toIntervalSecond({silent:UInt32}) ORDER BY worker",
        {"silent": int(WORKER_SILENT_SEC)},
    ).result_rows
    if not rows:
        yield warn(
            "workers",
            "No worker was heard for three minutes: what is sent waits in Kafka.",
            "Start one: escucha worker (`escucha up` starts them). Where one ended, its last log"
            " line says why.",
        )
    for worker, trouble in rows:
        if trouble:
            yield warn(
                "workers",
                f"{worker} refuses a model: {trouble}.",
                "It goes on with the one before. escucha models rollback, then mend and promote"
                " again.",
            )
    if rows and not any(trouble for _, trouble in rows):
        yield ok("workers", f"Workers that live: {len(rows)}.")


def _signals(client: Client) -> Iterator[Finding]:
    [[rows, ago]] = client.query(
        "SELECT count(), toFloat64(dateDiff('second', max(noted_at), now64(3, 'UTC')))"
        " FROM upkeep_marks WHERE job = 'signals'"
    ).result_rows
    if not rows or ago > UPKEEP_LATE_SEC:
        since = f"for {ago / 60:.0f} minutes" if rows else "never yet"
        yield warn(
            "signals",
            f"`escucha signals` has not run {since}: nobody is alerted of emerging intent.",
            "Run one: escucha signals (`escucha up` does it within upkeep)",
        )
    else:
        yield ok("signals", "Signals run.")


def _backup(client: Client) -> Iterator[Finding]:
    [[backups, days]] = client.query(
        "SELECT count(), dateDiff('second', max(mark), now64(3, 'UTC')) / 86400"
        " FROM upkeep_marks WHERE job = 'backup'"
    ).result_rows
    if not backups:
        yield warn(
            "backup",
            "No backup of this database was ever taken.",
            "Take one every day, or week at least: escucha backup PLACE",
        )
    elif days > BACKUP_OLD_DAYS:
        yield warn(
            "backup",
            f"The newest backup is {days:.0f} days old, and Kafka keeps records for 14.",
            "Take one every day, or week at least: escucha backup PLACE",
        )
    else:
        yield ok("backup", f"The newest backup is {days:.1f} days old.")


def _upkeep(client: Client) -> Iterator[Finding]:
    [[rows, ago]] = client.query(
        "SELECT count(), toFloat64(dateDiff('second', max(noted_at), now64(3, 'UTC')))"
        " FROM upkeep_marks WHERE job NOT IN ('signals', 'backup')"
    ).result_rows
    if not rows or ago > UPKEEP_LATE_SEC:
        since = f"for {ago / 60:.0f} minutes" if rows else "never yet"
        yield warn(
            "upkeep",
            f"`escucha upkeep` has not run {since}: deletions, edits, copies and retention wait.",
            "Run one: escucha upkeep (`escucha up` runs one by itself)",
        )
    else:
        yield ok("upkeep", "Upkeep runs.")
    rewriting = client.query(
        "SELECT what, holder FROM (SELECT holder, argMax(what, seen_at) AS what,"
        " max(ended) AS over, max(seen_at) AS seen FROM rewrites GROUP BY holder)"
        " WHERE NOT over AND seen < now64(3) - INTERVAL 10 MINUTE"
    ).result_rows
    for what, holder in rewriting:
        yield warn(
            "stale-locks",
            f"{what} was begun by {holder} and never finished.",
            "Its turn is over by itself. Run the command again: it goes on where it was.",
        )


CHECKS = (clickhouse,)
