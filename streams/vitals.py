"""Whether a worker lives and works, judged from what it last showed: pure, no I/O.

A worker can be alive and do nothing: its event loop hangs, its flow was never resumed after a
rebalance, it has fallen out of its group, or records wait and none is acknowledged. Then to start
it again helps, and `Verdict.alive` is false. What it waits for by itself (ClickHouse, Kafka) is no
reason to start it again, since the next one would wait as well: then it is only not ready.
"""

from dataclasses import dataclass, field, replace

LOOP_STUCK_SEC = 30.0


@dataclass(frozen=True)
class Signs:
    """What a worker shows of itself at one moment, by its monotonic clock."""

    at: float  # when its event loop turned
    has_joined: bool = False  # since it started
    is_member: bool = False  # of its group now, and not between two assignments
    flows: bool = False  # Faust lets it fetch
    asked_at: float = 0.0  # when the broker last answered a fetch
    has_room: bool = True  # for more records in flight
    waiting: int = 0  # records that are in Kafka or in flight, and not stored
    done: tuple[object, ...] = ()  # changes whenever something was acknowledged or reassigned
    sink_trouble: str = ""  # what ClickHouse said, while it does not answer
    broker_is_away: bool = False


@dataclass(frozen=True)
class Verdict:
    """`hangs`: why to start the worker again; `waits`: why it stores nothing now."""

    hangs: tuple[str, ...] = ()
    waits: tuple[str, ...] = ()

    @property
    def alive(self) -> bool:
        """Whether it should go on."""
        return not self.hangs

    @property
    def ready(self) -> bool:
        """Whether it takes part and stores."""
        return not self.hangs and not self.waits


@dataclass
class Vitals:
    """Remembers since when what is wrong is wrong. One thread shows, any thread judges."""

    stall_sec: float
    signs: Signs = field(default_factory=lambda: Signs(at=0.0))
    _member_at: float = 0.0
    _flowed_at: float = 0.0
    _worked_at: float = 0.0

    def show(self, signs: Signs) -> None:
        """Take note of what the worker shows now."""
        if not self.signs.at:  # the first sign: nothing is late yet
            self._member_at = self._flowed_at = self._worked_at = signs.at
            self.signs = replace(signs, asked_at=signs.asked_at or signs.at)
        if signs.is_member or signs.broker_is_away:
            self._member_at = signs.at
        if signs.flows or not signs.is_member:
            self._flowed_at = signs.at
        excused = bool(signs.sink_trouble) or signs.broker_is_away or not signs.is_member
        if not signs.waiting or excused or signs.done != self.signs.done:
            self._worked_at = signs.at
        # Nobody fetches who has no room, or is out of the group: that is told apart.
        may_fetch = signs.flows and signs.has_room and not excused
        asked_at = signs.asked_at if may_fetch else signs.at
        self.signs = replace(signs, asked_at=max(asked_at, self.signs.asked_at))

    def judge(self, now: float) -> Verdict:
        """What is to be said at `now`."""
        signs = self.signs
        if not signs.at:
            return Verdict(waits=("it starts",))
        turned = now - signs.at
        if turned > min(LOOP_STUCK_SEC, self.stall_sec):
            return Verdict(hangs=(f"its event loop has not turned for {turned:.0f} s",))
        if not signs.has_joined:
            return Verdict(waits=("it has not joined its group yet",))
        hangs, waits = [], []
        for since, what in (
            (self._member_at, "it is out of its group for {:.0f} s"),
            (self._flowed_at, "its fetching was stopped {:.0f} s ago and not resumed"),
            (signs.asked_at, "it has asked Kafka for nothing for {:.0f} s"),
            (
                self._worked_at,
                f"{signs.waiting:,} records wait and none was acknowledged for {{:.0f}} s",
            ),
        ):
            if now - since > self.stall_sec:
                hangs.append(what.format(now - since))
        if signs.sink_trouble:
            waits.append(f"it waits for ClickHouse: {signs.sink_trouble}")
        if signs.broker_is_away:
            waits.append("it waits for Kafka, which does not answer")
        elif not signs.is_member:
            waits.append("its group is being reassigned")
        return Verdict(tuple(hangs), tuple(waits))


@dataclass
class Pulse:
    """Of a program that does the same again and again: it hangs when a turn does not end."""

    patience_sec: float
    turned_at: float  # when the turn that it is at began, by its monotonic clock

    def judge(self, now: float) -> Verdict:
        """What is to be said at `now`."""
        turned = now - self.turned_at
        if turned > self.patience_sec:
            return Verdict(hangs=(f"it has been at the same for {turned:.0f} s",))
        return Verdict()
