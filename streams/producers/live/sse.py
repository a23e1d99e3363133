"""Server-sent events out of the bytes of a connection, however they are cut."""

from dataclasses import dataclass

MAX_EVENT_BYTES = 4 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"
_BEFORE_DATA = len(b"data: ")


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One message; a comment has the name ":" and is a sign of life."""

    name: str
    data: bytes
    too_long: bool = False  # the data is only its beginning

    @property
    def is_comment(self) -> bool:
        """True for a heartbeat."""
        return self.name == ":"


class SseDecoder:
    """Feeds on chunks, gives whole events; holds at most one event of `max_event_bytes`.

    Text is not decoded here, so a character may be split over chunks.
    """

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max_event_bytes = max_event_bytes
        self._rest = b""  # an unfinished line
        self._after_cr = False  # the \n of a \r\n may be in the next chunk
        self._line_too_long = False
        self._at_start = True
        self._name = "message"
        self._data: bytearray | None = None
        self._too_long = False

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """The events that `chunk` completes, in order; comments among them."""
        found: list[ServerSentEvent] = []
        if not chunk:
            return found
        if self._after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        self._after_cr = chunk.endswith(b"\r")
        lines = _lines(self._rest + chunk)
        self._rest = lines.pop()
        if self._at_start and (lines or len(self._rest) > len(_BOM)):
            self._at_start = False
            if lines:
                lines[0] = lines[0].removeprefix(_BOM)
            else:
                self._rest = self._rest.removeprefix(_BOM)
        for line in lines:
            if self._line_too_long:  # the end of a line whose beginning is kept
                self._line_too_long = False
                continue
            self._take(line, found)
        if self._line_too_long:
            self._rest = b""
        elif len(self._rest) > self._max_event_bytes + _BEFORE_DATA:  # so that its data is too long
            self._take(self._rest, found)
            self._rest = b""
            self._line_too_long = True
        return found

    def _take(self, line: bytes, found: list[ServerSentEvent]) -> None:
        if not line:
            if self._data is not None:
                found.append(ServerSentEvent(self._name, bytes(self._data), self._too_long))
            self._clear()
            return
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if not field:
            found.append(ServerSentEvent(":", value[:100]))
        elif field == b"event":
            self._name = value[:100].decode("utf-8", "replace")
        elif field == b"data":
            if self._data is None:
                self._data = bytearray()
            else:
                value = b"\n" + value
            room = self._max_event_bytes - len(self._data)
            self._too_long = self._too_long or len(value) > room
            self._data += value[:room]

    def _clear(self) -> None:
        self._name = "message"
        self._data = None
        self._too_long = False


def _lines(text: bytes) -> list[bytes]:
    """Split at \\n, \\r\\n and \\r; the last item is what has no end yet."""
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return text.split(b"\n")
