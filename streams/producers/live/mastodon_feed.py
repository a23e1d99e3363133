"""One stream of an instance: the gap first, then what comes, or polls where nothing comes.

The stream is opened before the gap is read, so nothing falls between; what both bring is handed
on once, by `mastodon_memory`. The gap is read from a little before the newest status seen: an id
holds the time of writing, and a status from far away may come later than a newer one.
Edits and deletions made during a gap are told by no API; they are missed.
"""

import asyncio
import logging
import random
from dataclasses import dataclass
from typing import Literal

import msgspec

from streams.producers.live.mastodon_api import (
    PAGE_STATUSES,
    MastodonApi,
    NoStreamError,
    StreamName,
    back_in_time,
    id_order,
)
from streams.producers.live.source import SourceUnavailableError
from streams.producers.live.sse import ServerSentEvent, SseDecoder

log = logging.getLogger(__name__)

_READ_BYTES = 64 * 1024
_REST_SLICE_SEC = 10.0
_KINDS: dict[str, Literal["status", "deletion"]] = {
    "update": "status",
    "status.update": "status",
    "delete": "deletion",
}
NOTHING_YET = "0"


class _Identified(msgspec.Struct, frozen=True):
    id: str


_decode_id = msgspec.json.Decoder(_Identified).decode


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something a stream or a timeline said."""

    stream: str
    kind: Literal["status", "deletion", "other", "too_long", "life"]
    payload: bytes | msgspec.Raw = b""
    newest: str | None = None  # where this stream stands after it


@dataclass(kw_only=True)
class Feed:
    """Fills `queue`, which is bounded, from one stream; `run` ends only by raising."""

    api: MastodonApi
    base: str
    stream: StreamName
    queue: "asyncio.Queue[Arrival]"
    newest: str | None
    max_catch_up: int
    overlap_sec: float
    poll_sec: float

    async def run(self) -> None:
        """Stream, or poll where there is no stream; raises a SourceError at every trouble."""
        try:
            async with self.api.open_stream(self.base, self.stream) as content:
                await self._catch_up(self.overlap_sec)
                decoder = SseDecoder()
                async for chunk in content.iter_chunked(_READ_BYTES):
                    for event in decoder.feed(chunk):
                        await self._said(event)
            raise SourceUnavailableError(f"{self.api.instance}: {self.stream.text} ended")
        except NoStreamError as error:
            log.warning("%s; its timeline is polled every %g s", error, self.poll_sec)
        overlap_sec = self.overlap_sec
        while True:
            await self._catch_up(overlap_sec)
            overlap_sec = min(overlap_sec, self.poll_sec / 2)  # else a busy timeline is read twice
            await self._rest(self.poll_sec * random.uniform(0.9, 1.1))  # noqa: S311 - jitter

    async def _said(self, event: ServerSentEvent) -> None:
        if event.too_long:
            await self._put("too_long", event.data)
            return
        kind = _KINDS.get(event.name)
        if kind is None:
            await self._put("life" if event.is_comment else "other")
        else:
            if event.name == "update":  # an edit has an old id
                self._saw(event.data)
            await self._put(kind, event.data)

    async def _catch_up(self, overlap_sec: float) -> None:
        """Everything since `newest`, oldest page first; at first contact only the place."""
        if self.newest is None:
            page = await self.api.page(self.stream, limit=1)
            self.newest = NOTHING_YET
            for status in page.statuses:
                self._saw(status)
            await self._put("life")
            return
        min_id, left = back_in_time(self.newest, overlap_sec), self.max_catch_up
        while True:
            page = await self.api.page(self.stream, limit=PAGE_STATUSES, min_id=min_id)
            ids = []
            for status in reversed(page.statuses):
                ids.append(self._saw(status))
                await self._put("status", status.copy())
            await self._put("life")
            await self._rest(page.pause_sec)
            newest_of_page = max(filter(None, ids), key=id_order, default=None)
            following = page.newer_than or newest_of_page
            if not page.statuses or not following or id_order(following) <= id_order(min_id):
                return
            min_id, left = following, left - len(page.statuses)
            if left <= 0:
                log.warning(
                    "%s: %s has more than %d statuses since the last one seen; "
                    "the rest is left out (--max-catch-up)",
                    self.api.instance,
                    self.stream.text,
                    self.max_catch_up,
                )
                return

    def _saw(self, payload: bytes | msgspec.Raw) -> str | None:
        """The id, which from now on is the newest if it is."""
        try:
            found = _decode_id(payload).id
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None  # the mapping will tell why
        if self.newest is None or id_order(found) > id_order(self.newest):
            self.newest = found
        return found

    async def _rest(self, seconds: float) -> None:
        while seconds > 0:
            await asyncio.sleep(min(seconds, _REST_SLICE_SEC))
            seconds -= _REST_SLICE_SEC
            await self._put("life")

    async def _put(
        self,
        kind: Literal["status", "deletion", "other", "too_long", "life"],
        payload: bytes | msgspec.Raw = b"",
    ) -> None:
        await self.queue.put(Arrival(self.stream.text, kind, payload, self.newest))
