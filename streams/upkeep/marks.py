"""Up to when a job has looked, and from when it has to look again."""

from datetime import UTC, datetime, timedelta

from clickhouse_connect.driver.client import Client

# An insert under way carries the moment it began and shows itself when it ends; the pipeline gives
# one up after 60 s.
MARGIN = timedelta(seconds=120)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def server_time(client: Client) -> datetime:
    """The clock that writes stored_at."""
    [[now]] = client.query("SELECT now64(3, 'UTC')").result_rows
    return _aware(now)


def look_since(client: Client, job: str) -> datetime:
    """From when on a job has to look at what was stored; the epoch before its first run."""
    [[found]] = client.query(
        "SELECT max(mark) FROM upkeep_marks WHERE job = {job:String}", {"job": job}
    ).result_rows
    return max(_aware(found) - MARGIN, EPOCH)


def note(client: Client, job: str, mark: datetime) -> None:
    """Remember that everything stored before `mark` is done."""
    client.insert("upkeep_marks", [[job, mark]], column_names=["job", "mark"])


def _aware(moment: datetime) -> datetime:
    # The client leaves the zone out where it is UTC.
    return moment.replace(tzinfo=UTC)
