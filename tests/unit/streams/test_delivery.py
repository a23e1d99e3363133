"""The bookkeeping of delivered batches, driven through every order of events."""

import random
from dataclasses import dataclass

import pytest
from faust.types import TP
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from streams.delivery import BatchOptions, PartitionDelivery, RecordBatch
from tests.builders import FakeRecord

TP0 = TP("mentions.raw.v1", 0)


def make(
    position: int = 0, max_records: int = 3, planned: tuple[int, ...] = ()
) -> PartitionDelivery:
    delivery = PartitionDelivery(TP0, position, max_records=max_records)
    delivery.follow_plan([(0, end) for end in planned])
    return delivery


def records(*offsets: int) -> list[FakeRecord]:
    return [FakeRecord(offset) for offset in offsets]


def shape(batches: list[RecordBatch]) -> list[tuple[int, int, list[int]]]:
    return [(b.position, b.last_offset, [r.offset for r in b.records]) for b in batches]


# -- by example


def test_records_are_cut_at_the_limit_and_batches_touch() -> None:
    delivery = make(position=10)
    batches = list(delivery.cut(records(12, 13, 14, 17, 20)))
    assert shape(batches) == [(10, 14, [12, 13, 14]), (15, 20, [17, 20])]
    assert delivery.records_outstanding == 5
    assert delivery.committable == 10


def test_what_is_more_than_the_limit_is_cut_in_equal_parts() -> None:
    delivery = make(max_records=10)
    assert [b.count for b in delivery.cut(records(*range(23)))] == [8, 8, 7]
    assert [b.count for b in delivery.cut(records(*range(23, 33)))] == [10]


def test_only_a_contiguous_prefix_becomes_committable() -> None:
    delivery = make()
    first, second, third = delivery.cut(records(*range(9)))
    third.ack()
    second.ack()
    assert delivery.committable == 0
    first.ack()
    assert delivery.committable == 9
    first.ack()  # twice is once
    assert delivery.records_outstanding == 0


def test_a_planned_batch_waits_for_its_end_and_may_be_larger_than_the_limit() -> None:
    delivery = make(planned=(7,))
    assert not list(delivery.cut(records(0, 1, 2, 3)))
    assert delivery.records_outstanding == 0
    batches = list(delivery.cut(records(4, 5, 6, 7, 8)))
    assert shape(batches) == [(0, 7, [0, 1, 2, 3, 4, 5, 6, 7]), (8, 8, [8])]
    assert [b.was_planned for b in batches] == [True, False]


def test_a_planned_batch_whose_end_record_was_compacted_away_ends_where_it_was_planned() -> None:
    delivery = make(planned=(5,))
    assert not list(delivery.cut(records(0, 1)))
    assert shape(list(delivery.cut(records(9)))) == [(0, 5, [0, 1]), (6, 9, [9])]


def test_a_planned_batch_without_records_is_passed_over() -> None:
    delivery = make(planned=(5, 9))
    first, second = delivery.cut(records(7, 11))
    assert shape([first, second]) == [(6, 9, [7]), (10, 11, [11])]
    assert delivery.committable == 6  # nothing of 0…5 is left that could be done
    second.ack()
    first.ack()
    assert delivery.committable == 12


def test_an_empty_planned_batch_behind_an_unfinished_one_commits_nothing() -> None:
    delivery = make(planned=(2, 5))
    first, last = delivery.cut(records(0, 1, 8))
    assert delivery.committable == 0
    first.ack()
    assert delivery.committable == last.position == 6


def test_plans_that_ended_before_the_position_are_ignored() -> None:
    delivery = make(position=6, planned=(2, 5, 8))
    assert shape(list(delivery.cut(records(6, 7, 8, 9)))) == [(6, 8, [6, 7, 8]), (9, 9, [9])]


@pytest.mark.parametrize("again", [(0, 1, 2), (0, 1, 2, 3, 4), (2, 3, 4)])
def test_what_was_delivered_is_not_delivered_again(again: tuple[int, ...]) -> None:
    delivery = make()
    list(delivery.cut(records(0, 1, 2)))
    seen = shape(list(delivery.cut(records(*again))))
    assert seen == ([(3, 4, [3, 4])] if again[-1] == 4 else [])


def test_what_is_held_is_not_held_twice() -> None:
    delivery = make(planned=(5,))
    assert not list(delivery.cut(records(0, 1, 2)))
    assert not list(delivery.cut(records(1, 2, 3)))
    assert shape(list(delivery.cut(records(2, 3, 4, 5)))) == [(0, 5, [0, 1, 2, 3, 4, 5])]


def test_an_empty_fetch_is_nothing() -> None:
    delivery = make()
    assert not list(delivery.cut([]))
    assert delivery.position == 0


def test_closing_makes_batches_stale() -> None:
    done: list[int] = []
    delivery = PartitionDelivery(TP0, 0, max_records=2, on_done=done.append)
    assert not delivery.knows_plan
    delivery.follow_plan([])
    assert delivery.knows_plan
    first, second = delivery.cut(records(0, 1, 2))
    assert first.is_current
    first.ack()
    delivery.close()
    second.ack()
    assert not second.is_current
    assert (delivery.committable, done) == (2, [2])
    assert delivery.records_outstanding == 0


def test_a_batch_says_what_it_is() -> None:
    (batch,) = make(position=3).cut(records(4))
    assert repr(batch) == "<RecordBatch mentions.raw.v1/0 3…4>"
    assert BatchOptions(max_records=7).max_records == 7


def test_what_was_held_does_not_outlive_closing() -> None:
    delivery = make(planned=(5,))
    assert not list(delivery.cut(records(0, 1)))
    delivery.close()
    assert delivery._held == []


