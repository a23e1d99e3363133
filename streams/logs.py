"""Log lines: for people, or one JSON object each (ESCUCHA_LOG_FORMAT=json); never a secret.

    {"time": "2026-11-29T10:00:00.123Z", "level": "warning", "logger": "streams.retry",
     "message": "ClickHouse: …; trying again for 890 s", "process": 4711}

`error` holds the traceback where there is one. Whatever a message holds, values of variables that
are secret are blotted out before a line is written: the text of an error of somebody else's
library may quote what it was given.
"""

import logging
import sys
import threading
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, TextIO

import msgspec

BLOT: Final = "‹secret›"
SHORTEST_SECRET: Final = 6  # shorter ones would blot out words
SELDOM_SEC: Final = 10.0
MOST_KINDS: Final = 1_000
OURS: Final = ("streams", "models", "dashboards", "deploy")
TEXT_FORMAT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"
QUIET: Final = ("urllib3.connectionpool", "clickhouse_connect", "opentelemetry")


class Seldom(logging.Filter):
    """Lets each kind of line of somebody else's library through once in a while, and counts.

    While a broker is away its client writes a hundred lines a second.
    """

    def __init__(self, every_sec: float = SELDOM_SEC) -> None:
        super().__init__()
        self._every_sec = every_sec
        self._kinds: dict[tuple[str, str], tuple[float, int]] = {}  # when last, how many since

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is to be written; it then says how many like it were not."""
        if record.name.startswith(OURS):
            return True
        kind = (record.name, str(record.msg))
        last, left_out = self._kinds.get(kind, (float("-inf"), 0))
        if record.created - last < self._every_sec and record.created >= last:
            self._kinds[kind] = (last, left_out + 1)
            return False
        if len(self._kinds) >= MOST_KINDS:  # texts that are made anew each time
            self._kinds.clear()
        self._kinds[kind] = (record.created, 0)
        if left_out:
            record.msg, record.args = f"{record.getMessage()} ({left_out} more like it)", ()
        return True


class Blotting(logging.Formatter):
    """Lines for people, without secrets."""

    def __init__(self, secrets: Sequence[str]) -> None:
        super().__init__(TEXT_FORMAT)
        self._secrets: list[str] = []
        self.hide(secrets)

    def hide(self, secrets: Iterable[str]) -> None:
        """From now on these are blotted out, too."""
        known = {*self._secrets, *(one for one in secrets if len(one) >= SHORTEST_SECRET)}
        self._secrets = sorted(known, key=len, reverse=True)  # one may be a part of another

    def format(self, record: logging.LogRecord) -> str:
        """The line, with its traceback."""
        return self.blotted(super().format(record))

    def blotted(self, line: str) -> str:
        """The line without secrets."""
        for secret in self._secrets:
            line = line.replace(secret, BLOT)
        return line


class Json(Blotting):
    """One JSON object a line, without secrets."""

    def format(self, record: logging.LogRecord) -> str:
        """The object; text that is no text is shown, never raised."""
        moment = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, object] = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self.blotted(record.getMessage()),
            "process": record.process,
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = self.blotted(self.formatException(record.exc_info))
        try:
            return msgspec.json.encode(line).decode()
        except UnicodeEncodeError:  # half a surrogate pair in somebody's text
            clean = {k: _clean(v) for k, v in line.items()}
            return msgspec.json.encode(clean).decode()


def configure(
    form: str, *, verbose: bool, secrets: Sequence[str], stream: TextIO | None = None
) -> None:
    """Send all logs of this process to standard error, in the form `text` or `json`."""
    handler = logging.StreamHandler(stream or sys.stderr)
    if not verbose:
        handler.addFilter(Seldom())
    handler.setFormatter(Json(secrets) if form == "json" else Blotting(secrets))
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING, handlers=[handler], force=True
    )
    if form == "json":
        logging.captureWarnings(True)
    if not verbose:  # what a person needs to know of a failure, our own errors say
        for name in QUIET:
            logging.getLogger(name).setLevel(logging.ERROR)


def hide(*secrets: str) -> None:
    """Blot these out as well: passwords that this process did not get from its environment."""
    for formatter in _formatters():
        formatter.hide(secrets)


def blotted(text: str) -> str:
    """A text for people without the secrets that are known."""
    for formatter in _formatters():
        text = formatter.blotted(text)
    return text


def tell_of_faults() -> None:
    """What nobody catches becomes a log line: Python would print it with all that it quotes."""
    sys.excepthook = _fault
    threading.excepthook = lambda args: _fault(args.exc_type, args.exc_value, args.exc_traceback)


def _fault(
    kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    found = error if error is not None else kind()
    logging.getLogger("escucha").critical(
        "ended by a fault of the program", exc_info=(kind, found, trace)
    )


def _formatters() -> list[Blotting]:
    given = [handler.formatter for handler in logging.getLogger().handlers]
    return [one for one in given if isinstance(one, Blotting)]


def _clean(value: object) -> object:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
