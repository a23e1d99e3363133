"""When upkeep gives replies the texts of what they answer (`late_parents.py`, which runs apart)."""

import logging
from datetime import datetime, timedelta
from typing import Final

from clickhouse_connect.driver.client import Client

from streams.errors import InputError, SettingsError
from streams.settings import Settings
from streams.upkeep import marks
from streams.upkeep.apart import Apart

JOB: Final = "parents"
EVERY_SEC: Final = 60.0
# Of replies that came so long before their parent; older ones keep the judgement they have.
REACH: Final = timedelta(days=1)

log = logging.getLogger(__name__)


class ParentsWatch:
    """The job: work is begun only where a reply lacks a text that is stored."""

    def __init__(self, settings: Settings, *, waits: bool = False) -> None:
        self._work = Apart(
            settings, f"{JOB} at work", "streams.upkeep.late_parents:work", is_due=is_due,
            waits=waits,
        )  # fmt: skip
        self._told = ""

    def __call__(self, client: Client, since: datetime) -> str:
        """What was done, in words; what cannot be done now is told once and tried again."""
        try:
            answer = str(self._work(client, since))
        except (InputError, SettingsError) as error:
            answer = str(error)
            if answer != self._told:
                log.warning("replies wait for the texts of their parents: %s", error)
            self._told = answer
        return answer


def is_due(client: Client) -> bool:
    """Whether a reply lacks the text of what it answers; if none does, notes that it looked."""
    started = marks.server_time(client)
    found = client.query(ORPHANS, span(client, started) | {"most": 1}).result_rows
    if not found:
        marks.note(client, JOB, started)
    return bool(found)


def span(client: Client, now: datetime) -> dict[str, int]:
    """From when on parents are looked at and from when on replies, and if there were edits."""
    reach = now - REACH
    given = {"since_ms": _milliseconds(max(marks.look_since(client, JOB), reach))}
    edits = bool(client.query(f"{_EDITED} LIMIT 1", given).result_rows)
    return given | {"reach_ms": _milliseconds(reach), "most": MOST, "edits": int(edits)}


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


MOST: Final = 50_000  # ids held at once
_SINCE = "stored_at >= fromUnixTimestamp64Milli({since_ms:Int64}, 'UTC')"
_REACH = "stored_at >= fromUnixTimestamp64Milli({reach_ms:Int64}, 'UTC')"
_LACKS = "parent_id != '' AND parent_text = '' AND parent_id != mention_id AND NOT is_deleted"

_EDITED = f"SELECT mention_id FROM mentions WHERE {_SINCE} AND version >= 65536"  # noqa: S608

# The parent came after the reply; or it was there, and one batch asked for too many; or it was
# edited, and its old text was taken away. Only the last is about replies of any age, so it reads
# all of the table, and does so only when there were edits.
_CANDIDATES = f"""
SELECT toStartOfMinute(published_at), mention_id FROM mentions
WHERE {_REACH} AND {_LACKS}
    AND parent_id IN (SELECT mention_id FROM mentions WHERE {_SINCE} AND text != '')
UNION DISTINCT
SELECT toStartOfMinute(published_at), mention_id FROM mentions
WHERE {_SINCE} AND {_LACKS} AND parent_id IN
(
    SELECT mention_id FROM mentions
    WHERE text != '' AND mention_id IN
        (SELECT parent_id FROM mentions WHERE {_SINCE} AND {_LACKS})
)
UNION DISTINCT
SELECT toStartOfMinute(published_at), mention_id FROM mentions
WHERE {{edits:UInt8}} AND {_LACKS} AND parent_id IN ({_EDITED})
"""  # noqa: S608 - made of the constants above

# The newest version of a reply may have the text already.
ORPHANS = f"""
SELECT mention_id, toUnixTimestamp(toStartOfMinute(published_at)) AS minute
FROM mentions FINAL
WHERE (toStartOfMinute(published_at), mention_id) IN ({_CANDIDATES}) AND {_LACKS}
LIMIT {{most:UInt32}}
"""  # noqa: S608 - made of the constants above