# -- a second delivery


@settings(max_examples=300, deadline=None)
@given(
    gaps=st.lists(st.integers(1, 3), min_size=1, max_size=80),
    seed=st.integers(0, 2**32),
    max_records=st.integers(1, 9),
    restart=st.integers(0, 100),
)
def test_from_any_batch_on_the_same_batches_come_again(
    gaps: list[int], seed: int, max_records: int, restart: int
) -> None:
    """However differently the second worker fetches, and whatever its own limit is."""
    rng = random.Random(seed)
    offsets = [sum(gaps[: n + 1]) for n in range(len(gaps))]
    log = records(*offsets)
    first = shape(fetch_all(make(max_records=max_records), log, rng))
    begin = restart % (len(first) + 1)
    position = first[begin][0] if begin < len(first) else first[-1][1] + 1
    planned_to = rng.randrange(begin, len(first) + 1)  # the last plans may not exist yet
    ends = tuple(end for _, end, _ in first[begin:planned_to])
    second = make(position, rng.randrange(1, 9), ends)
    batches = fetch_all(second, [r for r in log if r.offset >= position], rng)
    assert shape(batches)[: planned_to - begin] == first[begin:planned_to]
    assert [b.was_planned for b in batches] == [i < len(ends) for i in range(len(batches))]
    assert [o for _, _, part in shape(batches) for o in part] == [
        o for o in offsets if o >= position
    ]


def fetch_all(
    delivery: PartitionDelivery, log: list[FakeRecord], rng: random.Random
) -> list[RecordBatch]:
    """Everything in fetches of any size that sometimes begin too early."""
    batches, start = [], 0
    while start < len(log):
        stop = start + rng.randrange(1, 12)
        batches += delivery.cut(log[max(0, start - rng.choice([0, 0, 3])) : stop])
        start = stop
    return batches


# -- any order of events


@dataclass
class Delivered:
    batch: RecordBatch
    acked: bool = False


class AnyOrder(RuleBasedStateMachine):
    """Fetches with holes and overlaps, acknowledgements in any order, closing."""

    def __init__(self) -> None:
        super().__init__()
        self.start = 5
        self.next_offset = self.start  # of the log
        self.log: list[int] = []
        self.fetched = 0
        self.delivered: list[Delivered] = []
        self.max_records = 4
        self.plan = [8, 9, 20, 21, 30]
        self.done_records = 0
        self.delivery = PartitionDelivery(
            TP0, self.start, max_records=self.max_records, on_done=self.note_done
        )
        self.delivery.follow_plan([(0, end) for end in [2, *self.plan]])

    def note_done(self, count: int) -> None:
        self.done_records += count

    @rule(gaps=st.lists(st.integers(1, 12), min_size=1, max_size=10), back=st.integers(0, 6))
    def fetch(self, gaps: list[int], back: int) -> None:
        if not self.delivery.current:
            return
        for gap in gaps:
            self.next_offset += gap
            self.log.append(self.next_offset)
        chunk = self.log[max(0, self.fetched - back) :]
        self.fetched = len(self.log)
        self.delivered += [Delivered(b) for b in self.delivery.cut(records(*chunk))]

    @precondition(lambda self: self.delivered)
    @rule(data=st.data())
    def ack(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sampled_from(self.delivered))
        chosen.batch.ack()
        chosen.acked = chosen.acked or self.delivery.current

    @rule(really=st.integers(0, 30))
    def close(self, really: int) -> None:
        if not really:
            self.delivery.close()

    @invariant()
    def every_record_once_and_in_order(self) -> None:
        seen = [r.offset for d in self.delivered for r in d.batch.records]
        held = len(self.log) - len(seen)
        assert seen == self.log[: len(seen)]
        waits = [end for end in self.plan if end >= self.delivery.position]
        if held and self.delivery.current:
            assert waits, "records are held back for nothing"
            assert self.log[-1] < waits[0]

    @invariant()
    def batches_touch_but_for_plans_without_records(self) -> None:
        position = self.start
        for delivered in self.delivered:
            batch = delivered.batch
            while position < batch.position:
                position = next(end for end in self.plan if end >= position) + 1
            assert position == batch.position
            assert batch.position <= batch.records[0].offset <= batch.last_offset
            position = batch.last_offset + 1

    @invariant()
    def planned_batches_end_as_planned_and_others_keep_the_limit(self) -> None:
        for delivered in self.delivered:
            batch = delivered.batch
            if batch.was_planned:
                assert batch.last_offset in self.plan
                assert not any(batch.position <= e < batch.last_offset for e in self.plan)
            else:
                assert len(batch.records) <= self.max_records
                assert batch.last_offset == batch.records[-1].offset
                assert batch.position > self.plan[-1]

    @invariant()
    def committable_is_the_acked_prefix(self) -> None:
        committable = self.delivery.committable
        for delivered in self.delivered:
            if delivered.batch.last_offset < committable:
                assert delivered.acked
        unfinished = [d.batch.position for d in self.delivered if not d.acked]
        if self.delivery.current and unfinished:
            assert committable == unfinished[0]
        elif self.delivery.current:
            assert committable == self.delivery.position
        assert not any(p < committable for p in unfinished)

    @invariant()
    def what_is_in_flight_adds_up(self) -> None:
        done = sum(len(d.batch.records) for d in self.delivered if d.acked)
        assert self.done_records == done
        if self.delivery.current:
            total = sum(len(d.batch.records) for d in self.delivered)
            assert self.delivery.records_outstanding == total - done


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
