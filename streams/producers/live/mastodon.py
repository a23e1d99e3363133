"""Listen to the public posts of a Mastodon instance: all of them, its own, or those of hashtags.

Streams where the instance lets it (newer ones want a key: ESCUCHA_MASTODON_TOKEN), polls its
timelines elsewhere. After a stop it reads what it missed, up to --max-catch-up posts per stream.

\b
Examples:
  escucha listen mastodon --instance https://mastodon.social --hashtag zapatillas
  escucha listen mastodon --instance https://mastodon.social --stream public:local
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import click

from schemas.mention import Event
from streams.errors import InputError
from streams.local import local_settings
from streams.producers.live.addresses import connector
from streams.producers.live.contract import MAPPING_ERRORS, kept
from streams.producers.live.fan_in import arrivals, end
from streams.producers.live.http import USER_AGENT, HttpOptions, open_session
from streams.producers.live.mastodon_api import MastodonApi, StreamName
from streams.producers.live.mastodon_feed import Arrival, Feed
from streams.producers.live.mastodon_ids import SUFFIX, StatusIds
from streams.producers.live.mastodon_mapping import SOURCE, MastodonMapper, host_of
from streams.producers.live.mastodon_memory import IdMemory
from streams.producers.live.options import private_networks_option, user_agent_option
from streams.producers.live.secrets import Secret, secret
from streams.producers.live.source import (
    Cursor,
    Received,
    Unmapped,
)

_QUEUE_ARRIVALS = 256
_BATCH_ARRIVALS = 64
_LEAST_STALL_SEC = 120.0
_HOST_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-:[]")


@dataclass(frozen=True, kw_only=True)
class MastodonSource:
    """One instance; for one run at a time, since it remembers what it has handed on."""

    instance: str  # https://mastodon.social
    streams: tuple[StreamName, ...] = (StreamName("public"),)
    token: Secret | None = None
    user_agent: str = USER_AGENT
    poll_sec: float = 20.0
    max_catch_up: int = 10_000
    overlap_sec: float = 60.0
    read_sec: float = 60.0  # a healthy stream sends a sign of life every 15 s
    request_sec: float = 30.0
    memory: IdMemory = field(default_factory=IdMemory, repr=False, compare=False)
    private_networks: bool = False
    ids_folder: Path | None = None  # where what statuses are called outlives this process

    @property
    def name(self) -> str:
        """The source of its mentions."""
        return SOURCE

    @property
    def scope(self) -> str:
        """The instance and its streams."""
        return " ".join((host_of(self.instance), *sorted(it.text for it in self.streams)))

    @property
    def stall_sec(self) -> float:
        """Longer than a read may take, and than some polls."""
        return max(_LEAST_STALL_SEC, 2 * self.read_sec, 3 * self.poll_sec)

    async def listen(self, cursor: Cursor | None) -> AsyncIterator[Received]:
        """What the streams say, from `cursor` on."""
        cursor = cursor or {}
        newest: dict[str, str] = dict(cursor.get("newest", {}))
        self.memory.resume(cursor.get("step", 0), cursor.get("ids", ()))
        ids = self._ids()
        mapper = MastodonMapper(host_of(self.instance), self.memory, ids)
        options = HttpOptions(
            user_agent=self.user_agent,
            total_sec=None,
            read_sec=self.read_sec,
            headers={"Authorization": f"Bearer {self.token}"} if self.token else {},
        )
        queue: asyncio.Queue[Arrival] = asyncio.Queue(_QUEUE_ARRIVALS)
        # Where it streams is said by the instance, which may redirect as well.
        reachable = connector([self.instance], private_networks=self.private_networks)
        async with open_session(options, reachable) as session:
            api = MastodonApi(
                session, options, self.instance, self.token is not None, self.request_sec
            )
            base = await api.streaming_base()
            tasks = [
                asyncio.create_task(
                    Feed(
                        api=api,
                        base=base,
                        stream=stream,
                        queue=queue,
                        newest=newest.get(stream.text),
                        max_catch_up=self.max_catch_up,
                        overlap_sec=self.overlap_sec,
                        poll_sec=self.poll_sec,
                    ).run()
                )
                for stream in self.streams
            ]
            try:
                while True:
                    received = self._received(
                        await arrivals(queue, tasks, _BATCH_ARRIVALS), mapper, newest
                    )
                    if ids is not None:
                        ids.commit()
                    yield received
            finally:
                await end(tasks)
                if ids is not None:
                    ids.close()

    def _ids(self) -> StatusIds | None:
        if self.ids_folder is None:
            return None
        name = host_of(self.instance).replace(":", "_")
        return StatusIds(self.ids_folder / f"mastodon-{name}{SUFFIX}")

    def _received(
        self, heard: Sequence[Arrival], mapper: MastodonMapper, newest: dict[str, str]
    ) -> Received:
        events: list[Event] = []
        unmapped: list[Unmapped] = []
        skipped = 0
        for arrival in heard:
            if arrival.newest is not None:
                newest[arrival.stream] = arrival.newest
            if arrival.kind == "life":
                continue
            if arrival.kind == "other":
                skipped += 1
                continue
            payload = bytes(arrival.payload)
            if arrival.kind == "too_long":
                unmapped.append(Unmapped(kept(payload), "the event is too long"))
                continue
            take = mapper.status if arrival.kind == "status" else mapper.deletion
            try:
                event = take(payload)
            except MAPPING_ERRORS as error:
                unmapped.append(Unmapped(kept(payload), str(error)))
                continue
            if event is None:
                skipped += 1
            else:
                events.append(event)
        place = {"newest": dict(newest), "step": self.memory.step, "ids": self.memory.snapshot()}
        return Received(events, place, unmapped, skipped)


OPTIONS: tuple[click.Parameter, ...] = (
    click.Option(
        ["--instance"],
        default="https://mastodon.social",
        show_default=True,
        help="Address of the instance.",
    ),
    click.Option(
        ["--stream", "streams"],
        multiple=True,
        help="public, public:local, public:remote, hashtag:WORD or hashtag:local:WORD; repeat for "
        "more.  [default: public, if no --hashtag is given]",
    ),
    click.Option(["--hashtag", "hashtags"], multiple=True, help="The same as hashtag:WORD."),
    click.Option(
        ["--poll-sec"],
        type=click.FloatRange(min=1),
        default=20.0,
        show_default=True,
        help="How often to ask where the instance does not stream.",
    ),
    click.Option(
        ["--max-catch-up"],
        type=click.IntRange(min=0),
        default=10_000,
        show_default=True,
        help="After a stop, read at most so many missed posts of each stream.",
    ),
    user_agent_option(),
    private_networks_option(),
)


def from_options(
    *,
    instance: str,
    streams: Sequence[str],
    hashtags: Sequence[str],
    poll_sec: float,
    max_catch_up: int,
    user_agent: str,
    private_networks: bool = False,
) -> MastodonSource:
    """The source that the options ask for; raises InputError for those that make no sense."""
    names = [*streams, *(f"hashtag:{tag}" for tag in hashtags)] or ["public"]
    return MastodonSource(
        instance=_address(instance),
        streams=tuple(dict.fromkeys(StreamName.parse(it) for it in names)),
        token=secret(SOURCE, "token"),
        user_agent=user_agent,
        poll_sec=poll_sec,
        max_catch_up=max_catch_up,
        private_networks=private_networks,
        ids_folder=local_settings().run_dir / "checkpoints",
    )


def _address(instance: str) -> str:
    """`https://host`, for a bare host too."""
    address = instance.strip()
    if "://" not in address:
        address = f"https://{address}"
    parts = urlsplit(address)
    host = parts.netloc.lower()
    if (
        parts.scheme not in ("http", "https")
        or not host
        or set(host) - _HOST_LETTERS
        or parts.path.strip("/")
    ):
        raise InputError(f"--instance {instance!r}: write it as https://mastodon.social")
    return f"{parts.scheme}://{host}"
